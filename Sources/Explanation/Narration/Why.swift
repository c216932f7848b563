import Journal
import Recording
import Units

/// Why something happened: the chain of causes from an entry back to what the scenario set going, in plain sentences.
public struct Why: Hashable, Sendable {
  /// One step of the chain: an entry, or several that repeat each other.
  public struct Step: Hashable, Sendable, Codable {
    /// The entries of the step, the nearest first.
    public var entries: [EntryID]
    /// The time of the nearest one.
    public var instant: Instant
    /// The step in words.
    public var sentence: String
  }

  /// The entry that is asked about, and what it follows from, the nearest first.
  public var steps: [Step]
  /// For a drop, the policy or the association that decided; empty where none did.
  public var decision: String
  /// What set it all going.
  public var origin: String

  /// Walks up the causes of the entry.
  public init(_ id: EntryID, in reader: RunReader, _ narrator: Narrator) throws(RecordingError) {
    let chain = try reader.causes(of: id, limit: Self.limit)
    steps = WhySteps.make(chain, narrator)
    decision = try WhyDecision(chain, reader, narrator).words()
    origin = Self.origin(of: chain, narrator)
  }

  /// A chain that is longer is told up to here.
  private static let limit = 10_000

  private static func origin(of chain: [Entry], _ narrator: Narrator) -> String {
    guard let first = chain.last else { return "" }
    if first.cause != nil { return "and so on: the chain of causes is longer than \(limit) entries" }
    let show = narrator.style.show
    switch first.event {
    case .application(let event):
      guard let id = event.flow else { break }
      let flow = narrator.glossary.flow(id)
      return show("the scenario's traffic \(flow.name) set it going: \(flow.kindWords) from \(flow.from) to \(flow.to)")
    case .security(.associationExpiring), .security(.associationRemoved):
      return show("the lifetime of an association set it going: time alone did it")
    case .run: return "the run itself set it going"
    default: break
    }
    return show("time set it going at \(narrator.glossary.name(of: first.node)): it follows from no other entry")
  }

  /// The chain as lines: the nearest first, each with its entry and its time.
  public func lines(_ style: Style = .plain) -> [String] {
    var lines: [String] = []
    for (index, step) in steps.enumerated() {
      let number = step.entries.first.map { String($0.rawValue) } ?? ""
      let lead = index == 0 ? "" : style.paint("because ", as: .muted)
      lines.append("\(number.indented(to: 6))  \(Words.column(step.instant).indented(to: 10))  \(lead)\(step.sentence)")
    }
    let indent = String(repeating: " ", count: 20)
    if !decision.isEmpty { lines.append(indent + style.paint("decided by ", as: .heading) + decision) }
    if !origin.isEmpty { lines.append(indent + style.paint("origin: ", as: .heading) + origin) }
    return lines
  }
}

/// Puts a chain of causes into steps, with what repeats itself told once.
private enum WhySteps {
  static func make(_ chain: [Entry], _ narrator: Narrator) -> [Why.Step] {
    var steps: [Why.Step] = []
    var rest = chain[...]
    // The entry that is asked about stands by itself.
    if let first = rest.popFirst() { steps.append(step([first], narrator.sentence(first))) }
    while let first = rest.first {
      if let journey = journey(rest) {
        rest = rest.dropFirst(journey.count)
        steps.append(step(journey, summary(ofMessage: journey, narrator)))
        continue
      }
      let run = [first] + rest.dropFirst().prefix { isSameKind($0, first) }
      rest = rest.dropFirst(run.count)
      if run.count == 1 {
        steps.append(step(run, narrator.sentence(first)))
      } else {
        steps.append(step(run, summary(run, narrator)))
      }
    }
    return steps
  }

  /// A message of an exchange from its arrival back to its sending: told as one. `nil` where the chain has none here.
  private static func journey(_ rest: ArraySlice<Entry>) -> [Entry]? {
    guard case .exchange(.received(let id, let packet, _, _))? = rest.first?.event else { return nil }
    let about = rest.prefix { $0.event.packet == packet || isBeginning($0.event, of: id) }
    guard let end = about.firstIndex(where: { isSending($0.event) }) else { return nil }
    return Array(about[about.startIndex...end])
  }

