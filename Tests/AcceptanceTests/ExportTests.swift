import Foundation
import Testing

/// What the tools of others say of an exported run.
@Suite("Export")
struct ExportTests {
  private func bundle(_ scenario: String) throws -> ExportedRun {
    try Recorded.exported(scenario)
  }

  @Test(
    "tshark decrypts every ESP and every ISAKMP message", .enabled(if: Tools.tshark != nil, Tools.withoutTshark),
    arguments: Project.branchOffices)
  func decrypts(_ scenario: String) throws {
    let bundle = try bundle(scenario)
    let frames = try bundle.tshark("bundle/capture.pcapng")
    var seen = (esp: 0, encrypted: 0, clear: 0)
    for frame in frames {
      frame.expectSound("capture.pcapng")
      if frame.protocols.contains("esp") {
        seen.esp += 1
        #expect(frame["esp.icv_good"] == ["1"] || frame["esp.icv_good"] == ["True"], "frame \(frame.number)")
        #expect(frame["ip.src"].count == 2, "frame \(frame.number) was not opened")
      }
      guard frame.protocols.contains("isakmp") else { continue }
      let isEncrypted = frame["isakmp.flag_e"].contains { $0 == "1" || $0 == "True" }
      if isEncrypted { seen.encrypted += 1 } else { seen.clear += 1 }
      if isEncrypted { expectOpened(frame) }
    }
    // Main mode: four messages in clear, two encrypted; quick modes and what follows are all encrypted.
    #expect(seen.clear == 4)
    #expect(seen.encrypted >= 2 + 3 * 2)
    #expect(seen.esp > 80)
  }

  /// What was encrypted reads as it should: main mode ends with ID and HASH, everything else begins with HASH. A wrong key
  /// or IV would leave payloads that nobody has heard of, or none.
  private func expectOpened(_ frame: TsharkFrame) {
    let payloads = frame["isakmp.typepayload"]
    let isMainMode = frame["isakmp.exchangetype"] == ["2"]
    let place: Comment = "frame \(frame.number): payloads \(payloads)"
    #expect(isMainMode ? payloads.suffix(2) == ["5", "8"] : payloads.first == "8", place)
    #expect(payloads.allSatisfy { (1...13).contains(Int($0) ?? 0) }, place)
  }

  @Test(
    "tshark finds every tap in order", .enabled(if: Tools.tshark != nil, Tools.withoutTshark),
    arguments: Project.branchOffices)
  func taps(_ scenario: String) throws {
    let bundle = try bundle(scenario)
    var total = 0
    for file in try bundle.captures {
      for frame in try bundle.tshark(file) {
        frame.expectSound(file)
        #expect(frame["frame.comment"].first?.hasPrefix("entry ") == true)
        total += 1
      }
    }
    #expect(total > 1_000)
  }

  @Test(
    "tshark sees the very ping inside of ESP", .enabled(if: Tools.tshark != nil, Tools.withoutTshark),
    arguments: Project.branchOffices)
  func ping(_ scenario: String) throws {
    let frames = try bundle(scenario).tshark("bundle/capture.pcapng")
    func count(_ type: String, _ sources: [String], _ destinations: [String]) -> Int {
      frames.count {
        $0.protocols.contains("esp") && $0["icmp.type"] == [type] && $0["ip.src"] == sources
          && $0["ip.dst"] == destinations
      }
    }
    let gateways = ("192.0.2.2", "198.51.100.2")
    let hosts = ("10.1.0.10", "10.2.0.10")
    #expect(count("8", [gateways.0, hosts.0], [gateways.1, hosts.1]) == 40)
    #expect(count("0", [gateways.1, hosts.1], [gateways.0, hosts.0]) == 40)
    // Nothing between the two intranets crosses in clear.
    #expect(!frames.contains { !$0.protocols.contains("esp") && $0["ip.dst"].contains { $0.hasPrefix("10.2.") } })
  }

