import Units

extension ScenarioFormat {
  /// Associations of a bundle. RFC 2401 §4.5 wants two; what is more shows where nesting ends.
  static let layerLimit = 64

  static let policy = RecordShape(
    "An entry of the security policy database (RFC 2401 §4.4.1), written for outbound traffic.", inherits: .policies,
    alternatives: Alternatives(
      keys: [.esp, .ah, .ipcomp, .layers], about: "how the packets are protected",
      remedy: "exactly one of esp, ah, ipcomp, layers; associations one in another are entries of layers"),
    selectorFields + [
      Field(
        .action, .scalar(.choice(["discard", "bypass", "apply"])), .required,
        "Drop the packet, let it pass as it is, or protect it.")
    ] + (layerFields(unless: [.layers]) + bundleFields).map { $0.only(forAction: "apply") })

  private static let selectorFields = [
    Field(.name, .scalar(.name), .required, "Its name; unique within its node."),
    Field(.from, .scalar(.addresses), .standard("any"), "Source addresses."),
    Field(.to, .scalar(.addresses), .standard("any"), "Destination addresses."),
    Field(.transport, .scalar(.transport), .standard("any"), "The protocol above IP."),
    Field(.fromPorts, .scalar(.ports), .standard("any"), "Source ports."),
    Field(.toPorts, .scalar(.ports), .standard("any"), "Destination ports."),
    Field(
      .user, .scalar(.userName), .optional,
      "Only packets of this user that are made at this node."),
    Field(
      .system, .scalar(.systemName), .optional,
      "Only packets that are made at this node, if this is its system name."),
    Field(
      .sensitivity, .scalar(.sensitivities), .optional,
      "Only packets whose security option says so (RFC 1108 §2.3): a level, or the lowest and the highest."),
  ]

  /// What is said of the bundle as a whole.
  private static let bundleFields = [
    Field(
      .layers, .list(.record(layer), 1...layerLimit), .optional,
      "Associations one in another, the innermost first (RFC 2401 §4.3)."),
    Field(
      .fromPacket,
      .list(.scalar(.choice(["from", "to", "protocol", "from-ports", "to-ports"])), 0...5), .optional,
      "What an association takes from the packet that asked for it, and not from this entry (RFC 2401 §4.4.1).",
      isShared: true),
    Field(
      .pfs, .scalar(.perfectForwardSecrecy), .standard("none"),
      "The group of a further Diffie-Hellman exchange for each key (RFC 2409 §5.5).", unless: [.manual]),
    Field(
      .lifetime, .record(lifetime), .standard(""), "The longest life of an association.", unless: [.manual],
      isShared: true),
  ]

  static let layer = RecordShape(
    "One association of a bundle.", inherits: .policies,
    alternatives: Alternatives(
      keys: [.esp, .ah, .ipcomp], about: "what this layer does",
      remedy: "exactly one of esp, ah, ipcomp; the next association is the next entry of layers"),
    layerFields(unless: []))

  private static func layerFields(unless others: [Key]) -> [Field] {
    [
      Field(
        .peer, .scalar(.name), .optional,
        "The node at the other end: with negotiated keys one of ike.peers; left out where the tunnel names both ends "
          + "and keys are written by hand."),
      Field(
        .mode, .scalar(.choice(["tunnel", "transport"])), .standard("tunnel"), "Between gateways, or end to end.",
        unless: others),
      Field(
        .tunnel, .record(tunnel), .optional, "The tunnel's ends, where they are not those that the peer implies.",
        unless: others),
      Field(
        .esp, .list(.scalar(.espSuite), 1...16), .optional, "Ciphers and authenticators, the best first.",
        isShared: true),
      Field(.ah, .list(.scalar(.ahSuite), 1...16), .optional, "Authenticators, the best first.", isShared: true),
      Field(.ipcomp, .list(.scalar(.compression), 1...1), .optional, "How it is compressed.", isShared: true),
      Field(.manual, .record(manual), .optional, "Keys by hand, both ways.", unless: others),
      Field(
        .replayWindow, .scalar(.integer(0...1_024)), .standard("64"),
        "Sequence numbers that the replay window spans: 0 for no check, else a multiple of 32.",
        unless: others + [.manual]),
      Field(
        .dontFragment, .scalar(.choice(["copy", "set", "clear"])), .standard("copy"),
        "The DF bit of the outer header (RFC 2401 §8.1).", unless: others),
      Field(
        .fragment, .scalar(.choice(["before", "after"])), .standard("after"),
        "Whether what is too large is cut before or after it is protected.", unless: others),
      Field(
        .padding, .scalar(.integer(0...240)), .optional,
        "ESP pads every ciphertext to a multiple of so many octets, so that its length says less.", unless: others,
        isShared: true),
      Field(
        .dummies, .record(dummies), .optional, "ESP sends packets that carry nothing, so that silence says less.",
        unless: others, isShared: true),
    ]
  }

  static let tunnel = RecordShape(
    "The ends of a tunnel.",
    [
      Field(.local, .scalar(.address), .required, "This node's end."),
      Field(.remote, .scalar(.address), .required, "The other end."),
    ])

  static let dummies = RecordShape(
    "Packets that carry nothing: next header 59.",
    [
      Field(
        .every, .scalar(.duration(.milliseconds(1) ... .seconds(86_400))), .required, "How often one is sent."),
      Field(.size, .scalar(.size(0...1_024)), .standard("256"), "Octets of its payload."),
    ])

  static let manual = RecordShape(
    "The two associations of a pair by hand: no negotiation, no lifetime, no replay window (RFC 2401 §4.6.1).",
    [
      Field(.out, .record(hand), .required, "What this node sends by; the other end's \"in\"."),
      Field(.into, .record(hand), .required, "What this node receives by; the other end's \"out\"."),
    ])

  static let hand = RecordShape(
    "An association by hand.",
    [
      Field(.spi, .scalar(.spi), .optional, "Its security parameters index; the first is 256."),
      Field(
        .cpi, .scalar(.integer(0...65_535)), .optional,
        "Its compression parameter index: 2 is DEFLATE without a negotiation (RFC 2393 §3.3)."),
      Field(
        .cipherKey, .scalar(.hexadecimal), .optional,
        "The cipher's key; for AES-CTR with four octets of nonce behind it."),
      Field(.integrityKey, .scalar(.hexadecimal), .optional, "The authenticator's key."),
    ])
}

extension Field {
  /// The same for entries of one action.
  fileprivate func only(forAction action: String) -> Field {
    Field(key, shape, presence, about, onlyForAction: action, unless: unless, isShared: isShared)
  }
}
