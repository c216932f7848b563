import Foundation
import Testing

/// Exported packets, cut short at every length and changed at random: `inspect` says something of each, and never traps.
@Suite("Mutations of exported packets")
struct MutationTests {
  /// How many of each packet: `LOCKSTEP_MUTATIONS`, for those who have the time for a million.
  static let count = ProcessInfo.processInfo.environment["LOCKSTEP_MUTATIONS"].flatMap { Int($0) } ?? 100

  private static let batch = 50_000

  @Test(
    "are inspected with the run's keys", .enabled(if: Program.release != nil && Tools.bash != nil, Tools.withoutRelease)
  )
  func mutations() throws {
    let bundle = try ExportedRun(of: try Recorded.workspace("branch-office-pfs"))
    let frames = try ["bundle/capture.pcapng", "bundle/taps/alice-lan.pcapng"].flatMap {
      try Self.frames(of: Array(Data(contentsOf: URL(fileURLWithPath: bundle.workspace.path($0)))))
    }
    try #require(frames.count > 250)
    let seed: UInt64 = 2_409
    var noise = Noise(state: seed)
    var changed: [[UInt8]] = []
    for frame in frames {
      changed += (0..<frame.count).map { Array(frame[..<$0]) }
      for _ in 0..<Self.count {
        changed.append(noise.change(frame))
        if changed.count >= Self.batch { try inspect(&changed, bundle, seed) }
      }
    }
    try inspect(&changed, bundle, seed)
  }

  /// Has the release build look at all of them: one object each.
  private func inspect(_ frames: inout [[UInt8]], _ bundle: ExportedRun, _ seed: UInt64) throws {
    try Data(Self.capture(frames)).write(to: URL(fileURLWithPath: bundle.workspace.path("changed.pcap")))
    let program = try #require(Program.release).executable.path
    let command = """
      "\(program)" inspect changed.pcap --sas bundle/sas.json --ike-keys bundle/ikev1_decryption_table \
      --format json | wc -l
      """
    let outcome = try #require(Tools.bash).run(["-o", "pipefail", "-c", command], in: bundle.workspace)
    #expect(outcome.code == 0, "seed \(seed): \(outcome.errors)")
    #expect(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines) == "\(frames.count)")
    frames.removeAll()
  }

  // MARK: Captures

  /// The frames of a pcapng file with little-endian blocks: those of type 6 hold them.
  private static func frames(of file: [UInt8]) throws -> [[UInt8]] {
    func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) } }
    var frames: [[UInt8]] = []
    var offset = 0
    while offset + 12 <= file.count {
      let length = word(offset + 4)
      try #require(length >= 12 && offset + length <= file.count)
      if word(offset) == 6 { frames.append(Array(file[(offset + 28)..<(offset + 28 + word(offset + 20))])) }
      offset += length
    }
    return frames
  }

  /// A pcap file of raw IP.
  private static func capture(_ frames: [[UInt8]]) -> [UInt8] {
    func words(_ values: [Int]) -> [UInt8] {
      values.flatMap { value in (0..<4).map { UInt8(value >> (8 * $0) & 0xFF) } }
    }
    var file = words([0xA1B2_C3D4, 0x0004_0002, 0, 0, 262_144, 101])
    for (number, frame) in frames.enumerated() { file += words([number, 0, frame.count, frame.count]) + frame }
    return file
  }

  /// SplitMix64: the same changes in every run of this test.
  private struct Noise {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    /// Up to four octets set, one bit flipped, or a stretch repeated.
    mutating func change(_ frame: [UInt8]) -> [UInt8] {
      var result = frame
      switch below(4) {
      case 0: result[below(result.count)] ^= 1 << UInt8(below(8))
      case 1:
        let start = below(result.count)
        result.insert(contentsOf: result[start..<min(result.count, start + 1 + below(32))], at: below(result.count))
      default: for _ in 0...below(4) { result[below(result.count)] = UInt8(truncatingIfNeeded: next()) }
      }
      return result
    }
  }
}
