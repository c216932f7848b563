//       +------------------------------+
//    8  |         interface ID         |   Enhanced packet block. The old packet block has two octets of interface and
//   12  |     time stamp, high half    |   two of drop count at 8, and is the same besides.
//   16  |     time stamp, low half     |
//   20  |       captured length        |
//   24  |       original length        |
//   28  |    packet, padded to 4       |
//       |           options            |
//       +------------------------------+
//       draft-ietf-opsawg-pcapng §4.3

/// Where the enhanced and the old packet block differ.
struct PacketLayout: Sendable {
  let interfaceIsShort: Bool
  static let enhanced = PacketLayout(interfaceIsShort: false)
  static let old = PacketLayout(interfaceIsShort: true)
  static let fixedLength = 28
}

/// An option of a block (draft-ietf-opsawg-pcapng §3.5).
struct PcapngOption {
  let code: UInt16
  /// Where the value stands, counted from the block's start.
  let index: Int
  let value: [UInt8]

  /// The value as text: UTF-8, with what isn't replaced, up to a zero octet that some writers add.
  var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
}

extension CaptureReader {
  /// Reads a block's options in `start..<end`.
  func readOptions(from start: Int, to end: Int) throws(CaptureError) -> [PcapngOption] {
    var options: [PcapngOption] = []
    var index = start
    while index + 4 <= end {
      let code = buffer.uint16(index)
      let length = Int(buffer.uint16(index + 2))
      if code == 0 { break }
      guard length <= end - index - 4 else {
        throw CaptureError(
          offset: buffer.offset + UInt64(index),
          fault: .length(
            what: "option \(code)", stated: UInt64(length), limit: "\(end - index - 4) are left in its block"))
      }
      options.append(PcapngOption(code: code, index: index + 4, value: buffer.octets(index + 4, length)))
      index += 4 + (length + 3) / 4 * 4
    }
    return options
  }

  /// Reads an enhanced or old packet block.
  mutating func readPacket(_ block: PcapngBlock, _ layout: PacketLayout) throws(CaptureError) -> CapturedFrame {
    guard block.length >= PacketLayout.fixedLength + 4 else {
      throw blockLength(UInt32(block.length), "a packet block has at least 32")
    }
    let index = try interfaceIndex(layout.interfaceIsShort ? UInt32(buffer.uint16(8)) : buffer.uint32(8))
    let captured = try capturedLength(buffer.uint32(20), limit: block.end - PacketLayout.fixedLength)
    let units = UInt64(buffer.uint32(12)) << 32 | UInt64(buffer.uint32(16))
    let options = try readOptions(from: PacketLayout.fixedLength + (captured + 3) / 4 * 4, to: block.end)
    return frame(
      index, PacketLayout.fixedLength, captured, original: buffer.uint32(24),
      nanoseconds: interfaces[index].nanoseconds(units), options)
  }

  /// Reads a simple packet block: the section's first interface, no time, no options, and no captured length.
  mutating func readSimplePacket(_ block: PcapngBlock) throws(CaptureError) -> CapturedFrame {
    guard block.length >= 16 else { throw blockLength(UInt32(block.length), "a simple packet block has at least 16") }
    let index = try interfaceIndex(0)
    let original = buffer.uint32(8)
    let snap = interfaces[index].snapLength
    let stated = snap == 0 ? original : min(original, UInt32(clamping: snap))
    let captured = try capturedLength(stated, limit: block.end - 12)
    return frame(index, 12, captured, original: original, nanoseconds: nil, [])
  }

  private func interfaceIndex(_ index: UInt32) throws(CaptureError) -> Int {
    guard case .pcapng(let section) = format else { preconditionFailure("a packet block outside a section") }
    let known = interfaces.count - section.firstInterface
    guard index < known else {
      throw CaptureError(offset: buffer.offset, fault: .unknownInterface(index, known: known))
    }
    return section.firstInterface + Int(index)
  }

  private func capturedLength(_ stated: UInt32, limit: Int) throws(CaptureError) -> Int {
    guard stated <= UInt32(Self.maximumFrameLength) else { throw frameTooLong(stated) }
    guard Int(stated) <= limit else {
      throw CaptureError(
        offset: buffer.offset,
        fault: .length(
          what: "frame \(count + 1)", stated: UInt64(stated), limit: "its block has room for \(limit)"))
    }
    return Int(stated)
  }

  private mutating func frame(
    _ interface: Int, _ start: Int, _ captured: Int, original: UInt32, nanoseconds: Int64?, _ options: [PcapngOption]
  ) -> CapturedFrame {
    count += 1
    let flags = options.first { $0.code == 2 && $0.value.count == 4 }.map { buffer.uint32($0.index) } ?? 0
    return CapturedFrame(
      number: count, interface: interface, linkType: interfaces[interface].linkType, nanoseconds: nanoseconds,
      bytes: buffer.octets(start, captured), originalLength: Int(original),
      direction: CaptureDirection(rawValue: UInt8(flags & 3)) ?? .unknown,
      comments: options.filter { $0.code == 1 }.map(\.text))
  }
}
