import Testing

/// A scenario of the folder, and what others see of it.
struct ShippedScenario: Sendable, CustomTestStringConvertible {
  let name: String
  /// What `validate` exits with: 3 where a warning is the point.
  var code: Int32 = 0
  /// The interface at which the point is seen.
  let tap: String
  /// Every way in which protocols lie in one another there, as tshark names them, as far as AH or ESP is one of them.
  let stacks: Set<String>
  /// Frames in which a router quotes the beginning of a protected packet, so that its ICV cannot be right.
  var quotations = 0
  /// Frames of ISAKMP that were encrypted with a key that the other end does not have.
  var unreadable = 0

  var testDescription: String { name }

  private init(
    _ name: String, at tap: String, _ stacks: Set<String>, code: Int32 = 0, quotations: Int = 0, unreadable: Int = 0
  ) {
    (self.name, self.tap, self.stacks, self.code) = (name, tap, stacks, code)
    (self.quotations, self.unreadable) = (quotations, unreadable)
  }

  static let all: [ShippedScenario] = [
    ShippedScenario("branch-office", at: "fw-a:wan", tunnel + ["ip:esp:ip:udp"]),
    ShippedScenario("branch-office-pfs", at: "fw-a:wan", tunnel + ["ip:esp:ip:udp"]),
    ShippedScenario("bump-in-the-stack", at: "alice:lan", ["ip:esp:icmp"]),
    ShippedScenario("bump-in-the-wire", at: "box:wire", ["ip:esp:icmp", "ip:esp:tcp"]),
    // What comes from bob is protected; what goes to him is not.
    ShippedScenario("hidden-policy", at: "fw-b:wan", ["ip:esp:ip:icmp"], code: 3),
    ShippedScenario("host2host-ah", at: "alice:lan", ["ip:ah:icmp", "ip:ah:tcp"]),
    ShippedScenario("host2host-ah-over-esp", at: "alice:lan", ["ip:ah:esp:icmp", "ip:ah:esp:tcp"]),
    ShippedScenario("host2host-esp-transport", at: "alice:lan", ["ip:esp:icmp", "ip:esp:tcp", "ip:esp:udp"]),
    ShippedScenario("host2host-ipcomp", at: "alice:lan", ["ip:esp:icmp", "ip:esp:ipcomp"]),
    ShippedScenario("host2host-ipv6", at: "alice:lan", ["ipv6:ah:icmpv6", "ipv6:ah:tcp"]),
    ShippedScenario("mtu-black-hole", at: "fw-a:wan", tunnel + ["ip:esp:ip:udp"], quotations: 9),
    ShippedScenario("mtu-fragmentation", at: "fw-a:wan", tunnel + ["ip:esp:ip"], quotations: 1),
    // The hosts' own negotiation passes through the tunnel as well.
    ShippedScenario(
      "nested-esp-in-ah", at: "fw-a:wan",
      ["ip:ah:ip:esp:icmp", "ip:ah:ip:esp:tcp", "ip:ah:ip:udp:isakmp", "ip:ah:ip:icmp"]),
    ShippedScenario(
      "nested-esp-in-esp", at: "fw-a:wan",
      ["ip:esp:ip:esp:icmp", "ip:esp:ip:esp:tcp", "ip:esp:ip:udp:isakmp", "ip:esp:ip:icmp"]),
    ShippedScenario("net2net-4in6", at: "fw-a:wan", ["ipv6:ah:ip:icmp", "ipv6:ah:ip:tcp"]),
    ShippedScenario("net2net-6in4", at: "fw-a:wan", ["ip:esp:ipv6:icmpv6", "ip:esp:ipv6:tcp"]),
    ShippedScenario("net2net-ah", at: "fw-a:wan", ["ip:ah:ip:icmp", "ip:ah:ip:tcp"]),
    ShippedScenario("net2net-esp-null", at: "fw-a:wan", tunnel),
    ShippedScenario("net2net-manual", at: "fw-x:wan", tunnel),
    ShippedScenario("net2net-proposal-mismatch", at: "fw-a:wan", [], code: 3),
    ShippedScenario("net2net-psk", at: "fw-a:wan", tunnel),
    ShippedScenario("net2net-psk-fail", at: "fw-a:wan", [], code: 3, unreadable: 3),
    ShippedScenario("protoport-dual", at: "alice:lan", ["ip:ah:udp", "ip:esp:tcp"]),
    ShippedScenario("rw-nested", at: "carol:lan", ["ip:esp:ip:esp:icmp", "ip:esp:ip:esp:tcp"]),
    ShippedScenario("traffic-flow", at: "fw-a:wan", ["ip:esp", "ip:esp:ip:icmp"]),
    ShippedScenario("users-and-labels", at: "bob:lan", ["ip:esp:icmp"]),
  ]

  /// ESP around whole packets.
  private static let tunnel: Set<String> = ["ip:esp:ip:icmp", "ip:esp:ip:tcp"]
}

extension Set<String> {
  fileprivate static func + (set: Set, more: Set) -> Set { set.union(more) }
}

extension TsharkFrame {
  /// How protocols lie in one another, down to the first whose content is nobody's concern.
  var stack: String {
    protocols.drop { ["pkt_comment", "raw"].contains($0) }
      .prefix { $0 != "data" && $0 != "http" }.joined(separator: ":")
  }

  var isProtected: Bool { protocols.contains { $0 == "ah" || $0 == "esp" } }

  var isEncryptedMainMode: Bool {
    self["isakmp.exchangetype"] == ["2"] && self["isakmp.flag_e"].contains { $0 == "1" || $0 == "True" }
  }

  /// An ICMP error about a protected packet.
  var isQuotation: Bool {
    let (error, sealed) = (protocols.firstIndex(of: "icmp"), protocols.firstIndex(of: "esp"))
    return error.flatMap { error in sealed.map { error < $0 } } ?? false
  }
}
