import Journal
import Recording
import Units
import Wire

/// Writes a recorded run as a folder that Wireshark, tshark and scapy open with the run's keys: captures, key files, and
/// the command to use.
public struct Exporter: Sendable {
  /// What is written, and where.
  public struct Options: Hashable, Sendable {
    /// The tap that `capture.pcapng` is made at, `fw-a:wan`; `nil` for the first one that protected traffic crosses.
    public var tap: String?
    /// Whether files that are in the folder already may be replaced.
    public var isReplacing: Bool

    public init(tap: String? = nil, isReplacing: Bool = false) {
      self.tap = tap
      self.isReplacing = isReplacing
    }
  }

  /// What was written.
  public struct Result: Hashable, Sendable, Codable {
    /// The folder, as it was named.
    public var folder: String
    /// Where `capture.pcapng` was made.
    public var tap: String
    /// Frames in `capture.pcapng`.
    public var frames: UInt64
    /// Captures under `taps`.
    public var captures: Int
    /// Lines of `esp_sa`.
    public var associations: Int
    /// Objects of `sas.json`: AH and IPComp as well.
    public var listed: Int
    /// Lines of `ikev1_decryption_table`.
    public var isakmpKeys: Int
    /// What opens it.
    public var command: String
  }

  private let reader: RunReader
  private let run: RunDescription

  public init(_ reader: RunReader) throws(RecordingError) {
    self.reader = reader
    run = try reader.description()
  }

  /// Writes the folder at `path`.
  public func export(to path: String, _ options: Options = Options()) throws(ExportError) -> Result {
    guard run.detail == .everything else { throw .noCrossings(run.detail) }
    let taps = Tap.all(of: run)
    let chosen = try choose(options.tap, taps)
    let folder = try ExportFolder(path: path, replacing: options.isReplacing)
    let keys = try writeKeys(to: folder)
    try folder.makeFolder("taps")
    var captures = try CaptureFiles(folder, taps, chosen: chosen, program: run.program)
    try record(into: &captures)
    let command = Self.command(path)
    try folder.makeFile("README.txt", Array(readme(chosen, captures, command).utf8))
    return Result(
      folder: path, tap: chosen?.name ?? "", frames: captures.frames, captures: captures.count,
      associations: keys.espAssociations.count, listed: keys.listed.count, isakmpKeys: keys.isakmpKeys.count,
      command: command)
  }

  // MARK: Where

  /// The tap of that name; without a name, the first one that a protected packet crosses, else the first one at a node with
  /// policies, else the first one at all.
  private func choose(_ name: String?, _ taps: [Tap]) throws(ExportError) -> Tap? {
    if let name {
      if let tap = taps.first(where: { $0.name == name }) { return tap }
      throw .noTap(name, known: taps.map(\.name))
    }
    if let tap = try reading({ () throws(RecordingError) in try protectedTap(taps) }) { return tap }
    let guarded = taps.last { !isUnguarded($0.node) && $0.node == firstGuarded }
    return guarded ?? taps.first
  }

  private func isUnguarded(_ node: NodeID) -> Bool {
    !run.nodes.indices.contains(Int(node.rawValue)) || run.nodes[Int(node.rawValue)].policies.isEmpty
  }

  private var firstGuarded: NodeID? {
    run.nodes.firstIndex { !$0.policies.isEmpty }.map { NodeID(UInt32(clamping: $0)) }
  }

  private func protectedTap(_ taps: [Tap]) throws(RecordingError) -> Tap? {
    let kinds = ["security.sealed", "exchange.sent"].flatMap { Event.kinds(named: $0) }
    guard let first = try reader.next(after: EntryID(0), matching: EntryFilter(kinds: kinds)) else { return nil }
    let packet: PacketID? =
      if case .security(.sealed(_, let outer, _, _)) = first.event { outer } else { first.event.packet }
    let crossings = Event.kinds(named: "packet.transmitted")
    guard let packet,
      let crossing = try reader.next(
        after: first.id, matching: EntryFilter(nodes: [first.node], kinds: crossings, packet: packet)),
      case .packet(.transmitted(_, let link, let from, _, _)) = crossing.event
    else { return nil }
    return taps.first { $0.node == from && $0.link == link }
  }

