import Units

/// The scenario format: every key, what may stand there, and what holds where nothing does.
enum ScenarioFormat {
  static let nodeLimit = 100_000
  static let linkLimit = 100_000
  static let policyLimit = 10_000
  static let trafficLimit = 10_000
  /// Requests of one line of traffic.
  static let countLimit: UInt64 = 1_000_000
  static let longest = SimDuration.seconds(31_536_000)

  static let root = RecordShape(
    "A Lockstep scenario: a world of nodes and links, and what happens in it.",
    [
      Field(.lockstep, .scalar(.integer(1...1)), .required, "The version of the format: 1."),
      Field(.name, .scalar(.name), .required, "The scenario's name: who-auth-feature, as in net2net-psk."),
      Field(
        .description, .scalar(.text("a paragraph that says what the scenario shows", limit: 4_000)), .required,
        "One paragraph: what the scenario shows, and to whom."),
      Field(.seed, .scalar(.integer(0...UInt64.max)), .standard("1"), "What all randomness of the run grows from."),
      Field(
        .duration, .scalar(.duration(.milliseconds(1)...longest)), .required, "When the run ends, in simulated time."),
      Field(
        .eventLimit, .scalar(.integer(1...10_000_000_000)), .standard("100000000"),
        "How many events the run may have before it is stopped."),
      Field(.defaults, .record(defaults), .optional, "Values that all entries of a kind share."),
      Field(.nodes, .named(.record(node), noun: "node", limit: nodeLimit), .required, "Hosts, routers and firewalls."),
      Field(.links, .list(.record(link), 0...linkLimit), .required, "What connects the nodes' interfaces."),
      Field(.traffic, .list(.record(traffic), 0...trafficLimit), .optional, "Who asks whom for what, and when."),
    ])

  static let defaults = RecordShape(
    "Values that all entries of a kind share, unless an entry says otherwise.",
    [
      Field(.links, .record(link.asDefaults("Shared by all links.")), .optional, "Shared by all links."),
      Field(.traffic, .record(traffic.asDefaults("Shared by all traffic.")), .optional, "Shared by all traffic."),
      Field(
        .policies,
        .record(
          policy.asDefaults(
            "Shared by all policies that apply IPsec.", without: [.from, .to, .transport, .fromPorts, .toPorts])),
        .optional, "Shared by all policies that apply IPsec."),
      Field(.peers, .record(peer.asDefaults("Shared by all IKE peers.")), .optional, "Shared by all IKE peers."),
    ])

  static let node = RecordShape(
    "A host, a router or a firewall.",
    [
      Field(
        .kind, .scalar(.choice(["host", "router", "firewall", "isp", "bump"])), .required,
        "What kind of box it is; a bump in the wire is put into a link and has no addresses (RFC 2401 §3.3)."),
      Field(.system, .scalar(.systemName), .optional, "What policies know it by."),
      Field(
        .ipsec, .scalar(.placement), .optional,
        "Where its IPsec lies: in its IP, or below an IP that knows nothing of it (RFC 2401 §3.3)."),
      Field(
        .interfaces, .named(.oneOrMore(.scalar(.interfaceAddress), 0...16), noun: "interface", limit: 1_000), .required,
        "Its interfaces, each with its address and the length of its prefix; several addresses as a list."),
      Field(
        .inside, .list(.scalar(.name), 1...1_000), .optional,
        "The interfaces on the protected side: policies are kept for what crosses the others (RFC 2401 §4.4)."),
      Field(
        .gateway, .oneOrMore(.scalar(.address), 1...2), .optional,
        "The neighbour that takes what no route is for; as a list, one a family."),
      Field(.routes, .list(.record(route), 0...100_000), .optional, "Static routes; the longest prefix wins."),
      Field(
        .policies, .list(.record(policy), 1...policyLimit), .optional,
        "The security policy database, in its order. What no entry is for is discarded; without this key all passes."),
      Field(.ike, .record(ike), .optional, "How keys are negotiated."),
      Field(
        .filters, .list(.record(filter), 0...policyLimit), .optional,
        "A stateless packet filter: the first rule that fits decides, and what none fits passes."),
    ])

  static let filter = RecordShape(
    "A rule for packets as they enter or leave by an interface: before IPsec opens them, after it sealed them.",
    [
      Field(.name, .scalar(.name), .required, "Its name; unique within its node. What it drops is recorded with it."),
      Field(.action, .scalar(.choice(["drop", "pass"])), .required, "What is done with what fits."),
      Field(.from, .scalar(.addresses), .standard("any"), "Source: any, an address or a prefix."),
      Field(.to, .scalar(.addresses), .standard("any"), "Destination: any, an address or a prefix."),
      Field(.transport, .scalar(.transport), .standard("any"), "The protocol that the IP header names."),
      Field(.fromPorts, .scalar(.ports), .standard("any"), "Source ports of TCP or UDP."),
      Field(.toPorts, .scalar(.ports), .standard("any"), "Destination ports of TCP or UDP."),
      Field(.icmp, .scalar(.icmpType), .optional, "The type of an ICMP or ICMPv6 message, by name or number."),
      Field(.code, .scalar(.integer(0...255)), .optional, "The code of an ICMP or ICMPv6 message."),
      Field(.interface, .scalar(.name), .optional, "The interface that is crossed; else any."),
      Field(.direction, .scalar(.choice(["in", "out"])), .optional, "In from the link, or out onto it; else both."),
    ])

