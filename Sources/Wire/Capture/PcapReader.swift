//       +------------------------------+
//    0  |         magic number         |   File header, 24 octets. The magic number tells byte order and time unit.
//    4  |   major      |    minor      |
//    8  |          reserved            |
//   12  |          reserved            |
//   16  |         snap length          |
//   20  | FCS |      link type         |
//       +------------------------------+
//    0  |           seconds            |   Record header, 16 octets (24 with the modified magic).
//    4  |  micro- or nanoseconds       |
//    8  |       captured length        |
//   12  |       original length        |
//       +------------------------------+
//       draft-ietf-opsawg-pcap §4 and §5

/// What a pcap file's magic number says.
struct PcapFormat: Sendable {
  /// Nanoseconds in the unit of a record's fraction.
  let unit: UInt64
  /// 16, or 24 where each record has interface index, protocol and packet type besides.
  let recordHeaderLength: Int

  static let fileHeaderLength = 24

  /// Recognises the magic number and sets the buffer's byte order; `nil` for an unknown one.
  init?(_ buffer: inout CaptureBuffer) {
    for isLittleEndian in [true, false] {
      buffer.isLittleEndian = isLittleEndian
      switch buffer.uint32(0) {
      case 0xA1B2_C3D4: (unit, recordHeaderLength) = (1_000, 16)
      case 0xA1B2_3C4D: (unit, recordHeaderLength) = (1, 16)
      case 0xA1B2_CD34: (unit, recordHeaderLength) = (1_000, 24)
      default: continue
      }
      return
    }
    return nil
  }
}

extension CaptureReader {
  /// Reads the file header, whose magic number is known.
  mutating func readFileHeader(_ format: PcapFormat) throws(CaptureError) {
    try buffer.require(PcapFormat.fileHeaderLength, "the file header")
    let (major, minor) = (buffer.uint16(4), buffer.uint16(6))
    guard major == 2 else { throw CaptureError(offset: 4, fault: .version(major: major, minor: minor)) }
    interfaces = [
      CaptureInterface(
        linkType: LinkType(rawValue: buffer.uint32(20) & 0xFFFF), name: nil,
        snapLength: Int(buffer.uint32(16)), resolution: .decimal(format.unit == 1 ? 9 : 6), secondsOffset: 0)
    ]
    buffer.advance(PcapFormat.fileHeaderLength)
  }

  /// Reads one record.
  mutating func nextRecord(_ format: PcapFormat) throws(CaptureError) -> CapturedFrame? {
    guard try buffer.fill(1) else { return nil }
    try buffer.require(format.recordHeaderLength, "the record header of frame \(count + 1)")
    let captured = buffer.uint32(8)
    guard captured <= UInt32(Self.maximumFrameLength) else { throw frameTooLong(captured) }
    let length = format.recordHeaderLength + Int(captured)
    try buffer.require(length, "frame \(count + 1)")
    count += 1
    let frame = CapturedFrame(
      number: count, interface: 0, linkType: interfaces[0].linkType,
      nanoseconds: Int64(buffer.uint32(0)) * 1_000_000_000 + Int64(UInt64(buffer.uint32(4)) * format.unit),
      bytes: buffer.octets(format.recordHeaderLength, Int(captured)), originalLength: Int(buffer.uint32(12)),
      direction: .unknown, comments: [])
    buffer.advance(length)
    return frame
  }

  /// The error for a frame that claims more octets than any link carries.
  @inline(never)
  func frameTooLong(_ stated: UInt32) -> CaptureError {
    CaptureError(
      offset: buffer.offset,
      fault: .length(
        what: "frame \(count + 1)", stated: UInt64(stated),
        limit: "frames of more than \(Self.maximumFrameLength) are not read"))
  }
}
