//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-------+-------+---------------+-------------------------------+
// |Version|  IHL  |Type of Service|          Total Length         |  0
// +-------+-------+---------------+-----+-------------------------+
// |         Identification        |Flags|     Fragment Offset     |  4
// +---------------+---------------+-----+-------------------------+
// | Time to Live  |    Protocol   |        Header Checksum        |  8
// +---------------+---------------+-------------------------------+
// |                        Source Address                         |  12
// +---------------------------------------------------------------+
// |                      Destination Address                      |  16
// +-----------------------------------------------+---------------+
// |                    Options                    |    Padding    |  20, to 4 * IHL
// +-----------------------------------------------+---------------+   RFC 791 §3.1

/// The header of an IPv4 datagram. RFC 791 §3.1.
public struct IPv4Header: WireHeader {
  public static let layer = LayerKind.ipv4

  /// Type of Service; today's DSCP and ECN (RFC 2474, RFC 3168).
  public var typeOfService: UInt8
  /// Octets of the whole datagram, header included.
  public var totalLength: UInt16
  /// What the fragments of one datagram have in common.
  public var identification: UInt16
  /// The first of the three flags, which must be zero.
  public var reservedFlag: Bool
  /// DF: no router may fragment this datagram.
  public var dontFragment: Bool
  /// MF: this is a fragment, and not the last.
  public var moreFragments: Bool
  /// Where in its datagram this fragment belongs, in units of eight octets; 13 bits.
  public var fragmentOffset: UInt16
  /// Routers that may still forward the datagram.
  public var timeToLive: UInt8
  /// What follows the header.
  public var `protocol`: IPProtocol
  /// The checksum as it stands in the header, right or wrong; `sealed` makes it right.
  public var headerChecksum: UInt16
  /// Where the datagram says it comes from.
  public var sourceAddress: IPv4Address
  /// Where it goes.
  public var destinationAddress: IPv4Address
  /// Options and their padding as they stand in the header: a multiple of four octets, 40 at most.
  public var options: [UInt8]

  /// A header for a datagram that carries `payloadLength` octets; its checksum is right.
  public init(
    from source: IPv4Address, to destination: IPv4Address, protocol number: IPProtocol, payloadLength: Int,
    identification: UInt16 = 0, timeToLive: UInt8 = 64, typeOfService: UInt8 = 0, dontFragment: Bool = false,
    options: [UInt8] = []
  ) {
    self.typeOfService = typeOfService
    self.identification = identification
    self.reservedFlag = false
    self.dontFragment = dontFragment
    self.moreFragments = false
    self.fragmentOffset = 0
    self.timeToLive = timeToLive
    self.protocol = number
    self.headerChecksum = 0
    self.sourceAddress = source
    self.destinationAddress = destination
    self.options = Self.padded(options)
    self.totalLength = UInt16(clamping: 20 + self.options.count + payloadLength)
    self.headerChecksum = rightChecksum
  }

  /// Options made a multiple of four octets with End of Option List; what passes 40 octets is cut off.
  static func padded(_ options: [UInt8]) -> [UInt8] {
    if options.isEmpty { return options }
    let kept = options.prefix(40)
    return kept + [UInt8](repeating: 0, count: -kept.count & 3)
  }
}

// MARK: - Reading and writing

extension IPv4Header {
  static let layout: [FieldWidth<Field>] = [
    (.version, 1), (.typeOfService, 1), (.totalLength, 2), (.identification, 2), (.reservedFlag, 2),
    (.timeToLive, 1), (.protocol, 1), (.headerChecksum, 2), (.sourceAddress, 4), (.destinationAddress, 4),
  ]

