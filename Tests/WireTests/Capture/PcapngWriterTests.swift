import Foundation
import Testing
import Units

@testable import Wire

@Suite("Pcapng writer")
struct PcapngWriterTests {
  static func sample() -> [UInt8] {
    var writer = PcapngWriter(version: "1.0")
    let wan = writer.addInterface(name: "fw-a:wan")
    let ppp = writer.addInterface(name: "carol:ppp0", linkType: .ppp)
    let ping = IPv4Header(
      from: IPv4Address(10, 1, 0, 5), to: IPv4Address(10, 2, 0, 7), protocol: .noNextHeader, payloadLength: 0)
    writer.append(
      ping.encoded, interface: wan, at: Instant(nanoseconds: 1_002_000_003), direction: .outbound, comment: "entry 17")
    writer.append(
      [0xFF, 0x03, 0xC0, 0x21, 1, 1, 0, 4], interface: ppp, at: Instant(nanoseconds: 5), direction: .inbound,
      comment: "entry 18, “quoted”")
    writer.append(ping.encoded + [1, 2, 3], interface: wan, at: .distantFuture)
    return writer.bytes
  }

  @Test("what was written reads back")
  func roundTrip() throws {
    var reader = CaptureReader(Self.sample())
    var frames: [CapturedFrame] = []
    while let frame = try reader.next() { frames.append(frame) }
    #expect(reader.interfaces.map(\.name) == ["fw-a:wan", "carol:ppp0"])
    #expect(frames.map(\.linkType) == [.raw, .ppp, .raw])
    #expect(frames.map(\.nanoseconds) == [1_002_000_003, 5, .max])
    #expect(frames.map(\.comments) == [["entry 17"], ["entry 18, “quoted”"], []])
    #expect(frames.map(\.direction) == [.outbound, .inbound, .unknown])
    #expect(frames.map(\.bytes.count) == [20, 8, 23])
  }

  @Test("the file begins as the format wants it, to the last octet")
  func opening() {
    #expect(
      hexadecimal(PcapngWriter(version: "1.0").bytes)
        == "0a0d0d0a" + "30000000" + "4d3c2b1a" + "01000000" + "ffffffffffffffff" + "04000c00"
        + "4c6f636b7374657020312e30" + "00000000" + "30000000")
  }

  @Test("pieces that are taken make up the same file")
  func pieces() {
    var writer = PcapngWriter(version: "1.0")
    var file = writer.take()
    let tap = writer.addInterface(name: "a:b")
    file += writer.take()
    writer.append([1], interface: tap, at: .zero)
    file += writer.take()
    var whole = PcapngWriter(version: "1.0")
    whole.append([1], interface: whole.addInterface(name: "a:b"), at: .zero)
    #expect(file == whole.bytes)
  }

  @Test("a comment that no option can hold is cut between two characters")
  func longComment() throws {
    var writer = PcapngWriter(version: "1")
    let tap = writer.addInterface(name: "a:b")
    writer.append([], interface: tap, at: .zero, comment: String(repeating: "é", count: 40_000))
    let comment = try #require(CaptureReader.all(writer.bytes).frames.first?.comments.first)
    #expect(comment == String(repeating: "é", count: 32_767))
  }

  @Test(
    "tshark reads names, comments, times and directions back (skipped without tshark)",
    .enabled(if: Oracles.haveTshark, "needs tshark"))
  func tshark() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString).pcapng")
    try Data(Self.sample()).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = try Oracles.tshark([
      "-r", file.path(), "-T", "fields", "-E", "separator=;", "-e", "frame.interface_name", "-e", "frame.comment", "-e",
      "frame.time_epoch", "-e", "frame.packet_flags_direction", "-e", "frame.len", "-e", "ip.dst",
    ])
    #expect(
      lines.prefix(2) == [
        "fw-a:wan;entry 17;1.002000003;0x00000002;20;10.2.0.7",
        "carol:ppp0;entry 18, “quoted”;0.000000005;0x00000001;8;",
      ])
    #expect(lines.count == 3)
  }
}
