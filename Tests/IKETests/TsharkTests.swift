import Cryptography
import Foundation
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// What tshark reads in our exchanges, with the key that we derived.
@Suite(.enabled(if: Tshark.program != nil, "tshark is not installed")) struct TsharkTests {
  /// The values of some fields in every frame, a line each; fields by commas where they occur several times.
  private static func read(_ pair: Pair, _ fields: [String]) throws -> [[String]] {
    let program = try #require(Tshark.program)
    let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-ike-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(Tshark.capture(pair)).write(to: folder.appending(path: "capture.pcapng"))
    let cookie = try #require(pair.sent.first?.bytes.prefix(8))
    let key = try #require(pair.derived(0, "cipher key").first)
    try Data("\(hexadecimal(Array(cookie))),\(hexadecimal(key))\n".utf8)
      .write(to: folder.appending(path: "ikev1_decryption_table"))
    let process = Process()
    process.executableURL = program
    process.arguments =
      ["-r", folder.appending(path: "capture.pcapng").path, "-T", "fields", "-E", "separator=;"]
      + fields.flatMap { ["-e", $0] }
    process.environment = ["WIRESHARK_CONFIG_DIR": folder.path, "PATH": "/usr/bin:/bin"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map { line in
      line.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test(arguments: BundleForm.all, [false, true]) func everyOfferIsRead(form: BundleForm, isIPv6: Bool) throws {
    var pair = try Pair(form, isIPv6: isIPv6)
    pair.acquire(0)
    pair.run()
    let frames = try Self.read(
      pair,
      [
        "_ws.malformed", "isakmp.prop.protoid", "isakmp.prop.number", "isakmp.spi", "isakmp.ipsec.attr.encap_mode",
        "isakmp.enc.decrypted",
      ])
    try #require(frames.count == 9)
    #expect(frames.allSatisfy { $0[0].isEmpty })
    for (frame, side) in [(6, 0), (7, 1)] {
      let inbound = pair.inbound[side].values.sorted { $0.layer > $1.layer }
      let protocols = inbound.map { SecurityProtocol($0.identity.securityProtocol) }
      #expect(frames[frame][1] == protocols.map { "\($0.rawValue)" }.joined(separator: ","))
      #expect(frames[frame][2] == protocols.map { _ in "1" }.joined(separator: ","))
      let spis = inbound.map { hexadecimal(SecurityProtocol($0.identity.securityProtocol).octets($0.identity.spi)) }
      #expect(frames[frame][3].replacing(":", with: "").hasSuffix(spis.joined(separator: ",")))
      let modes = form.offer.split(separator: ", ").map { $0.hasSuffix("tunnel") ? "1" : "2" }
      #expect(frames[frame][4] == modes.joined(separator: ","))
    }
  }

  @Test func aggressiveModeIsRead() throws {
    var pair = Pair(AggressiveModeTests.setup())
    pair.acquire(0)
    pair.run()
    let frames = try Self.read(
      pair,
      ["_ws.malformed", "isakmp.exchangetype", "isakmp.id.data.user_fqdn", "isakmp.id.data.fqdn", "isakmp.typepayload"])
    #expect(
      frames == [
        ["", "4", "alice@example.com", "", "1,2,3,4,10,5"], ["", "4", "", "fw-b.example.com", "1,2,3,4,10,5,8"],
        ["", "4", "", "", "11,8"], ["", "32", "", "", "8,1,2,3,10,5,5"], ["", "32", "", "", "8,1,2,3,10,5,5"],
        ["", "32", "", "", "8"],
      ])
  }
}

enum Tshark {
  static let program: URL? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { URL(filePath: "\($0)/tshark") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }()

  /// Everything that a pair has sent, in UDP between the two gateways.
  static func capture(_ pair: Pair) -> [UInt8] {
    var writer = PcapngWriter(version: "test")
    let interface = writer.addInterface(name: "wire")
    let ends = pair.engines.map { $0.configuration.peers[0].localAddress }
    for message in pair.sent {
      let frame = udpDatagram(message.bytes, from: ends[message.side], to: ends[1 - message.side], ports: (500, 500))
      writer.append(frame, interface: interface, at: message.at)
    }
    return writer.bytes
  }
}
