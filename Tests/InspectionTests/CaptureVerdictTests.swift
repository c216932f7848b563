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

  @Test(
    "Every AH, ESP and IPComp of a real exchange has the verdict that scapy gave", arguments: OracleCapture.exchanges)
  func scapyVerdicts(_ capture: OracleCapture) {
    let reports = capture.reports()
    #expect(!reports.isEmpty)
    let expected = Oracles.verdicts(capture.text("expected-scapy.txt"))
    guard !expected.isEmpty else { return }
    #expect(reports.map(\.verdicts) == expected)
  }

  @Test(
    "There are as many verdicts as packets, on the outside and to the innermost",
    arguments: OracleCapture.exchanges + OracleCapture.kernel)
  func everyPacket(_ capture: OracleCapture) {
    for (frame, report) in zip(capture.frames, capture.reports()) {
      let outside = report.layers.prefix { $0.protection == nil || $0.node.kind == .isakmp }.count
      let isSealed = outside < report.layers.count && report.layers[outside].buffer == 0
      #expect(!report.verdicts.contains { $0.hasSuffix("without a verdict") }, "frame \(report.number)")
      guard let number = OutermostProtocol.number(frame) else { continue }
      if report.isWaiting {
        #expect(report.sealed.isEmpty, "frame \(report.number) is a fragment")
      } else {
        #expect(!report.verdicts.isEmpty && (isSealed || report.buffers.count > 1), "frame \(report.number)")
        let first = report.sealed.first?.node.kind
        #expect(first == [50: .esp, 51: .ah, 108: .ipcomp][number], "frame \(report.number)")
      }
      // What opened shows what was inside, down to something that is sealed no more.
      for layer in report.sealed where layer.protection?.verdict == .ok && layer.node.kind != .ah {
        let opened = layer.protection?.opened
        #expect(opened != nil && report.layers.contains { $0.buffer == opened }, "frame \(report.number)")
      }
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
    let lists = capture.associationList
    #expect(reports.contains { !$0.verdicts.isEmpty } == !lists.isEmpty)
    for report in reports {
      #expect(report.layers.allSatisfy { $0.node.fault == nil && !$0.isUntrusted }, "frame \(report.number)")
      for layer in report.sealed {
        guard let protection = layer.protection else { continue }
        #expect(protection.verdict == .ok, "frame \(report.number): \(protection.reason)")
        let isAuthenticated = layer.node.kind != .ipcomp && lists[layer.node.number ?? 0] != "NULL"
        #expect(protection.isAuthenticated == isAuthenticated, "frame \(report.number)")
      }
    }
  }

  @Test("Without keys nothing opens, and every protected part says so", arguments: OracleCapture.exchanges)
  func withoutKeys(_ capture: OracleCapture) {
    for report in capture.reports(keys: KeyRing()) {
      for layer in report.layers where layer.node.kind != .ipcomp {
        guard let protection = layer.protection else { continue }
        #expect(protection.verdict != .ok && protection.verdict != .bad)
        #expect(!protection.reason.isEmpty)
      }
    }
  }

  @Test(
    "An octet changed anywhere behind the header of an authenticated ESP packet is bad",
    arguments: OracleCapture.kernel.filter { $0.authenticatedESP != nil }.suffix(2))
  func flips(_ capture: OracleCapture) throws {
    let frame = try #require(capture.authenticatedESP)
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
  @Test("Every packet that the kernel sealed: scapy gives the same verdicts") func kernel() throws {
    let folder = try #require(Oracles.folder)
    let python = try #require(Oracles.python)
    let script = folder.appending(path: "oracle_scapy.py").path()
    // All captures in one process, since it takes longer to start than to answer.
    let program = """
      import sys, runpy
      for stem in sys.argv[2:]:
          sys.argv = ["oracle_scapy.py", stem + "pcap", stem + "sas.json"]
          try: runpy.run_path("\(script)", run_name="__main__")
          except SystemExit: pass
      """
    let stems = OracleCapture.kernel.map { $0.beside("").path() }
    let answers = try Oracles.run(python, ["-c", program, ""] + stems).split(separator: "\n")
      .split { $0.hasPrefix("SUMMARY") }
    try #require(answers.count == stems.count)
    for (capture, answer) in zip(OracleCapture.kernel, answers) {
      #expect(capture.reports().map(\.verdicts) == Oracles.verdicts(answer), "\(capture.testDescription)")
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
