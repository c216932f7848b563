import Foundation
import Journal
import Recording
import Testing
import Wire

@testable import Explanation

@Suite("Exports")
struct ExporterTests {
  private let folder = Scratch.path("export-\(UUID().uuidString)")

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
  }

  private func frames(_ name: String) throws -> [CapturedFrame] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    var reader = CaptureReader(Array(data))
    var frames: [CapturedFrame] = []
    while let frame = try reader.next() { frames.append(frame) }
    return frames
  }

  @Test("key files in Wireshark's and in scapy's words")
  func keys() throws {
    let result = try Exporter(SmallRun.tampered()).export(to: folder)
    let cipherKey = String(repeating: "a1", count: 16)
    let authenticatorKey = String(repeating: "b2", count: 20)
    #expect(
      try text("esp_sa")
        == "\"IPv4\",\"192.0.2.1\",\"198.51.100.1\",\"0x1a2b3c4d\",\"AES-CBC [RFC3602]\",\"0x\(cipherKey)\","
        + "\"HMAC-SHA-1-96 [RFC2404]\",\"0x\(authenticatorKey)\"\n")
    #expect(
      try text("sas.json") == """
        [
          {"proto": "esp", "spi": "0x1a2b3c4d", "src": "192.0.2.1", "dst": "198.51.100.1", "mode": "tunnel", \
        "enc": "AES-CBC", "enc_key": "\(cipherKey)", "auth": "HMAC-SHA1-96", "auth_key": "\(authenticatorKey)"}
        ]

        """)
    #expect(
      try text("preferences").hasPrefix("esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n"))
    #expect(result.command == "WIRESHARK_CONFIG_DIR=\(folder) tshark -r \(folder)/capture.pcapng")
    #expect(try text("README.txt").contains(result.command))
  }

  @Test("a tap sees a packet when it is sent, and when it arrives; each frame names its entry")
  func taps() throws {
    let result = try Exporter(SmallRun.tampered()).export(to: folder)
    #expect(result.tap == "fw-a:wan" && result.frames == 1 && result.captures == 8)
    let sent = try frames("capture.pcapng")
    #expect(sent.map(\.comments) == [["entry 10"]])
    #expect(sent.map(\.direction) == [.outbound])
    #expect(sent.map(\.nanoseconds) == [1_000_050_000])
    #expect(sent.map(\.bytes) == [SmallRun.sealed])
    let provider = try frames("taps/isp-1-a.pcapng")
    #expect(provider.map(\.direction) == [.inbound])
    #expect(provider.map(\.nanoseconds) == [1_004_000_000])
    // The provider has taken one off the time to live.
    let passed = try #require(try frames("taps/fw-b-wan.pcapng").first)
    #expect(passed.bytes[8] == 63 && PacketSummary(passed.bytes).short == "ESP 0x1a2b3c4d seq 3")
  }

  @Test("what a link lost is seen by its sender only")
  func loss() throws {
    var run = SmallRun()
    let ping = run.store(SmallRun.ping, by: SmallRun.alice)
    let version = PacketVersion(ping, timeToLive: 64)
    run.add(
      1, SmallRun.alice, nil,
      .packet(
        .transmitted(
          version, link: LinkID(0), from: SmallRun.alice, to: SmallRun.fwA, arrival: .init(nanoseconds: 9_000))))
    run.add(1, SmallRun.alice, 1, .packet(.dropped(version, reason: .linkLoss, detail: "")))
    run.add(20, .run, nil, .run(.ended(.quiet)))
    let reader = try run.record()
    _ = try Exporter(reader).export(to: folder, Exporter.Options(tap: "alice:lan"))
    #expect(try frames("capture.pcapng").count == 1)
    #expect(try frames("taps/fw-a-lan.pcapng").isEmpty)
    let ladder = try Ladder(reader, style: .ascii).lines(Ladder.Options(nodes: ["alice", "fw-a"], width: 60))
    #expect(ladder.dropFirst() == ["  0.000001     |------------ echo request 3 ------------X|"])
  }

  @Test("a folder with something in it, a file in place of a folder, and a tap that is none")
  func refusals() throws {
    let exporter = try Exporter(SmallRun.tampered())
    _ = try exporter.export(to: folder)
    func words(_ path: String, _ options: Exporter.Options = .init()) -> String {
      do throws(ExportError) { _ = try exporter.export(to: path, options) } catch { return "\(error)" }
      return ""
    }
    #expect(words(folder) == "\(folder) is not empty; name another folder, or say that what is in it may be replaced")
    #expect(words(folder, .init(isReplacing: true)) == "")
    #expect(words("\(folder)/esp_sa") == "\(folder)/esp_sa is not a folder; name another one")
    #expect(
      words("\(folder)-2", .init(tap: "fw-a:dmz"))
        == "the run has no interface fw-a:dmz; it has alice:lan, fw-a:lan, fw-a:wan, isp-1:a, isp-1:b, fw-b:wan, "
        + "fw-b:lan, bob:lan")
    #expect(!FileManager.default.fileExists(atPath: "\(folder)-2"))
  }

  @Test("a link of the file system in the folder is replaced, and what it points at is left alone")
  func links() throws {
    let outside = Scratch.path("outside-\(UUID().uuidString)")
    try "precious".write(toFile: outside, atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/capture.pcapng", withDestinationPath: outside)
    _ = try Exporter(SmallRun.tampered()).export(to: folder, Exporter.Options(isReplacing: true))
    #expect(try String(contentsOfFile: outside, encoding: .utf8) == "precious")
    #expect(try frames("capture.pcapng").count == 1)
  }

  @Test(
    "names become safe file names",
    arguments: [
      ("fw-a-wan", "fw-a-wan"), ("../../etc/passwd", "_.._.._etc_passwd"), ("", "_"), ("a\u{1B}b/c", "a_b_c"),
      ("..", "_.."), ("wän", "w_n"),
    ])
  func safeNames(_ name: String, _ safe: String) {
    #expect(ExportFolder.safeName(name) == safe)
  }

  @Test("the command quotes a folder that a shell would take apart")
  func quoting() {
    #expect(
      Exporter.command("my run's") == "WIRESHARK_CONFIG_DIR='my run'\\''s' tshark -r 'my run'\\''s'/capture.pcapng")
  }
}

