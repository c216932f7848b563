import Foundation
import Inspection
import Testing
import Wire

@Suite(
  "Captures that others made (skipped without ../shared/oracles)",
  .enabled(if: Oracles.folder != nil, "needs the captures in ../shared/oracles"))
struct CaptureVerdictTests {
  @Test("The key files beside the captures are read without an error")
  func keyFiles() {
    for capture in OracleCapture.exchanges + OracleCapture.kernel {
      var keys = KeyRing()
      #expect(capture.add(to: &keys) == [], "\(capture.testDescription)")
      guard let table = Oracles.octets(capture.beside("esp_sa")) else { continue }
      #expect(keys.addESPAssociations(table, path: "esp_sa") == [], "\(capture.testDescription)")
    }
  }

  @Test("Wireshark's table opens what the list in JSON opens", arguments: OracleCapture.exchanges)
  func sameFromEitherFile(_ capture: OracleCapture) {
    guard let table = Oracles.octets(capture.beside("esp_sa")) else { return }
    var keys = KeyRing()
    _ = keys.addESPAssociations(table, path: "esp_sa")
    let esp = { (reports: [FrameReport]) in
      reports.flatMap(\.layers).filter { $0.node.kind == .esp }.map { $0.protection?.verdict }
    }
    #expect(esp(capture.reports(keys: keys)) == esp(capture.reports()))
  }

  @Test("Every ESP and AH of a real exchange has the verdict that scapy gave", arguments: OracleCapture.exchanges)
  func scapyVerdicts(_ capture: OracleCapture) {
    let reports = capture.reports()
    #expect(!reports.isEmpty)
    for line in capture.text("expected-scapy.txt") {
      guard line.hasPrefix("#"), let number = Int(line.dropFirst().prefix { $0.isNumber }) else { continue }
      let expected = line.matches(of: /\|\| (ESP|AH)(-in-UDP)? spi=\S+ seq=\d+ (OK|FAIL|NO-SA)/).map {
        "\($0.1) \($0.3)"
      }
      #expect(reports[number - 1].verdicts == expected, "frame \(number)")
    }
  }

  @Test("Every frame of a real exchange has the layers that tshark found", arguments: OracleCapture.exchanges)
  func tsharkStacks(_ capture: OracleCapture) {
    let reports = capture.reports()
    for line in capture.text("expected-tshark.txt") {
      let parts = line.split(separator: "|", maxSplits: 2).map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 3, let number = Int(parts[0]) else { continue }
      #expect(
        Self.stack(reports[number - 1]) == Self.stack(tshark: parts[1]), "frame \(number): \(reports[number - 1].kinds)"
      )
    }
  }

  /// Without data, and without the layers by which tshark says that ESP or a keepalive lies in UDP.
  private static func stack(_ report: FrameReport) -> [String] {
    report.kinds.filter { ![.data, .frame, .nonESPMarker, .natKeepalive].contains($0) }.map { "\($0)" }
  }

  /// What PPP compresses is data to us; tshark calls messages that it decrypted wrongly malformed.
  private static func stack(tshark text: String) -> [String] {
    let others = ["data", "raw", "udpencap", "comp_data", "_ws.malformed"]
    let names = ["eth": "ethernet", "ip": "ipv4"]
    let control = ["lcp", "ipcp", "ipv6cp", "chap", "pap", "ccp"]
    return text.split(separator: ":").map(String.init).filter { !others.contains($0) }
      .map { control.contains($0) ? "pppControl" : names[$0] ?? $0 }
  }

  @Test("Every ISAKMP message that tshark decrypts has the payloads that it found", arguments: OracleCapture.exchanges)
  func tsharkPayloads(_ capture: OracleCapture) {
    let reports = capture.reports()
    for line in capture.text("expected-tshark.txt") where line.contains("ISAKMP[") && !line.contains("MALFORMED") {
      guard let number = Int(line.prefix { $0.isNumber }) else { continue }
      let names = line.matches(
        of:
          /(Security Association|Key Exchange|Identification|Certificate|Certificate Request|Hash|Signature|Nonce|Notification|Delete|Vendor ID|Attributes|NAT-D \(RFC 3947\)) \((\d+)\)/
      )
      let expected = names.compactMap { Int($0.2) }
      // tshark has no CAST for ISAKMP and shows nothing of such a message.
      guard !(expected.isEmpty && line.contains("{encrypted}")) else { continue }
      #expect(reports[number - 1].payloads == expected, "frame \(number)")
    }
  }

  @Test(
    "Every encrypted ISAKMP message with a key opens, also where tshark lost the chain",
    arguments: OracleCapture.exchanges)
  func isakmpVerdicts(_ capture: OracleCapture) {
    let keys = capture.keys
    guard !keys.isakmpKeys.isEmpty else { return }
    for report in capture.reports(keys: keys) {
      for layer in report.layers where layer.node.kind == .isakmp {
        guard let protection = layer.protection else { continue }
        // With the wrong pre-shared key each side has a key of its own, and the table holds the initiator's only.
        let isOthers = capture.testDescription == "fail-psk-mismatch" && [6, 8].contains(report.number)
        #expect(protection.verdict == (isOthers ? .bad : .ok), "frame \(report.number): \(protection.reason)")
      }
    }
  }

  @Test(
    "Every packet that the Linux kernel sealed opens, fragments and nesting included",
    arguments: OracleCapture.kernel)
  func kernel(_ capture: OracleCapture) {
    let reports = capture.reports()
    // The plain ones are what a tunnel holds, in clear.
    #expect(reports.contains { !$0.verdicts.isEmpty } != capture.testDescription.hasPrefix("plain-"))
    for report in reports {
      for layer in report.layers {
        #expect(layer.node.fault == nil, "frame \(report.number)")
        #expect(!layer.isUntrusted)
        guard let protection = layer.protection, layer.node.kind != .ipcomp else { continue }
        #expect(protection.verdict == .ok, "frame \(report.number): \(protection.reason)")
        #expect(
          protection.isAuthenticated == !capture.testDescription.contains("noauth"), "frame \(report.number)")
      }
    }
  }

  @Test("Without keys nothing opens, and every protected part says so", arguments: OracleCapture.exchanges)
  func withoutKeys(_ capture: OracleCapture) {
    for report in capture.reports(keys: KeyRing()) {
      for protection in report.layers.filter({ $0.node.kind != .ipcomp }).compactMap(\.protection) {
        #expect(protection.verdict != .ok && protection.verdict != .bad)
        #expect(!protection.reason.isEmpty)
      }
    }
  }

  @Test(
    "An octet changed anywhere behind the header of an authenticated ESP packet is bad",
    arguments: OracleCapture.kernel.filter { $0.testDescription.hasPrefix("esp-tunnel-aes256-sha256") })
  func flips(_ capture: OracleCapture) throws {
    let frame = try #require(capture.frames.first { $0.bytes.count > 23 && $0.bytes[23] == 50 })
    var inspector = FrameInspector(keys: capture.keys)
    for index in 42..<frame.bytes.count {
      var bytes = frame.bytes
      bytes[index] ^= 1
      let report = inspector.inspect(
        bytes, linkType: frame.linkType, into: FrameReport(number: 1, length: bytes.count))
      #expect(report.verdicts == ["ESP FAIL"], "octet \(index)")
      #expect(report.layers.dropFirst(3).allSatisfy { $0.isUntrusted })
    }
  }
}

