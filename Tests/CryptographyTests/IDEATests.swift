import Testing

@testable import Cryptography

/// A block under a key, published. All were computed again with Python's cryptography 48.0.0, and are the same there.
struct IDEABlock: Sendable, CustomTestStringConvertible {
  let source: String
  let key: String
  let plaintext: String
  let ciphertext: String

  var testDescription: String { "\(source): key \(key), plaintext \(plaintext)" }

  /// The test data that Cryptix's implementation of 1995 to 1997 carries; the first is example 7.108 of the Handbook of
  /// Applied Cryptography too.
  private static let cryptix = [
    "00010002000300040005000600070008 0000000100020003 11fbed2b01986de5",
    "00010002000300040005000600070008 0102030405060708 540e5fea18c2f8b1",
    "00010002000300040005000600070008 0019324b647d96af 9f0a0ab6e10ced78",
    "00010002000300040005000600070008 f5202d5b9c671b08 cf18fd7355e2c5c5",
    "00010002000300040005000600070008 fae6d2beaa96826e 85df52005608193d",
    "00010002000300040005000600070008 0a141e28323c4650 2f7de750212fb734",
    "00010002000300040005000600070008 050a0f14191e2328 7b7314925de59c09",
    "0005000a000f00140019001e00230028 0102030405060708 3ec04780beff6e20",
    "3a984e2000195db32ee501c8c47cea60 0102030405060708 97bcd8200780da86",
    "006400c8012c019001f4025802bc0320 05320a6414c819fa 65be87e7a2538aed",
    "9d4075c103bc322afb03e7be6ab30006 0808080808080808 f5db1ac45e5ef9f9",
  ]

  private static let nessie = [
    "80000000000000000000000000000000 0000000000000000 b1f5f7f87901370f",
    "000102030405060708090a0b0c0d0e0f db2d4a92aa68273f 0011223344556677",
    "2bd6459f82c5b300952c49104881ff48 f129a6601ef62a47 ea024714ad5c4d84",
  ]

  static let all = cryptix.map { make("Cryptix", $0) } + nessie.map { make("NESSIE", $0) }

  private static func make(_ source: String, _ line: String) -> IDEABlock {
    let words = line.split(separator: " ").map(String.init)
    return IDEABlock(source: source, key: words[0], plaintext: words[1], ciphertext: words[2])
  }
}

@Suite("IDEA")
struct IDEATests {
  @Test("Published blocks, both ways", arguments: IDEABlock.all)
  func published(_ block: IDEABlock) throws {
    let zeros = [UInt8](repeating: 0, count: 8)
    let seal = try Cipher(.ideaCBC, key: hex(block.key), direction: .encrypt)
    let open = try Cipher(.ideaCBC, key: hex(block.key), direction: .decrypt)
    #expect(try hex(seal.process(hex(block.plaintext), initializationVector: zeros).octets) == block.ciphertext)
    #expect(try hex(open.process(hex(block.ciphertext), initializationVector: zeros).octets) == block.plaintext)
  }

  @Test("A thousand messages under a thousand keys: the SHA-256 of them all, from Python's cryptography 48.0.0")
  func thousand() throws {
    var all = HashContext(.sha256)
    for index in 0..<1_000 {
      let drawn = HashAlgorithm.sha256.digest(Array("IDEA \(index)".utf8))
      let (key, vector) = (Array(drawn[..<16]), Array(drawn[16..<24]))
      let sealed = try Cipher(.ideaCBC, key: key, direction: .encrypt)
        .process(drawn + drawn, initializationVector: vector).octets
      let opened = try Cipher(.ideaCBC, key: key, direction: .decrypt).process(sealed, initializationVector: vector)
      #expect(opened.octets == drawn + drawn)
      all.update(sealed)
    }
    #expect(hex(all.digest()) == "d0c51696d276f252957c3acbf8462db30186e3c99f4d8dbeb9e1dcceaa60d62e")
  }

