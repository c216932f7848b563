/// The ciphertext blocks from which the next message of an exchange may be decrypted, with those in front that a decrypted
/// message left behind. A forged message never breaks the chain, and one that was sent twice finds its vector again.
struct VectorChain: Hashable, Sendable {
  /// Blocks that messages ended with, the newest last.
  private var proven: [[UInt8]] = []
  private var unproven: [[UInt8]] = []

  /// More blocks than this of one kind are not kept, the oldest going first.
  private static let most = 32

  /// In the order in which they are worth a try: the newest that was proven right first.
  var candidates: [[UInt8]] { proven.reversed() + unproven.reversed() }

  /// Adds the last block of a message; of one that could not be decrypted, it may still be what the next one needs.
  mutating func add(_ block: [UInt8], isProven: Bool) {
    unproven.removeAll { $0 == block }
    if proven.contains(block) { return }
    if isProven { Self.add(block, to: &proven) } else { Self.add(block, to: &unproven) }
  }

  private static func add(_ block: [UInt8], to blocks: inout [[UInt8]]) {
    if blocks.count == most { blocks.removeFirst() }
    blocks.append(block)
  }
}