  /// Reads the header at the cursor and leaves the cursor behind the options. RFC 791 §3.1. The total length may pass what
  /// is there, as in the datagrams that ICMP quotes: `holdToPayload` is where a node refuses that.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(20, Self.layout)
    let start = cursor.position
    let first = frame.uint8(at: start)
    guard first >> 4 == 4 else { throw Field.version.invalid(first >> 4, at: start) }
    let headerLength = Int(first & 0x0F) * 4
    guard headerLength >= 20 else { throw Field.headerLength.invalidLength(headerLength, limit: 20, at: start) }
    totalLength = frame.uint16(at: start + 2)
    guard totalLength >= headerLength else {
      throw Field.totalLength.invalidLength(Int(totalLength), limit: headerLength, at: start + 2)
    }
    typeOfService = frame.uint8(at: start + 1)
    identification = frame.uint16(at: start + 4)
    let flags = frame.uint16(at: start + 6)
    reservedFlag = flags & 0x8000 != 0
    dontFragment = flags & 0x4000 != 0
    moreFragments = flags & 0x2000 != 0
    fragmentOffset = flags & 0x1FFF
    timeToLive = frame.uint8(at: start + 8)
    self.protocol = IPProtocol(rawValue: frame.uint8(at: start + 9))
    headerChecksum = frame.uint16(at: start + 10)
    sourceAddress = frame.ipv4Address(at: start + 12)
    destinationAddress = frame.ipv4Address(at: start + 16)
    cursor.position = start + 20
    options =
      headerLength == 20 ? [] : try cursor.octets(headerLength - 20, frame, Field.options)
  }

  public var encodedLength: Int { 20 + options.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(0x40 | UInt8(truncatingIfNeeded: encodedLength / 4) & 0x0F)
    writer.append(typeOfService)
    writer.append(totalLength)
    writer.append(identification)
    writer.append(flagsAndOffset)
    writer.append(timeToLive)
    writer.append(self.protocol.rawValue)
    writer.append(headerChecksum)
    writer.append(sourceAddress)
    writer.append(destinationAddress)
    writer.append(options)
  }

  var flagsAndOffset: UInt16 {
    (reservedFlag ? 0x8000 : 0) | (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0) | fragmentOffset & 0x1FFF
  }

  /// The checksum that these fields should carry. RFC 791 §3.1.
  public var rightChecksum: UInt16 { checksum(totalLength: totalLength) }

  /// The same where the total length becomes another.
  @inline(__always)
  func checksum(totalLength: UInt16) -> UInt16 {
    var sum = InternetChecksum()
    sum.add(0x4000 | UInt16(truncatingIfNeeded: encodedLength / 4) << 8 | UInt16(typeOfService))
    sum.add(UInt32(totalLength) << 16 | UInt32(identification))
    sum.add(flagsAndOffset)
    sum.add(UInt16(timeToLive) << 8 | UInt16(self.protocol.rawValue))
    sum.add(sourceAddress.rawValue)
    sum.add(destinationAddress.rawValue)
    if !options.isEmpty { sum.add(options) }
    return sum.checksum
  }

  /// The same header with its checksum right.
  public var sealed: IPv4Header {
    var header = self
    header.headerChecksum = rightChecksum
    return header
  }

  /// Octets that follow the header in this datagram, by its total length.
  public var payloadLength: Int { Int(totalLength) - encodedLength }
  /// Where this fragment's payload belongs, in octets.
  public var payloadOffset: Int { Int(fragmentOffset) * 8 }
  /// Whether this is one of several fragments.
  public var isFragment: Bool { moreFragments || fragmentOffset != 0 }

  /// The whole datagram: this header with the total length and the checksum that go with `payload`, then the payload.
  public func datagram(_ payload: [UInt8]) -> [UInt8] {
    var header = self
    header.totalLength = UInt16(clamping: encodedLength + payload.count)
    var writer = ByteWriter(capacity: encodedLength + payload.count)
    header.sealed.write(to: &writer)
    writer.append(payload)
    return writer.bytes
  }

  /// Holds a cursor that stands behind this header to the datagram's payload; what lies behind that is link padding.
  /// Refuses a total length that passes what is there.
  public func holdToPayload(_ cursor: inout Cursor) throws(DecodeError) {
    guard payloadLength <= cursor.remaining else {
      let start = cursor.position - encodedLength
      throw Field.totalLength.invalidLength(Int(totalLength), limit: cursor.end - start, at: start + 2)
    }
    cursor.end = cursor.position + payloadLength
  }
}
