import Units

/// An entry as it is stored: columns, and a body that lies in its batch's one buffer.
public struct StoredEntry: Hashable, Sendable {
  public var id: EntryID
  public var instant: Instant
  public var node: NodeID
  /// `Event.kind`.
  public var kind: UInt16
  public var cause: EntryID?
  public var packet: PacketID?
  /// Where the body lies in `JournalBatch.bodies`.
  public var body: Range<Int>
}

/// A packet as it is stored; its octets lie in its batch's one buffer.
public struct StoredPacket: Hashable, Sendable {
  public var id: PacketID
  public var creator: NodeID
  public var parents: [PacketID]
  /// Where the octets lie in `JournalBatch.bodies`.
  public var bytes: Range<Int>
}

/// A stretch of the journal on its way to where it is kept. It can be handed to another thread as it is.
public struct JournalBatch: Sendable {
  /// Entries in their order.
  public internal(set) var entries: [StoredEntry] = []
  /// Packets in their order.
  public internal(set) var packets: [StoredPacket] = []
  /// Bodies of entries and octets of packets, one behind the other.
  public internal(set) var bodies: [UInt8] = []
  /// The journal's digest up to and with this batch.
  public internal(set) var digest = JournalDigest.empty
  /// Whether this is the run's last batch.
  public internal(set) var isLast = false

  /// The entry itself.
  public func entry(_ stored: StoredEntry) throws(BodyError) -> Entry {
    Entry(
      id: stored.id, instant: stored.instant, node: stored.node, cause: stored.cause,
      event: try Event(kind: stored.kind, reading: BodyReader(bodies, in: stored.body)))
  }
}

/// What a journal comes down to: a SHA-256 chained over its batches. Two runs that differ in a bit differ here.
public struct JournalDigest: Hashable, Sendable, CustomStringConvertible {
  /// 32 octets.
  public var bytes: [UInt8]

  /// The digest of a journal without entries.
  public static let empty = JournalDigest(bytes: [UInt8](repeating: 0, count: 32))

  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// 64 hexadecimal digits.
  public var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension JournalDigest: Codable {
  /// Reads 64 hexadecimal digits.
  public init?(_ text: String) {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 64, text.utf8.count == 64 else { return nil }
    bytes = (0..<32).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
  }

  public init(from decoder: any Decoder) throws {
    let text = try String(from: decoder)
    guard let digest = JournalDigest(text) else {
      let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "expected 64 hex digits")
      throw DecodingError.dataCorrupted(context)
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
