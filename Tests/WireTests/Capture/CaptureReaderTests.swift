import Testing

@testable import Wire

@Suite("Capture files")
struct CaptureReaderTests {
  static func pcap(magic: UInt64, little: Bool, extra: Int = 0) -> [UInt8] {
    var file = CaptureBuilder(little: little)
    file.fileHeader(magic: magic)
    file.record(seconds: 5, fraction: 7, [1, 2, 3], original: 60, extra: extra)
    file.record(seconds: 6, fraction: 0, [], extra: extra)
    return file.bytes
  }

  @Test("pcap in both byte orders, both units and with the modified magic", arguments: [true, false])
  func pcapFlavours(little: Bool) {
    for (magic, extra, nanoseconds) in [
      (0xA1B2_C3D4, 0, 5_000_007_000), (0xA1B2_3C4D, 0, 5_000_000_007), (0xA1B2_CD34, 8, 5_000_007_000),
    ] as [(UInt64, Int, Int64)] {
      let (frames, error) = CaptureReader.all(Self.pcap(magic: magic, little: little, extra: extra))
      #expect(error == nil)
      #expect(frames.map(\.bytes) == [[1, 2, 3], []])
      #expect(frames.map(\.number) == [1, 2])
      #expect(frames.map(\.nanoseconds) == [nanoseconds, 6_000_000_000])
      #expect(frames.map(\.originalLength) == [60, 0])
      #expect(frames.allSatisfy { $0.linkType == .raw })
    }
  }

  @Test("pcapng with two sections of opposite byte orders and every block", arguments: [true, false])
  func pcapng(little: Bool) {
    let (frames, error) = CaptureReader.all(CaptureBuilder.everything(little: little))
    #expect(error == nil)
    #expect(frames.map(\.bytes) == [[1, 2, 3], [1, 2, 3, 4, 5, 6], [7, 8], [0xFF, 3]])
    #expect(frames.map(\.interface) == [1, 0, 0, 2])
    #expect(frames.map(\.linkType) == [.raw, .ethernet, .ethernet, .ppp])
    #expect(frames.map(\.nanoseconds) == [15_000_000_007, nil, 1_000_001_000, 1_000])
    #expect(frames.map(\.originalLength) == [9, 8, 2, 2])
    #expect(frames[0].comments == ["entry 17", "second"])
    #expect(frames[0].direction == .outbound)
    #expect(frames.map(\.isCut) == [true, true, false, false])
  }

  @Test("interfaces keep their names")
  func interfaces() throws {
    var reader = CaptureReader(CaptureBuilder.everything(little: true))
    while try reader.next() != nil {}
    #expect(reader.interfaces.map(\.name) == ["fw-a:wan", nil, nil])
    #expect(reader.interfaces.map(\.resolution) == [.decimal(6), .decimal(9), .decimal(6)])
    #expect(try reader.next() == nil)
  }

  @Test("pieces of any size give the same frames", arguments: [1, 2, 3, 7, 16, 64, 1_000])
  func chunks(size: Int) {
    for file in [CaptureBuilder.everything(little: true), Self.pcap(magic: 0xA1B2_C3D4, little: false)] {
      let (frames, error) = CaptureReader.all(file, chunk: size)
      #expect(error == nil)
      #expect(frames == CaptureReader.all(file).frames)
    }
  }

  @Test("a file that is cut off gives the frames before the cut, then where it is")
  func cut() {
    for file in [CaptureBuilder.everything(little: true), Self.pcap(magic: 0xA1B2_3C4D, little: true)] {
      let whole = CaptureReader.all(file).frames
      for length in 0..<file.count {
        let (frames, error) = CaptureReader.all(Array(file.prefix(length)), chunk: 11)
        #expect(frames == Array(whole.prefix(frames.count)), "cut at \(length)")
        guard let error else { continue }
        guard case .truncated(_, let needed, let available) = error.fault else {
          #expect(length < 4, "cut at \(length): \(error)")
          continue
        }
        #expect(error.offset + UInt64(available) == UInt64(length) && needed > available, "cut at \(length)")
      }
    }
  }

