import Wire

/// Whose a packet is, as only the node knows where it is made, or whose a selector is for: RFC 2401 §4.4.2. A class, so
/// that packets of nobody in particular carry one empty reference.
public final class PacketNames: Hashable, Sendable {
  /// The user: `alice@example.com`.
  public let user: String?
  /// The system: `venus.example.com`.
  public let system: String?

  public init(user: String? = nil, system: String? = nil) {
    self.user = user
    self.system = system
  }

  /// The names, where there is one.
  public static func of(user: String?, system: String?) -> PacketNames? {
    user == nil && system == nil ? nil : PacketNames(user: user, system: system)
  }

  public static func == (lhs: PacketNames, rhs: PacketNames) -> Bool {
    lhs.user == rhs.user && lhs.system == rhs.system
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(user)
    hasher.combine(system)
  }

  /// Whether what these ask for, each where it is named, is so of others.
  func covers(_ others: PacketNames?) -> Bool {
    (user == nil || user == others?.user) && (system == nil || system == others?.system)
  }

  /// Whether a packet may be of both.
  func overlaps(_ others: PacketNames?) -> Bool {
    guard let others else { return true }
    return (user == nil || others.user == nil || user == others.user)
      && (system == nil || others.system == nil || system == others.system)
  }

  /// `, user alice@example.com, system venus.example.com`.
  fileprivate var words: String {
    (user.map { ", user \($0)" } ?? "") + (system.map { ", system \($0)" } ?? "")
  }
}

/// What a datagram shows of itself to be matched with selectors: RFC 2401 §4.4.2. Whose it is, it does not show.
public struct PacketSelectors: Hashable, Sendable {
  /// The header's source.
  public var source: IPAddress
  /// The header's destination.
  public var destination: IPAddress
  /// The transport protocol, found behind AH headers too; for a datagram that carries ESP, ESP: what lies inside is
  /// OPAQUE.
  public var transport: IPProtocol
  /// The source port; `nil` where it is OPAQUE or the protocol has none.
  public var sourcePort: UInt16?
  /// The destination port; `nil` where it is OPAQUE or the protocol has none.
  public var destinationPort: UInt16?
  /// How sensitive its data are, where its header says so: RFC 1108 §2.
  public var sensitivity: Sensitivity?

  public init(
    source: IPAddress, destination: IPAddress, transport: IPProtocol, sourcePort: UInt16? = nil,
    destinationPort: UInt16? = nil, sensitivity: Sensitivity? = nil
  ) {
    self.source = source
    self.destination = destination
    self.transport = transport
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.sensitivity = sensitivity
  }

  /// The same packet on its way back.
  public var reversed: PacketSelectors {
    PacketSelectors(
      source: destination, destination: source, transport: transport, sourcePort: destinationPort,
      destinationPort: sourcePort, sensitivity: sensitivity)
  }

  /// Whether its protocol has ports at all.
  var hasPorts: Bool { Self.hasPorts(transport) }

  /// Whether what it carries is hidden.
  var isOpaque: Bool { transport == .esp }
}

// MARK: - Reading

extension PacketSelectors {
  /// How many AH headers are followed on the way to the transport header: more than a bundle of any sense has.
  static let headerLimit = 8

  /// Reads the selectors of a datagram, whose header is verified.
  public init(reading datagram: [UInt8]) throws(DecodeError) {
    self.init(try IPGlance(verifying: datagram), of: datagram)
  }