  @Test(
    "tshark names the PFS payload in quick mode where the scenario asks for it",
    .enabled(if: Tools.tshark != nil, Tools.withoutTshark), arguments: zip(Project.branchOffices, [false, true]))
  func perfectForwardSecrecy(_ scenario: String, _ isExpected: Bool) throws {
    let frames = try bundle(scenario).tshark("bundle/capture.pcapng")
    let quick = frames.filter { $0["isakmp.exchangetype"] == ["32"] }
    #expect(quick.count >= 6)
    // Payload 4 is KE.
    let withExchange = quick.count { $0["isakmp.typepayload"].contains("4") }
    #expect(withExchange == (isExpected ? quick.count / 3 * 2 : 0))
  }

  @Test(
    "scapy verifies and decrypts every ESP packet, at every tap",
    .enabled(if: Tools.canAskScapy, Tools.withoutScapy), arguments: Project.branchOffices)
  func scapy(_ scenario: String) throws {
    let bundle = try bundle(scenario)
    let script = try #require(Tools.oracles).appendingPathComponent("oracle_scapy.py").path
    for file in ["bundle/capture.pcapng", "bundle/taps/core-2-west.pcapng", "bundle/taps/fw-b-wan.pcapng"] {
      let outcome = try #require(Tools.scapy).run([script, file, "bundle/sas.json", "--strict"], in: bundle.workspace)
      #expect(outcome.code == 0, "\(file): \(outcome.errors)")
      let summary = try #require(
        outcome.output.firstMatch(of: /SUMMARY ipsec-layers-ok=([0-9]+) failed=0 no-sa=0/),
        "\(outcome.output.suffix(200))")
      #expect((Int(summary.1) ?? 0) > 80)
      #expect(!outcome.output.contains("BAD"))
      #expect(!outcome.output.contains("NOT-MONOTONIC"))
    }
  }

  @Test(
    "oracle_tshark.sh finds nothing bad",
    .enabled(if: Tools.tshark != nil && Tools.oracles != nil, "tshark or ../shared/oracles is missing"),
    arguments: Project.branchOffices)
  func script(_ scenario: String) throws {
    let bundle = try bundle(scenario)
    let script = try #require(Tools.oracles).appendingPathComponent("oracle_tshark.sh").path
    let outcome = try #require(Tools.bash).run(
      [script, "bundle/capture.pcapng", "-e", "bundle/esp_sa", "-i", "bundle/ikev1_decryption_table"],
      in: bundle.workspace)
    #expect(outcome.code == 0, "\(outcome.output.suffix(2_000))")
    #expect(outcome.output.contains("bad(icv|malformed|checksum)=0"))
    #expect(!outcome.output.contains("icv=bad") && !outcome.output.contains("opaque"))
  }

  @Test(
    "the command that the bundle names works as it is printed",
    .enabled(if: Tools.tshark != nil, Tools.withoutTshark))
  func command() throws {
    let workspace = try Recorded.workspace()
    let outcome = try workspace.lockstep("export", "last", "my bundle's", "--format", "json")
    let command = try #require(try JSONText.object(outcome.output)["command"] as? String)
    let readme = try workspace.read("my bundle's/README.txt")
    #expect(readme.split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces) == command })
    let listing = try #require(Tools.bash).run(["-c", command], in: workspace)
    #expect(listing.code == 0, "\(listing.errors)")
    #expect(listing.lines.count { $0.contains("Echo (ping) request") && $0.contains("10.1.0.10") } == 40)
  }

  @Test("a folder that holds something is left alone, unless it may be replaced") func replace() throws {
    let workspace = try Recorded.workspace()
    #expect(try workspace.lockstep("export", "last", "out").code == 0)
    let refused = try workspace.lockstep("export", "last", "out")
    #expect(refused.code == 2)
    #expect(refused.errors.contains("out"))
    #expect(try workspace.lockstep("export", "last", "out", "--replace").code == 0)
  }
}
