//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.2

/// The four octets that every payload, proposal and transform begins with (RFC 2408 §3.2).
struct GenericPayloadHeader: Hashable, Sendable {
  enum Field: UInt8, TabledField {
    case nextPayload = 16
    case reserved, length, body

    static var layer: LayerKind { .isakmp }

    func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextPayload: PayloadType(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .reserved: reservedMeaning(value)
      default: ""
      }
    }

    var text: FieldText {
      switch self {
      case .nextPayload:
        FieldText(
          "nextPayload", "Next Payload", "RFC 2408 §3.2", "isakmp.nextpayload",
          "The type of the payload behind this one; 0 in the last.")
      case .reserved:
        FieldText("reserved", "RESERVED", "RFC 2408 §3.2", "isakmp.reserved", "Unused, and zero.")
      case .length:
        FieldText(
          "payloadLength", "Payload Length", "RFC 2408 §3.2", "isakmp.payloadlength",
          "Octets of this payload, these four included.")
      case .body:
        FieldText(
          "data", "Payload Data", "RFC 2408 §3.2", "isakmp.datapayload",
          "The content of a payload whose type Lockstep does not open.")
      }
    }
  }

  static let encodedLength = 4

  let next: PayloadType
  let reserved: UInt8
  /// Octets, this header included.
  let length: Int
  /// Where it begins.
  let start: Int

  /// Where the payload ends.
  var end: Int { start + length }

  /// Reads the header and leaves the cursor at the body. The length is held to what the enclosing payload has left.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(Self.encodedLength, [(Field.nextPayload, 1), (.reserved, 1), (.length, 2)])
    start = cursor.position
    next = PayloadType(rawValue: frame.uint8(at: start))
    reserved = frame.uint8(at: start + 1)
    length = Int(frame.uint16(at: start + 2))
    guard (Self.encodedLength...cursor.remaining).contains(length) else {
      throw Field.length.invalidLength(length, limit: cursor.remaining, at: start + 2)
    }
    cursor.position += Self.encodedLength
  }

  /// The error that says the body holds `stated` octets less or more than its own lengths account for.
  func lengthMismatch(consumed: Int) -> DecodeError {
    Field.length.invalidLength(length, limit: consumed, at: start + 2)
  }

  /// Appends a header, then what `body` writes, and patches the length.
  static func write(
    next: PayloadType, reserved: UInt8 = 0, to writer: inout ByteWriter, _ body: (inout ByteWriter) -> Void
  ) {
    let start = writer.count
    writer.append(next.rawValue)
    writer.append(reserved)
    writer.withLength16(countingFrom: start, body)
  }
}

/// A count that goes into a single octet. What we write ourselves fits: a larger one is a programming error.
func octetCount(_ count: Int) -> UInt8 {
  guard let octet = UInt8(exactly: count) else { preconditionFailure("a count of \(count) in one octet") }
  return octet
}

extension GenericPayloadHeader {
  /// The four octets at `offset`, from what they say.
  static func fields(
    at offset: Int, next: PayloadType, reserved: UInt8, length: Int, capacity: Int = 8
  ) -> [FieldNode] {
    var list = FieldList<Field>(at: offset, capacity: capacity)
    list.number(.nextPayload, 0, 1, next.rawValue)
    list.number(.reserved, 1, 1, reserved)
    list.number(.length, 2, 2, length)
    return list.nodes
  }
}

/// Flags octets that ought to be zero and are not.
func reservedMeaning(_ value: some BinaryInteger) -> String {
  value == 0 ? "" : "not zero: a strict receiver discards the message (RFC 2408 §5.3)"
}
