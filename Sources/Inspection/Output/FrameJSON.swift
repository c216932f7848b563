import Wire

extension FrameReport {
  /// What the JSON form holds beside names and values.
  public struct JSONOptions: Hashable, Sendable {
    /// Whether each layer has, under `details`, the place, meaning and source of every field.
    public var details: Bool
    /// Whether a protected layer has, under `icv`, the very octets that its ICV was computed over.
    public var icv: Bool

    public init(details: Bool = false, icv: Bool = false) {
      self.details = details
      self.icv = icv
    }
  }

  /// Appends the report as one object:
  ///
  ///     {"frame":1,"time":0.000000000,"length":98,"layers":[{"layer":"ipv4","fields":{"version":4,…}},…]}
  ///
  /// Addresses are text, octets hexadecimal text, flags booleans. Protected layers have `verdict` (where there is one),
  /// `reason` and `key`; what was inside follows as layers of its own. The payloads of ISAKMP are an array `payloads`,
  /// and whatever may stand there more than once is always an array. Where it is asked for, `icv` holds what an ICV covers
  /// (`input`), the ICV over that (`computed`), the packet's own (`carried`), and under `marks` why octets are not the
  /// packet's.
  public func write(to json: inout JSONWriter, options: JSONOptions = JSONOptions()) {
    json.object { json in
      json.name("frame")
      json.number(number)
      if let nanoseconds {
        json.name("time")
        json.seconds(nanoseconds: nanoseconds)
      }
      json.name("length")
      json.number(length)
      writeCircumstances(to: &json)
      json.name("layers")
      json.array { json in
        for layer in layers { layer.write(to: &json, options: options) }
      }
    }
  }

  private func writeCircumstances(to json: inout JSONWriter) {
    if capturedLength != length {
      json.name("captured")
      json.number(capturedLength)
    }
    if let interface {
      json.name("interface")
      json.string(interface)
    }
    if !comments.isEmpty {
      json.name("comments")
      json.array { json in
        for comment in comments { json.string(comment) }
      }
    }
    for case .reassembled(let frames) in buffers.lazy.map(\.origin) {
      json.name("fragments")
      json.array { json in
        for frame in frames { json.number(frame) }
      }
      break
    }
  }
}

extension LayerReport {
  func write(to json: inout JSONWriter, options: FrameReport.JSONOptions) {
    json.object { json in
      json.name("layer")
      json.string(LayerNames.name(node.kind))
      if isUntrusted {
        json.name("trusted")
        json.boolean(false)
      }
      protection?.write(to: &json)
      if options.icv { protection?.check?.write(to: &json) }
      if node.kind == .data, let name = node.fields.first?.meaning, !name.isEmpty {
        json.name("meaning")
        json.string(name)
      }
      if let fault = node.fault {
        json.name("fault")
        json.string("\(fault)")
      }
      json.name("fields")
      json.object { json in
        let opened = protection?.openedFields ?? []
        FieldJSON.write(opened.isEmpty ? node.fields : node.fields + opened, of: node.kind, to: &json)
      }
      if options.details { writeDetails(to: &json) }
    }
  }

  private func writeDetails(to json: inout JSONWriter) {
    json.name("buffer")
    json.number(buffer)
    json.name("offset")
    json.number(node.range.lowerBound)
    json.name("octets")
    json.number(node.range.count)
    json.name("details")
    json.array { json in
      for field in node.fields { FieldJSON.writeDetails(of: field, buffer: buffer, to: &json) }
      for field in protection?.openedFields ?? [] {
        FieldJSON.writeDetails(of: field, buffer: protection?.opened ?? buffer, to: &json)
      }
    }
  }
}

extension Protection {
  func write(to json: inout JSONWriter) {
    if let verdict {
      json.name("verdict")
      json.string(verdict.rawValue)
      if verdict == .ok, !isAuthenticated {
        json.name("unauthenticated")
        json.boolean(true)
      }
    }
    if !reason.isEmpty {
      json.name("reason")
      json.string(reason)
    }
    if let origin {
      json.name("key")
      json.string(origin)
    }
  }
}

/// The names of layers: those of the enumeration's cases.
enum LayerNames {
  private static let table: [String] = {
    var names = [String](repeating: "", count: Int(LayerKind.allCases.map(\.rawValue).max() ?? 0) + 1)
    for kind in LayerKind.allCases { names[Int(kind.rawValue)] = "\(kind)" }
    return names
  }()

  static func name(_ kind: LayerKind) -> String { table[Int(kind.rawValue)] }
}

/// Fields as members of an object.
enum FieldJSON {
  /// The fields of a layer. In ISAKMP, the groups are payloads.
  static func write(_ fields: [FieldNode], of kind: LayerKind, to json: inout JSONWriter) {
    guard kind == .isakmp else {
      writeMembers(fields, canRepeat: kind == .l2tp, to: &json)
      return
    }
    writeMembers(fields.filter { $0.value != .group }, canRepeat: false, to: &json)
    let payloads = fields.filter { $0.value == .group }
    guard !payloads.isEmpty else { return }
    json.name("payloads")
    json.array { json in
      for payload in payloads {
        json.object { json in
          json.name("payload")
          json.string(withoutNumber(payload.name))
          writeMeaning(of: payload, to: &json)
          writeMembers(payload.children, canRepeat: true, to: &json)
        }
      }
    }
  }

