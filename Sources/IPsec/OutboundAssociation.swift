import Cryptography
import Units
import Wire

/// An association that this node sends by.
struct OutboundAssociation: AssociationRecord {
  let origin: AssociationOrigin
  let geometry: ESPGeometry
  /// What is in front of every packet in tunnel mode.
  private let outer: OuterHeader
  private let vectors: KeyedNumbers
  var lifetime: AssociationLifetime
  var pathMTU: PathMTU?
  /// The number of the last packet that was sent: RFC 2406 §3.3.3.
  private(set) var sequenceNumber: UInt32 = 0
  private var transform: ESPTransform?

  var parameters: AssociationParameters { origin.parameters }
  var identity: AssociationIdentity { origin.parameters.identity }

  init(_ origin: AssociationOrigin, lifetime: AssociationLifetime, vectorSeed: UInt64) {
    let parameters = origin.parameters
    self.origin = origin
    self.lifetime = lifetime
    var generator = SeededGenerator(seed: vectorSeed, node: "", purpose: "ESP initialization vectors")
    vectors = KeyedNumbers(drawing: &generator)
    geometry = ESPGeometry(parameters.suite)
    outer = OuterHeader(from: parameters.source, to: parameters.identity.destination)
  }

  /// Starts behind `number`: for what goes on where another left off, and for tests of the end.
  mutating func resume(after number: UInt32) { sequenceNumber = number }

  /// Whether every sequence number was used: none is used twice (RFC 2406 §3.3.3).
  var isExhausted: Bool { sequenceNumber == .max }

  /// Whether it may carry a packet. In transport mode its ends are the packet's own.
  func carries(_ packet: PacketSelectors) -> Bool {
    parameters.selector.matches(packet)
      && (parameters.isTunnel
        || packet.destination == parameters.identity.destination && packet.source == parameters.source)
  }

  /// Octets of ciphertext that a datagram becomes.
  func ciphertextLength(of header: IPv4Glance) -> Int {
    geometry.ciphertextLength(payload: header.totalLength - (parameters.isTunnel ? 0 : header.headerLength))
  }

  /// Octets of the sealed datagram.
  func sealedLength(of header: IPv4Glance) -> Int {
    let front = parameters.isTunnel ? OuterHeader.length : header.headerLength
    return front + geometry.overhead + ciphertextLength(of: header)
  }

  /// The largest datagram with a header of `headerLength` octets that, sealed, fits `mtu`; 0 where none does.
  func maximumInnerLength(mtu: Int, headerLength: Int) -> Int {
    let front = parameters.isTunnel ? OuterHeader.length : headerLength
    let payload = geometry.largestPayload(within: mtu - front)
    return parameters.isTunnel ? payload : payload == 0 ? 0 : payload + headerLength
  }
}

// MARK: - Sealing

extension OutboundAssociation {
  /// The keyed transform, made at the first packet.
  mutating func keyed() throws(CryptographyError) -> ESPTransform {
    if let transform { return transform }
    let made = try ESPTransform(
      suite: parameters.suite, cipherKey: parameters.cipherKey, integrityKey: parameters.integrityKey,
      direction: .encrypt)
    transform = made
    return made
  }

  /// Seals a datagram under the next sequence number. It must not be exhausted.
  mutating func seal(
    _ datagram: [UInt8], _ header: IPv4Glance, identification: UInt16, dontFragment: Bool
  ) throws(CryptographyError) -> SealStep {
    let transform = try keyed()
    let number = sequenceNumber + 1
    let packet =
      parameters.isTunnel
      ? try sealTunnel(datagram, header, number, transform, identification, dontFragment)
      : try sealTransport(datagram, header, number, transform)
    sequenceNumber = number
    lifetime.count(ciphertextLength(of: header))
    return SealStep(association: identity, sequenceNumber: number, inner: datagram, outer: packet)
  }

  @inline(__always)
  private func sealTunnel(
    _ datagram: [UInt8], _ header: IPv4Glance, _ number: UInt32, _ transform: ESPTransform, _ identification: UInt16,
    _ dontFragment: Bool
  ) throws(CryptographyError) -> [UInt8] {
    let envelope = envelope(number, transform, .ipv4)
    return try transform.seal(datagram, 0..<header.totalLength, envelope, behind: OuterHeader.length) {
      layout, length in
      outer.write(
        to: &layout, typeOfService: header.typeOfService, length: length, identification: identification,
        dontFragment: dontFragment)
    }
  }

  private func sealTransport(
    _ datagram: [UInt8], _ header: IPv4Glance, _ number: UInt32, _ transform: ESPTransform
  ) throws(CryptographyError) -> [UInt8] {
    let envelope = envelope(number, transform, header.protocol)
    let front = 0..<header.headerLength
    var packet = try transform.seal(
      datagram, header.headerLength..<header.totalLength, envelope, behind: front.count
    ) { layout, _ in layout.copy(datagram, front) }
    OuterHeader.finishTransport(&packet, headerLength: header.headerLength, protocol: .esp)
    return packet
  }

  @inline(__always)
  private func envelope(
    _ number: UInt32, _ transform: ESPTransform, _ nextHeader: IPProtocol
  ) -> ESPTransform.Envelope {
    ESPTransform.Envelope(
      spi: parameters.identity.spi, sequenceNumber: number,
      initializationVector: InitializationVector(for: number, transform, from: vectors), nextHeader: nextHeader)
  }
}