  // MARK: What

  private func writeKeys(to folder: ExportFolder) throws(ExportError) -> KeyFiles {
    var keys = KeyFiles()
    try reading { () throws(RecordingError) in
      try reader.walk(matching: EntryFilter(kinds: KeyFiles.kinds)) { entry in
        keys.learn(entry)
        return .on
      }
    }
    try folder.makeFile("esp_sa", Array(keys.espAssociations.joined().utf8))
    try folder.makeFile("ikev1_decryption_table", Array(keys.isakmpTable.utf8))
    try folder.makeFile("preferences", Array(KeyFiles.preferences.utf8))
    try folder.makeFile("sas.json", Array(keys.list.utf8))
    return keys
  }

  private func record(into captures: inout CaptureFiles) throws(ExportError) {
    var order = TapOrder()
    let kinds = ["packet.transmitted", "packet.dropped"].flatMap { Event.kinds(named: $0) }
    var failure: ExportError?
    try reading { () throws(RecordingError) in
      try reader.walk(matching: EntryFilter(kinds: kinds)) { entry in
        do throws(ExportError) {
          try write(order.add(entry), to: &captures)
          return .on
        } catch {
          failure = error
          return .stop
        }
      }
    }
    if let failure { throw failure }
    // What is still on its way when time ends has not arrived anywhere.
    try write(order.arrivals(upTo: try end()), to: &captures)
    try captures.flush()
  }

  private func end() throws(ExportError) -> Instant {
    try reading { () throws(RecordingError) in
      let last = try reader.lastEntry()
      return last.rawValue == 0 ? .zero : try reader.entry(last).instant
    }
  }

  private func write(_ frames: [TapFrame], to captures: inout CaptureFiles) throws(ExportError) {
    for frame in frames {
      let bytes = try reading { () throws(RecordingError) in try reader.bytes(of: frame.version) }
      try captures.append(bytes, frame)
    }
  }

  private func reading<Value>(_ body: () throws(RecordingError) -> Value) throws(ExportError) -> Value {
    do { return try body() } catch { throw .recording(error) }
  }

  // MARK: How to open it

  /// The command that opens the folder, its name quoted for a shell where that is needed.
  static func command(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"): true
      case UInt8(ascii: "_"): true
      default: false
      }
    }
    let folder =
      isPlain && !path.isEmpty
      ? path
      : "'"
        + path.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
    return Style.plain.show("WIRESHARK_CONFIG_DIR=\(folder) tshark -r \(folder)/capture.pcapng")
  }

  private func readme(_ chosen: Tap?, _ captures: CaptureFiles, _ command: String) -> String {
    let show = Style.plain.show
    return """
      Run of \(show(run.scenario)), seed \(run.seed), by Lockstep \(show(run.program))

      Open it with the run's keys:

        \(command)

      capture.pcapng           what \(show(chosen?.name ?? "no interface")) sent and received, \
      \(Words.count(captures.frames, "frame"))
      taps/                    the same for every interface, one file each: merged, every second copy of a
                               protected packet would look like a replay
      esp_sa                   keys of ESP associations, for Wireshark; it has no table for AH, and no IDEA
      ikev1_decryption_table   keys of ISAKMP SAs, for Wireshark
      preferences              makes Wireshark use them
      sas.json                 every ESP, AH and IPComp association as a list, as scapy's users keep them; it opens
                               all of them with: lockstep inspect capture.pcapng --sas sas.json

      Times are simulated: they count from 1970-01-01 00:00:00 UTC. A packet's comment names the entry of the run
      that it comes from: lockstep inspect RUN ENTRY.

      """
  }
}
