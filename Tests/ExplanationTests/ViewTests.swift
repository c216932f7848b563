import Inspection
import Journal
import Recording
import Testing
import Units
import Wire

@testable import Explanation

@Suite("Pictures and texts of a small run, word for word")
struct ViewTests {
  let reader: RunReader
  let narrator: Narrator

  init() throws {
    reader = try SmallRun.tampered()
    narrator = try Narrator(reader)
  }

  @Test("why a packet was dropped: hops told as one, the association that decided, the origin")
  func why() throws {
    let lines = try Why(EntryID(12), in: reader, narrator).lines()
    #expect(
      lines.joined(separator: "\n") == """
            12    1.012000  fw-b drops ESP 0x1a2b3c4d seq 3 from 192.0.2.1 to 198.51.100.1 because its ICV is wrong: it was changed, or made with another key: sequence number 3
            11    1.004000  because ESP 0x1a2b3c4d seq 3 crossed 2 links: fw-a → isp-1 → fw-b
             9    1.000050  because fw-a seals ICMP echo request id 1 seq 3 into ESP 0x1a2b3c4d seq 3, 152 octets
             8    1.000050  because fw-a, policy 1 to-branch: protects ICMP echo request id 1 seq 3 from 10.1.0.10 to 10.2.0.10
             7    1.000000  because alice → fw-a  ICMP echo request id 1 seq 3, 36 octets (link head-office, arrives 1.00005 s)
             6    1.000000  because alice sends IPv4 10.1.0.10 → 10.2.0.10, ICMP echo request id 1 seq 3, 36 octets (pings)
             5    1.000000  because alice sends ping 3 to bob, 8 octets
             4    1.000000  because alice begins pings: pings to bob
                            decided by inbound ESP 0x1a2b3c4d from fw-a, tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB of policy to-branch (entry 3)
                            origin: the scenario's traffic pings set it going: pings from alice to bob
        """)
  }

  @Test("the account of a run")
  func account() throws {
    #expect(
      try RunAccount(reader).lines().joined(separator: "\n") == """
        Protected
          fw-a → fw-b by policy to-branch: 1 packet, 36 octets, 1 association
        Drops
          fw-b: 1 packet because its ICV is wrong: it was changed, or made with another key
        Traffic
          pings   0 of 1 answered
          orders  0 of 0 answered
        15 entries, 11.000 s of simulated time; the run ended because nothing is left to happen.

        What to type next
          lockstep step last         go through it, forward and back
          lockstep inspect last 9    look into a packet, byte by byte
          lockstep export last out   open it with Wireshark, keys and all
        """)
  }

  @Test("a line is broken between words, and goes on below its sentence")
  func wrapping() {
    let line = "     4    1.000000  alice sends IPv4 10.1.0.10 → 10.2.0.10, ICMP echo request id 1 seq 1"
    #expect(
      Wrapping.lines(line, width: 60, hang: 20) == [
        "     4    1.000000  alice sends IPv4 10.1.0.10 → 10.2.0.10,",
        "                    ICMP echo request id 1 seq 1",
      ])
    #expect(Wrapping.lines(line, width: 200, hang: 20) == [line])
    #expect(Wrapping.lines(line, width: 30, hang: 20) == [line])
    #expect(Wrapping.lines("", width: 80, hang: 6) == [""])
    let word = String(repeating: "x", count: 90)
    #expect(Wrapping.lines("a \(word) b", width: 80, hang: 6) == ["a", "      \(word)", "      b"])
    // Colours take no room.
    #expect(Wrapping.lines("\u{1B}[1m\(word.prefix(80))\u{1B}[0m", width: 80, hang: 6).count == 1)
  }

  @Test("a ladder: an arrow for a packet between two columns, a note for a drop")
  func ladder() throws {
    let lines = try Ladder(reader).lines()
    #expect(
      lines == [
        "  time (s)   alice                  fw-a                         fw-b       bob",
        "  1.000000     │─── echo request 3 ──▶│                            │         │",
        "  1.000050     │                      │─── ESP 0x1a2b3c4d seq 3 ──▶│         │",
        "  1.012000     │                      │                            •         │",
        "           ✗ ESP 0x1a2b3c4d seq 3: its ICV is wrong: it was changed, or made wi…",
      ])
  }

  @Test("a ladder in ASCII, narrow, of chosen nodes and entries")
  func narrowLadder() throws {
    let options = Ladder.Options(nodes: ["alice", "fw-b"], range: EntryID(1)...EntryID(11), width: 60)
    #expect(
      try Ladder(reader, style: .ascii).lines(options).joined(separator: "\n") == """
          time (s)   alice                                     fw-b
          1.000000     |--------- ESP 0x1a2b3c4d seq 3 --------->|
        """)
  }

  @Test("of more rows than wanted, the first ones and a word")
  func ladderLimit() throws {
    let lines = try Ladder(reader).lines(Ladder.Options(limit: 1))
    #expect(lines.count == 3)
    #expect(lines.last == "  … and more: ask for other entries or a larger limit")
  }

  @Test("a ladder of a node or a flow that the run does not have")
  func unknownNames() {
    #expect {
      try Ladder(reader).lines(Ladder.Options(nodes: ["fw-c"]))
    } throws: { error in
      "\(error)" == "the run has no node fw-c; it has alice, fw-a, isp-1, fw-b, bob"
    }
    #expect {
      try Ladder(reader).lines(Ladder.Options(flow: "\u{1B}x"))
    } throws: { error in
      "\(error)" == "the run has no flow \\u{1b}x; it has pings, orders"
    }
  }

  @Test("a node's state")
  func state() throws {
    #expect(
      try StateView(reader, at: EntryID(12)).lines(of: SmallRun.fwA).joined(separator: "\n") == """
        fw-a after entry 12, at 1.012 s
          Security associations
            outbound ESP 0x1a2b3c4d to fw-b, tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB, policy to-branch: 1 packet, last sequence number 3, 1.012 s old
        """)
    #expect(
      try StateView(reader, at: EntryID(1)).lines(of: SmallRun.bob)
        == ["bob after entry 1, at 0.000 s: nothing has happened to it yet"])
  }

  @Test("a packet with the association that its SPI names, and the verdict on its ICV")
  func layers() throws {
    let inspection = try #require(try RunInspector(reader).inspect(EntryID(10)))
    let options = LayerTree.Options(showsBytes: false)
    let lines = LayerTree(options).lines(inspection, narrator.glossary)
    #expect(
      lines.prefix(3) == [
        "entry 10, 1.00005 s: packet 2, made by fw-a, 152 octets", "── as it is on the link, 152 octets",
        "IPv4  0x0000-0x0013",
      ])
    #expect(
      lines.drop { !$0.hasPrefix("ESP") }.joined(separator: "\n") == """
        ESP  0x0014-0x0097
          0x0014-0x0017      Security Parameters Index       439041101  (0x1a2b3c4d)
          0x0018-0x001b      Sequence Number                 3
          0x001c-0x002b      Initialization Vector           0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a
          0x002c-0x008b      Payload Data                    0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a… (96 octets)
          0x008c-0x0097      Authentication Data             0x5a5a5a5a5a5a5a5a5a5a5a5a
          verdict bad: the ICV is wrong: the packet was changed, or the authentication key is not the right one  by the keys of entry 2
            association       ESP 0x1a2b3c4d to fw-b (entry 3)
            policy            to-branch
            may carry         10.1.0.0/16 → 10.2.0.0/16, any protocol
            terms             tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB
            cipher key        0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
            authenticator key 0xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
        """)
  }

  @Test("an entry about no packet has nothing to be inspected")
  func noPacket() throws {
    #expect(try RunInspector(reader).inspect(EntryID(1)) == nil)
  }

  @Test("octets with a marked part: marking moves nothing")
  func hex() {
    let octets = [UInt8](0..<40)
    #expect(
      HexView(octets, marked: 6..<21).lines() == [
        "0000   00 01 02 03 04 05[06 07  08 09 0a 0b 0c 0d 0e 0f]  ................",
        "0010  [10 11 12 13 14]15 16 17  18 19 1a 1b 1c 1d 1e 1f   ................",
        "0020   20 21 22 23 24 25 26 27                             !\"#$%&'",
      ])
    #expect(HexView([]).lines().isEmpty)
    #expect(HexView([0x41], marked: 0..<9).lines() == ["0000  [41]" + String(repeating: " ", count: 48) + "A"])
  }

  @Test("a marked part at every place of three rows takes the width of none")
  func hexWidth() {
    let octets = [UInt8](repeating: 0x41, count: 40)
    let plain = HexView(octets).lines().map(\.count)
    for lower in 0...40 {
      for upper in lower...40 {
        #expect(HexView(octets, marked: lower..<upper).lines().map(\.count) == plain, "\(lower)..<\(upper)")
      }
    }
  }

  @Test("packets in one line")
  func summaries() {
    #expect(PacketSummary(SmallRun.sealed).line == "IPv4 192.0.2.1 → 198.51.100.1, ESP SPI 0x1a2b3c4d seq 3")
    #expect(PacketSummary([]).short.hasPrefix("malformed: "))
    for length in 0..<SmallRun.ping.count { _ = PacketSummary(Array(SmallRun.ping.prefix(length))).line }
  }
}
