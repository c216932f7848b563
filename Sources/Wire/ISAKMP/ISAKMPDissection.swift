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
  public static func layer(of bytes: [UInt8], range: Range<Int>) -> LayerNode {
    unsafe layer(of: bytes.span.bytes, range: range)
  }

  /// As above, from a frame that is being read.
  public static func layer(of frame: borrowing RawSpan, range: Range<Int>) -> LayerNode {
    let range = range.clamped(to: 0..<frame.byteCount)
    var node = LayerNode(kind: .isakmp, range: range, fields: [])
    var cursor = Cursor(position: range.lowerBound, end: range.upperBound)
    do throws(DecodeError) {
      let header = try ISAKMPHeader(reading: frame, at: &cursor)
      node.fields = header.fields(at: range.lowerBound)
      cursor.end = range.lowerBound + Int(header.length)
      addContent(of: header, frame, &cursor, to: &node)
      append(.trailing, frame, cursor.end..<range.upperBound, to: &node)
    } catch {
      node.fault = error
      addBrokenHeader(frame, range, to: &node)
    }
    return node
  }

  /// The layer of a body that was decrypted: `firstPayload` is the header's next payload, and what lies behind the last
  /// payload is padding. Ranges count from the start of `body`.
  public static func layer(decryptedBody body: [UInt8], firstPayload: PayloadType) -> LayerNode {
    let frame = unsafe body.span.bytes
    var node = LayerNode(kind: .isakmp, range: 0..<body.count, fields: [])
    var cursor = Cursor(end: body.count)
    addPayloads(firstPayload, frame, &cursor, to: &node)
    if node.fault == nil { append(.padding, frame, cursor.position..<cursor.end, to: &node) }
    return node
  }

  private static func addContent(
    of header: ISAKMPHeader, _ frame: borrowing RawSpan, _ cursor: inout Cursor, to node: inout LayerNode
  ) {
    if header.flags.contains(.encryption) {
      append(.encryptedData, frame, cursor.position..<cursor.end, to: &node)
    } else if header.majorVersion != 1 {
      append(
        .undecoded, frame, cursor.position..<cursor.end, to: &node,
        meaning: "version \(header.majorVersion).\(header.minorVersion)")
    } else {
      addPayloads(header.nextPayload, frame, &cursor, to: &node)
      guard node.fault == nil, cursor.remaining > 0 else { return }
      node.fault = ISAKMPHeader.Field.length.invalidLength(
        Int(header.length), limit: cursor.position - node.range.lowerBound, at: node.range.lowerBound + 24)
      append(.undecoded, frame, cursor.position..<cursor.end, to: &node)
    }
  }

  /// Adds a group a payload, up to the last or to the one that could not be read.
  private static func addPayloads(
    _ first: PayloadType, _ frame: borrowing RawSpan, _ cursor: inout Cursor, to node: inout LayerNode
  ) {
    var chain = PayloadChain(startingAt: cursor.position)
    var type = first
    do throws(DecodeError) {
      while type != .none { type = try chain.readOne(type, frame, at: &cursor) }
    } catch {
      node.fault = error
    }
    let payloads = zip(chain.payloads, chain.rawPayloads).map { $0.field($1) }
    node.fields += payloads.numbered()
    if node.fault != nil {
      append(.undecoded, frame, chain.end..<cursor.end, to: &node, meaning: "\(type.rawValue), \(type.meaning)")
    }
  }

  /// A header whose length is wrong is shown all the same.
  private static func addBrokenHeader(_ frame: borrowing RawSpan, _ range: Range<Int>, to node: inout LayerNode) {
    var rest = range
    if range.count >= ISAKMPHeader.encodedLength {
      node.fields = ISAKMPHeader(fixedPart: frame, at: range.lowerBound).fields(at: range.lowerBound)
      rest = range.lowerBound + ISAKMPHeader.encodedLength..<range.upperBound
    }
    append(.undecoded, frame, rest, to: &node)
  }

  private static func append(
    _ field: Field, _ frame: borrowing RawSpan, _ range: Range<Int>, to node: inout LayerNode, meaning: String = ""
  ) {
    guard !range.isEmpty else { return }
    node.fields.append(FieldNode(field, range, .bytes(frame.octets(in: range)), meaning: meaning))
  }
}
