//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  |                       Initiator Cookie                        |
//   4  |                                                               |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  |                       Responder Cookie                        |
//  12  |                                                               |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  16  | Next Payload  | MjVer | MnVer | Exchange Type |     Flags     |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  20  |                          Message ID                           |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  24  |                            Length                             |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.1

extension ISAKMPHeader {
  /// The header's fields. The raw values of all of ISAKMP's field enums are distinct, since one layer shares them.
  public enum Field: UInt8, TabledField {
    case initiatorCookie = 0
    case responderCookie, nextPayload, version, majorVersion, minorVersion, exchangeType
    case flags, encryption, commit, authenticationOnly, messageID, length

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .responderCookie: value == 0 ? "the responder has not answered yet" : ""
      case .nextPayload: PayloadType(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .version: "\(value >> 4).\(value & 0xF)"
      case .exchangeType: ExchangeType(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .flags: ISAKMPFlags(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .messageID: value == 0 ? "phase 1" : ""
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .initiatorCookie:
        FieldText(
          "initiatorCookie", "Initiator Cookie", "RFC 2408 §3.1", "isakmp.ispi",
          "Chosen by whoever began the exchange; with the responder's cookie it names the ISAKMP SA.")
      case .responderCookie:
        FieldText(
          "responderCookie", "Responder Cookie", "RFC 2408 §3.1", "isakmp.rspi",
          "Chosen by the answering side; zero in the very first message, when nobody has answered yet.")
      case .nextPayload:
        FieldText(
          "nextPayload", "Next Payload", "RFC 2408 §3.1", "isakmp.nextpayload",
          "The type of the first payload behind this header.")
      case .version:
        FieldText(
          "version", "Version", "RFC 2408 §3.1", "isakmp.version", "Major and minor version of ISAKMP, four bits each.")
      case .majorVersion:
        FieldText(
          "majorVersion", "Major Version", "RFC 2408 §3.1", "isakmp.mjver",
          "1 in ISAKMP as RFC 2408 has it; a message with a higher one is not to be accepted.")
      case .minorVersion:
        FieldText(
          "minorVersion", "Minor Version", "RFC 2408 §3.1", "isakmp.mnver", "0 in ISAKMP as RFC 2408 has it.")
      case .exchangeType:
        FieldText(
          "exchangeType", "Exchange Type", "RFC 2408 §3.1", "isakmp.exchangetype",
          "Which exchange this message belongs to, and with that which messages and payloads may follow.")
      case .flags:
        FieldText(
          "flags", "Flags", "RFC 2408 §3.1", "isakmp.flags", "Three bits with a meaning; the others are zero.")
      case .encryption:
        FieldText(
          "encryption", "Encryption Bit", "RFC 2408 §3.1", "isakmp.flag_e",
          "Set where all that follows this header is encrypted under the ISAKMP SA.")
      case .commit:
        FieldText(
          "commit", "Commit Bit", "RFC 2408 §3.1", "isakmp.flag_c",
          "Asks the peer not to use the new SA before it is told that the SA is established.")
      case .authenticationOnly:
        FieldText(
          "authenticationOnly", "Authentication Only Bit", "RFC 2408 §3.1", "isakmp.flag_a",
          "Set where an informational message is authenticated and not encrypted.")
      case .messageID:
        FieldText(
          "messageID", "Message ID", "RFC 2408 §3.1", "isakmp.messageid",
          "Tells the exchanges of phase 2 under one ISAKMP SA from one another; zero in phase 1.")
      case .length:
        FieldText(
          "length", "Length", "RFC 2408 §3.1", "isakmp.length",
          "Octets of the whole message, this header included.")
      }
    }
  }
}

/// The eight octets by which one side of an ISAKMP SA knows it (RFC 2408 §2.5.3).
public struct Cookie: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt64
  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The responder's cookie before there is one.
  public static let zero = Cookie(rawValue: 0)

  /// The octets in network order.
  public var octets: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: rawValue >> (56 - 8 * $0)) } }
}

extension Cookie: CustomStringConvertible {
  /// Sixteen hexadecimal digits, as `ikev1_decryption_table` writes them.
  public var description: String { hexadecimal(octets) }
}

/// The flags of an ISAKMP header; bits that RFC 2408 reserves are kept.
public struct ISAKMPFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// What follows the header is encrypted.
  public static let encryption = ISAKMPFlags(rawValue: 1)
  /// The SA is not to be used before CONNECTED arrives.
  public static let commit = ISAKMPFlags(rawValue: 2)
  /// Authenticated, not encrypted.
  public static let authenticationOnly = ISAKMPFlags(rawValue: 4)

  /// Bits that RFC 2408 §3.1 wants to be zero.
  public var reserved: UInt8 { rawValue & 0xF8 }
}

/// The header of every ISAKMP message (RFC 2408 §3.1).
public struct ISAKMPHeader: WireHeader {
  public static let layer = LayerKind.isakmp

  public var initiatorCookie: Cookie
  public var responderCookie: Cookie
  public var nextPayload: PayloadType
  /// Four bits.
  public var majorVersion: UInt8
  /// Four bits.
  public var minorVersion: UInt8
  public var exchangeType: ExchangeType
  public var flags: ISAKMPFlags
  /// Zero in phase 1.
  public var messageID: UInt32
  /// Octets of the whole message. `ISAKMPMessage.write` patches it.
  public var length: UInt32

