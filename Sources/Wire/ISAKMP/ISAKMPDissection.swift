/// The field tree of ISAKMP messages, made from the very values that the engines read.
public enum ISAKMPDissection {
  /// What stands in a message beside its header and its payloads.
  public enum Field: UInt8, TabledField {
    case encryptedData = 136
    case padding, trailing, undecoded

    public static var layer: LayerKind { .isakmp }

    public var text: FieldText {
      switch self {
      case .encryptedData:
        FieldText(
          "encryptedData", "Encrypted Data", "RFC 2409 Appendix B", "isakmp.enc.data",
          "The payloads, encrypted under the ISAKMP SA; the header in front stays readable.")
      case .padding:
        FieldText(
          "padding", "Padding", "RFC 2409 Appendix B", "isakmp.enc.padding",
          "Fills the last block of the cipher; no payload's length covers it.")
      case .trailing:
        FieldText(
          "trailing", "Trailing Octets", "RFC 2408 §3.1", "isakmp.extradata",
          "Octets of the datagram behind the message's length.")
      case .undecoded:
        FieldText(
          "undecoded", "Undecoded Octets", "RFC 2408 §3.2", nil, "Octets that could not be taken for payloads.")
      }
    }
  }

  /// The layer of the message in `range` of `bytes`, which ends with the datagram. A message in the clear is opened
  /// to the last attribute, up to where reading stopped if it did; of an encrypted one, and one of another major
  /// version, the header is shown and the rest is one field.
  public static func layer(
    of bytes: [UInt8], range: Range<Int>, detail: DissectionDetail = .fields
  ) -> LayerNode {
    unsafe layer(of: bytes.span.bytes, bytes, range: range, detail)
  }

  /// As above, from a frame that is being read, `bytes` being the same octets.
  static func layer(
    of frame: borrowing RawSpan, _ bytes: [UInt8], range: Range<Int>, _ detail: DissectionDetail
  ) -> LayerNode {
    let range = range.clamped(to: 0..<frame.byteCount)
    var tree = ISAKMPTree(
      node: LayerNode(kind: .isakmp, range: range, fields: []), bytes: bytes, detail: detail)
    var cursor = Cursor(position: range.lowerBound, end: range.upperBound)
    do throws(DecodeError) {
      let header = try ISAKMPHeader(reading: frame, at: &cursor)
      if detail == .fields { tree.node.fields = header.fields(at: range.lowerBound) }
      cursor.end = range.lowerBound + Int(header.length)
      tree.addContent(of: header, frame, &cursor)
      tree.append(.trailing, cursor.end..<range.upperBound)
    } catch {
      tree.node.fault = error
      tree.addBrokenHeader(frame)
    }
    return tree.node
  }

  /// The layer of a body that was decrypted: `firstPayload` is the header's next payload, and what lies behind the last
  /// payload is padding. Ranges count from the start of `body`.
  public static func layer(decryptedBody body: [UInt8], firstPayload: PayloadType) -> LayerNode {
    let frame = unsafe body.span.bytes
    var tree = ISAKMPTree(
      node: LayerNode(kind: .isakmp, range: 0..<body.count, fields: []), bytes: body, detail: .fields)
    var cursor = Cursor(end: body.count)
    tree.addPayloads(firstPayload, frame, &cursor)
    if tree.node.fault == nil { tree.append(.padding, cursor.position..<cursor.end) }
    return tree.node
  }
}

/// A message's layer while it grows.
private struct ISAKMPTree {
  var node: LayerNode
  let bytes: [UInt8]
  let detail: DissectionDetail

  mutating func addContent(of header: ISAKMPHeader, _ frame: borrowing RawSpan, _ cursor: inout Cursor) {
    if header.flags.contains(.encryption) {
      append(.encryptedData, cursor.position..<cursor.end)
    } else if header.majorVersion != 1 {
      append(
        .undecoded, cursor.position..<cursor.end, meaning: "version \(header.majorVersion).\(header.minorVersion)")
    } else {
      addPayloads(header.nextPayload, frame, &cursor)
      guard node.fault == nil, cursor.remaining > 0 else { return }
      node.fault = ISAKMPHeader.Field.length.invalidLength(
        Int(header.length), limit: cursor.position - node.range.lowerBound, at: node.range.lowerBound + 24)
      append(.undecoded, cursor.position..<cursor.end)
    }
  }

  /// Adds a group a payload, up to the last or to the one that could not be read.
  mutating func addPayloads(_ first: PayloadType, _ frame: borrowing RawSpan, _ cursor: inout Cursor) {
    var chain = PayloadChain(startingAt: cursor.position)
    var type = first
    do throws(DecodeError) {
      while type != .none { type = try chain.readOne(type, frame, at: &cursor) }
    } catch {
      node.fault = error
    }
    guard detail == .fields else { return }
    node.fields += zip(chain.payloads, chain.rawPayloads).map { $0.field($1) }.numbered()
    if node.fault != nil {
      append(.undecoded, chain.end..<cursor.end, meaning: "\(type.rawValue), \(type.meaning)")
    }
  }

  /// A header whose length is wrong is shown all the same.
  mutating func addBrokenHeader(_ frame: borrowing RawSpan) {
    var rest = node.range
    guard detail == .fields else { return }
    if rest.count >= ISAKMPHeader.encodedLength {
      node.fields = ISAKMPHeader(fixedPart: frame, at: rest.lowerBound).fields(at: rest.lowerBound)
      rest = rest.lowerBound + ISAKMPHeader.encodedLength..<rest.upperBound
    }
    append(.undecoded, rest)
  }

  mutating func append(_ field: ISAKMPDissection.Field, _ range: Range<Int>, meaning: String = "") {
    guard !range.isEmpty, detail == .fields else { return }
    var shown = FieldNode.octets(field, range, of: bytes)
    if !meaning.isEmpty { shown.meaning = meaning }
    node.fields.append(shown)
  }
}