  /// Names that may stand more than once beside each other: an array even when they stand there once.
  private static let repeated: Set<String> = ["option", "spi"]

  private static func writeMembers(_ fields: [FieldNode], canRepeat: Bool, to json: inout JSONWriter) {
    guard canRepeat else {
      for field in fields { writeMember(field, to: &json) }
      return
    }
    let bases = fields.map { field in
      let base = withoutNumber(field.name)
      return field.value == .group || repeated.contains(base) ? base : field.name
    }
    for (index, field) in fields.enumerated() where !bases[..<index].contains(bases[index]) {
      let others = (index + 1..<fields.count).filter { bases[$0] == bases[index] }
      guard !others.isEmpty || field.value == .group || repeated.contains(bases[index]) else {
        writeMember(field, to: &json)
        continue
      }
      json.name(bases[index])
      json.array { json in
        writeValue(field, to: &json)
        for other in others { writeValue(fields[other], to: &json) }
      }
    }
  }

  /// The name of a repeated field without the number that tells it from its like.
  private static func withoutNumber(_ name: String) -> String {
    guard let last = name.utf8.last, (0x30...0x39).contains(last) else { return name }
    return String(name[..<(name.lastIndex { !$0.isNumber }.map { name.index(after: $0) } ?? name.endIndex)])
  }

  private static func writeMember(_ field: FieldNode, to json: inout JSONWriter) {
    json.name(field.name)
    writeValue(field, to: &json)
    guard isChecksum(field.id), !field.meaning.isEmpty, let isRight = isRight(field.meaning) else { return }
    json.name(field.name + "Right")
    json.boolean(isRight)
  }

  private static let checksums: [FieldID] = [
    IPv4Header.Field.headerChecksum.id, UDPHeader.Field.checksum.id, TCPHeader.Field.checksum.id,
    ICMPMessage.Field.checksum.id, ICMPv6Message.Field.checksum.id, GREHeader.Field.checksum.id,
  ]

  private static func isChecksum(_ field: FieldID) -> Bool { checksums.contains(field) }

  /// What the dissection says of a checksum; nothing where it covers more than is here, or is not used.
  private static func isRight(_ meaning: String) -> Bool? {
    meaning.hasPrefix("right") ? true : meaning.hasPrefix("wrong") ? false : nil
  }

  private static func writeValue(_ field: FieldNode, to json: inout JSONWriter) {
    guard !field.children.isEmpty || field.value == .group else {
      write(field.value, to: &json)
      return
    }
    json.object { json in
      if field.value != .group {
        json.name("value")
        write(field.value, to: &json)
      } else {
        writeMeaning(of: field, to: &json)
      }
      writeMembers(field.children, canRepeat: true, to: &json)
    }
  }

  /// What a group says, in words: without it, the numbers of proposals could not be read without the RFCs.
  private static func writeMeaning(of field: FieldNode, to json: inout JSONWriter) {
    guard !field.meaning.isEmpty else { return }
    json.name("meaning")
    json.string(field.meaning)
  }

  private static func write(_ value: FieldValue, to json: inout JSONWriter) {
    switch value {
    case .unsigned(let number): json.number(number)
    case .boolean(let flag): json.boolean(flag)
    case .text(let text): json.string(text)
    case .bytes(let octets): json.hexadecimal(octets)
    case .group: json.object { _ in }
    }
  }

  /// Bits of a field's octets: the first, and the one behind the last.
  static func write(_ bits: Range<Int>, to json: inout JSONWriter) {
    json.name("bits")
    json.array { json in
      json.number(bits.lowerBound)
      json.number(bits.upperBound)
    }
  }

  /// All that is known of a field, with what is inside it.
  static func writeDetails(of field: FieldNode, buffer: Int, to json: inout JSONWriter) {
    json.object { json in
      for (name, text) in [
        ("name", field.name), ("title", field.title), ("meaning", field.meaning), ("explanation", field.explanation),
        ("citation", field.citation), ("displayFilter", field.displayFilterName ?? ""),
      ] where !text.isEmpty {
        json.name(name)
        json.string(text)
      }
      for (name, number) in [("buffer", buffer), ("offset", field.range.lowerBound), ("octets", field.range.count)] {
        json.name(name)
        json.number(number)
      }
      if let bits = field.bits { write(bits, to: &json) }
      if field.value != .group {
        json.name("value")
        write(field.value, to: &json)
      }
      guard !field.children.isEmpty else { return }
      json.name("children")
      json.array { json in
        for child in field.children { writeDetails(of: child, buffer: buffer, to: &json) }
      }
    }
  }
}