  /// Octets of the header itself.
  public static let encodedLength = 28

  public init(
    initiatorCookie: Cookie, responderCookie: Cookie = .zero, nextPayload: PayloadType = .none, majorVersion: UInt8 = 1,
    minorVersion: UInt8 = 0, exchangeType: ExchangeType, flags: ISAKMPFlags = [], messageID: UInt32 = 0,
    length: UInt32 = UInt32(Self.encodedLength)
  ) {
    self.initiatorCookie = initiatorCookie
    self.responderCookie = responderCookie
    self.nextPayload = nextPayload
    self.majorVersion = majorVersion & 0xF
    self.minorVersion = minorVersion & 0xF
    self.exchangeType = exchangeType
    self.flags = flags
    self.messageID = messageID
    self.length = length
  }

  private static var layout: [FieldWidth<Field>] {
    [
      (.initiatorCookie, 8), (.responderCookie, 8), (.nextPayload, 1), (.version, 1), (.exchangeType, 1), (.flags, 1),
      (.messageID, 4), (.length, 4),
    ]
  }

  /// Reads the header and leaves the cursor behind it. The length is checked against what the cursor holds: a message
  /// may be shorter than the datagram that carries it, never longer. Versions, types and flags are the reader's to
  /// judge (RFC 2408 §5.2 answers each with a notification).
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(Self.encodedLength, Self.layout)
    let start = cursor.position
    self.init(fixedPart: frame, at: start)
    guard (Self.encodedLength...cursor.remaining).contains(Int(length)) else {
      throw Field.length.invalidLength(Int(length), limit: cursor.remaining, at: start + 24)
    }
    cursor.position += Self.encodedLength
  }

  /// The 28 octets at `start`, which are there, with nothing checked.
  init(fixedPart frame: borrowing RawSpan, at start: Int) {
    initiatorCookie = Cookie(rawValue: frame.uint64(at: start))
    responderCookie = Cookie(rawValue: frame.uint64(at: start + 8))
    nextPayload = PayloadType(rawValue: frame.uint8(at: start + 16))
    majorVersion = frame.uint8(at: start + 17) >> 4
    minorVersion = frame.uint8(at: start + 17) & 0xF
    exchangeType = ExchangeType(rawValue: frame.uint8(at: start + 18))
    flags = ISAKMPFlags(rawValue: frame.uint8(at: start + 19))
    messageID = frame.uint32(at: start + 20)
    length = frame.uint32(at: start + 24)
  }

  /// Octets of the header.
  public var encodedLength: Int { Self.encodedLength }

  /// Appends the header as it stands: next payload and length included.
  public func write(to writer: inout ByteWriter) {
    writer.append(initiatorCookie.rawValue)
    writer.append(responderCookie.rawValue)
    writer.append(nextPayload.rawValue)
    writer.append(majorVersion << 4 | minorVersion & 0xF)
    writer.append(exchangeType.rawValue)
    writer.append(flags.rawValue)
    writer.append(messageID)
    writer.append(length)
  }
}

extension ISAKMPHeader {
  /// The fields in the order of their octets.
  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.word(.initiatorCookie, 0, 8, initiatorCookie.rawValue)
    list.word(.responderCookie, 8, 8, responderCookie.rawValue)
    list.number(.nextPayload, 16, 1, nextPayload.rawValue)
    list.number(.version, 17, 1, majorVersion << 4 | minorVersion, children: versionFields(at: offset))
    list.number(.exchangeType, 18, 1, exchangeType.rawValue)
    list.number(.flags, 19, 1, flags.rawValue, children: flagFields(at: offset))
    list.number(.messageID, 20, 4, messageID)
    list.number(.length, 24, 4, length)
    return list.nodes
  }

  private func versionFields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset, capacity: 2)
    list.number(.majorVersion, 17, 1, majorVersion, bits: 0..<4)
    list.number(.minorVersion, 17, 1, minorVersion, bits: 4..<8)
    return list.nodes
  }

  private func flagFields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset, capacity: 3)
    list.flag(.authenticationOnly, 19, bit: 5, flags.contains(.authenticationOnly))
    list.flag(.commit, 19, bit: 6, flags.contains(.commit))
    list.flag(.encryption, 19, bit: 7, flags.contains(.encryption))
    return list.nodes
  }
}

extension ISAKMPFlags {
  /// The names of the bits that are set.
  var meaning: String {
    var names: [String] = []
    if contains(.encryption) { names.append("encryption") }
    if contains(.commit) { names.append("commit") }
    if contains(.authenticationOnly) { names.append("authentication only") }
    if reserved != 0 { names.append("reserved bits that ought to be zero (RFC 2408 §3.1)") }
    return names.joined(separator: ", ")
  }
}

/// Octets in lower-case hexadecimal, two digits each.
func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for octet in octets {
    text.append(digits[Int(octet >> 4)])
    text.append(digits[Int(octet & 0xF)])
  }
  return String(decoding: text, as: UTF8.self)
}
