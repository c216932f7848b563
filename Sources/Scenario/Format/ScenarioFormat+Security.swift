import Units

extension ScenarioFormat {
  static let policy = RecordShape(
    "An entry of the security policy database (RFC 2401 §4.4.1), written for outbound traffic.", inherits: .policies,
    [
      Field(.name, .scalar(.name), .required, "Its name; unique within its node."),
      Field(.from, .scalar(.addresses), .standard("any"), "Source addresses."),
      Field(.to, .scalar(.addresses), .standard("any"), "Destination addresses."),
      Field(.transport, .scalar(.transport), .standard("any"), "The protocol above IP."),
      Field(.fromPorts, .scalar(.ports), .standard("any"), "Source ports."),
      Field(.toPorts, .scalar(.ports), .standard("any"), "Destination ports."),
      Field(
        .action, .scalar(.choice(["discard", "bypass", "apply"])), .required,
        "Drop the packet, let it pass as it is, or protect it."),
      Field(
        .peer, .scalar(.name), .required, "The IKE peer that the protection is agreed on with.", onlyForAction: "apply"),
      Field(
        .mode, .scalar(.choice(["tunnel", "transport"])), .standard("tunnel"), "Between gateways, or end to end.",
        onlyForAction: "apply"),
      Field(
        .esp, .list(.scalar(.espSuite), 1...16), .required, "Ciphers and authenticators, the best first.",
        onlyForAction: "apply", isShared: true),
      Field(
        .pfs, .scalar(.perfectForwardSecrecy), .standard("none"),
        "The group of a further Diffie-Hellman exchange for each key (RFC 2409 §5.5).", onlyForAction: "apply"),
      Field(
        .lifetime, .record(lifetime), .standard(""), "The longest life of an association.", onlyForAction: "apply",
        isShared: true),
      Field(
        .replayWindow, .scalar(.integer(0...1_024)), .standard("64"),
        "Sequence numbers that the replay window spans: 0 for no check, else a multiple of 32.", onlyForAction: "apply"),
      Field(
        .dontFragment, .scalar(.choice(["copy", "set", "clear"])), .standard("copy"),
        "The DF bit of the outer header (RFC 2401 §8.1).", onlyForAction: "apply"),
      Field(
        .fragment, .scalar(.choice(["before", "after"])), .standard("after"),
        "Whether what is too large is cut before or after it is protected.", onlyForAction: "apply"),
    ])

  static let lifetime = RecordShape(
    "What ends an association: the first limit that is reached.",
    [
      Field(
        .time, .scalar(.duration(.seconds(1) ... .seconds(31_536_000))), .standard("8 h"), "Time since it was made."),
      Field(.volume, .scalar(.volume), .optional, "Octets that it protected."),
    ])

  static let ike = RecordShape(
    "How keys are negotiated: ISAKMP main mode with pre-shared keys (RFC 2409 §5.4), then quick mode.",
    [Field(.peers, .list(.record(peer), 1...10_000), .required, "Whom this node negotiates with.")])

  static let peer = RecordShape(
    "Whom this node negotiates with, and what may be agreed on.", inherits: .peers,
    [
      Field(.node, .scalar(.name), .required, "The node at the other end, which names this one in turn."),
      Field(
        .interface, .scalar(.name), .optional,
        "The interface that this node negotiates from; else the one that its default route leaves by, or the only one that is not inside."
      ),
      Field(.key, .scalar(.secret), .required, "The secret that both know.", isShared: true),
      Field(
        .proposals, .list(.scalar(.phase1Suite), 1...16), .required, "Suites for phase 1, the best first.",
        isShared: true),
      Field(
        .lifetime, .scalar(.duration(.seconds(1) ... .seconds(31_536_000))), .standard("8 h"),
        "The longest life of a phase 1 association."),
      Field(
        .retransmit, .record(retransmission), .standard(""), "How an unanswered message is sent again.", isShared: true),
    ])

  static let retransmission = RecordShape(
    "How an unanswered message is sent again.",
    [
      Field(.first, .scalar(.duration(.milliseconds(1) ... .seconds(3_600))), .standard("4 s"), "The first wait."),
      Field(.factor, .scalar(.integer(1...16)), .standard("2"), "Each wait is so many times the one before."),
      Field(.limit, .scalar(.integer(0...32)), .standard("5"), "How often it is sent again at most."),
    ])
}