  static let route = RecordShape(
    "A static route.",
    [
      Field(.to, .scalar(.destination), .required, "Where it leads: a prefix, or default."),
      Field(.via, .scalar(.address), .required, "A neighbour on one of the node's links."),
    ])

  static let link = RecordShape(
    "A link between two interfaces, or a segment that several share.", inherits: .links,
    [
      Field(.name, .scalar(.name), .optional, "Its name; else its first two endpoints."),
      Field(
        .endpoints, .list(.scalar(.endpoint), 2...1_000), .required,
        "The interfaces on it: [\"fw-a:wan\", \"isp-1:a\"]."),
      Field(
        .delay, .scalar(.duration(.zero ... .seconds(3_600))), .standard("1 ms"),
        "From the last bit's departure to its arrival."),
      Field(.rate, .scalar(.rate), .standard("unlimited"), "How fast octets are taken in."),
      Field(.mtu, .scalar(.size(68...65_535)), .standard("1500"), "The largest datagram (RFC 791 §3.2: 68 at least)."),
      Field(.queue, .scalar(.integer(1...1_000_000)), .standard("1000"), "Packets that may wait for their turn."),
      Field(.loss, .scalar(.ratio), .standard("0"), "How many packets are lost."),
      Field(.duplicate, .scalar(.ratio), .standard("0"), "How many packets arrive twice."),
      Field(
        .reorder, .scalar(.ratio), .standard("0"), "How many packets are held back, so that later ones overtake them."),
      Field(
        .reorderDelay, .scalar(.duration(.zero ... .seconds(3_600))), .standard("10 ms"),
        "How long those are held back."),
      Field(
        .jitter, .scalar(.duration(.zero ... .seconds(3_600))), .standard("0 ns"),
        "Up to so much is added to the delay."),
    ])

  static let traffic = RecordShape(
    "A line of traffic: exactly one of ping, udp, tcp, datagrams.", inherits: .traffic,
    alternatives: Alternatives(
      keys: [.ping, .udp, .tcp, .datagrams], about: "what is sent", remedy: "exactly one of ping, udp, tcp, datagrams"),
    [
      Field(.name, .scalar(.name), .required, "Its name in the run."),
      Field(.from, .scalar(.name), .required, "The node that asks."),
      Field(.to, .scalar(.target), .required, "The node that is asked, or one of its interfaces."),
      Field(.ping, .record(ping), .optional, "ICMP echo requests."),
      Field(.udp, .record(request), .optional, "A datagram that is answered by one."),
      Field(.tcp, .record(request), .optional, "A connection: a request, a response, and both ends close."),
      Field(.datagrams, .record(datagrams), .optional, "Datagrams that nobody answers."),
      Field(
        .family, .scalar(.choice(["ipv4", "ipv6"])), .optional,
        "Which of the addresses of \"to\" is used; else the first."),
      Field(
        .user, .scalar(.userName), .optional, "Whose packets these are, for policies of the node that makes them."),
      Field(
        .sensitivity, .scalar(.sensitivity), .optional,
        "How sensitive the data are: packets of IPv4 carry a security option that says so (RFC 1108 §2)."),
      Field(.start, .scalar(.duration(.zero...longest)), .standard("0 s"), "When the first one is sent."),
      Field(.count, .scalar(.integer(1...countLimit)), .standard("1"), "How many there are."),
      Field(.every, .scalar(.duration(.microseconds(1)...longest)), .standard("1 s"), "The time from one to the next."),
      Field(
        .timeout, .scalar(.duration(.milliseconds(1)...longest)), .standard("30 s"), "How long an answer is waited for."
      ),
      Field(.dontFragment, .scalar(.boolean), .standard("false"), "Whether the datagrams carry the DF bit."),
    ])

  static let ping = RecordShape(
    "ICMP echo requests.",
    [Field(.size, .scalar(.size(0...65_507)), .standard("56"), "Octets of data in each.")])

  static let datagrams = RecordShape(
    "Datagrams that are counted where they arrive.",
    [
      Field(.port, .scalar(.integer(1...65_535)), .standard("9"), "The port that they are sent to."),
      Field(.size, .scalar(.size(0...65_507)), .standard("512"), "Octets of data in each."),
    ])

  static let request = RecordShape(
    "A request and its response.",
    [
      Field(.port, .scalar(.integer(1...65_535)), .required, "The port that is asked."),
      Field(.request, .scalar(.size(1...65_507)), .standard("512"), "Octets of the request."),
      Field(.response, .scalar(.size(1...65_507)), .standard("1024"), "Octets of the response."),
    ])
}
