import Inspection
import Journal
import Recording
import Units
import Wire

/// A packet of a recorded run with every layer that the run's own keys open, and the associations that protect it.
public struct PacketInspection: Hashable, Sendable {
  /// The association that a layer belongs to, as the run installed it.
  public struct LayerAssociation: Hashable, Sendable {
    /// Which layer of the report: AH, ESP or IPComp.
    public var layer: Int
    /// The association that the layer names.
    public var description: AssociationDescription
    /// The entry that installed it.
    public var installed: EntryID
  }

  /// The entry that the packet was looked at for.
  public var entry: Entry
  /// The packet.
  public var packet: PacketRecord
  /// Its layers, before and after decryption.
  public var report: FrameReport
  /// The associations of its layers, the outermost first.
  public var associations: [LayerAssociation]

  /// The outermost association.
  public var association: AssociationDescription? { associations.first?.description }
  /// The entry that installed the outermost association.
  public var installed: EntryID? { associations.first?.installed }
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
    return PacketInspection(
      entry: entry, packet: record, report: report, associations: associations(in: report, upTo: id))
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

  private func associations(
    in report: FrameReport, upTo entry: EntryID
  ) -> [PacketInspection.LayerAssociation] {
    var destination: [UInt8] = []
    var found: [PacketInspection.LayerAssociation] = []
    for (index, layer) in report.layers.enumerated() {
      destination = layer.node.destination?.octets ?? destination
      guard let name = layer.node.associationName(to: destination),
        let installation = keys.installation(of: name, upTo: entry)
      else { continue }
      found.append(
        PacketInspection.LayerAssociation(
          layer: index, description: installation.description, installed: installation.entry))
    }
    return found
  }
}

extension LayerNode {
  /// Where an IP header says that the packet is for; `nil` for other layers.
  fileprivate var destination: IPAddress? {
    guard kind == .ipv4 || kind == .ipv6, case .text(let text)? = value("destinationAddress") else { return nil }
    return IPAddress(text)
  }

  /// The association that AH, ESP or IPComp names behind an IP header with that destination.
  fileprivate func associationName(to destination: [UInt8]) -> AssociationName? {
    let table: [LayerKind: (IPProtocol, String)] = [
      .esp: (.esp, "securityParametersIndex"), .ah: (.ah, "securityParametersIndex"),
      .ipcomp: (.ipcomp, "compressionParameterIndex"),
    ]
    guard let (number, field) = table[kind], case .unsigned(let index)? = value(field) else { return nil }
    return AssociationName(
      protocolNumber: number.rawValue, spi: UInt32(truncatingIfNeeded: index), destination: destination)
  }

  private func value(_ name: String) -> FieldValue? { fields.first { $0.name == name }?.value }
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