  /// Reads the selectors behind a header that was verified already.
  @inline(__always)
  init(_ header: IPGlance, of datagram: borrowing [UInt8]) {
    let frame = unsafe datagram.span.bytes
    let isLabelled = !header.isIPv6 && header.headerLength > 20
    var transport = header.protocol
    var ports: (source: UInt16, destination: UInt16)?
    if header.isFirst {
      var cursor = Cursor(position: header.headerLength, end: header.totalLength)
      Self.find(&transport, frame, &cursor)
      if Self.hasPorts(transport), cursor.remaining >= 4 {
        ports = (frame.uint16(at: cursor.position), frame.uint16(at: cursor.position + 2))
      }
    }
    self.init(
      source: header.sourceAddress, destination: header.destinationAddress, transport: transport,
      sourcePort: ports?.source, destinationPort: ports?.destination,
      sensitivity: isLabelled ? Self.sensitivity(frame, 20..<header.headerLength) : nil)
  }

  /// RFC 2401 §4.4.2: the chain of headers is followed to the first that is a transport protocol, that is unknown, or
  /// that hides what it carries.
  @inline(__always)
  private static func find(_ transport: inout IPProtocol, _ frame: borrowing RawSpan, _ cursor: inout Cursor) {
    var headers = 0
    while transport == .ah, cursor.remaining >= 8, headers < headerLimit {
      // AH counts itself in words of four octets, less two. RFC 2402 §2.2
      let length = (Int(frame.uint8(at: cursor.position + 1)) + 2) * 4
      guard length <= cursor.remaining else { return }
      transport = IPProtocol(rawValue: frame.uint8(at: cursor.position))
      cursor.position += length
      headers += 1
    }
  }

  @inline(__always)
  private static func hasPorts(_ transport: IPProtocol) -> Bool { transport == .tcp || transport == .udp }

  /// The classification level of the basic security option among the options in `range`, whose lengths may lie.
  private static func sensitivity(_ frame: borrowing RawSpan, _ range: Range<Int>) -> Sensitivity? {
    var position = range.lowerBound
    while position + 1 < range.upperBound {
      let type = IPv4OptionType(rawValue: frame.uint8(at: position))
      if type == .endOfList { return nil }
      if type == .noOperation {
        position += 1
        continue
      }
      let length = Int(frame.uint8(at: position + 1))
      guard length >= 2, position + length <= range.upperBound else { return nil }
      if type == .security, length >= 3 { return Sensitivity(classificationLevel: frame.uint8(at: position + 2)) }
      position += length
    }
    return nil
  }
}

// MARK: - Matching

extension Selector {
  /// Whether `packet` is one of those that this selector is for; `names` says whose it is, where that is known. Where ports
  /// are asked for, a packet that shows none is not (RFC 2401 §4.4.2: OPAQUE is matched by ANY and OPAQUE alone).
  public func matches(_ packet: PacketSelectors, of names: PacketNames? = nil) -> Bool {
    HeaderSelector(self).matches(packet) && (self.names?.covers(names) ?? true)
  }

  /// Whether every packet of `other` is one of these.
  public func covers(_ other: Selector) -> Bool {
    source.contains(other.source) && destination.contains(other.destination) && transport.covers(other.transport)
      && sourcePorts.covers(other.sourcePorts) && destinationPorts.covers(other.destinationPorts)
      && (names?.covers(other.names) ?? true) && coversSensitivity(of: other)
  }

  private func coversSensitivity(of other: Selector) -> Bool {
    guard let sensitivity else { return true }
    guard let some = other.sensitivity else { return false }
    return sensitivity.contains(some.lowerBound) && sensitivity.contains(some.upperBound)
  }

  /// Whether some packet may be one of both.
  public func overlaps(_ other: Selector) -> Bool {
    source.overlaps(other.source) && destination.overlaps(other.destination)
      && (transport.covers(other.transport) || other.transport.covers(transport))
      && sourcePorts.overlaps(other.sourcePorts) && destinationPorts.overlaps(other.destinationPorts)
      && (names?.overlaps(other.names) ?? true)
      && (sensitivity.flatMap { levels in other.sensitivity.map(levels.overlaps) } ?? true)
  }
}

extension TransportSelector {
  @inline(__always)
  func matches(_ packet: PacketSelectors) -> Bool {
    switch self {
    case .any: true
    case .value(let number): number == packet.transport
    case .opaque: packet.isOpaque
    }
  }