  /// A first message begins the exchange that it belongs to.
  private static func isBeginning(_ event: Event, of id: ExchangeID) -> Bool {
    if case .exchange(.began(let begun, _, _, _, _, _, _)) = event { return begun == id }
    return false
  }

  private static func isSending(_ event: Event) -> Bool {
    switch event {
    case .exchange(.sent), .exchange(.retransmitted): true
    default: false
    }
  }

  private static func summary(ofMessage journey: [Entry], _ narrator: Narrator) -> String {
    guard case .exchange(.received(let id, _, let message, let summary)) = journey[0].event,
      let sender = journey.last?.node
    else { return narrator.sentence(journey[0]) }
    let (receiver, glossary) = (journey[0].node, narrator.glossary)
    let hops = journey.count { if case .packet(.transmitted) = $0.event { true } else { false } }
    let over = hops > 0 ? " over \(Words.count(hops, "link"))" : ""
    return narrator.style.show(
      "\(glossary.name(of: receiver)) has got message \(message) of \(glossary.name(of: id, at: receiver)) from "
        + "\(glossary.name(of: sender))\(over): \(summary)")
  }

  private static func step(_ entries: [Entry], _ sentence: String) -> Why.Step {
    Why.Step(entries: entries.map(\.id), instant: entries[0].instant, sentence: sentence)
  }

  /// Whether two entries next to each other are told as one: hops of a packet, and steps of one exchange at one node.
  private static func isSameKind(_ entry: Entry, _ first: Entry) -> Bool {
    switch (first.event, entry.event) {
    case (.packet(.transmitted(let one, _, _, _, _)), .packet(.transmitted(let other, _, _, _, _))):
      one.packet == other.packet
    case (.exchange(let one), .exchange(let other)):
      first.node == entry.node && one.exchange != nil && one.exchange == other.exchange && isInner(one)
        && isInner(other)
    default: false
    }
  }

  /// Steps that happen inside a node: messages are told one by one.
  private static func isInner(_ event: ExchangeEvent) -> Bool {
    switch event {
    case .advanced, .derived, .chosen, .exponentiated, .noted: true
    case .began, .sent, .received, .retransmitted, .refused, .completed, .abandoned, .ended: false
    }
  }

  private static func summary(_ run: [Entry], _ narrator: Narrator) -> String {
    if case .packet(.transmitted(let version, _, _, _, _)) = run[0].event { return crossing(run, version, narrator) }
    let who = narrator.glossary.name(of: run[0].node)
    let id = run[0].event.exchange
    let title = id.map { narrator.glossary.name(of: $0, at: run[0].node) } ?? "an exchange"
    let names = run.reversed().compactMap(innerName)
    return narrator.style.show(
      "\(who) does \(Words.count(run.count, "step")) in \(title): \(names.joined(separator: ", "))")
  }

  private static func crossing(_ run: [Entry], _ version: PacketVersion, _ narrator: Narrator) -> String {
    var path: [String] = []
    for entry in run.reversed() {
      guard case .packet(.transmitted(_, _, let from, let to, _)) = entry.event else { continue }
      if path.isEmpty { path.append(narrator.glossary.name(of: from)) }
      path.append(narrator.glossary.name(of: to))
    }
    return narrator.style.show(
      "\(narrator.short(version.packet)) crossed \(Words.count(run.count, "link")): \(path.joined(separator: " → "))")
  }

  private static func innerName(_ entry: Entry) -> String? {
    guard case .exchange(let event) = entry.event else { return nil }
    switch event {
    case .derived(_, let value): return value.name
    case .chosen: return "the choice of a suite"
    case .exponentiated: return "a modular exponentiation"
    case .advanced(_, let state, _): return state
    case .noted: return "a note"
    default: return nil
    }
  }
}

extension Event {
  /// The exchange that an event belongs to.
  var exchange: ExchangeID? {
    if case .exchange(let event) = self { return event.exchange }
    return nil
  }
}

/// Finds the policy or the association that a drop goes back to.
private struct WhyDecision {
  let chain: [Entry]
  let reader: RunReader
  let narrator: Narrator

  init(_ chain: [Entry], _ reader: RunReader, _ narrator: Narrator) {
    self.chain = chain
    self.reader = reader
    self.narrator = narrator
  }

