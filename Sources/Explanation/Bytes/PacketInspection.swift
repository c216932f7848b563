import Inspection
import Journal
import Recording
import Units
import Wire

/// A packet of a recorded run with every layer that the run's own keys open, and the association that protects it.
public struct PacketInspection: Hashable, Sendable {
  /// The entry that the packet was looked at for.
  public var entry: Entry
  /// The packet.
  public var packet: PacketRecord
  /// Its layers, before and after decryption.
  public var report: FrameReport
  /// The association whose SPI the packet carries, with the entry that installed it.
  public var association: AssociationDescription?
  /// The entry that installed the association.
  public var installed: EntryID?
}

/// Looks into the packets of a recorded run with the keys that its journal tells.
public struct RunInspector: Sendable {
  private let reader: RunReader
  private let keys: RunKeys

  public init(_ reader: RunReader) throws(RecordingError) {
    self.reader = reader
    keys = try RunKeys(reader)
  }

  /// The packet that an entry is about, as that entry saw it; `nil` for an entry that is about none.
  public func inspect(_ id: EntryID) throws(RecordingError) -> PacketInspection? {
    let entry = try reader.entry(id)
    guard let packet = Self.subject(of: entry) else { return nil }
    let record = try reader.packet(packet.packet)
    let bytes = packet.timeToLive.map { PacketVersion(packet.packet, timeToLive: $0) }
    let octets = if let bytes { try reader.bytes(of: bytes) } else { record.bytes }
    var inspector = FrameInspector(keys: keys.ring, showsChecks: true)
    if let message = ISAKMPGlance(octets), message.isEncrypted {
      // An encrypted message opens with an IV that the messages before it lead to: they have to be seen first.
      try replay(message, before: record.id, into: &inspector)
    }
    let report = inspector.inspect(octets, linkType: .raw, into: Self.report(entry, octets))
    let installation = installation(for: octets, id)
    return PacketInspection(
      entry: entry, packet: record, report: report, association: installation?.description,
      installed: installation?.entry)
  }

  private static func report(_ entry: Entry, _ octets: [UInt8]) -> FrameReport {
    FrameReport(
      number: Int(clamping: entry.id.rawValue), nanoseconds: Int64(clamping: entry.instant.nanoseconds),
      length: octets.count)
  }

  /// The packet that an entry shows: of a sealing the sealed one.
  private static func subject(of entry: Entry) -> (packet: PacketID, timeToLive: UInt8?)? {
    switch entry.event {
    case .packet(.transmitted(let version, _, _, _, _)), .packet(.delivered(let version, _)),
      .packet(.dropped(let version, _, _)), .packet(.duplicated(let version, _)):
      (version.packet, version.timeToLive)
    case .security(.sealed(_, let outer, _, _)): (outer, nil)
    default: entry.event.packet.map { ($0, nil) }
    }
  }

  /// Shows the inspector every message of the same ISAKMP SA that was sent before, each once and in the order of sending.
  private func replay(
    _ message: ISAKMPGlance, before packet: PacketID, into inspector: inout FrameInspector
  ) throws(RecordingError) {
    let kinds = ["exchange.sent", "exchange.retransmitted"].flatMap { Event.kinds(named: $0) }
    var seen: [[UInt8]] = []
    try reader.walk(matching: EntryFilter(kinds: kinds)) { entry in
      guard let sent = entry.event.packet, sent < packet else { return .stop }
      let octets = try reader.packet(sent).bytes
      guard let other = ISAKMPGlance(octets), other.initiatorCookie == message.initiatorCookie,
        !seen.contains(other.octets)
      else { return .on }
      seen.append(other.octets)
      _ = inspector.inspect(octets, linkType: .raw, into: Self.report(entry, octets))
      return .on
    }
  }

  private func installation(for octets: [UInt8], _ entry: EntryID) -> RunKeys.Installation? {
    guard let spi = PacketSummary.spi(of: octets) else { return nil }
    return keys.installation(spi: spi, destination: PacketSummary(octets).destination?.octets, upTo: entry)
  }
}

/// What has to be known of an ISAKMP message in order to find those before it.
private struct ISAKMPGlance {
  var initiatorCookie: Cookie
  var isEncrypted: Bool
  /// The message itself, without the headers around it.
  var octets: [UInt8]

  /// `nil` where the datagram holds no ISAKMP message.
  init?(_ datagram: [UInt8]) {
    let dissection = Dissector.dissect(datagram, linkType: .raw)
    guard let layer = dissection.layers.first(where: { $0.kind == .isakmp }) else { return nil }
    octets = Array(datagram[layer.range])
    guard let header = try? ISAKMPHeader(decoding: octets) else { return nil }
    initiatorCookie = header.initiatorCookie
    isEncrypted = header.flags.contains(.encryption)
  }
}