  /// Whether every packet of `other` is one of these.
  public func covers(_ other: TransportSelector) -> Bool {
    self == .any || self == other || self == .opaque && other == .value(.esp)
  }
}

extension PortSelector {
  @inline(__always)
  func matches(_ port: UInt16?, of packet: PacketSelectors) -> Bool {
    switch self {
    case .any: true
    case .range(let range): port.map(range.contains) ?? false
    case .opaque: port == nil && (packet.hasPorts || packet.isOpaque)
    }
  }

  /// Whether every packet of `other` is one of these.
  public func covers(_ other: PortSelector) -> Bool {
    switch (self, other) {
    case (.any, _), (.opaque, .opaque): true
    case (.range(let all), .range(let some)): all.contains(some.lowerBound) && all.contains(some.upperBound)
    default: false
    }
  }

  fileprivate func overlaps(_ other: PortSelector) -> Bool {
    switch (self, other) {
    case (.any, _), (_, .any), (.opaque, .opaque): true
    case (.range(let left), .range(let right)): left.overlaps(right)
    default: false
    }
  }
}

// MARK: - Words

extension PacketSelectors: CustomStringConvertible {
  /// `10.1.0.10 → 10.2.0.10, TCP, port 1025 → 80`.
  public var description: String {
    var text = "\(source) → \(destination), \(transport.name ?? "protocol \(transport.rawValue)")"
    if let sourcePort, let destinationPort { text += ", port \(sourcePort) → \(destinationPort)" }
    if let sensitivity { text += ", \(sensitivity.name)" }
    return text
  }
}

extension AddressRange: CustomStringConvertible {
  /// `any`, an address, a prefix where the range is one, else `first-last`.
  public var description: String {
    if self == .any { return "any" }
    if first == last { return "\(first)" }
    return IPPrefix(self).map { "\($0)" } ?? "\(first)-\(last)"
  }
}

extension IPPrefix {
  /// The prefix that is exactly these addresses; `nil` where there is none.
  public init?(_ range: AddressRange) {
    let (high, low, width): (UInt64, UInt64, Int)
    switch (range.first, range.last) {
    case (.v4(let first), .v4(let last)): (high, low, width) = (0, UInt64(first.rawValue ^ last.rawValue), 32)
    case (.v6(let first), .v6(let last)): (high, low, width) = (first.high ^ last.high, first.low ^ last.low, 128)
    default: return nil
    }
    let hostBits = high == 0 ? 64 - low.leadingZeroBitCount : 128 - high.leadingZeroBitCount
    self.init(range.first, length: width - hostBits)
    guard network == range.first, last == range.last else { return nil }
  }
}

extension Selector: CustomStringConvertible {
  /// `10.1.0.0/16 → 10.2.0.0/16, any protocol`.
  public var description: String {
    var text = "\(source) → \(destination), \(transport.words)"
    if namesPorts { text += ", port \(sourcePorts.words) → \(destinationPorts.words)" }
    if let sensitivity { text += ", \(Self.words(sensitivity))" }
    return text + (names?.words ?? "")
  }

  private static func words(_ levels: ClosedRange<Sensitivity>) -> String {
    levels.lowerBound == levels.upperBound
      ? levels.lowerBound.name : "\(levels.lowerBound.name) to \(levels.upperBound.name)"
  }
}

extension TransportSelector {
  /// `TCP`, `any protocol`, `OPAQUE`.
  public var words: String {
    switch self {
    case .any: "any protocol"
    case .value(let number): number.name ?? "protocol \(number.rawValue)"
    case .opaque: "OPAQUE"
    }
  }
}

extension PortSelector {
  /// `80`, `1024-65535`, `any`, `OPAQUE`.
  public var words: String {
    switch self {
    case .any: "any"
    case .range(let ports): ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    case .opaque: "OPAQUE"
    }
  }
}
