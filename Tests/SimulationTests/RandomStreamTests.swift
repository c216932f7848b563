import Testing
import Units

@testable import Simulation

@Suite("Named random streams")
struct RandomStreamTests {
  @Test("give the numbers of xoshiro256** from a known state")
  func xoshiro() {
    // The first numbers of the authors' xoshiro256starstar.c from the state 1, 2, 3, 4.
    var stream = RandomStream(state: 1, 2, 3, 4)
    let numbers = (0..<4).map { _ in stream.next() }
    #expect(numbers == [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
  }

  @Test("rest on SipHash-2-4 as its authors' vectors have it")
  func sipHash() {
    // Key 00 01 … 0f; messages of 0 and 15 octets 00 01 …; the second is the example of the paper's appendix A.
    var hash = SipHash(key: 0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    #expect(hash.finish() == 0x726f_db47_dd0e_0e31)
    hash = SipHash(key: 0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    hash.append(0..<15)
    #expect(hash.finish() == 0xa129_ca61_49be_45e5)
  }

  @Test("never change: recorded runs rest on these numbers")
  func golden() {
    var stream = RandomStream(seed: 42, node: "isp-1", purpose: "loss")
    let numbers = (0..<4).map { _ in stream.next() }
    #expect(
      numbers == [
        15_867_542_465_423_958_074, 15_178_658_347_120_415_697, 13_232_301_609_259_960_316, 509_283_550_256_828_771,
      ])
  }

  @Test("depend on seed, node and purpose, each for itself")
  func independence() {
    var streams = [
      RandomStream(seed: 1, node: "ab", purpose: "c"), RandomStream(seed: 1, node: "a", purpose: "bc"),
      RandomStream(seed: 2, node: "ab", purpose: "c"), RandomStream(seed: 1, node: "ab", purpose: "d"),
      RandomStream(seed: 1, node: "", purpose: ""), RandomStream(seed: 0, node: "", purpose: ""),
    ]
    let first = streams.indices.map { streams[$0].next() }
    #expect(Set(first).count == first.count)
  }

  @Test("are not touched by a stream more, whoever draws from it")
  func addingAStream() {
    func draws(also other: String?) -> [UInt64] {
      var loss = RandomStream(seed: 7, node: "fw-a", purpose: "loss")
      var added = other.map { RandomStream(seed: 7, node: $0, purpose: "loss") }
      return (0..<100).map { _ in
        _ = added?.next()
        return loss.next()
      }
    }
    #expect(draws(also: nil) == draws(also: "dave"))
  }

  @Test("stay below a bound and favour no number", arguments: [2, 3, 7, 1_000] as [UInt64])
  func below(bound: UInt64) {
    var stream = RandomStream(seed: 3, node: "alice", purpose: "jitter")
    var seen = Array(repeating: 0, count: Int(bound))
    for _ in 0..<Int(bound) * 1_000 { seen[Int(stream.below(bound))] += 1 }
    // Binomial with mean 1,000: six standard deviations are less than 200.
    #expect(seen.allSatisfy { (800...1_200).contains($0) })
  }

  @Test("have an answer at the ends of every range")
  func ends() {
    var stream = RandomStream(seed: 3, node: "alice", purpose: "jitter")
    let before = stream
    let numbers = [stream.below(0), stream.below(1), stream.duration(upTo: .zero).nanoseconds]
    let hits = [stream.hits(.zero), stream.hits(Ratio(5, 5))]
    #expect(numbers == [0, 0, 0] && hits == [false, true])
    #expect(stream == before)
    let (below, long) = (stream.below(.max), stream.duration(upTo: SimDuration(nanoseconds: .max)))
    #expect(below < .max && long != .zero)
    let one = SimDuration(nanoseconds: 1)
    let short = Set((0..<64).map { _ in stream.duration(upTo: one) })
    #expect(short == [.zero, one])
  }

  @Test("hit as often as a ratio says")
  func hits() {
    var stream = RandomStream(seed: 9, node: "isp-2", purpose: "loss")
    let hits = (0..<100_000).count { _ in stream.hits(Ratio(3, 100)) }
    // Mean 3,000, standard deviation 54.
    #expect((2_700...3_300).contains(hits))
  }
}
