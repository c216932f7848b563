extension PPPControlPacket {
  /// The fields of a packet. RFC 1661 §5, RFC 1334 §2.2, RFC 1994 §4.
  public enum Field: UInt8, TabledField {
    case code, identifier, length, option, optionType, optionLength, optionValue
    case magicNumber, rejectedProtocol, data
    case peerIDLength, peerID, passwordLength, password, messageLength, message, valueSize, value, name

    public static let layer = LayerKind.pppControl

    /// The variant is the family in three bits, and of an option's value the row of its family's list.
    public func text(variant: UInt8) -> FieldText {
      guard let family = Family(rawValue: variant >> 5) else { return text }
      return text.filter(family.displayFilterName(of: self, row: Int(variant & 31)))
    }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      guard let family = Family(rawValue: variant >> 5) else { return "" }
      switch self {
      case .code: return family.name(ofCode: value)
      case .option, .optionType: return family.option(UInt8(truncatingIfNeeded: value))?.row.name ?? "unknown"
      case .rejectedProtocol: return PPPProtocol(rawValue: UInt16(truncatingIfNeeded: value)).name ?? "unknown"
      case .optionValue:
        guard case .protocol? = family.row(Int(variant & 31))?.form else { return "" }
        return PPPProtocol(rawValue: UInt16(truncatingIfNeeded: value)).name ?? "unknown"
      default: return ""
      }
    }

    public var text: FieldText {
      let pap = "RFC 1334 §2.2"
      let chap = "RFC 1994 §4"
      return switch self {
      case .code: FieldText("code", "Code", "RFC 1661 §5", nil, "What the packet says.")
      case .identifier:
        FieldText("identifier", "Identifier", "RFC 1661 §5", nil, "By which answers find their questions.")
      case .length: FieldText("length", "Length", "RFC 1661 §5", nil, "Octets of the packet; the rest is padding.")
      case .option: FieldText("option", "Option", "RFC 1661 §6", nil, "One thing that is to be settled.")
      case .optionType: FieldText("type", "Type", "RFC 1661 §6", nil, "Which option.")
      case .optionLength:
        FieldText("length", "Length", "RFC 1661 §6", nil, "Octets of the option, type and length included.")
      case .optionValue: FieldText("value", "Data", "RFC 1661 §6", nil, "What is asked for, or granted.")
      case .magicNumber:
        FieldText("magicNumber", "Magic-Number", "RFC 1661 §5.8", nil, "Random: who hears their own hears an echo.")
      case .rejectedProtocol:
        FieldText("rejectedProtocol", "Rejected-Protocol", "RFC 1661 §5.7", nil, "What the other side doesn't speak.")
      case .data: FieldText("data", "Data", "RFC 1661 §5", nil, "What the code says.")
      case .peerIDLength: FieldText("peerIDLength", "Peer-ID Length", pap, nil, "Octets of the name.")
      case .peerID: FieldText("peerID", "Peer-ID", pap, nil, "Who wants to be let in.")
      case .passwordLength: FieldText("passwordLength", "Passwd-Length", pap, nil, "Octets of the password.")
      case .password: FieldText("password", "Password", pap, nil, "The password, readable by all on the way.")
      case .messageLength: FieldText("messageLength", "Msg-Length", pap, nil, "Octets of the message.")
      case .message: FieldText("message", "Message", chap, nil, "Words for people.")
      case .valueSize: FieldText("valueSize", "Value-Size", chap, nil, "Octets of the value.")
      case .value:
        FieldText("value", "Value", chap, nil, "A random challenge, or the hash of identifier, secret and challenge.")
      case .name: FieldText("name", "Name", chap, nil, "Who challenges or answers: by it the secret is found.")
      }
    }
  }

  /// The fields of a packet that begins at `offset`.
  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.code, 0, 1, code, variant: family.variant())
    list.number(.identifier, 1, 1, identifier, variant: family.variant())
    list.number(.length, 2, 2, encodedLength, variant: family.variant())
    switch (family, code) {
    case (.pap, 1): addCounted([.peerIDLength, .peerID, .passwordLength, .password], to: &list)
    case (.pap, _): addCounted([.messageLength, .message], to: &list)
    case (.chap, 1), (.chap, 2): addChallenge(to: &list)
    case (.chap, _): addRest(.message, from: 0, to: &list)
    case (.lcp, 8): addNumber(.rejectedProtocol, 2, to: &list)
    case (.lcp, 9...11): addNumber(.magicNumber, 4, to: &list)
    default: hasOptions ? addOptions(to: &list) : addRest(.data, from: 0, to: &list)
    }
    return list.nodes.numbered()
  }

  /// A length of one octet and as many octets, over and over.
  private func addCounted(_ fields: [Field], to list: inout FieldList<Field>) {
    var position = 0
    for index in stride(from: 0, to: fields.count - 1, by: 2) where position < data.count {
      let end = position + 1 + Int(data[position])
      guard end <= data.count else { break }
      list.number(fields[index], 4 + position, 1, data[position], variant: family.variant())
      addText(fields[index + 1], position + 1..<end, to: &list)
      position = end
    }
    addRest(.data, from: position, to: &list)
  }

  private func addChallenge(to list: inout FieldList<Field>) {
    guard let size = data.first, Int(size) < data.count else { return addRest(.data, from: 0, to: &list) }
    list.number(.valueSize, 4, 1, size, variant: family.variant())
    list.octets(.value, 5, Array(data[1..<1 + Int(size)]), variant: family.variant())
    addRest(.name, from: 1 + Int(size), to: &list)
  }

  private func addNumber(_ field: Field, _ count: Int, to list: inout FieldList<Field>) {
    guard data.count >= count else { return addRest(.data, from: 0, to: &list) }
    list.number(field, 4, count, Self.number(data.prefix(count)), variant: family.variant())
    addRest(.data, from: count, to: &list)
  }

  /// What is left: words where all of it is printable and the field holds words.
  private func addRest(_ field: Field, from position: Int, to list: inout FieldList<Field>) {
    guard position < data.count else { return }
    if field == .data {
      list.octets(.data, 4 + position, Array(data[position...]))
    } else {
      addText(field, position..<data.count, to: &list)
    }
  }

  private func addText(_ field: Field, _ range: Range<Int>, to list: inout FieldList<Field>) {
    guard !range.isEmpty else { return }
    let octets = Array(data[range])
    list.add(
      field, 4 + range.lowerBound, range.count, printable(octets).map { .text($0) } ?? .bytes(octets),
      variant: family.variant())
  }

  private func addOptions(to list: inout FieldList<Field>) {
    var position = 0
    for option in options {
      list.group(
        .option, 4 + position, option.encodedLength, UInt64(option.type), variant: family.variant(),
        children: fields(of: option, at: list.base + 4 + position))
      position += option.encodedLength
    }
    addRest(.data, from: position, to: &list)
  }

  private func fields(of option: PPPOption, at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset, capacity: 4)
    list.number(.optionType, 0, 1, option.type, variant: family.variant())
    list.number(.optionLength, 1, 1, option.encodedLength, variant: family.variant())
    let row = family.option(option.type)
    let variant = family.variant(row: row?.index ?? Family.noRow)
    let number = Self.number(option.data.prefix(8))
    switch (row?.row.form, option.data.count) {
    case (.number, 1...8): list.number(.optionValue, 2, option.data.count, number, variant: variant)
    case (.address, 4):
      list.address(.optionValue, 2, IPv4Address(rawValue: UInt32(truncatingIfNeeded: number)), variant: variant)
    case (.protocol, 2...):
      list.number(.optionValue, 2, 2, Self.number(option.data.prefix(2)), variant: variant)
      list.octets(.data, 4, Array(option.data.dropFirst(2)))
    default: list.octets(.optionValue, 2, option.data, variant: variant)
    }
    return list.nodes
  }

  private static func number(_ octets: ArraySlice<UInt8>) -> UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }
}
