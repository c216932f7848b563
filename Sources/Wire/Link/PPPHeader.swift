// +----------+----------+-------------+
// | Address  | Control  |  Protocol   |
// | 11111111 | 00000011 | 8 / 16 bits |
// +----------+----------+-------------+   RFC 1661 §2, RFC 1662 §3.1; Address and Control are often left out

/// The number that says what a PPP frame carries. Open. RFC 1661 §2.
public struct PPPProtocol: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let ipv4 = PPPProtocol(rawValue: 0x0021)
  public static let ipv6 = PPPProtocol(rawValue: 0x0057)
  public static let ipcp = PPPProtocol(rawValue: 0x8021)
  public static let lcp = PPPProtocol(rawValue: 0xC021)
  public static let pap = PPPProtocol(rawValue: 0xC023)
  public static let chap = PPPProtocol(rawValue: 0xC223)

  private static let names: [UInt16: String] = [
    0x0021: "IPv4", 0x002D: "Van Jacobson compressed TCP/IP", 0x002F: "Van Jacobson uncompressed TCP/IP",
    0x0057: "IPv6", 0x00FD: "compressed datagram", 0x8021: "IPCP", 0x8057: "IPV6CP", 0x80FD: "CCP", 0xC021: "LCP",
    0xC023: "PAP", 0xC025: "Link Quality Report", 0xC223: "CHAP", 0xC227: "EAP",
  ]

  /// The usual name, `nil` for one that we do not know.
  public var name: String? { Self.names[rawValue] }
}

/// What stands in front of a packet on a PPP link. RFC 1661 §2, RFC 1662 §3.1.
public struct PPPHeader: WireHeader {
  public static let layer = LayerKind.ppp

  /// Whether address and control (FF 03) are there.
  public var hasAddressAndControl: Bool
  /// Whether the protocol takes one octet, as its compression allows. RFC 1661 §6.5.
  public var isProtocolCompressed: Bool
  /// What follows.
  public var `protocol`: PPPProtocol

  public init(hasAddressAndControl: Bool, isProtocolCompressed: Bool = false, protocol number: PPPProtocol) {
    self.hasAddressAndControl = hasAddressAndControl
    self.isProtocolCompressed = isProtocolCompressed && number.rawValue < 0x100 && number.rawValue & 1 == 1
    self.protocol = number
  }

  /// Reads the header at the cursor and leaves the cursor behind the protocol. The first octet of an uncompressed
  /// protocol is even: that tells the two apart (RFC 1661 §2).
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.require(1, for: Field.protocol)
    hasAddressAndControl = frame.uint8(at: cursor.position) == 0xFF
    if hasAddressAndControl { try Self.skipAddressAndControl(frame, &cursor) }
    try cursor.require(1, for: Field.protocol)
    isProtocolCompressed = frame.uint8(at: cursor.position) & 1 == 1
    if isProtocolCompressed {
      self.protocol = PPPProtocol(rawValue: UInt16(try cursor.uint8(frame, Field.protocol)))
    } else {
      self.protocol = PPPProtocol(rawValue: try cursor.uint16(frame, Field.protocol))
    }
  }

  /// An address of 0xFF can be no compressed protocol, since 0x00FF is none (RFC 1661 §2 keeps it free).
  private static func skipAddressAndControl(
    _ frame: borrowing RawSpan, _ cursor: inout Cursor
  ) throws(DecodeError) {
    try cursor.require(2, for: Field.address)
    let control = frame.uint8(at: cursor.position + 1)
    guard control == 0x03 else { throw Field.control.invalid(control, at: cursor.position + 1) }
    cursor.position += 2
  }

  public var encodedLength: Int { (hasAddressAndControl ? 2 : 0) + (isProtocolCompressed ? 1 : 2) }

  public func write(to writer: inout ByteWriter) {
    if hasAddressAndControl { writer.append(UInt16(0xFF03)) }
    if isProtocolCompressed {
      writer.append(UInt8(truncatingIfNeeded: self.protocol.rawValue))
    } else {
      writer.append(self.protocol.rawValue)
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    if hasAddressAndControl {
      list.number(.address, 0, 1, 0xFF)
      list.number(.control, 1, 1, 0x03)
    }
    let start = hasAddressAndControl ? 2 : 0
    list.number(.protocol, start, encodedLength - start, self.protocol.rawValue)
    return list.nodes
  }

  /// The fields of the header.
  public enum Field: UInt8, TabledField {
    case address, control, `protocol`

    public static let layer = LayerKind.ppp

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .protocol: PPPProtocol(rawValue: UInt16(truncatingIfNeeded: value)).name ?? "unknown"
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .address: FieldText("address", "Address", "RFC 1662 §3.1", "ppp.address", "Everybody: 255.")
      case .control: FieldText("control", "Control", "RFC 1662 §3.1", "ppp.control", "Unnumbered Information: 3.")
      case .protocol: FieldText("protocol", "Protocol", "RFC 1661 §2", "ppp.protocol", "What the frame carries.")
      }
    }
  }
}
