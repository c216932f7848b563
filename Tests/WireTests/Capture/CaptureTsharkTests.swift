import Foundation
import Testing

@testable import Wire

@Suite(
  "Capture files against tshark (skipped without tshark and ../shared/oracles)",
  .enabled(if: Oracles.haveTshark && Oracles.folder != nil, "needs tshark and the captures in ../shared/oracles"))
struct CaptureTsharkTests {
  @Test("number, time and lengths of every frame agree, in a sample of the captures")
  func frames() throws {
    #expect(!Oracles.captures.isEmpty)
    for index in stride(from: 0, to: Oracles.captures.count, by: 15) {
      let capture = Oracles.captures[index]
      let lines = try Oracles.tshark([
        "-r", capture.path(), "-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch", "-e", "frame.cap_len",
        "-e",
        "frame.len",
      ])
      let (frames, error) = CaptureReader.all(Array(try Data(contentsOf: capture)), chunk: 65_536)
      #expect(error == nil, "\(capture.path())")
      let ours = frames.map {
        "\($0.number)\t\(Self.seconds($0.nanoseconds ?? 0))\t\($0.bytes.count)\t\($0.originalLength)"
      }
      #expect(ours == lines, "\(capture.path())")
    }
  }

  @Test("a pcapng file that tshark wrote gives the frames of the pcap file that it read")
  func pcapng() throws {
    let capture = try #require(Oracles.exchanges.first)
    let file = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString).pcapng")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try Oracles.tshark(["-r", capture.path(), "-F", "pcapng", "-w", file.path()])
    let (theirs, error) = CaptureReader.all(Array(try Data(contentsOf: file)))
    let ours = CaptureReader.all(Array(try Data(contentsOf: capture))).frames
    #expect(error == nil && !ours.isEmpty)
    #expect(theirs.map(\.bytes) == ours.map(\.bytes))
    #expect(theirs.map(\.nanoseconds) == ours.map(\.nanoseconds))
    #expect(theirs.map(\.linkType) == ours.map(\.linkType))
  }

  static func seconds(_ nanoseconds: Int64) -> String {
    let fraction = String(nanoseconds % 1_000_000_000)
    return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
  }
}
