import Units

/// Which way a packet crosses the IPsec boundary of a node.
public enum Direction: UInt8, Hashable, Sendable, Codable {
  case outbound = 0
  case inbound = 1
}

/// What a policy says is to be done with a packet: RFC 2401 §4.4.1.
public enum PolicyVerdict: UInt8, Hashable, Sendable, Codable {
  case discard = 0
  case bypass = 1
  case apply = 2
}

/// What an association is, with its keys: this is a laboratory, and its captures are meant to be opened.
public struct AssociationDescription: Hashable, Sendable, Codable {
  /// SPI, destination and protocol.
  public var name: AssociationName
  /// The other end: the address that packets of this association come from.
  public var source: [UInt8]
  /// Which way it carries packets, as the node sees it that installed it.
  public var direction: Direction
  /// Tunnel mode; else transport mode.
  public var isTunnel: Bool
  /// `desCBC`, `tripleDESCBC`, `aes128CBC`, …, `null`; empty for AH; `deflate` for IPComp.
  public var cipher: String
  /// The cipher's key.
  public var cipherKey: [UInt8]
  /// `hmacMD5_96`, …, `none`.
  public var integrity: String
  /// The authenticator's key.
  public var integrityKey: [UInt8]
  /// The policy entry that wanted it.
  public var policy: String
  /// What it may carry, in words: `10.1.0.0/16 → 10.2.0.0/16, any protocol`.
  public var selector: String
  /// Hard lifetime in seconds; `nil` for none.
  public var lifetimeSeconds: UInt64?
  /// Hard lifetime in units of 1,024 octets; `nil` for none.
  public var lifetimeKilobytes: UInt64?
  /// Sequence numbers that the replay window spans; 0 where replays are not looked for.
  public var replayWindow: UInt32
  /// The quick mode exchange that made it; `nil` for manual keys.
  public var exchange: ExchangeID?
  /// Which association of its policy's bundle it is, from 0 for the innermost.
  public var layer: UInt32

  public init(
    name: AssociationName, source: [UInt8], direction: Direction, isTunnel: Bool, cipher: String, cipherKey: [UInt8],
    integrity: String, integrityKey: [UInt8], policy: String, selector: String, lifetimeSeconds: UInt64?,
    lifetimeKilobytes: UInt64?, replayWindow: UInt32, exchange: ExchangeID?, layer: UInt32 = 0
  ) {
    self.name = name
    self.source = source
    self.direction = direction
    self.isTunnel = isTunnel
    self.cipher = cipher
    self.cipherKey = cipherKey
    self.integrity = integrity
    self.integrityKey = integrityKey
    self.policy = policy
    self.selector = selector
    self.lifetimeSeconds = lifetimeSeconds
    self.lifetimeKilobytes = lifetimeKilobytes
    self.replayWindow = replayWindow
    self.exchange = exchange
    self.layer = layer
  }
}

/// Why an association is no more.
public enum AssociationEnd: UInt8, Hashable, Sendable, Codable {
  case lifetimeSeconds = 1
  case lifetimeKilobytes = 2
  case deletedByPeer = 3
  case deletedByUs = 4
  case replaced = 5
  case sequenceExhausted = 6
  /// RFC 3706.
  case deadPeer = 7
}

/// What can happen at the IPsec boundary of a node.
public enum SecurityEvent: Hashable, Sendable {
  /// The policy entry that a packet fell under.
  case policyMatched(PacketID, direction: Direction, index: UInt32, policy: String, verdict: PolicyVerdict)
  /// A packet needs an association that does not exist: a negotiation is wanted.
  case associationWanted(policy: String, packet: PacketID?)
  /// A packet was put into another by an association.
  case sealed(PacketID, into: PacketID, association: AssociationName, sequenceNumber: UInt32)
  /// A packet was taken out of another; the window's right edge is now `windowTop`.
  case opened(PacketID, into: PacketID, association: AssociationName, sequenceNumber: UInt32, windowTop: UInt32)
  /// An association was put into the database.
  case associationInstalled(AssociationDescription)
  /// An association was taken out of the database.
  case associationRemoved(AssociationName, direction: Direction, end: AssociationEnd)
  /// The soft lifetime of an association is over: it is time to negotiate its successor.
  case associationExpiring(AssociationName, end: AssociationEnd)
  /// A packet that carries nothing was made under an association, to hide how much is sent.
  case dummySent(PacketID, association: AssociationName, sequenceNumber: UInt32)

  var code: UInt8 {
    switch self {
    case .policyMatched: 1
    case .associationWanted: 2
    case .sealed: 3
    case .opened: 4
    case .associationInstalled: 5
    case .associationRemoved: 6
    case .associationExpiring: 7
    case .dummySent: 8
    }
  }

  /// The packet that it happened to.
  public var packet: PacketID? {
    switch self {
    case .policyMatched(let packet, _, _, _, _), .sealed(let packet, _, _, _), .opened(let packet, _, _, _, _): packet
    case .associationWanted(_, let packet): packet
    case .dummySent(let packet, _, _): packet
    case .associationInstalled, .associationRemoved, .associationExpiring: nil
    }
  }

