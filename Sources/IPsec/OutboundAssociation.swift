import Cryptography
import Units
import Wire

/// An association that this node sends by.
struct OutboundAssociation: AssociationRecord {
  let origin: AssociationOrigin
  let geometry: ESPGeometry
  /// What is in front of every packet in tunnel mode.
  private let template: [UInt8]
  var lifetime: AssociationLifetime
  var pathMTU: PathMTU?
  /// The number of the last packet that was sent: RFC 2406 §3.3.3.
  private(set) var sequenceNumber: UInt32 = 0
  private var transform: ESPTransform?
  private var vectors: SeededGenerator

  var parameters: AssociationParameters { origin.parameters }
  var identity: AssociationIdentity { origin.parameters.identity }

  init(_ origin: AssociationOrigin, lifetime: AssociationLifetime, vectorSeed: UInt64) {
    let parameters = origin.parameters
    self.origin = origin
    self.lifetime = lifetime
    vectors = SeededGenerator(seed: vectorSeed, node: "", purpose: "ESP initialization vectors")
    geometry = ESPGeometry(parameters.suite)
    template =
      parameters.isTunnel ? OuterHeader.template(from: parameters.source, to: parameters.identity.destination) : []
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
    let envelope = envelope(number, transform, around: header)
    let length = ciphertextLength(of: header)
    var packet: [UInt8]
    if parameters.isTunnel {
      packet = try transform.seal(datagram, 0..<header.totalLength, behind: template, envelope)
      OuterHeader.finishTunnel(
        &packet, typeOfService: header.typeOfService, identification: identification, dontFragment: dontFragment)
    } else {
      packet = try transform.seal(
        datagram, header.headerLength..<header.totalLength, behind: Array(datagram[0..<header.headerLength]), envelope)
      OuterHeader.finishTransport(&packet, headerLength: header.headerLength, protocol: .esp)
    }
    sequenceNumber = number
    lifetime.count(length)
    return SealStep(association: identity, sequenceNumber: number, inner: datagram, outer: packet)
  }

  private mutating func envelope(
    _ number: UInt32, _ transform: ESPTransform, around header: IPv4Glance
  ) -> ESPTransform.Envelope {
    ESPTransform.Envelope(
      spi: parameters.identity.spi, sequenceNumber: number,
      initializationVector: InitializationVector(for: number, transform, drawing: &vectors),
      nextHeader: parameters.isTunnel ? .ipv4 : header.protocol)
  }
}
