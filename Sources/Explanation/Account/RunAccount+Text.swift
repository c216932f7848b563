import Journal

extension RunAccount {
  /// The account in lines for a terminal. `run` is what the commands at its end name the run with, `last` say.
  public func lines(_ style: Style = .plain, run: String = "last") -> [String] {
    guard detail != .nothing else {
      return [
        style.show(
          "\(Words.instant(instant)) of simulated time, of which nothing was recorded: there is nothing to say")
      ]
    }
    var lines = section("Negotiated", negotiationLines, style)
    lines += section("Protected", protectedLines, style)
    lines += section("In clear or discarded", unprotectedLines, style)
    lines += section("Drops", dropLines, style)
    lines += section("Traffic", flowLines, style)
    lines.append(style.show(endLine))
    lines.append("")
    lines.append(style.paint("What to type next", as: .heading))
    let commands = [
      ("lockstep step \(run)", "go through it, forward and back"),
      ("lockstep inspect \(run) \(exampleEntry)", "look into a packet, byte by byte"),
      ("lockstep export \(run) out", "open it with Wireshark, keys and all"),
    ].prefix(detail == .everything ? 3 : 2)  // without link crossings there is nothing to export
    let width = commands.map(\.0.count).max() ?? 0
    for (command, purpose) in commands { lines.append(style.show("  \(command.padded(to: width))   \(purpose)")) }
    return lines
  }

  /// Lines of a section that are shown: the account is short, of a large world too.
  private static let sectionLimit = 20

  private func section(_ title: String, _ lines: [String], _ style: Style) -> [String] {
    guard !lines.isEmpty else { return [] }
    let shown = lines.prefix(Self.sectionLimit).map { style.show("  " + $0) }
    let more = lines.count - shown.count
    return [style.paint(title, as: .heading)] + shown
      + (more > 0 ? [style.show("  … and \(Words.grouped(more)) more")] : [])
  }

  private var negotiationLines: [String] {
    let done = negotiations.map { negotiation in
      "\(negotiation.initiator) and \(negotiation.responder): \(Words.grouped(negotiation.completed)) × "
        + "\(negotiation.exchange) (phase \(negotiation.phase)), \(negotiation.suite), "
        + "first at \(Words.column(negotiation.firstCompleted)) s"
    }
    let failed = failures.map { "\($0.node) \($0.words)" + ($0.count > 1 ? " (\($0.count) times)" : "") }
    var lines = done + failed + unfinishedLines
    if renewals > 0 { lines.append("\(Words.count(renewals, "renewal")) begun before a lifetime was over") }
    return lines
  }

  private var protectedLines: [String] {
    var lines = protected.map { row in
      let octets = row.octets > 0 ? ", \(Words.octets(row.octets))" : ""
      return "\(row.node) → \(row.peer) by policy \(row.policy): \(Words.count(row.packets, "packet"))\(octets), "
        + Words.count(row.associations, "association")
    }
    if held > 0 {
      lines.append(
        "\(Words.count(held, "packet")) waited for an association, \(Words.grouped(released)) went on"
          + (waiting > 0 ? ", \(Words.grouped(waiting)) still waiting" : ""))
    }
    return lines
  }

  private var unprotectedLines: [String] {
    unprotected.map { row in
      "\(row.node) \(row.isDiscarded ? "discarded" : "let pass in clear") by policy \(row.policy): "
        + Words.count(row.packets, "packet")
    }
  }

  private var dropLines: [String] {
    drops.map { "\($0.node): \(Words.dropped($0.packets)) \($0.words)" }
  }

  private var flowLines: [String] {
    let width = flows.map(\.name.count).max() ?? 0
    return flows.map { flow in
      let (number, what) = flow.kind == "datagrams" ? (flow.arrived, "arrived") : (flow.answered, "answered")
      var line = "\(flow.name.padded(to: width))  \(number) of \(flow.asked) \(what)"
      if flow.answered > 0 { line += ", the slowest after \(Words.duration(flow.longest))" }
      if flow.retransmitted > 0 { line += ", \(Words.count(flow.retransmitted, "segment")) sent again" }
      if !flow.failure.isEmpty { line += "; given up: \(flow.failure)" }
      return line
    }
  }

  private var endLine: String {
    let why = end.map { "the run ended because \($0.words)" } ?? "the run is not at its end"
    return "\(Words.count(entries, "entry", plural: "entries")), \(Words.instant(instant)) of simulated time; \(why)."
  }

  /// An entry that is worth a look: where the first packet was sealed, else where the first was made.
  private var exampleEntry: UInt64 { (firstSealed ?? firstOriginated)?.rawValue ?? 1 }
}