  func write(to writer: inout BodyWriter) {
    switch self {
    case .policyMatched(let packet, let direction, let index, let policy, let verdict):
      writer.unsigned(packet.rawValue)
      writer.unsigned(direction.rawValue)
      writer.unsigned(index)
      writer.text(policy)
      writer.unsigned(verdict.rawValue)
    case .associationWanted(let policy, let packet):
      writer.text(policy)
      writer.optional(packet) { $0.unsigned($1.rawValue) }
    case .sealed(let inner, let outer, let association, let sequence):
      writer.unsigned(inner.rawValue)
      writer.unsigned(outer.rawValue)
      writer.association(association)
      writer.unsigned(sequence)
    case .opened(let outer, let inner, let association, let sequence, let top):
      writer.unsigned(outer.rawValue)
      writer.unsigned(inner.rawValue)
      writer.association(association)
      writer.unsigned(sequence)
      writer.unsigned(top)
    case .associationInstalled(let description): writer.description(description)
    case .associationRemoved(let name, let direction, let end):
      writer.association(name)
      writer.unsigned(direction.rawValue)
      writer.unsigned(end.rawValue)
    case .associationExpiring(let name, let end):
      writer.association(name)
      writer.unsigned(end.rawValue)
    case .dummySent(let packet, let association, let sequence):
      writer.unsigned(packet.rawValue)
      writer.association(association)
      writer.unsigned(sequence)
    }
  }

  init?(code: UInt8, reading reader: inout BodyReader) throws(BodyError) {
    switch code {
    case 1:
      self = .policyMatched(
        try reader.packet(), direction: try reader.coded("a direction"), index: try reader.unsigned(),
        policy: try reader.text(), verdict: try reader.coded("a policy's verdict"))
    case 2:
      self = .associationWanted(
        policy: try reader.text(), packet: try reader.optional { r throws(BodyError) in try r.packet() })
    case 3:
      self = .sealed(
        try reader.packet(), into: try reader.packet(), association: try reader.association(),
        sequenceNumber: try reader.unsigned())
    case 4:
      self = .opened(
        try reader.packet(), into: try reader.packet(), association: try reader.association(),
        sequenceNumber: try reader.unsigned(), windowTop: try reader.unsigned())
    case 5: self = .associationInstalled(try reader.description())
    case 6:
      self = .associationRemoved(
        try reader.association(), direction: try reader.coded("a direction"),
        end: try reader.coded("an association's end"))
    case 7:
      self = .associationExpiring(try reader.association(), end: try reader.coded("an association's end"))
    case 8:
      self = .dummySent(
        try reader.packet(), association: try reader.association(), sequenceNumber: try reader.unsigned())
    default: return nil
    }
  }
}

extension BodyWriter {
  mutating func association(_ name: AssociationName) {
    unsigned(name.protocolNumber)
    unsigned(name.spi)
    octets(name.destination)
  }

  mutating func description(_ value: AssociationDescription) {
    association(value.name)
    octets(value.source)
    unsigned(value.direction.rawValue)
    boolean(value.isTunnel)
    text(value.cipher)
    octets(value.cipherKey)
    text(value.integrity)
    octets(value.integrityKey)
    text(value.policy)
    text(value.selector)
    optional(value.lifetimeSeconds) { $0.unsigned($1) }
    optional(value.lifetimeKilobytes) { $0.unsigned($1) }
    unsigned(value.replayWindow)
    origin(value.exchange, layer: value.layer)
  }

  /// The exchange and the layer of an association. One octet says which of the two follow, so that what has no layer of its
  /// own reads as it did before there were bundles: 0 neither, 1 the exchange, 2 the layer, 3 both.
  private mutating func origin(_ exchange: ExchangeID?, layer: UInt32) {
    raw((exchange == nil ? 0 : 1) | (layer == 0 ? 0 : 2))
    if let exchange { unsigned(exchange.rawValue) }
    if layer > 0 { unsigned(layer) }
  }
}

extension BodyReader {
  /// A case of an enum that is stored by its raw value.
  mutating func coded<Value: RawRepresentable>(_ expected: String) throws(BodyError) -> Value
  where Value.RawValue == UInt8 {
    guard let value = Value(rawValue: try unsigned()) else {
      throw BodyError(offset: position, expected: "\(expected) that this version knows")
    }
    return value
  }

  mutating func association() throws(BodyError) -> AssociationName {
    AssociationName(protocolNumber: try unsigned(), spi: try unsigned(), destination: try octets())
  }

  mutating func description() throws(BodyError) -> AssociationDescription {
    var description = AssociationDescription(
      name: try association(), source: try octets(), direction: try coded("a direction"), isTunnel: try boolean(),
      cipher: try text(), cipherKey: try octets(), integrity: try text(), integrityKey: try octets(),
      policy: try text(), selector: try text(),
      lifetimeSeconds: try optional { r throws(BodyError) in try r.unsigned() },
      lifetimeKilobytes: try optional { r throws(BodyError) in try r.unsigned() },
      replayWindow: try unsigned(), exchange: nil)
    let parts = try byte("0 to 3")
    guard parts <= 3 else { throw failure("0 to 3: whether an exchange and a layer follow") }
    if parts & 1 != 0 { description.exchange = ExchangeID(try unsigned()) }
    if parts & 2 != 0 {
      description.layer = try unsigned()
      // One value has one form, so that equal values are equal octets.
      guard description.layer > 0 else { throw failure("a layer above 0") }
    }
    return description
  }
}
