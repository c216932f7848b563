import Foundation
import Inspection
import Journal
import Recording
import Testing
import Units
import Wire

@testable import Explanation

@Suite("AH, ESP, IPComp and IPv6 in the views of a run, word for word")
struct BundleViewTests {
  let reader: RunReader
  let narrator: Narrator

  init() throws {
    reader = try BundleRun.record()
    narrator = try Narrator(reader)
  }

  @Test("sentences")
  func sentences() throws {
    let sentences = try (2...17).map { narrator.sentence(try reader.entry(EntryID($0))) }
    #expect(
      sentences.enumerated().filter { ![1, 3, 5].contains($0.offset) }.map(\.element) == [
        "fw-a installs its outbound ESP 0x00002002 to fw-b, transport mode, no encryption, HMAC-SHA-1-96 for policy bundle",
        "fw-a installs its outbound AH 0x00001001 to fw-b, transport mode, HMAC-MD5-96 for policy bundle",
        "fw-a installs its outbound IPComp 0x1f2e to 198.51.100.1, transport mode, DEFLATE for policy bundle",
        "fw-a seals ICMPv6 echo request id 1 seq 3 into ESP 0x00002002 seq 3, 80 octets",
        "fw-a seals ESP 0x00002002 seq 3 into AH 0x00001001 seq 3, 104 octets",
        "fw-a → isp-1  AH 0x00001001 seq 3 › ESP 0x00002002 seq 3, 104 octets (link fw-a:wan – isp-1:a, arrives 1.004 s)",
        "isp-1 → fw-b  AH 0x00001001 seq 3 › ESP 0x00002002 seq 3, 104 octets (link isp-1:b – fw-b:wan, arrives 1.012 s)",
        "fw-b opens AH 0x00001001 seq 3: ESP 0x00002002 seq 3, 80 octets",
        "fw-b opens ESP 0x00002002 seq 3: ICMPv6 echo request id 1 seq 3, 56 octets (replay window up to 3)",
        "fw-b drops AH 0x00001001 seq 3 › ESP 0x00002002 seq 3 from 2001:db8::1 to 2001:db8:0:1::2 because its ICV is "
          + "wrong: it was changed, or made with another key",
        "fw-a packs UDP 1025 → 7 into IPComp 0x1f2e, 37 octets",
        "fw-a → isp-1  IPComp 0x1f2e, 37 octets (link fw-a:wan – isp-1:a, arrives 1.020 s)",
        "fw-b unpacks IPComp 0x1f2e: UDP 1025 → 7, 28 octets",
      ])
  }

  @Test("why: of several associations in sight, the outermost")
  func why() throws {
    #expect(
      try Why(EntryID(14), in: reader, narrator).lines().contains {
        $0.hasSuffix(
          "decided by inbound AH 0x00001001 from fw-a, transport mode, HMAC-MD5-96 of policy bundle (entry 5)")
      })
  }

  @Test("a ladder, at 80 columns")
  func ladder() throws {
    let lines = try Ladder(reader).lines(Ladder.Options(nodes: ["fw-a", "fw-b"]))
    #expect(
      lines == [
        "  time (s)  fw-a                                                           fw-b",
        "  1.000000    │───────────────── AH › ESP 0x00002002 seq 3 ─────────────────▶│",
        "  1.013000    │                                                              •",
        "           ✗ AH › ESP 0x00002002 seq 3: its ICV is wrong: it was changed, or ma…",
        "  1.015000    │─────────────────────── IPComp 0x1f2e ───────────────────────▶│",
      ])
    let ascii = try Ladder(reader, style: .ascii).lines(Ladder.Options(nodes: ["fw-a", "fw-b"]))
    #expect(ascii[1].contains(" AH > ESP 0x00002002 seq 3 "))
    #expect((lines + ascii).allSatisfy { $0.count <= 80 })
  }

  @Test("a hop sees its own hop limit; every layer opens, and has its association beside it")
  func inspection() throws {
    let inspector = try RunInspector(reader)
    let hop = try #require(try inspector.inspect(EntryID(11)))
    #expect(hop.report.buffers[0].bytes[7] == 62 && hop.packet.bytes[7] == 64)
    #expect(hop.report.layers.map(\.node.kind) == [.ipv6, .ah, .esp, .icmpv6])
    #expect(hop.report.layers.compactMap(\.protection?.verdict) == [.ok, .ok])
    #expect(hop.associations.map(\.layer) == [1, 2] && hop.associations.map(\.installed) == [EntryID(5), EntryID(3)])
    let lines = LayerTree(LayerTree.Options(showsBytes: false, showsICV: true)).lines(hop, narrator.glossary)
    let labels = ["association", "policy", "may carry", "terms", "authenticator key"]
    let about = lines.filter { line in
      line.contains("verdict") || line.contains("ICV over") || labels.contains { line.hasPrefix("    \($0) ") }
    }
    #expect(
      about == [
        "  verdict ok: the ICV is right  by the keys of entry 4",
        "    association       AH 0x00001001 to fw-b (entry 5)",
        "    policy            bundle, association 2 of its bundle from the inside", "    may carry         any",
        "    terms             transport mode, HMAC-MD5-96",
        "    authenticator key 0xa4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4",
        "  ICV over 104 octets: the IP header, AH and what follows; ·· zeroed",
        "  verdict ok: the ICV is right  by the keys of entry 2",
        "    association       ESP 0x00002002 to fw-b (entry 3)", "    policy            bundle",
        "    may carry         any", "    terms             transport mode, no encryption, HMAC-SHA-1-96",
        "    authenticator key 0xe5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5",
        "  ICV over 28 octets: ESP as encrypted, SPI to Next Header (RFC 2406 §3.3.4)",
      ])
    let packed = try #require(try inspector.inspect(EntryID(16)))
    #expect(packed.report.layers.map(\.node.kind) == [.ipv4, .ipcomp, .udp])
    #expect(packed.associations.map(\.installed) == [EntryID(7)])
    #expect(packed.report.layers[1].protection?.verdict == .ok)
  }

  @Test("the state of a node: what does not count has no number")
  func state() throws {
    #expect(
      try StateView(reader, at: EntryID(17)).lines(of: SmallRun.fwB).prefix(5).joined(separator: "\n") == """
        fw-b after entry 17, at 1.021 s
          Security associations
            inbound ESP 0x00002002 from fw-a, transport mode, no encryption, HMAC-SHA-1-96, policy bundle: 1 packet, last sequence number 3, 1.021 s old
            inbound AH 0x00001001 from fw-a, transport mode, HMAC-MD5-96, policy bundle: 1 packet, last sequence number 0, 1.021 s old
            inbound IPComp 0x1f2e from 192.0.2.1, transport mode, DEFLATE, policy bundle: 1 packet, 1.021 s old
        """)
  }

  @Test("the account of a run: what a bundle seals twice is one packet")
  func account() throws {
    #expect(
      try RunAccount(reader).lines().prefix(3) == [
        "Protected", "  fw-a → fw-b by policy bundle: 1 packet, 56 octets, 2 associations",
        "  fw-a → 198.51.100.1 by policy bundle: 1 packet, 28 octets, 1 association",
      ])
  }

  // MARK: Export

  @Test("an export: ESP over IPv6 for Wireshark, every association for others")
  func export() throws {
    let folder = Scratch.path("bundle-\(UUID().uuidString)")
    let result = try Exporter(reader).export(to: folder, Exporter.Options(tap: "fw-b:wan"))
    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
    #expect(
      try text("esp_sa")
        == #""IPv6","2001:db8::1","2001:db8:0:1::2","0x00002002","NULL","","HMAC-SHA-1-96 [RFC2404]","0x\#(String(repeating: "e5", count: 20))""#
        + "\n")
    #expect(
      try text("sas.json") == """
        [
          {"proto": "esp", "spi": "0x00002002", "src": "2001:db8::1", "dst": "2001:db8:0:1::2", "mode": "transport", "enc": "NULL", "enc_key": "", "auth": "HMAC-SHA1-96", "auth_key": "\(String(repeating: "e5", count: 20))"},
          {"proto": "ah", "spi": "0x00001001", "src": "2001:db8::1", "dst": "2001:db8:0:1::2", "mode": "transport", "auth": "HMAC-MD5-96", "auth_key": "\(String(repeating: "a4", count: 16))"},
          {"proto": "comp", "spi": "0x00001f2e", "src": "192.0.2.1", "dst": "198.51.100.1", "mode": "transport", "comp": "deflate"}
        ]

        """)
    #expect(result.associations == 1 && result.listed == 3)
    var keys = KeyRing()
    #expect(keys.addAssociationList(Array(try text("sas.json").utf8), path: "sas.json") == [])
    #expect(keys.associations.count == 2)
    #expect(try text("README.txt").contains("lockstep inspect capture.pcapng --sas sas.json"))
  }

  @Test(
    "scapy verifies every layer of the export (skipped without scapy and ../shared/oracles)",
    .enabled(if: Oracles.folder != nil && Oracles.python != nil, "needs scapy and ../shared/oracles"))
  func scapy() throws {
    let folder = Scratch.path("bundle-\(UUID().uuidString)")
    _ = try Exporter(reader).export(to: folder, Exporter.Options(tap: "fw-a:wan"))
    let script = try #require(Oracles.folder).appending(path: "oracle_scapy.py").path()
    let (output, status) = try Oracles.run(
      try #require(Oracles.python), [script, "\(folder)/capture.pcapng", "\(folder)/sas.json", "--strict"])
    #expect(status == 0 && output.contains("SUMMARY ipsec-layers-ok=3 failed=0 no-sa=0"), "\(output)")
  }

  @Test("tshark verifies ESP of the export (skipped without tshark)", .enabled(if: Oracles.haveTshark, "needs tshark"))
  func tshark() throws {
    let folder = Scratch.path("bundle-\(UUID().uuidString)")
    _ = try Exporter(reader).export(to: folder, Exporter.Options(tap: "fw-b:wan"))
    let (output, _) = try Oracles.run(
      Oracles.tshark,
      ["-r", "\(folder)/capture.pcapng", "-Y", "esp", "-T", "fields", "-e", "ipv6.hlim", "-e", "esp.icv_good"]
        + ["-e", "icmpv6.echo.sequence_number", "-e", "icmpv6.checksum.status"], configuration: folder)
    #expect(output == "62\t1\t3\t1\n")
  }
}

