import Units

extension ScenarioFormat {
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
        .proposals, .oneOrMore(.scalar(.phase1Suite), 1...16), .required, "Suites for phase 1, the best first.",
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
