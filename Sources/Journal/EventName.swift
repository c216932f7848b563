extension Event {
  /// Every kind of event that this version knows, with its name in filters and JSON: family, dot, case.
  public static let names: [(kind: UInt16, name: String)] = families.flatMap { family in
    family.cases.enumerated().map { (family.code << 8 | UInt16($0.offset + 1), "\(family.name).\($0.element)") }
  }

  /// The kind's name; `unknown.0x0942` for one that this version does not know.
  public static func name(of kind: UInt16) -> String {
    if let index = families.firstIndex(where: { $0.code == kind >> 8 }) {
      let family = families[index]
      let place = Int(kind & 0xFF) - 1
      if family.cases.indices.contains(place) { return "\(family.name).\(family.cases[place])" }
    }
    let digits = String(kind, radix: 16)
    return "unknown.0x" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// The kinds of a name, `packet.dropped`, or of a whole family, `packet`; none for a name that this version does not know.
  public static func kinds(named name: String) -> [UInt16] {
    names.filter { $0.name == name || $0.name.hasPrefix(name + ".") }.map { $0.kind }
  }

  /// The name of the event's kind.
  public var name: String { Self.name(of: kind) }

  /// The cases of every family in the order of their codes, which are counted from 1: append only.
  private static let families: [(code: UInt16, name: String, cases: [String])] = [
    (
      1, "packet",
      [
        "originated", "transmitted", "delivered", "dropped", "fragmented", "reassembled", "duplicated", "held",
        "released", "pathMTULearned",
      ]
    ),
    (
      2, "security",
      [
        "policyMatched", "associationWanted", "sealed", "opened", "associationInstalled", "associationRemoved",
        "associationExpiring", "dummySent",
      ]
    ),
    (
      3, "exchange",
      [
        "began", "advanced", "sent", "received", "retransmitted", "derived", "chosen", "refused", "completed",
        "abandoned", "ended", "exponentiated", "noted",
      ]
    ),
    (
      4, "application",
      [
        "began", "requested", "served", "answered", "unanswered", "connection", "retransmitted", "errorReceived",
        "failed", "completed",
      ]
    ),
    (5, "run", ["began", "ended", "inserted"]),
  ]
}