@Suite("Exports of the shipped scenarios, judged by others", .serialized)
struct ExportOracleTests {
  static let runs = ["branch-office", "branch-office-pfs"]

  private func export(_ name: String) throws -> (reader: RunReader, folder: String) {
    let reader = try (name == "branch-office" ? RealRun.branchOffice : RealRun.branchOfficePFS).get()
    let folder = Scratch.path("\(name)-\(UUID().uuidString)")
    _ = try Exporter(reader).export(to: folder)
    return (reader, folder)
  }

  private func fields(_ folder: String, _ filter: String, _ names: [String]) throws -> [[String]] {
    let arguments = ["-r", "\(folder)/capture.pcapng", "-Y", filter, "-T", "fields", "-E", "occurrence=a"]
    let (output, _) = try Oracles.run(
      Oracles.tshark, arguments + names.flatMap { ["-e", $0] }, configuration: folder)
    return output.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test(
    "tshark decrypts every ESP and every ISAKMP message, finds nothing malformed and no bad checksum, and sees the ping inside (skipped without tshark)",
    .enabled(if: Oracles.haveTshark, "needs tshark"), arguments: runs)
  func tshark(_ name: String) throws {
    let (_, folder) = try export(name)
    let frames = try fields(
      folder, "esp || isakmp.flag_e == 1",
      ["esp.icv_good", "esp.protocol", "isakmp.typepayload", "icmp.type", "icmp.seq", "ip.dst"])
    let sealed = frames.filter { $0.count == 6 && $0[2].isEmpty }
    #expect(sealed.count > 100)
    for line in sealed { #expect(line[0].hasPrefix("1") && line[1] == "0x04", "\(line)") }
    let encrypted = frames.filter { $0.count == 6 && $0[0].isEmpty && $0[1].isEmpty }
    #expect(encrypted.count >= 8 && sealed.count + encrypted.count == frames.count)
    // Behind the header of every encrypted message a HASH or an identification comes into sight: payloads 8 and 5.
    for line in encrypted { #expect(line[2].contains("8") || line[2].contains("5"), "not decrypted: \(line)") }
    let pings = sealed.filter { $0[3] == "8" && $0[5].hasSuffix("10.2.0.10") }
    #expect(pings.map { $0[4] } == (1...40).map { String($0) })
    let bad =
      ["ip", "udp", "tcp", "icmp"].map { "\($0).checksum.status == 0" } + ["_ws.malformed", "esp.icv_bad == 1"]
    #expect(try fields(folder, bad.joined(separator: " || "), ["frame.number"]).isEmpty)
  }

  @Test(
    "scapy verifies and decrypts every ESP packet (skipped without scapy and ../shared/oracles)",
    .enabled(if: Oracles.folder != nil && Oracles.python != nil, "needs scapy and ../shared/oracles"),
    arguments: runs)
  func scapy(_ name: String) throws {
    let (_, folder) = try export(name)
    let script = try #require(Oracles.folder).appending(path: "oracle_scapy.py").path()
    let python = try #require(Oracles.python)
    let (output, status) = try Oracles.run(
      python, [script, "\(folder)/capture.pcapng", "\(folder)/sas.json", "--strict"])
    #expect(status == 0, "\(output.suffix(2_000))")
  }
}

@Suite("Views of the shipped scenarios")
struct RealRunTests {
  @Test("every packet that was sealed opens with the run's own keys, and every encrypted message too")
  func inspection() throws {
    let reader = try RealRun.branchOffice.get()
    let inspector = try RunInspector(reader)
    let kinds = ["security.sealed", "exchange.sent"].flatMap { Event.kinds(named: $0) }
    for entry in try reader.entries(matching: EntryFilter(kinds: kinds), limit: 60) {
      let inspection = try #require(try inspector.inspect(entry.id))
      let verdicts = inspection.report.layers.compactMap { $0.protection?.verdict }
      #expect(verdicts.allSatisfy { $0 == .ok }, "entry \(entry.id.rawValue): \(verdicts)")
      if case .security = entry.event {
        #expect(inspection.association != nil && verdicts.count == 1)
        #expect(
          inspection.report.layers.contains {
            $0.node.kind == .icmp || $0.node.kind == .udp || $0.node.kind == .tcp || $0.node.kind == .data
          })
      }
    }
  }

  @Test("every entry has a sentence without control characters, and so has every cause")
  func sentences() throws {
    let reader = try RealRun.branchOffice.get()
    let narrator = try Narrator(reader, style: .ascii)
    try reader.walk { entry in
      let sentence = narrator.sentence(entry)
      #expect(!sentence.isEmpty && sentence.utf8.allSatisfy { 0x20...0x7E ~= $0 }, "\(sentence)")
      return .on
    }
    for drop in try reader.entries(matching: EntryFilter(kinds: Event.kinds(named: "packet.dropped")), limit: 5) {
      let why = try Why(drop.id, in: reader, narrator)
      #expect(why.decision.contains("no-telnet") && why.origin.contains("venus-telnets-core"))
    }
  }

  @Test("the first answer follows from the whole negotiation, a message of which is one cause")
  func negotiationAsCause() throws {
    let reader = try RealRun.branchOffice.get()
    let answered = EntryFilter(kinds: Event.kinds(named: "application.answered"))
    let first = try #require(try reader.next(after: EntryID(0), matching: answered))
    let why = try Why(first.id, in: reader, Narrator(reader))
    let sentences = why.steps.map(\.sentence)
    for message in 1...6 {
      let party = message % 2 == 1 ? "fw-b has got" : "fw-a has got"
      #expect(sentences.count { $0.hasPrefix("\(party) message \(message) of main mode 1 from") } == 1)
    }
    #expect(sentences.count { $0.hasPrefix("fw-a has got message 2 of quick mode 2 from fw-b over 6 links: ") } == 1)
    #expect(sentences.last == "alice begins alice-pings-bob: pings to bob")
    #expect(why.steps.flatMap(\.entries).map(\.rawValue) == (try reader.causes(of: first.id)).map(\.id.rawValue))
  }

  @Test("a run without link crossings has a ladder and an account all the same, and says why it cannot be exported")
  func summaries() throws {
    let reader = try RealRun.summaries.get()
    let options = Ladder.Options(nodes: ["fw-a", "fw-b"], width: 90, limit: 30)
    let text = try Ladder(reader).lines(options).joined(separator: "\n")
    for message in 1...6 { #expect(text.contains("main mode \(message): HDR"), "\(text)") }
    #expect(text.contains(" ESP 0x"))
    let full = try RunAccount(RealRun.branchOffice.get()).report
    var report = try RunAccount(reader).report
    report.entries = full.entries
    #expect(report == full)
    #expect {
      try Exporter(reader).export(to: Scratch.path("no-crossings"))
    } throws: { error in
      "\(error)" == "the run was recorded with detail \"summaries\", which leaves out what crossed the links; "
        + "run it again with detail \"everything\""
    }
  }

  @Test("the account: who negotiated, what was protected, what came of the traffic")
  func account() throws {
    let account = try RunAccount(RealRun.branchOffice.get())
    #expect(account.negotiations.contains { $0.phase == 1 && $0.initiator == "fw-a" && $0.responder == "fw-b" })
    #expect(account.negotiations.filter { $0.phase == 2 }.reduce(0) { $0 + $1.completed } >= 2)
    #expect(account.flows.first?.answered == 40 && account.flows.first?.asked == 40)
    #expect(account.unprotected.contains { $0.policy == "no-telnet" && $0.isDiscarded })
    #expect(account.unprotected.contains { $0.policy == "to-provider" && !$0.isDiscarded && $0.packets == 3 })
    #expect(account.protected.allSatisfy { $0.packets > 0 && $0.octets > 0 && $0.associations > 1 })
    #expect(account.renewals > 0)
  }

  @Test("a ladder of the negotiation: nine messages between the firewalls")
  func ladder() throws {
    let options = Ladder.Options(nodes: ["fw-a", "fw-b"], showsTraffic: false, width: 90, limit: 40)
    let text = try Ladder(RealRun.branchOffice.get()).lines(options).joined(separator: "\n")
    for message in 1...6 { #expect(text.contains("main mode \(message): HDR")) }
    for message in 1...3 { #expect(text.contains("quick mode \(message): HDR*")) }
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 90 })
  }
}