  @Test("time stamps in any unit")
  func resolutions() {
    #expect(TimestampResolution(octet: 6).nanoseconds(3) == 3_000)
    #expect(TimestampResolution(octet: 0).nanoseconds(3) == 3_000_000_000)
    #expect(TimestampResolution(octet: 12).nanoseconds(3_999) == 3)
    #expect(TimestampResolution(octet: 60).nanoseconds(.max) == 0)
    #expect(TimestampResolution(octet: 0x8A).nanoseconds(1_024) == 1_000_000_000)
    #expect(TimestampResolution(octet: 0x80).nanoseconds(2) == 2_000_000_000)
    #expect(TimestampResolution(octet: 0x80).nanoseconds(.max) == .max)
    #expect(TimestampResolution(octet: 0x81).nanoseconds(.max) == .max)
    #expect(TimestampResolution(octet: 0xC0).nanoseconds(.max) == 999_999_999)
    #expect(TimestampResolution(octet: 0xFF).nanoseconds(.max) == 0)
    #expect(TimestampResolution(octet: 0).nanoseconds(.max) == .max)
  }

  @Test("errors name the place and what is wrong")
  func errors() {
    func text(_ file: [UInt8]) -> String { CaptureReader.all(file).error?.description ?? "none" }
    func section(_ add: (inout CaptureBuilder) -> Void) -> [UInt8] {
      var file = CaptureBuilder(little: true)
      file.section()
      add(&file)
      return file.bytes
    }
    #expect(text([]) == "this is no capture file: it is empty")
    #expect(
      text(Array("GIF89a".utf8))
        == "this is no capture file: it begins with 47494638; pcap begins with a1b2c3d4 or a1b23c4d (in either byte"
        + " order), pcapng with 0a0d0d0a")
    #expect(
      text(Array(Self.pcap(magic: 0xA1B2_C3D4, little: true).dropLast(20)))
        == "the capture file is cut off at byte 39: the record header of frame 1 at byte 24 needs 16 octets, 15 are"
        + " there; the frames before it were read")
    var huge = Self.pcap(magic: 0xA1B2_C3D4, little: true)
    huge[35] = 0xFF
    #expect(
      text(huge) == "frame 1 at byte 24 says that it has 4278190083 octets; frames of more than 262144 are not read")
    #expect(
      text(section { $0.packet(3, time: 0, [1]) })
        == "the packet block at byte 28 belongs to interface 3, but its section describes only 0")
    var lengths = section { $0.interface(1) }
    lengths[lengths.count - 4] = 24
    #expect(text(lengths) == "the block at byte 28 begins with the length 20 and ends with the length 24")
    lengths[32] = 18
    #expect(text(lengths) == "the block at byte 28 says that it has 18 octets; a block has at least 12, in steps of 4")
    var order = section { _ in }
    order[8] = 0
    #expect(
      text(order)
        == "the section header at byte 0 has the byte-order magic 0x003c2b1a; it ought to be 0x1a2b3c4d in one byte"
        + " order or the other")
    var version = section { _ in }
    version[12] = 9
    #expect(text(version) == "the capture file at byte 0 is of version 9.0, which Lockstep does not read")
    #expect(
      text(
        section {
          $0.interface(1) {
            $0.add(2, 2); $0.add(900, 2); $0.add(0, 4)
          }
        })
        == "option 2 at byte 44 says that it has 900 octets; 4 are left in its block")
  }

  @Test("an unknown block of any length is skipped, one that ends behind the file is told of")
  func unknownBlocks() {
    var file = CaptureBuilder(little: true)
    file.section()
    file.interface(101)
    file.add(77, 4)
    file.add(0x2000_0000, 4)
    file.add(Array(repeating: 0, count: 100))
    let error = CaptureReader.all(file.bytes, chunk: 50).error
    #expect(
      error
        == CaptureError(offset: 48, fault: .truncated(what: "a block", needed: 0x2000_0000, available: 108)))
  }

  @Test("seeded mutations never trap", arguments: 1...6)
  func mutations(seed: UInt64) {
    var noise = Noise(seed: seed)
    let files = [CaptureBuilder.everything(little: true), Self.pcap(magic: 0xA1B2_C3D4, little: false)]
    for round in 0..<400 {
      var file = files[round % 2]
      for _ in 0...noise.below(4) { file[noise.below(file.count)] = UInt8(truncatingIfNeeded: noise.next()) }
      let (frames, _) = CaptureReader.all(file, chunk: 1 + noise.below(40))
      #expect(frames.count <= 5, "seed \(seed), round \(round)")
    }
  }
}
