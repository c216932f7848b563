@testable import Wire

/// Capture files made octet by octet, in either byte order.
struct CaptureBuilder {
  var bytes: [UInt8] = []
  let isLittleEndian: Bool

  init(little: Bool) { isLittleEndian = little }

  mutating func add(_ value: UInt64, _ width: Int) {
    let octets = (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    bytes += isLittleEndian ? octets : octets.reversed()
  }

  mutating func add(_ octets: [UInt8]) { bytes += octets }

  /// A pcap file header.
  mutating func fileHeader(magic: UInt64, linkType: UInt64 = 101) {
    add(magic, 4)
    add(2, 2)
    add(4, 2)
    add(0, 8)
    add(65_535, 4)
    add(linkType, 4)
  }

  mutating func record(seconds: UInt64, fraction: UInt64, _ frame: [UInt8], original: Int? = nil, extra: Int = 0) {
    add(seconds, 4)
    add(fraction, 4)
    add(UInt64(frame.count), 4)
    add(UInt64(original ?? frame.count), 4)
    add(Array(repeating: 0, count: extra))
    add(frame)
  }

  mutating func block(_ type: UInt64, _ body: (inout CaptureBuilder) -> Void) {
    var inner = CaptureBuilder(little: isLittleEndian)
    body(&inner)
    inner.pad()
    add(type, 4)
    add(UInt64(inner.bytes.count + 12), 4)
    add(inner.bytes)
    add(UInt64(inner.bytes.count + 12), 4)
  }

  mutating func pad() { bytes += Array(repeating: 0, count: (4 - bytes.count % 4) % 4) }

  mutating func option(_ code: UInt64, _ value: [UInt8]) {
    add(code, 2)
    add(UInt64(value.count), 2)
    add(value)
    pad()
  }

  mutating func section() {
    block(0x0A0D_0D0A) {
      $0.add(0x1A2B_3C4D, 4)
      $0.add(1, 2)
      $0.add(0, 2)
      $0.add(.max, 8)
    }
  }

  mutating func interface(_ linkType: UInt64, snap: UInt64 = 0, options: (inout CaptureBuilder) -> Void = { _ in }) {
    block(1) {
      $0.add(linkType, 2)
      $0.add(0, 2)
      $0.add(snap, 4)
      options(&$0)
    }
  }

  mutating func packet(
    _ interface: UInt64, time: UInt64, _ frame: [UInt8], original: Int? = nil,
    options: (inout CaptureBuilder) -> Void = { _ in }
  ) {
    block(6) {
      $0.add(interface, 4)
      $0.add(time >> 32, 4)
      $0.add(time & 0xFFFF_FFFF, 4)
      $0.add(UInt64(frame.count), 4)
      $0.add(UInt64(original ?? frame.count), 4)
      $0.add(frame)
      $0.pad()
      options(&$0)
    }
  }

  /// A pcapng file with two sections of opposite byte orders and every kind of block.
  static func everything(little: Bool) -> [UInt8] {
    var file = CaptureBuilder(little: little)
    file.section()
    file.interface(1, snap: 6) { $0.option(2, Array("fw-a:wan".utf8)) }
    file.interface(101) {
      $0.option(9, [9])
      $0.option(14, little ? [10, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 10])
    }
    file.block(0x0BAD) { $0.add([1, 2, 3]) }
    file.packet(1, time: 5_000_000_007, [1, 2, 3], original: 9) {
      $0.option(1, Array("entry 17".utf8))
      $0.option(1, Array("second".utf8))
      $0.option(2, little ? [2, 0, 0, 0] : [0, 0, 0, 2])
      $0.option(0, [])
    }
    file.block(3) {
      $0.add(8, 4)
      $0.add([1, 2, 3, 4, 5, 6])
    }
    file.block(2) {
      $0.add(0, 2)
      $0.add(4, 2)
      $0.add(0, 4)
      $0.add(1_000_001, 4)
      $0.add(2, 4)
      $0.add(2, 4)
      $0.add([7, 8])
    }
    var second = CaptureBuilder(little: !little)
    second.section()
    second.interface(9)
    second.packet(0, time: 1, [0xFF, 3])
    return file.bytes + second.bytes
  }
}

extension CaptureReader {
  /// All frames up to the end or the error, and the error.
  static func all(_ bytes: [UInt8], chunk: Int? = nil) -> (frames: [CapturedFrame], error: CaptureError?) {
    var left = bytes[...]
    var reader =
      chunk.map { size in
        CaptureReader(chunks: { () throws(CaptureError) -> [UInt8] in
          defer { left = left.dropFirst(size) }
          return Array(left.prefix(size))
        })
      } ?? CaptureReader(bytes)
    var frames: [CapturedFrame] = []
    do throws(CaptureError) {
      while let frame = try reader.next() { frames.append(frame) }
      return (frames, nil)
    } catch {
      return (frames, error)
    }
  }
}
