/// A key of the scenario format: every word that an author can write before a colon.
enum Key: String, Hashable, Sendable, CaseIterable {
  case lockstep, name, description, seed, duration, eventLimit = "event-limit", defaults, nodes, links, traffic
  case kind, interfaces, inside, gateway, routes, policies, ike
  case to, via
  case endpoints, delay, rate, mtu, queue, loss, duplicate, reorder, reorderDelay = "reorder-delay", jitter
  case from, transport = "protocol", fromPorts = "from-ports", toPorts = "to-ports", action, peer, mode, esp, pfs
  case ah, ipcomp, layers, tunnel, local, remote, fromPacket = "from-packet", user, system, sensitivity
  case padding, dummies, manual, out, into = "in", spi, cpi, cipherKey = "cipher-key", integrityKey = "integrity-key"
  case lifetime, time, volume, replayWindow = "replay-window", dontFragment = "dont-fragment", fragment
  case peers, node, interface, key, proposals, retransmit, first, factor, limit
  case ping, udp, tcp, datagrams, family, port, request, response, size, start, count, every, timeout
}

/// What may stand at a place of the document. The reader and the editors' schema are both made from this one table.
indirect enum Shape: Sendable {
  case scalar(ScalarRule)
  /// A list of so many.
  case list(Shape, ClosedRange<Int>)
  /// One by itself, or a list of so many.
  case oneOrMore(Shape, ClosedRange<Int>)
  /// A mapping from names that the author chooses; the noun names one of them.
  case named(Shape, noun: String, limit: Int)
  case record(RecordShape)
}

/// Keys of a record of which exactly one is to be written.
struct Alternatives: Sendable {
  let keys: [Key]
  /// What nobody says where none is written: `how the packets are protected`.
  let about: String
  let remedy: String
  /// Under `defaults` there may be none.
  var isRequired = true
}

/// A mapping with keys that the format knows.
struct RecordShape: Sendable {
  /// What it is, in a sentence for an editor.
  let about: String
  let fields: [Field]
  /// The part of `defaults` that fills what is not written here.
  let inherits: Key?
  /// Keys that exclude one another.
  let alternatives: Alternatives?

  init(_ about: String, inherits: Key? = nil, alternatives: Alternatives? = nil, _ fields: [Field]) {
    self.about = about
    self.inherits = inherits
    self.alternatives = alternatives
    self.fields = fields
  }

  func field(_ key: String) -> Field? { fields.first { $0.key.rawValue == key } }

  /// The same without obligations: what may stand under `defaults`.
  func asDefaults(_ about: String, without own: [Key] = []) -> RecordShape {
    let shared = fields.filter { $0.canBeDefaulted && !own.contains($0.key) }
    var alternatives = alternatives
    alternatives?.isRequired = false
    return RecordShape(
      about, alternatives: alternatives, shared.map { Field($0.key, $0.shape, .optional, $0.about) })
  }
}

/// A key of a record and what it is for.
struct Field: Sendable {
  enum Presence: Sendable {
    case required
    case optional
    /// What holds where nothing is written, spelled as an author would; for a record, "" stands for its own standards.
    case standard(String)
  }

  let key: Key
  let shape: Shape
  let presence: Presence
  let about: String
  /// The field has a meaning only where `action` is this.
  let onlyForAction: String?
  /// The field has no meaning where one of these is written.
  let unless: [Key]
  /// It may be given for all entries under `defaults`.
  let isShared: Bool

  init(
    _ key: Key, _ shape: Shape, _ presence: Presence = .optional, _ about: String, onlyForAction: String? = nil,
    unless: [Key] = [], isShared: Bool = false
  ) {
    self.key = key
    self.shape = shape
    self.presence = presence
    self.about = about
    self.onlyForAction = onlyForAction
    self.unless = unless
    self.isShared = isShared
  }

  var canBeDefaulted: Bool {
    if case .standard = presence { return true }
    return isShared
  }
}
