import Wire

/// What a datagram shows of itself to be matched with selectors: RFC 2401 §4.4.2.
public struct PacketSelectors: Hashable, Sendable {
  /// The header's source.
  public var source: IPv4Address
  /// The header's destination.
  public var destination: IPv4Address
  /// The transport protocol, found behind AH headers too; for a datagram that carries ESP, ESP: what lies inside is
  /// OPAQUE.
  public var transport: IPProtocol
  /// The source port; `nil` where it is OPAQUE or the protocol has none.
  public var sourcePort: UInt16?
  /// The destination port; `nil` where it is OPAQUE or the protocol has none.
  public var destinationPort: UInt16?

  public init(
    source: IPv4Address, destination: IPv4Address, transport: IPProtocol, sourcePort: UInt16? = nil,
    destinationPort: UInt16? = nil
  ) {
    self.source = source
    self.destination = destination
    self.transport = transport
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  /// The same packet on its way back.
  public var reversed: PacketSelectors {
    PacketSelectors(
      source: destination, destination: source, transport: transport, sourcePort: destinationPort,
      destinationPort: sourcePort)
  }
}

// MARK: - Reading

extension PacketSelectors {
  /// How many AH headers are followed on the way to the transport header: more than a bundle of any sense has.
  static let headerLimit = 8

  /// Reads the selectors of an IPv4 datagram, whose header is verified.
  public init(reading datagram: [UInt8]) throws(DecodeError) {
    self.init(try IPv4Glance(verifying: datagram), of: datagram)
  }

  /// Reads the selectors behind a header that was verified already.
  init(_ header: IPv4Glance, of datagram: borrowing [UInt8]) {
    source = header.sourceAddress
    destination = header.destinationAddress
    transport = header.protocol
    guard header.isFirst else { return }
    var cursor = Cursor(position: header.headerLength, end: header.totalLength)
    let frame = unsafe datagram.span.bytes
    findTransport(frame, &cursor)
    readPorts(frame, cursor)
  }

  /// RFC 2401 §4.4.2: the chain of headers is followed to the first that is a transport protocol, that is unknown, or
  /// that hides what it carries.
  private mutating func findTransport(_ frame: borrowing RawSpan, _ cursor: inout Cursor) {
    var headers = 0
    while transport == .ah, cursor.remaining >= 8, headers < Self.headerLimit {
      // AH counts itself in words of four octets, less two. RFC 2402 §2.2
      let length = (Int(frame.uint8(at: cursor.position + 1)) + 2) * 4
      guard length <= cursor.remaining else { return }
      transport = IPProtocol(rawValue: frame.uint8(at: cursor.position))
      cursor.position += length
      headers += 1
    }
  }

  private mutating func readPorts(_ frame: borrowing RawSpan, _ cursor: Cursor) {
    guard transport == .tcp || transport == .udp, cursor.remaining >= 4 else { return }
    sourcePort = frame.uint16(at: cursor.position)
    destinationPort = frame.uint16(at: cursor.position + 2)
  }
}

// MARK: - Matching

extension Selector {
  /// Whether `packet` is one of those that this selector is for. Where ports are asked for, a packet that shows none
  /// is not (RFC 2401 §4.4.2: OPAQUE is matched by ANY and OPAQUE alone).
  public func matches(_ packet: PacketSelectors) -> Bool {
    source.contains(packet.source) && destination.contains(packet.destination)
      && (transport.map { $0 == packet.transport } ?? true)
      && Self.port(packet.sourcePort, isIn: sourcePorts)
      && Self.port(packet.destinationPort, isIn: destinationPorts)
  }

  private static func port(_ port: UInt16?, isIn range: ClosedRange<UInt16>?) -> Bool {
    guard let range else { return true }
    return port.map { range.contains($0) } ?? false
  }
}

// MARK: - Words

extension PacketSelectors: CustomStringConvertible {
  /// `10.1.0.10 → 10.2.0.10, TCP, port 1025 → 80`.
  public var description: String {
    let addresses = "\(source) → \(destination), \(transport.name ?? "protocol \(transport.rawValue)")"
    guard let sourcePort, let destinationPort else { return addresses }
    return "\(addresses), port \(sourcePort) → \(destinationPort)"
  }
}

extension AddressRange: CustomStringConvertible {
  /// An address, a prefix where the range is one, else `first-last`.
  public var description: String {
    if first == last { return "\(first)" }
    let differing = first.rawValue ^ last.rawValue
    let isPrefix = differing & (differing &+ 1) == 0 && first.rawValue & differing == 0
    return isPrefix ? "\(IPv4Prefix(first, length: differing.leadingZeroBitCount))" : "\(first)-\(last)"
  }
}

extension Selector: CustomStringConvertible {
  /// `10.1.0.0/16 → 10.2.0.0/16, any protocol`.
  public var description: String {
    let transport = self.transport.map { $0.name ?? "protocol \($0.rawValue)" } ?? "any protocol"
    let addresses = "\(source) → \(destination), \(transport)"
    guard sourcePorts != nil || destinationPorts != nil else { return addresses }
    return "\(addresses), port \(Self.words(sourcePorts)) → \(Self.words(destinationPorts))"
  }

  private static func words(_ ports: ClosedRange<UInt16>?) -> String {
    guard let ports else { return "any" }
    return ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
  }
}