@Suite("Packets in one line, of every kind")
struct PacketWordsTests {
  private func six(_ next: IPProtocol, _ payload: [UInt8]) -> PacketSummary {
    PacketSummary(
      IPv6Header(from: BundleRun.from, to: BundleRun.to, nextHeader: next, payloadLength: payload.count).encoded
        + payload)
  }

  private func icmpv6(_ type: ICMPv6Type, _ code: UInt8, _ body: [UInt8]) -> PacketSummary {
    six(.icmpv6, ICMPv6Message(type: type, code: code, body: body).encoded)
  }

  @Test("ICMPv6")
  func icmpv6() {
    #expect(icmpv6(.echoReply, 0, [0, 1, 0, 3]).short == "ICMPv6 echo reply id 1 seq 3")
    #expect(icmpv6(.echoReply, 0, [0, 1, 0, 3]).brief == "echo reply 3")
    #expect(icmpv6(.packetTooBig, 0, [0, 0, 5, 0] + BundleRun.sealed).short == "ICMPv6 packet too big, MTU 1280")
    #expect(icmpv6(.neighborSolicitation, 0, [0, 0, 0, 0]).brief == "ICMPv6 neighbor solicitation")
    #expect(icmpv6(.timeExceeded, 0, [0, 0, 0, 0]).short.hasPrefix("ICMPv6 time exceeded: "))
    #expect(
      icmpv6(.destinationUnreachable, 4, [0, 0, 0, 0] + BundleRun.ping).short
        .hasPrefix("ICMPv6 destination unreachable: "))
  }

  @Test("fragments of IPv6, and headers that extend it")
  func fragments() {
    func fragment(_ offset: UInt16, _ more: Bool) -> PacketSummary {
      six(
        .ipv6Fragment,
        IPv6FragmentHeader(nextHeader: .icmpv6, fragmentOffset: offset, moreFragments: more, identification: 7).encoded
          + BundleRun.message)
    }
    #expect(
      fragment(0, true).line
        == "IPv6 2001:db8::1 → 2001:db8:0:1::2, first fragment, ICMPv6 echo request id 1 seq 3")
    #expect(fragment(0, true).short == "ICMPv6 echo request id 1 seq 3")
    #expect(fragment(0, false).line.contains("the only fragment"))
    #expect(fragment(181, false).line == "IPv6 2001:db8::1 → 2001:db8:0:1::2, fragment of ICMPv6 from octet 1448 on")
    #expect(fragment(181, false).short == "fragment of ICMPv6 from octet 1448 on")
    let options = IPv6HopByHopHeader(nextHeader: .icmpv6, options: [5, 2, 0, 0]).encoded + BundleRun.message
    #expect(six(.hopByHop, options).short == "ICMPv6 echo request id 1 seq 3")
    #expect(six(.hopByHop, options).line.contains("IPv6 hop-by-hop options, ICMPv6"))
  }

  @Test("what is nested is told from the outside to the inside")
  func nesting() {
    #expect(
      PacketSummary(BundleRun.sealed).line
        == "IPv6 2001:db8::1 → 2001:db8:0:1::2, AH SPI 0x00001001 seq 3, ESP SPI 0x00002002 seq 3")
    func ah(_ next: IPProtocol, _ payload: [UInt8]) -> PacketSummary {
      let ah = AuthenticationHeader(
        nextHeader: next, spi: 0x77, sequenceNumber: 1, integrityCheckValue: [UInt8](repeating: 0, count: 12))
      return six(.ah, ah.encoded + payload)
    }
    // Transport mode and tunnel mode.
    for summary in [ah(.icmpv6, BundleRun.message), ah(.ipv6, BundleRun.ping)] {
      #expect(summary.short == "AH 0x00000077 seq 1 › ICMPv6 echo request id 1 seq 3")
      #expect(summary.brief == "AH › echo request 3")
    }
    #expect(PacketSummary(BundleRun.packed).line == "IPv4 192.0.2.1 → 198.51.100.1, IPComp CPI 0x1f2e, compressed UDP")
    #expect(PacketSummary(BundleRun.packed).brief == "IPComp 0x1f2e")
    // What ICMP quotes protects nothing.
    #expect(icmpv6(.packetTooBig, 0, [0, 0, 5, 0] + BundleRun.sealed).brief == "ICMPv6 packet too big, MTU 1280")
    for length in 0...BundleRun.sealed.count {
      let summary = PacketSummary(Array(BundleRun.sealed.prefix(length)))
      #expect(!summary.short.isEmpty && !summary.brief.isEmpty)
    }
  }
}
