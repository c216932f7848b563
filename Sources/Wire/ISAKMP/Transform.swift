//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |  Transform #  |  Transform-Id |           RESERVED2           |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  ~                        SA Attributes                          ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.6

/// One way to do what a proposal proposes: an algorithm and its attributes (RFC 2408 §3.6).
public struct Transform: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case transform = 56
    case number, identifier, reserved2

    public static var layer: LayerKind { .isakmp }

    /// The variant is the proposal's protocol.
    public func meaning(of value: UInt64, variant: UInt8) -> String {
      let name = Transform.meaning(
        of: UInt8(truncatingIfNeeded: value), for: SecurityProtocol(rawValue: variant))
      return switch self {
      case .transform: "#\(value >> 8), \(name)"
      case .identifier: name
      case .reserved2: reservedMeaning(value)
      case .number: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .transform:
        FieldText(
          "transform", "Transform Payload", "RFC 2408 §3.6", "isakmp.typepayload",
          "One of the algorithms that the proposal offers, or the one that was chosen.")
      case .number:
        FieldText(
          "number", "Transform #", "RFC 2408 §3.6", "isakmp.trans.number",
          "Tells the transforms of a proposal apart; the responder returns the number that it chose.")
      case .identifier:
        FieldText(
          "identifier", "Transform-Id", "RFC 2408 §3.6", "isakmp.trans.id",
          "Which algorithm: what the number means depends on the proposal's protocol.")
      case .reserved2:
        FieldText("reserved2", "RESERVED2", "RFC 2408 §3.6", "isakmp.reserved", "Unused, and zero.")
      }
    }
  }

  public var number: UInt8
  public var identifier: UInt8
  public var attributes: [DataAttribute]
  /// RESERVED of the generic header; zero in what we send.
  public var reserved: UInt8
  /// RESERVED2; zero in what we send.
  public var reserved2: UInt16

  public init(
    number: UInt8, identifier: UInt8, attributes: [DataAttribute], reserved: UInt8 = 0, reserved2: UInt16 = 0
  ) {
    self.number = number
    self.identifier = identifier
    self.attributes = attributes
    self.reserved = reserved
    self.reserved2 = reserved2
  }

  /// Octets up to the attributes.
  static let fixedLength = 8

  /// Reads one transform and leaves the cursor behind it. `isLast` says whether the proposal's count ends here: its
  /// next payload has to agree (RFC 2408 §3.6: 3, or 0 in the last).
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor, isLast: Bool) throws(DecodeError) {
    let header = try GenericPayloadHeader(reading: frame, at: &cursor)
    guard header.next == (isLast ? .none : .transform) else {
      throw GenericPayloadHeader.Field.nextPayload.invalid(header.next.rawValue, at: header.start)
    }
    var inner = Cursor(position: cursor.position, end: header.end)
    reserved = header.reserved
    number = try inner.uint8(frame, Field.number)
    identifier = try inner.uint8(frame, Field.identifier)
    reserved2 = try inner.uint16(frame, Field.reserved2)
    attributes = try DataAttribute.readAll(frame, at: &inner)
    cursor.position = header.end
  }

  /// Octets of the transform with its generic header.
  public var encodedLength: Int { attributes.reduce(Self.fixedLength) { $0 + $1.encodedLength } }

  /// Appends the transform with its generic header.
  func write(to writer: inout ByteWriter, isLast: Bool) {
    GenericPayloadHeader.write(next: isLast ? .none : .transform, reserved: reserved, to: &writer) { writer in
      writer.append(number)
      writer.append(identifier)
      writer.append(reserved2)
      for attribute in attributes { attribute.write(to: &writer) }
    }
  }
}

extension Transform {
  /// The transform as a group of fields, its numbers named by the protocol that the proposal is for.
  func field(at offset: Int, protocolID: SecurityProtocol, isLast: Bool) -> FieldNode {
    var list = FieldList<Field>(at: offset, capacity: 3)
    list.number(.number, 4, 1, number)
    list.number(.identifier, 5, 1, identifier, variant: protocolID.rawValue)
    list.number(.reserved2, 6, 2, reserved2)
    let header = GenericPayloadHeader.fields(
      at: offset, next: isLast ? .none : .transform, reserved: reserved, length: encodedLength,
      capacity: 6 + attributes.count)
    let properties = DataAttribute.fields(
      of: attributes, in: protocolID == .isakmp ? .ike : .ipsec, at: offset + Self.fixedLength)
    return FieldNode(
      Field.transform.id, offset..<offset + encodedLength, .group, UInt64(number) << 8 | UInt64(identifier),
      variant: protocolID.rawValue, attachment: .children(header + list.nodes + properties))
  }

  /// What a transform's number means in a proposal for `protocolID` (RFC 2407 §4.4).
  public static func meaning(of identifier: UInt8, for protocolID: SecurityProtocol) -> String {
    switch protocolID {
    case .isakmp: ISAKMPTransformID(rawValue: identifier).meaning
    case .ah: AHTransformID(rawValue: identifier).meaning
    case .esp: ESPTransformID(rawValue: identifier).meaning
    case .ipcomp: IPCompTransformID(rawValue: identifier).meaning
    default: "unassigned"
    }
  }
}