  @Test("Products are those of the integers modulo 65537, with 0 for 65536")
  func products() {
    func integer(_ word: UInt16) -> Int { word == 0 ? 65_536 : Int(word) }
    var generator = SeededGenerator(seed: 12, node: "IDEA", purpose: "products")
    let words = [0, 1, 2, 0x7FFF, 0x8000, 0xFFFF] + (0..<200).map { _ in UInt16(generator.below(65_536)) }
    for left in words {
      for right in words where integer(IDEA.product(left, right)) != integer(left) * integer(right) % 65_537 {
        Issue.record("\(left) times \(right)")
      }
    }
    let wrong = (0...UInt16.max).filter { IDEA.product($0, IDEA.reciprocal($0)) != 1 }
    #expect(wrong.isEmpty)
  }
}

@Suite("Weak keys of IDEA")
struct WeakIDEAKeyTests {
  private struct Class: Sendable {
    let bits: [ClosedRange<Int>]
    let difference: UInt64
    let outcome: UInt64
  }

  /// With these keys two blocks that differ by `difference` always become two that differ by `outcome`.
  private static let characteristics = [
    Class(bits: [26...40, 72...76, 108...122], difference: 0x0000_8000_0000_8000, outcome: 0x0000_8000_8000_0000),
    Class(bits: WeakIDEAKeys.classes[2], difference: 0x0000_8000_8000_0000, outcome: 0x0000_8000_0000_8000),
  ]

  /// A key whose bits outside the ranges are zero.
  private func key(_ bits: [ClosedRange<Int>], _ generator: inout SeededGenerator) -> [UInt8] {
    var key = generator.bytes(16)
    for bit in 0..<128 where !bits.contains(where: { $0.contains(bit) }) { key[bit / 8] &= ~(0x80 >> UInt8(bit % 8)) }
    return key
  }

  @Test("Of two classes a difference goes through unchanged, whatever the block and the key", arguments: [0, 1])
  func characteristic(_ index: Int) {
    let kind = Self.characteristics[index]
    var generator = SeededGenerator(seed: 13, node: "IDEA", purpose: "characteristic \(index)")
    for _ in 0..<100 {
      let key = key(kind.bits, &generator)
      let (idea, block) = (IDEA(key: key, direction: .encrypt), generator.next())
      #expect(CipherAlgorithm.ideaCBC.isWeakKey(key), "\(hex(key))")
      #expect(idea.processed(block) ^ idea.processed(block ^ kind.difference) == kind.outcome, "\(hex(key))")
    }
  }

  @Test("Of one class a sum of four bits depends on the key alone")
  func linear() {
    var generator = SeededGenerator(seed: 14, node: "IDEA", purpose: "linear")
    for _ in 0..<20 {
      let key = key(WeakIDEAKeys.classes[0], &generator)
      let idea = IDEA(key: key, direction: .encrypt)
      let sums = (0..<20).map { _ in
        let block = generator.next()
        let (before, after) = (block & 0x0001_0000_0001_0000, idea.processed(block) & 0x0000_0001_0001_0000)
        return (before.nonzeroBitCount + after.nonzeroBitCount) % 2
      }
      #expect(Set(sums).count == 1, "\(hex(key))")
      #expect(CipherAlgorithm.ideaCBC.isWeakKey(key), "\(hex(key))")
    }
  }

  @Test("A bit outside of the classes makes a key that is taken")
  func others() {
    var generator = SeededGenerator(seed: 15, node: "IDEA", purpose: "others")
    for bits in WeakIDEAKeys.classes {
      var weak = key(bits, &generator)
      #expect(CipherAlgorithm.ideaCBC.isWeakKey(weak))
      weak[0] |= 0x80
      #expect(!CipherAlgorithm.ideaCBC.isWeakKey(weak))
    }
    #expect(CipherAlgorithm.ideaCBC.isWeakKey([UInt8](repeating: 0, count: 16)))
    #expect(!CipherAlgorithm.ideaCBC.isWeakKey([UInt8](repeating: 0, count: 15)))
    #expect(!CipherAlgorithm.ideaCBC.isWeakKey(generator.bytes(16)))
  }
}
