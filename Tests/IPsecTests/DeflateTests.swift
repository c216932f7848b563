import Testing

@testable import IPsec

@Suite struct DeflateTests {
  /// Made with Python's `zlib.compressobj(level, zlib.DEFLATED, -15)`: stored, fixed and dynamic blocks.
  private static let samples: [(packed: String, plain: [UInt8])] = [
    ("010500faff68656c6c6f", Array("hello".utf8)),
    ("4b4c4a4e444500", Array("abcabcabcabcabcabc".utf8)),
    (
      """
      6360646266616563e7e0e4e2e6e1e5e3171014121611151397909492969195935750545256515553d7d0d4d2d6d1d5d33730343236313533
      b7b0b4b2b6b1b5b3671860fd2519a90a85a599c9d90a4945f9e5790a69f9150a59a5b905c50af965a9450a20e99cc4aa4a8594fc748551b5
      b4550b00
      """,
      Array([[UInt8]](repeating: Array(0..<64), count: 3).joined())
        + Array(String(repeating: "the quick brown fox jumps over the lazy dog ", count: 9).utf8)
    ),
  ]

  @Test func unpacks() throws {
    for sample in Self.samples {
      let packed = hex(sample.packed)
      #expect(try Deflate.inflate(packed, 0..<packed.count) == sample.plain)
    }
  }

  @Test func refusesWhatIsCutOff() {
    for sample in Self.samples {
      let packed = hex(sample.packed)
      for count in 0..<packed.count {
        #expect(throws: Deflate.Fault.truncated) { try Deflate.inflate(packed, 0..<count) }
      }
    }
  }

  @Test func refusesTooMuch() {
    // A run of one octet, copied over and over: a thousand to one.
    let bomb = hex("ecc1010d000000c2a0f74f6d0e37a0") + [UInt8](repeating: 0, count: 400)
    #expect(throws: Deflate.Fault.self) { try Deflate.inflate(bomb, 0..<bomb.count) }
    let stored = [0, 0xFF, 0xFF, 0, 0] + [UInt8](repeating: 1, count: 65_535)
    #expect(throws: Deflate.Fault.tooLong) {
      try Deflate.inflate(stored + [0, 1, 0, 0xFE, 0xFF, 1], 0..<stored.count + 6)
    }
  }

  @Test func `Nothing that it is given makes it trap`() {
    var generator = numbers(0x0DEF)
    for _ in 0..<2_000 {
      for sample in Self.samples {
        var packed = hex(sample.packed)
        for _ in 0...generator.below(4) {
          packed[Int(generator.below(UInt64(packed.count)))] = UInt8(truncatingIfNeeded: generator.next())
        }
        let count = generator.below(4) == 0 ? Int(generator.below(UInt64(packed.count + 1))) : packed.count
        _ = try? Deflate.inflate(packed, 0..<count)
      }
    }
  }

  @Test func `What is packed is unpacked, and what would not shrink is not packed`() throws {
    for sample in Self.samples {
      guard let packed = Deflate.deflate(sample.plain, 0..<sample.plain.count, limit: sample.plain.count) else {
        #expect(sample.plain.count < 16)
        continue
      }
      #expect(packed.count < sample.plain.count)
      #expect(try Deflate.inflate(packed, 0..<packed.count) == sample.plain)
    }
    var generator = numbers(7)
    let noise = generator.bytes(600)
    #expect(Deflate.deflate(noise, 0..<noise.count, limit: noise.count) == nil)
    for limit in -1...1 { #expect(Deflate.deflate(noise, 0..<noise.count, limit: limit) == nil) }
  }
}
