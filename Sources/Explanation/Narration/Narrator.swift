import Journal
import Recording
import Wire

/// Says in one sentence what a journal entry means. Every sentence begins with who does something.
public struct Narrator: Sendable {
  /// Gives a packet's octets, `nil` where they are not to be had.
  public typealias Packets = @Sendable (PacketID) -> [UInt8]?

  /// The names that it speaks with.
  public let glossary: RunGlossary
  /// How its sentences are shown.
  public let style: Style
  private let packets: Packets

  /// Speaks with the names of `glossary` of the packets that `packets` gives.
  public init(_ glossary: RunGlossary, style: Style = .plain, packets: @escaping Packets) {
    self.glossary = glossary
    self.style = style
    self.packets = packets
  }

  /// Speaks of a recorded run.
  public init(_ reader: RunReader, style: Style = .plain) throws(RecordingError) {
    self.init(try RunGlossary(reader), style: style) { id in (try? reader.packet(id))?.bytes }
  }

  /// The entry in one sentence, without a full stop.
  public func sentence(_ entry: Entry) -> String {
    let words =
      switch entry.event {
      case .packet(let event): self.words(event, entry)
      case .security(let event): self.words(event, entry)
      case .exchange(let event): self.words(event, entry)
      case .application(let event): self.words(event, entry)
      case .run(let event): self.words(event)
      case .unknown(let kind, let body):
        "\(name(entry.node)): an entry of kind \(Words.hexadecimal(kind, digits: 4)), which this version of Lockstep does "
          + "not know (\(Words.octets(body.count)))"
      }
    return style.show(words)
  }

  /// The entry in a line: its number, its time, and the sentence.
  public func line(_ entry: Entry) -> String {
    "\(String(entry.id.rawValue).indented(to: 6))  \(Words.column(entry.instant).indented(to: 10))  \(sentence(entry))"
  }

  // MARK: What the families' sentences share

  func name(_ node: NodeID) -> String { glossary.name(of: node) }

  /// A packet as its octets have it.
  func summary(_ packet: PacketID) -> PacketSummary? { packets(packet).map { PacketSummary($0) } }

  /// `ICMP echo request id 1 seq 3`.
  func short(_ packet: PacketID) -> String { summary(packet)?.short ?? "packet \(packet.rawValue)" }

  /// `ICMP echo request id 1 seq 3, 84 octets`.
  func shortWithLength(_ packet: PacketID) -> String {
    summary(packet).map { "\($0.short), \(Words.octets($0.octets))" } ?? "packet \(packet.rawValue)"
  }

  /// `ICMP echo request id 1 seq 3 from 10.1.0.10 to 10.2.0.10`.
  func route(_ packet: PacketID) -> String {
    guard let summary = summary(packet) else { return "packet \(packet.rawValue)" }
    guard let source = summary.source, let destination = summary.destination else { return summary.short }
    return "\(summary.short) from \(source) to \(destination)"
  }

  private func words(_ event: RunEvent) -> String {
    switch event {
    case .began: "the run of \(glossary.run.scenario) begins, seed \(glossary.run.seed)"
    case .ended(let end): "the run ends: \(end.words)"
    case .inserted(let text): "an insert: \(text)"
    }
  }
}
