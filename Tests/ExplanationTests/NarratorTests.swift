import Journal
import Testing
import Units

@testable import Explanation

@Suite("Sentences of the narrator, word for word")
struct NarratorTests {
  static func narrator(_ style: Style = .plain) -> Narrator {
    var glossary = RunGlossary(SmallRun.description)
    for (id, kind) in [(UInt32(1), ExchangeKind.mainMode), (2, .quickMode)] {
      glossary.learn(
        entry(
          SmallRun.fwA,
          .exchange(
            .began(
              ExchangeID(id), kind: kind, isInitiator: true, peer: SmallRun.fwBAddress, cookies: [], messageID: 0,
              parent: nil))))
    }
    return Narrator(glossary, style: style) { Self.bytes($0) }
  }

  @Sendable private static func bytes(_ packet: PacketID) -> [UInt8]? {
    switch packet.rawValue {
    case 1: SmallRun.ping
    case 2: SmallRun.sealed
    default: nil
    }
  }

  static func entry(_ node: NodeID, _ event: Event) -> Entry {
    Entry(id: EntryID(42), instant: Instant(nanoseconds: 1_000_050_123), node: node, cause: nil, event: event)
  }

  static func sentence(_ node: NodeID, _ event: Event, _ style: Style = .plain) -> String {
    narrator(style).sentence(entry(node, event))
  }

  private static let crossing = PacketEvent.transmitted(
    PacketVersion(PacketID(2), timeToLive: 64), link: LinkID(1), from: SmallRun.fwA, to: SmallRun.isp,
    arrival: Instant(nanoseconds: 1_012_000_000))

  @Test(
    "packets",
    arguments: [
      (
        NodeID(0), PacketEvent.originated(PacketID(1), flow: FlowID(0)),
        "alice sends IPv4 10.1.0.10 → 10.2.0.10, ICMP echo request id 1 seq 3, 36 octets (pings)"
      ),
      (
        NodeID(1), crossing,
        "fw-a → isp-1  ESP 0x1a2b3c4d seq 3, 152 octets (link fw-a:wan – isp-1:a, arrives 1.012 s)"
      ),
      (
        NodeID(4), .delivered(PacketVersion(PacketID(1), timeToLive: 60), protocolNumber: 1),
        "bob takes in ICMP echo request id 1 seq 3 from 10.1.0.10 to 10.2.0.10"
      ),
      (
        NodeID(3), .dropped(PacketVersion(PacketID(2), timeToLive: 62), reason: .replayed, detail: "window 1 to 64"),
        "fw-b drops ESP 0x1a2b3c4d seq 3 from 192.0.2.1 to 198.51.100.1 because its sequence number was seen before: "
          + "window 1 to 64"
      ),
      (
        NodeID(1), .fragmented(PacketID(2), into: [PacketID(3), PacketID(4)], mtu: 1_500),
        "fw-a cuts ESP 0x1a2b3c4d seq 3, 152 octets, into 2 fragments of at most 1,500 octets"
      ),
      (
        NodeID(3), .reassembled(PacketID(2), from: [PacketID(3), PacketID(4)]),
        "fw-b puts 2 fragments together: ESP 0x1a2b3c4d seq 3, 152 octets"
      ),
      (
        NodeID(0), .duplicated(PacketVersion(PacketID(1), timeToLive: 64), link: LinkID(0)),
        "the link head-office makes a second copy of ICMP echo request id 1 seq 3 of alice"
      ),
      (
        NodeID(1), .held(PacketID(1), policy: "to-branch"),
        "fw-a holds ICMP echo request id 1 seq 3 from 10.1.0.10 to 10.2.0.10 back: policy to-branch has no security "
          + "association yet"
      ),
      (
        NodeID(1), .released(PacketID(9), policy: "to-branch"),
        "fw-a lets packet 9 go on: policy to-branch has its security association"
      ),
      (
        NodeID(1), .pathMTULearned(destination: [198, 51, 100, 1], mtu: 1_400, packet: nil),
        "fw-a learns that packets to 198.51.100.1 may have 1,400 octets at most"
      ),
    ])
  func packets(_ node: NodeID, _ event: PacketEvent, _ words: String) {
    #expect(Self.sentence(node, .packet(event)) == words)
  }

