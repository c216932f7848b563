import Cryptography
import Units

/// The one way into the journal. It numbers entries and packets, writes their bodies behind each other, and hands them on
/// in batches of a fixed number of entries, so that the digest does not depend on when anybody looked.
public struct JournalWriter {
  /// What takes the batches: a store, or nothing at all.
  public typealias Sink = (JournalBatch) throws -> Void

  /// Entries in a batch; part of what the digest means.
  public static let batchSize = 4_096

  /// How much is written down.
  public let detail: RunDescription.Detail
  /// The number of the last entry.
  public private(set) var lastEntry: UInt64 = 0
  /// The number of the last packet.
  public private(set) var lastPacket: UInt64 = 0
  /// The digest of all that was handed on so far.
  public private(set) var digest = JournalDigest.empty
  /// What the sink said when it could take no more; nothing is handed to it after that.
  public private(set) var failure: (any Error)?

  private var batch = JournalBatch()
  private let sink: Sink

  public init(detail: RunDescription.Detail, sink: @escaping Sink) {
    self.detail = detail
    self.sink = sink
  }

  /// Whether link crossings are written down.
  @inlinable
  public var recordsCrossings: Bool { detail == .everything }

  /// Whether anything but the run's own events is written down.
  @inlinable
  public var recordsEvents: Bool { detail != .nothing }

  /// Appends an entry and gives its number. An entry that the level of detail leaves out gives its cause's instead, so
  /// that the chain of causes stays whole.
  @discardableResult
  public mutating func append(_ event: Event, at instant: Instant, node: NodeID, cause: EntryID?) -> EntryID? {
    guard isRecorded(event) else { return cause }
    lastEntry += 1
    let start = batch.bodies.count
    let packet = event.packet
    // The buffer moves into the writer and back, so that it is never copied.
    var writer = BodyWriter(appendingTo: batch.takeBodies())
    event.write(to: &writer)
    batch.bodies = writer.finish()
    batch.entries.append(
      StoredEntry(
        id: EntryID(lastEntry), instant: instant, node: node, kind: event.kind, cause: cause, packet: packet,
        body: start..<batch.bodies.count))
    if batch.entries.count == Self.batchSize { handOn(isLast: false) }
    return EntryID(lastEntry)
  }

  /// Stores a packet's octets and gives its number.
  public mutating func store(_ bytes: [UInt8], creator: NodeID, parents: [PacketID]) -> PacketID {
    lastPacket += 1
    guard detail != .nothing else { return PacketID(lastPacket) }
    let start = batch.bodies.count
    batch.bodies.append(contentsOf: bytes)
    batch.packets.append(
      StoredPacket(
        id: PacketID(lastPacket), creator: creator, parents: parents, bytes: start..<batch.bodies.count))
    return PacketID(lastPacket)
  }

  /// Hands on what is left and gives the digest of the whole journal.
  public mutating func finish() throws -> JournalDigest {
    handOn(isLast: true)
    if let failure { throw failure }
    return digest
  }

  private func isRecorded(_ event: Event) -> Bool {
    switch detail {
    case .everything: return true
    case .summaries:
      if case .packet(.transmitted) = event { return false }
      return true
    case .nothing:
      if case .run = event { return true }
      return false
    }
  }

  private mutating func handOn(isLast: Bool) {
    digest = JournalDigest(bytes: HashAlgorithm.sha256.digest([digest.bytes, batch.header(), batch.bodies]))
    batch.digest = digest
    batch.isLast = isLast
    if failure == nil {
      do { try sink(batch) } catch { failure = error }
    }
    batch = isLast ? JournalBatch() : JournalBatch(roomFor: batch)
  }
}

extension JournalBatch {
  /// An empty batch with room for about as much as `full` holds, so that it need not grow step by step.
  init(roomFor full: borrowing JournalBatch) {
    entries.reserveCapacity(full.entries.count)
    packets.reserveCapacity(full.packets.count + full.packets.count / 8)
    bodies.reserveCapacity(full.bodies.count + full.bodies.count / 8)
  }

  /// Takes the buffer out, leaving none behind: whoever takes it is its only owner.
  mutating func takeBodies() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &bodies)
    return taken
  }

  /// The columns of entries and packets as octets, for the digest.
  func header() -> [UInt8] {
    var room: [UInt8] = []
    room.reserveCapacity(16 * entries.count + 8 * packets.count + 16)
    var writer = BodyWriter(appendingTo: room)
    writer.list(entries) { writer, entry in
      writer.unsigned(entry.instant.nanoseconds)
      writer.unsigned(entry.node.rawValue)
      writer.unsigned(entry.kind)
      writer.unsigned(entry.cause?.rawValue ?? 0)
      writer.unsigned(UInt64(entry.body.count))
    }
    writer.list(packets) { writer, packet in
      writer.unsigned(packet.creator.rawValue)
      writer.list(packet.parents) { $0.unsigned($1.rawValue) }
      writer.unsigned(UInt64(packet.bytes.count))
    }
    return writer.bytes
  }
}
