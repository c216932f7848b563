//       +------------------------------+
//    0  |          block type          |   Every block. The section header's type reads the same in both byte orders,
//    4  |      block total length      |   and its byte-order magic tells that of all up to the next section.
//    8  |             body             |
//       |      block total length      |
//       +------------------------------+
//       draft-ietf-opsawg-pcapng §3 and §4

/// The section of a pcapng file that is being read.
struct PcapngSection: Sendable {
  /// Where this section's interfaces begin among the reader's.
  var firstInterface: Int

  static let sectionHeader: UInt32 = 0x0A0D_0D0A
  static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
}

/// A block that has been found whole in the buffer.
struct PcapngBlock {
  let type: UInt32
  /// Octets of the whole block.
  let length: Int

  /// Where the body ends, counted from the block's start.
  var end: Int { length - 4 }
}

extension CaptureReader {
  /// Reads blocks up to the next frame.
  mutating func nextBlock() throws(CaptureError) -> CapturedFrame? {
    while try buffer.fill(1) {
      try buffer.require(12, "a block")
      if buffer.uint32(0) == PcapngSection.sectionHeader { try readByteOrder() }
      guard let block = try readBlock() else { continue }
      defer { buffer.advance(block.length) }
      switch block.type {
      case PcapngSection.sectionHeader: try readSectionHeader(block)
      case 1: try readInterface(block)
      case 2: return try readPacket(block, PacketLayout.old)
      case 3: return try readSimplePacket(block)
      case 6: return try readPacket(block, PacketLayout.enhanced)
      default: break
      }
    }
    return nil
  }

  private mutating func readByteOrder() throws(CaptureError) {
    for isLittleEndian in [true, false] {
      buffer.isLittleEndian = isLittleEndian
      if buffer.uint32(8) == PcapngSection.byteOrderMagic { return }
    }
    throw CaptureError(offset: buffer.offset, fault: .byteOrder(buffer.uint32(8)))
  }

  /// Finds the next block whole; one of a type that we don't look into is skipped, however long it is.
  private mutating func readBlock() throws(CaptureError) -> PcapngBlock? {
    let type = buffer.uint32(0)
    let stated = buffer.uint32(4)
    guard stated >= 12, stated % 4 == 0 else {
      throw blockLength(stated, "a block has at least 12, in steps of 4")
    }
    guard stated <= UInt32(Self.maximumBlockLength) else {
      guard ![PcapngSection.sectionHeader, 1, 2, 3, 6].contains(type) else {
        throw blockLength(stated, "blocks of more than \(Self.maximumBlockLength) are not read")
      }
      try skipBlock(stated)
      return nil
    }
    let block = PcapngBlock(type: type, length: Int(stated))
    try buffer.require(block.length, "a block")
    guard buffer.uint32(block.end) == stated else {
      throw CaptureError(
        offset: buffer.offset, fault: .trailingLength(first: stated, last: buffer.uint32(block.end)))
    }
    return block
  }

  private mutating func skipBlock(_ stated: UInt32) throws(CaptureError) {
    let start = buffer.offset
    guard try buffer.skip(UInt64(stated)) else {
      throw CaptureError(
        offset: start,
        fault: .truncated(what: "a block", needed: Int(stated), available: Int(buffer.offset - start)))
    }
  }

  @inline(never)
  func blockLength(_ stated: UInt32, _ limit: String) -> CaptureError {
    CaptureError(offset: buffer.offset, fault: .length(what: "the block", stated: UInt64(stated), limit: limit))
  }

  private mutating func readSectionHeader(_ block: PcapngBlock) throws(CaptureError) {
    guard block.length >= 28 else { throw blockLength(UInt32(block.length), "a section header has at least 28") }
    let (major, minor) = (buffer.uint16(12), buffer.uint16(14))
    // Minor version 2 stands in files of writers that took the draft's next version for granted.
    guard major == 1 else { throw CaptureError(offset: buffer.offset, fault: .version(major: major, minor: minor)) }
    format = .pcapng(PcapngSection(firstInterface: interfaces.count))
  }

  private mutating func readInterface(_ block: PcapngBlock) throws(CaptureError) {
    guard block.length >= 20 else { throw blockLength(UInt32(block.length), "an interface block has at least 20") }
    var interface = CaptureInterface(
      linkType: LinkType(rawValue: UInt32(buffer.uint16(8))), name: nil, snapLength: Int(buffer.uint32(12)),
      resolution: .decimal(6), secondsOffset: 0)
    for option in try readOptions(from: 16, to: block.end) {
      switch (option.code, option.value.count) {
      case (2, _): interface.name = option.text
      case (9, 1): interface.resolution = TimestampResolution(octet: buffer.uint8(option.index))
      case (14, 8): interface.secondsOffset = Int64(bitPattern: buffer.uint64(option.index))
      default: break
      }
    }
    interfaces.append(interface)
  }
}