  @Test(
    "policies and associations",
    arguments: [
      (
        SecurityEvent.policyMatched(
          PacketID(1), direction: .outbound, index: 0, policy: "to-branch", verdict: .apply),
        "fw-a, policy 1 to-branch: protects ICMP echo request id 1 seq 3 from 10.1.0.10 to 10.2.0.10"
      ),
      (
        .associationWanted(policy: "to-branch", packet: PacketID(1)),
        "fw-a wants a security association for policy to-branch, for ICMP echo request id 1 seq 3"
      ),
      (
        .sealed(PacketID(1), into: PacketID(2), association: SmallRun.association, sequenceNumber: 3),
        "fw-a seals ICMP echo request id 1 seq 3 into ESP 0x1a2b3c4d seq 3, 152 octets"
      ),
      (
        .opened(PacketID(2), into: PacketID(1), association: SmallRun.association, sequenceNumber: 3, windowTop: 4),
        "fw-a opens ESP 0x1a2b3c4d seq 3: ICMP echo request id 1 seq 3, 36 octets (replay window up to 4)"
      ),
      (
        .associationInstalled(SmallRun.installed(.outbound)),
        "fw-a installs its outbound ESP 0x1a2b3c4d to fw-b, tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB "
          + "for policy to-branch"
      ),
      (
        .associationRemoved(SmallRun.association, direction: .inbound, end: .deletedByPeer),
        "fw-a removes its inbound ESP 0x1a2b3c4d because the peer has deleted it"
      ),
      (
        .associationExpiring(SmallRun.association, end: .lifetimeKilobytes),
        "fw-a has to renew ESP 0x1a2b3c4d: its lifetime in kilobytes is nearly used up"
      ),
      (
        .dummySent(PacketID(2), association: SmallRun.association, sequenceNumber: 3),
        "fw-a sends a dummy as ESP 0x1a2b3c4d seq 3, 152 octets"
      ),
    ])
  func security(_ event: SecurityEvent, _ words: String) {
    #expect(Self.sentence(SmallRun.fwA, .security(event)) == words)
  }

  private static let refusal = RefusalDescription(
    side: "responder", rule: "no transform is acceptable", attribute: "Hash Algorithm", offered: "MD5",
    wanted: "SHA-1", citation: "RFC 2409 §5")

  @Test(
    "exchanges",
    arguments: [
      (
        ExchangeEvent.began(
          ExchangeID(3), kind: .quickMode, isInitiator: false, peer: [192, 0, 2, 77], cookies: [],
          messageID: 0x1234, parent: ExchangeID(1)),
        "fw-a answers quick mode 3 with 192.0.2.77 as responder, message ID 0x00001234, under main mode 1"
      ),
      (
        .advanced(ExchangeID(1), state: "SentSA", story: "sent message 1, waiting for the responder's choice"),
        "fw-a, main mode 1 with fw-b: sent message 1, waiting for the responder's choice"
      ),
      (
        .sent(ExchangeID(1), packet: PacketID(9), message: 1, summary: "HDR, SA"),
        "fw-a sends message 1 of main mode 1 with fw-b: HDR, SA"
      ),
      (
        .received(ExchangeID(9), packet: PacketID(9), message: 2, summary: "HDR, SA"),
        "fw-a accepts message 2 of exchange 9 with its peer: HDR, SA"
      ),
      (
        .retransmitted(ExchangeID(1), packet: PacketID(9), attempt: 2),
        "fw-a sends its last message of main mode 1 with fw-b again, attempt 2: it or its answer was lost or is late"
      ),
      (
        .derived(
          ExchangeID(1),
          DerivedValue(name: "IV", formula: "hash(g^xi | g^xr)", citation: "RFC 2409 Appendix B", value: [1, 0xAB])),
        "fw-a derives IV = hash(g^xi | g^xr), 0x01ab (RFC 2409 Appendix B)"
      ),
      (
        .chosen(ExchangeID(1), suite: "AES-128-CBC, SHA-1"),
        "fw-a settles in main mode 1 with fw-b on AES-128-CBC, SHA-1"
      ),
      (
        .refused(ExchangeID(1), refusal),
        "fw-a, main mode 1 with fw-b, refuses as responder: no transform is acceptable: Hash Algorithm: MD5 offered, "
          + "SHA-1 wanted (RFC 2409 §5)"
      ),
      (
        .refused(nil, refusal),
        "fw-a refuses as responder: no transform is acceptable: Hash Algorithm: MD5 offered, SHA-1 wanted (RFC 2409 §5)"
      ),
      (.completed(ExchangeID(2)), "fw-a completes quick mode 2 with fw-b"),
      (
        .abandoned(ExchangeID(2), why: "no answer to 5 messages"),
        "fw-a gives quick mode 2 with fw-b up: no answer to 5 messages"
      ),
      (
        .ended(ExchangeID(1), why: "its lifetime is over"),
        "fw-a ends the association of main mode 1 with fw-b: its lifetime is over"
      ),
      (
        .exponentiated(ExchangeID(1), group: 2, purpose: "g^xi"),
        "fw-a does a modular exponentiation in group 2 for main mode 1 with fw-b: g^xi"
      ),
      (.noted(nil, text: "a note"), "fw-a: a note"),
    ])
  func exchanges(_ event: ExchangeEvent, _ words: String) {
    #expect(Self.sentence(SmallRun.fwA, .exchange(event)) == words)
  }

