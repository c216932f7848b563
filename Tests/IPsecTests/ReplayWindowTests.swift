import Cryptography
import Testing

@testable import IPsec

@Suite struct ReplayWindowTests {
  /// The same by remembering everything.
  struct Reference {
    let size: UInt32
    var top: UInt32 = 0
    var seen: Set<UInt32> = []

    func check(_ number: UInt32) -> ReplayWindow.Verdict {
      if number == 0 { return .zero }
      if number <= top, top - number >= size { return .leftOfWindow }
      return seen.contains(number) ? .replayed : .new
    }

    mutating func accept(_ number: UInt32) {
      guard check(number) == .new else { return }
      seen.insert(number)
      top = max(top, number)
    }
  }

  @Test(arguments: [32, 33, 63, 64, 65, 100, 127, 128, 256, 500, 1_023, 1_024])
  func `A window says what a memory of everything says`(size: Int) {
    for seed in UInt64(1)...6 {
      var generator = numbers(seed)
      var window = ReplayWindow(size: size)
      var reference = Reference(size: UInt32(size))
      for step in 0..<600 {
        let number = Self.nextNumber(reference.top, size, &generator)
        let verdict = window.check(number)
        #expect(
          verdict == reference.check(number), "seed \(seed), step \(step), number \(number), top \(reference.top)")
        // Some packets fail their ICV after they passed the window: those leave no trace.
        guard generator.below(5) != 0 else { continue }
        window.accept(number)
        reference.accept(number)
        #expect(window.top == reference.top, "seed \(seed), step \(step)")
      }
    }
  }

  /// Mostly near the top, sometimes far ahead, at word borders, or at the end of all numbers.
  private static func nextNumber(_ top: UInt32, _ size: Int, _ generator: inout SeededGenerator) -> UInt32 {
    let near = UInt32(generator.below(UInt64(size) * 2 + 4))
    switch generator.below(12) {
    case 0: return top &+ near &* 40 < top ? .max : top &+ near &* 40
    case 1: return (top | 63) &+ 1
    case 2: return UInt32(generator.below(4))
    case 3...6: return top < .max - 3 ? top + UInt32(generator.below(4)) : top
    default: return top > near ? top - near : near
    }
  }

  @Test func `It ends with the last number and does not wrap`() {
    var window = ReplayWindow(size: 64)
    window.accept(.max - 1)
    #expect(window.check(.max) == .new)
    window.accept(.max)
    #expect(window.check(.max) == .replayed)
    #expect(window.check(.max - 63) == .new)
    #expect(window.check(.max - 64) == .leftOfWindow)
    #expect(window.check(0) == .zero)
    #expect(window.check(1) == .leftOfWindow)
  }

  @Test func `A check remembers nothing`() {
    var window = ReplayWindow(size: 32)
    window.accept(5)
    let before = window
    for number in UInt32(0)...100 { _ = window.check(number) }
    #expect(window == before)
    window.accept(5)
    #expect(window == before)
    #expect(window.accepted == [5])
  }

  @Test func `A size is held to 32 to 1,024, and zero looks at nothing`() {
    #expect(ReplayWindow(size: 1).size == 32)
    #expect(ReplayWindow(size: 5_000).size == 1_024)
    var none = ReplayWindow(size: 0)
    none.accept(7)
    #expect(none.check(7) == .new && none.check(0) == .new && none.top == 0)
  }
}
