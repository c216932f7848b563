import Foundation
import Testing

@testable import Cryptography

@Suite("Seeded generator")
struct SeededGeneratorTests {
  @Test("The streams are what they were: computed with Python's hashlib from the description")
  func golden() {
    var firewall = SeededGenerator(seed: 1, node: "fw-a", purpose: "ike")
    #expect(
      hex(firewall.bytes(48))
        == "74226ee061139609af4f48ecc6f27f05286dbd086a923530fa21e7cb06c81d56dd552911ea4b7057ef0876357729186b")
    var umlaut = SeededGenerator(seed: .max, node: "ütliberg", purpose: "")
    #expect(umlaut.next() == 0xE06A_60A9_0E68_A854)
    var empty = SeededGenerator(seed: 0, node: "", purpose: "")
    #expect(hex(empty.bytes(8)) == "a4afe90667d73042")
  }

  @Test("Seed, node and purpose each make another stream, also where their letters run together")
  func independence() {
    var seen: Set<[UInt8]> = []
    let names = [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("fw-a", "ike"), ("fw-b", "ike"), ("fw-a", "esp")]
    for seed: UInt64 in [0, 1, 1 << 63] {
      for (node, purpose) in names {
        var generator = SeededGenerator(seed: seed, node: node, purpose: purpose)
        #expect(seen.insert(generator.bytes(32)).inserted, "seed \(seed), node \(node), purpose \(purpose)")
      }
    }
  }

  @Test("What one node draws changes nothing at another")
  func otherNodes() {
    func draw(with bystander: Bool) -> [UInt8] {
      var alice = SeededGenerator(seed: 7, node: "alice", purpose: "nonce")
      var venus = SeededGenerator(seed: 7, node: "venus", purpose: "nonce")
      return (0..<10).flatMap { round in
        if bystander { _ = venus.bytes(round) }
        return alice.bytes(5)
      }
    }
    #expect(draw(with: true) == draw(with: false))
  }

  @Test("However it is asked for, it is one stream")
  func pieces() {
    var whole = SeededGenerator(seed: 8, node: "alice", purpose: "pieces")
    var pieces = whole
    let octets = whole.bytes(1 + 7 + 8 + 31 + 0 + 64 + 33)
    var collected: [UInt8] = []
    for count in [1, 7] { collected += pieces.bytes(count) }
    let number = pieces.next()
    collected += (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    for count in [31, 0, -3, 64, 33] { collected += pieces.bytes(count) }
    #expect(collected == octets)
    #expect(whole == pieces)
  }

  @Test("A copy, and one that was stored and read back, go on the same")
  func copies() throws {
    var generator = SeededGenerator(seed: 9, node: "alice", purpose: "copies")
    for count in [0, 13, 19, 64] {
      _ = generator.bytes(count)
      var copy = generator
      var stored = try JSONDecoder().decode(SeededGenerator.self, from: JSONEncoder().encode(generator))
      let expected = generator.bytes(50)
      #expect(copy.bytes(50) == expected)
      #expect(stored.bytes(50) == expected)
    }
  }

  @Test("Numbers below a bound stay below it and reach all of them")
  func below() {
    var generator = SeededGenerator(seed: 10, node: "alice", purpose: "below")
    #expect(generator.below(0) == 0)
    #expect(generator.below(1) == 0)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 { counts[Int(generator.below(10))] += 1 }
    #expect(counts.allSatisfy { (850...1_150).contains($0) }, "seed 10: \(counts)")
    let bound = UInt64.max / 2 + 2
    #expect((0..<200).allSatisfy { _ in generator.below(bound) < bound })
  }

  @Test("Every octet appears about as often as the others")
  func spread() {
    var generator = SeededGenerator(seed: 11, node: "alice", purpose: "spread")
    var counts = [Int](repeating: 0, count: 256)
    for octet in generator.bytes(25_600) { counts[Int(octet)] += 1 }
    // 100 expected, with a standard deviation of 10.
    #expect(counts.allSatisfy { (50...150).contains($0) }, "seed 11: \(counts)")
  }
}

@Suite("Keyed numbers")
struct KeyedNumbersTests {
  @Test("SipHash-2-4 of the octets 0 to 7 under the key 0 to 15: openssl mac -macopt size:8 SIPHASH")
  func vector() {
    let numbers = KeyedNumbers(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)
    #expect(numbers[0x0706_0504_0302_0100] == 0x93F5_F579_9A93_2462)
  }
}