@Suite(
  "scapy on the same packets (skipped without scapy and ../shared/oracles)",
  .enabled(if: Oracles.folder != nil && Oracles.python != nil, "needs scapy and ../shared/oracles"))
struct ScapyTests {
  @Test("The kernel's bundles, nestings, options and fragments: scapy gives the same verdicts")
  func kernel() throws {
    let folder = try #require(Oracles.folder)
    let python = try #require(Oracles.python)
    let chosen = ["ah-transport-ipopts-rr", "ah-transport-fragmented-3000", "bundle-transport-esp-then-ah", "nested-"]
    for capture in OracleCapture.kernel where chosen.contains(where: { capture.testDescription.hasPrefix($0) }) {
      let script = folder.appending(path: "oracle_scapy.py").path()
      let lines = try Oracles.run(python, [script, capture.file.path(), capture.beside("sas.json").path()])
        .split(separator: "\n").filter { $0.hasPrefix("#") }
      let expected = lines.map { line in
        line.matches(of: /\|\| (ESP|AH)(-in-UDP)? spi=\S+ seq=\d+ (OK|FAIL|NO-SA)/).map { "\($0.1) \($0.3)" }
      }
      #expect(capture.reports().map(\.verdicts) == expected, "\(capture.testDescription)")
    }
  }
}

@Suite(
  "Damaged captures (skipped without ../shared/oracles)",
  .enabled(if: Oracles.folder != nil, "needs the captures in ../shared/oracles"))
struct DamagedCaptureTests {
  @Test("Frames changed and cut off at random never trap", arguments: OracleCapture.exchanges + OracleCapture.kernel)
  func mutations(_ capture: OracleCapture) {
    let seed: UInt64 = 0xDA_3A6E
    var generator = TestGenerator(seed: seed)
    var inspector = FrameInspector(keys: capture.keys)
    var json = JSONWriter()
    for frame in capture.frames {
      let changed = inspector.inspect(
        generator.mutated(frame.bytes), linkType: frame.linkType,
        into: FrameReport(number: frame.number, length: frame.originalLength))
      json.removeAll()
      changed.write(to: &json)
      #expect(!json.bytes.contains { $0 < 0x20 || $0 > 0x7E })
      _ = inspector.inspect(frame)
    }
  }

  @Test("Frames that come twice, as two taps or a lossy link make it, open twice", arguments: OracleCapture.exchanges)
  func duplicates(_ capture: OracleCapture) {
    var inspector = FrameInspector(keys: capture.keys)
    for (frame, once) in zip(capture.frames, capture.reports()) {
      let verdicts = once.layers.map { $0.protection?.verdict }
      for _ in 0..<2 {
        let report = inspector.inspect(frame)
        // The second copy of a fragment finds its datagram whole already, and waits for others.
        guard !report.kinds.contains(.data) else { continue }
        #expect(report.layers.map { $0.protection?.verdict } == verdicts, "frame \(frame.number)")
      }
    }
  }

  @Test("With the responder's key too, the messages that it alone understood open")
  func secondKey() throws {
    let capture = try #require(OracleCapture.exchanges.first { $0.testDescription == "fail-psk-mismatch" })
    var keys = capture.keys
    let table = try #require(Oracles.octets(capture.beside("ikev1_decryption_table.sun")))
    #expect(keys.addISAKMPKeys(table, path: "sun") == [])
    let verdicts = capture.reports(keys: keys).flatMap(\.layers).filter { $0.node.kind == .isakmp }
      .compactMap(\.protection).map(\.verdict)
    #expect(verdicts == [.ok, .ok, .ok, .ok])
  }
}
