/// The receiver's memory of sequence numbers, 32 to 1,024 wide: RFC 2401 Appendix C, for any width.
///
/// A packet is looked up before its ICV is verified and remembered only afterwards (RFC 2406 §3.4.3), so that nobody
/// moves the window who does not hold the key. Bits lie in a ring of words: moving right clears the words that are
/// passed, and shifts nothing.
public struct ReplayWindow: Hashable, Sendable {
  /// What the window says of a sequence number.
  public enum Verdict: Hashable, Sendable {
    /// It was not seen yet.
    case new
    /// It was seen.
    case replayed
    /// It is older than what is remembered.
    case leftOfWindow
    /// Zero, which no sender uses: the first packet has number 1 (RFC 2406 §3.3.3).
    case zero
  }

  /// Widths that a window may have.
  public static let sizes = 32...1_024

  /// Sequence numbers that are remembered; 0 where replays are not looked for.
  public let size: Int
  /// The highest number that was verified; 0 before the first packet.
  public private(set) var top: UInt32 = 0

  /// A power of two of words, with room for one word more than the window, since the window may begin inside a word.
  /// Empty until the first packet, so that idle associations cost little.
  private var words: [UInt64] = []

  /// A window of `size` numbers, held to ``sizes``; none for 0 and below.
  public init(size: Int) {
    self.size = size <= 0 ? 0 : min(max(size, Self.sizes.lowerBound), Self.sizes.upperBound)
  }

  /// What the window says of `number`; nothing is remembered.
  public func check(_ number: UInt32) -> Verdict {
    guard size > 0 else { return .new }
    guard number != 0 else { return .zero }
    guard number <= top else { return .new }
    guard top - number < UInt32(size) else { return .leftOfWindow }
    return words[wordIndex(number)] & Self.bit(number) == 0 ? .new : .replayed
  }

  /// Remembers `number`, which must have been `new` and whose packet must have been verified. Others change nothing.
  public mutating func accept(_ number: UInt32) {
    guard size > 0, check(number) == .new else { return }
    if words.isEmpty { words = [UInt64](repeating: 0, count: Self.wordCount(size)) }
    if number > top { move(to: number) }
    words[wordIndex(number)] |= Self.bit(number)
  }

  /// The numbers in the window that were verified, in ascending order: what a view shows.
  public var accepted: [UInt32] {
    guard size > 0, top > 0 else { return [] }
    let first = top > UInt32(size) ? top - UInt32(size) + 1 : 1
    return (first...top).filter { check($0) == .replayed }
  }

  private mutating func move(to number: UInt32) {
    let passed = min(Int(number >> 6) - Int(top >> 6), words.count)
    for step in 0..<passed { words[(Int(number >> 6) &- step) & (words.count - 1)] = 0 }
    top = number
  }

  private func wordIndex(_ number: UInt32) -> Int { Int(number >> 6) & (words.count - 1) }

  private static func bit(_ number: UInt32) -> UInt64 { 1 << UInt64(number & 63) }

  private static func wordCount(_ size: Int) -> Int {
    let needed = (size + 63) / 64 + 1
    return 1 << (Int.bitWidth - (needed - 1).leadingZeroBitCount)
  }
}
