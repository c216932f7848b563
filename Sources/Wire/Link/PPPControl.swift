//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------------+
// |     Code      |  Identifier   |            Length             |  0
// +---------------+---------------+-------------------------------+
// |    Data: options, an address, a password, by protocol and code|  4
// +---------------------------------------------------------------+   RFC 1661 §5, RFC 1334 §2.2, RFC 1994 §4

/// A packet by which the ends of a PPP link settle what they will do: LCP (RFC 1661 §5), IPCP (RFC 1332), PAP
/// (RFC 1334 §2) and CHAP (RFC 1994 §4) all look like this.
public struct PPPControlPacket: Hashable, Sendable {
  /// The protocols whose packets look like this.
  public enum Family: UInt8, CaseIterable, Sendable {
    // From 1 on: the variant 0 of a field is that of no family.
    case lcp = 1
    case ipcp, ipv6cp, ccp, pap, chap

    /// The family of a frame's protocol, `nil` for others.
    public init?(_ number: PPPProtocol) {
      guard let row = Self.numbers.first(where: { $0.number == number.rawValue }) else { return nil }
      self = row.family
    }

    private static let numbers: [(number: UInt16, family: Family)] = [
      (0xC021, .lcp), (0x8021, .ipcp), (0x8057, .ipv6cp), (0x80FD, .ccp), (0xC023, .pap), (0xC223, .chap),
    ]
  }

  /// Which protocol; the frame's header says so.
  public var family: Family
  /// What the packet says.
  public var code: UInt8
  /// By which answers find their questions.
  public var identifier: UInt8
  /// All behind the length.
  public var data: [UInt8]

  public init(family: Family, code: UInt8, identifier: UInt8, data: [UInt8]) {
    self.family = family
    self.code = code
    self.identifier = identifier
    self.data = data
  }

  /// Reads the packet at the cursor and leaves the cursor behind it; what follows is padding. RFC 1661 §5.
  public init(
    reading frame: borrowing RawSpan, at cursor: inout Cursor, family: Family
  ) throws(DecodeError) {
    try cursor.requireFixed(4, [(Field.code, 1), (.identifier, 1), (.length, 2)])
    let start = cursor.position
    let length = Int(frame.uint16(at: start + 2))
    guard (4...cursor.remaining).contains(length) else {
      throw Field.length.invalidLength(length, limit: length < 4 ? 4 : cursor.remaining, at: start + 2)
    }
    self.family = family
    code = frame.uint8(at: start)
    identifier = frame.uint8(at: start + 1)
    cursor.position += 4
    data = try cursor.octets(length - 4, frame, Field.data)
  }

  /// Octets that `write(to:)` appends.
  public var encodedLength: Int { 4 + min(data.count, 65_531) }

  /// Appends the packet; data of more than 65,531 octets do not fit its length and are cut off.
  public func write(to writer: inout ByteWriter) {
    writer.append(code)
    writer.append(identifier)
    writer.append(UInt16(encodedLength))
    writer.append(data.prefix(encodedLength - 4))
  }

  /// Whether the data are options: in requests to configure, and in the answers to those. RFC 1661 §5.1 to §5.4.
  public var hasOptions: Bool { family != .pap && family != .chap && (1...4).contains(code) }

  /// The options in the data, up to the first whose length makes no sense. RFC 1661 §6.
  public var options: [PPPOption] {
    guard hasOptions else { return [] }
    var options: [PPPOption] = []
    var position = 0
    while position + 2 <= data.count, data[position + 1] >= 2, position + Int(data[position + 1]) <= data.count {
      let end = position + Int(data[position + 1])
      options.append(PPPOption(type: data[position], data: Array(data[position + 2..<end])))
      position = end
    }
    return options
  }
}

/// One option of LCP, IPCP and their kin. RFC 1661 §6.
public struct PPPOption: Hashable, Sendable {
  /// Which option; each protocol has its own list.
  public var type: UInt8
  /// Its data, without type and length.
  public var data: [UInt8]

  public init(type: UInt8, data: [UInt8]) {
    self.type = type
    self.data = data
  }

  /// Octets of the option, type and length included.
  public var encodedLength: Int { data.count + 2 }
}