  @Test(
    "applications",
    arguments: [
      (ApplicationEvent.began(FlowID(0)), "alice begins pings: pings to bob"),
      (.requested(FlowID(0), sequence: 3, packet: nil, octets: 56), "alice sends ping 3 to bob, 56 octets"),
      (.served(FlowID(1), sequence: 1, packet: nil, octets: 1), "bob gets TCP request 1 of alice, 1 octet"),
      (
        .answered(
          FlowID(0), sequence: 3, packet: nil, octets: 56, elapsed: SimDuration(nanoseconds: 48_200_000)),
        "alice has bob's answer to ping 3 after 48.2 ms"
      ),
      (
        .answered(FlowID(1), sequence: 1, packet: nil, octets: 6_000, elapsed: SimDuration(nanoseconds: 999)),
        "alice has bob's answer to TCP request 1, 6,000 octets, after 999 ns"
      ),
      (.unanswered(FlowID(0), sequence: 4), "alice waits no longer for an answer of bob to ping 4"),
      (
        .connection(FlowID(1), from: "SYN-SENT", to: "ESTABLISHED"),
        "alice's connection with bob: SYN-SENT → ESTABLISHED (orders)"
      ),
      (
        .retransmitted(FlowID(1), sequenceNumber: 77, attempt: 1),
        "alice sends TCP segment 77 again, attempt 1 (orders)"
      ),
      (
        .errorReceived(FlowID(0), type: 3, code: 4, packet: nil),
        "alice hears by ICMP destination unreachable: fragmentation needed and DF set (pings)"
      ),
      (.failed(FlowID(9), why: "no route"), "its source gives flow 9 up: no route"),
      (.completed(FlowID(0)), "alice completes pings"),
    ])
  func applications(_ event: ApplicationEvent, _ words: String) {
    #expect(Self.sentence(SmallRun.alice, .application(event)) == words)
  }

  @Test("the run itself, and what a later version wrote")
  func run() {
    #expect(Self.sentence(.run, .run(.began)) == "the run of small begins, seed 7")
    #expect(Self.sentence(.run, .run(.ended(.durationReached))) == "the run ends: the scenario's duration is over")
    #expect(Self.sentence(.run, .run(.inserted(text: "mallory"))) == "an insert: mallory")
    #expect(
      Self.sentence(NodeID(77), .unknown(kind: 0x0942, body: [1]))
        == "node 77: an entry of kind 0x0942, which this version of Lockstep does not know (1 octet)")
  }

  @Test("a line has the entry's number and its time, cut off and not rounded")
  func line() {
    let line = Self.narrator().line(Self.entry(SmallRun.alice, .application(.completed(FlowID(0)))))
    #expect(line == "    42    1.000050  alice completes pings")
  }

  @Test("ASCII has its own arrows, dashes and section signs")
  func ascii() {
    #expect(
      Self.sentence(SmallRun.fwA, .packet(Self.crossing), .ascii)
        == "fw-a -> isp-1  ESP 0x1a2b3c4d seq 3, 152 octets (link fw-a:wan - isp-1:a, arrives 1.012 s)")
    #expect(
      Self.sentence(SmallRun.fwA, .exchange(.refused(nil, Self.refusal)), .ascii).hasSuffix("(RFC 2409 section 5)"))
  }

  @Test("nothing of a name or a text steers a terminal")
  func hostile() {
    var description = SmallRun.description
    description.nodes[0].name = "al\u{1B}[2Jice\u{202E}\n"
    let narrator = Narrator(RunGlossary(description)) { _ in nil }
    let sentence = narrator.sentence(
      Self.entry(SmallRun.alice, .exchange(.noted(nil, text: "\u{9B}31m\u{7}ü"))))
    #expect(sentence == "al\\u{1b}[2Jice\\u{202e}\\u{a}: \\u{9b}31m\\u{7}ü")
    #expect(Style.ascii.show("ü\u{1B}") == "\\u{fc}\\u{1b}")
  }

  @Test("every reason for a drop has words of its own")
  func dropReasons() {
    #expect(DropReason.table.map(\.reason) == DropReason.allCases)
    #expect(Set(DropReason.table.map(\.words)).count == DropReason.allCases.count)
  }

  @Test("colour only where it was asked for")
  func colour() {
    #expect(Style.plain.paint("x", as: .bad) == "x")
    #expect(Style(isColoured: true).paint("x\u{1B}", as: .bad) == "\u{1B}[31mx\\u{1b}\u{1B}[0m")
  }
}