  func words() throws(RecordingError) -> String {
    guard let drop = chain.first, case .packet(.dropped(let version, let reason, _)) = drop.event else { return "" }
    if let association = try association(of: version, reason, at: drop) { return association }
    guard Self.policyReasons.contains(reason) else { return "" }
    for entry in chain.dropFirst() {
      guard entry.node == drop.node, case .security(.policyMatched(_, _, let index, let policy, _)) = entry.event else {
        continue
      }
      return policyWords(index, policy, at: entry)
    }
    // What came in another way than a policy wants is dropped with the policy's name in the drop's own words.
    guard reason == .noPolicy || reason == .policyDiscard else { return "" }
    return narrator.style.show("no policy entry of \(narrator.glossary.name(of: drop.node)) covers the packet")
  }

  private func policyWords(_ index: UInt32, _ policy: String, at entry: Entry) -> String {
    let node =
      narrator.glossary.run.nodes.indices.contains(Int(entry.node.rawValue))
      ? narrator.glossary.run.nodes[Int(entry.node.rawValue)] : nil
    let number = "policy \(UInt64(index) + 1) of \(narrator.glossary.name(of: entry.node))"
    let known = node.flatMap { $0.policies.indices.contains(Int(index)) ? $0.policies[Int(index)] : nil }
    // A policy in words begins with its name.
    let text = known?.hasPrefix(policy) == true ? "\(number), \(known ?? policy)" : "\(number), \(policy)"
    return narrator.style.show("\(text) (entry \(entry.id.rawValue))")
  }

  private static let policyReasons: [DropReason] = [
    .policyDiscard, .noPolicy, .cleartextWherePolicyDemandsIPsec, .ipsecWherePolicyDemandsCleartext,
    .wrongInnerSelector, .acquireFailed, .acquireQueueFull,
  ]

  private static let associationReasons: [DropReason] = [
    .wrongAssociation, .unknownSPI, .badICV, .replayed, .leftOfWindow, .sequenceNumberExhausted, .associationExpired,
    .badPadding, .badPadLength, .shortPacket, .unexpectedNextHeader, .dummyPacket, .cryptographyFailed,
    .decompressionFailed,
  ]

  /// The association that the packet names, as the node had installed it before: of several the outermost, and where an
  /// SPI is unknown the one that is not there.
  private func association(
    of version: PacketVersion, _ reason: DropReason, at drop: Entry
  ) throws(RecordingError) -> String? {
    guard Self.associationReasons.contains(reason), drop.id.rawValue > 1 else { return nil }
    let names = PacketSummary.associations(in: try reader.packet(version.packet).bytes)
    guard let outermost = names.first else { return nil }
    let found = try installed(names, before: drop)
    let missing = zip(names, found).first { $1 == nil }?.0
    if reason != .unknownSPI || missing == nil, let words = found.compactMap({ $0 }).first {
      return narrator.style.show(words)
    }
    let name = missing ?? outermost
    let index = name.isIPComp ? "CPI \(Words.hexadecimal(name.spi, digits: 4))" : "SPI \(Words.spi(name.spi))"
    return narrator.style.show("\(index), which \(narrator.glossary.name(of: drop.node)) has never installed")
  }

  /// What the node had last installed under each name for packets that come in, in words; `nil` where nothing.
  private func installed(_ names: [AssociationName], before drop: Entry) throws(RecordingError) -> [String?] {
    let filter = EntryFilter(nodes: [drop.node], kinds: Event.kinds(named: "security.associationInstalled"))
    var found = [String?](repeating: nil, count: names.count)
    try reader.walk(EntryID(1)...EntryID(drop.id.rawValue - 1), matching: filter, backwards: true) { entry in
      guard case .security(.associationInstalled(let description)) = entry.event, description.direction == .inbound
      else { return .on }
      for (index, name) in names.enumerated()
      where found[index] == nil && name.spi == description.name.spi
        && name.protocolNumber == description.name.protocolNumber
      {
        found[index] =
          "\(description.words(narrator.glossary)) of policy \(description.policy) (entry \(entry.id.rawValue))"
      }
      return found.contains(nil) ? .on : .stop
    }
    return found
  }
}
