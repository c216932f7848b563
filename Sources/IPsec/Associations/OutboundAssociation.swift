import Cryptography
import Units
import Wire

/// What a layer says about headers, cutting and padding.
struct SealingRules: Hashable, Sendable {
  let isTunnel: Bool
  let dontFragment: DontFragmentHandling
  let fragmentation: FragmentationOrder
  let paddingMultiple: Int

  init(_ layer: ProtectionLayer) {
    isTunnel = layer.mode.isTunnel
    dontFragment = layer.dontFragment
    fragmentation = layer.fragmentation
    paddingMultiple = layer.trafficFlow?.paddingMultiple ?? 0
  }
}

/// How many octets an association's protocol takes.
enum SealingGeometry: Hashable, Sendable {
  case esp(ESPGeometry)
  /// Octets of the header.
  case ah(Int)
  /// What does not shrink passes as it is: RFC 2393 §2.2.
  case ipcomp

  init(_ suite: AssociationSuite, isIPv6: Bool, paddingMultiple: Int = 0) {
    switch suite {
    case .esp(let suite): self = .esp(ESPGeometry(suite, paddingMultiple: paddingMultiple))
    case .ah(let integrity):
      self = .ah(AuthenticationHeaderTransform.headerLength(icvLength: integrity.icvLength, isIPv6: isIPv6))
    case .ipcomp: self = .ipcomp
    }
  }

  /// Octets that `payload` octets become, without the IP header in front, at most.
  func sealedLength(payload: Int) -> Int {
    switch self {
    case .esp(let geometry): geometry.sealedLength(payload: payload)
    case .ah(let length): length + payload
    case .ipcomp: payload
    }
  }

  /// The largest payload that becomes at most `length` octets; 0 where none does.
  func largestPayload(within length: Int) -> Int {
    switch self {
    case .esp(let geometry): geometry.largestPayload(within: length)
    case .ah(let header): max(0, length - header)
    case .ipcomp: max(0, length)
    }
  }

  /// Octets that count against the lifetime: what the algorithm is applied to. Of ESP the ciphertext, padding included, of
  /// AH what is behind the IP header, of IPComp the payload as it was.
  func volume(payload: Int) -> Int {
    switch self {
    case .esp(let geometry): geometry.ciphertextLength(payload: payload)
    case .ah(let length): length + payload
    case .ipcomp: payload
    }
  }
}

/// An association that this node sends by.
struct OutboundAssociation: AssociationRecord {
  let origin: AssociationOrigin
  let geometry: SealingGeometry
  /// What is in front of every packet in tunnel mode.
  private let outer: OuterHeader
  private let vectors: KeyedNumbers
  var lifetime: AssociationLifetime
  var pathMTU: PathMTU?
  /// The number of the last packet that was sent: RFC 2406 §3.3.3.
  private(set) var sequenceNumber: UInt32 = 0
  private var transform: SealingTransform?

  var parameters: AssociationParameters { origin.parameters }
  var identity: AssociationIdentity { origin.parameters.identity }

  init(_ origin: AssociationOrigin, lifetime: AssociationLifetime, vectorSeed: UInt64) {
    let parameters = origin.parameters
    let destination = parameters.identity.destination
    self.origin = origin
    self.lifetime = lifetime
    var generator = SeededGenerator(seed: vectorSeed, node: "", purpose: "ESP initialization vectors")
    vectors = KeyedNumbers(drawing: &generator)
    geometry = SealingGeometry(
      parameters.suite, isIPv6: OuterHeader.length(to: destination) == 40,
      paddingMultiple: origin.rules.paddingMultiple)
    outer = OuterHeader(from: parameters.source, to: destination, parameters.suite.securityProtocol)
  }

  /// Starts behind `number`: for what goes on where another left off, and for tests of the end.
  mutating func resume(after number: UInt32) { sequenceNumber = number }

  /// Whether every sequence number was used: none is used twice (RFC 2406 §3.3.3).
  var isExhausted: Bool { sequenceNumber == .max }

  /// Octets of the datagram that it protects.
  private func payloadLength(total: Int, headerLength: Int) -> Int { total - (parameters.isTunnel ? 0 : headerLength) }

  /// Octets of a datagram that count against its lifetime.
  func volume(total: Int, headerLength: Int) -> Int {
    geometry.volume(payload: payloadLength(total: total, headerLength: headerLength))
  }

  private func volume(of header: IPGlance) -> Int {
    volume(total: header.totalLength, headerLength: header.headerLength)
  }

  /// Octets in front of its protocol's header.
  func frontLength(behind headerLength: Int) -> Int { parameters.isTunnel ? outer.length : headerLength }

  /// Octets of the sealed datagram, at most.
  func sealedLength(total: Int, headerLength: Int) -> Int {
    frontLength(behind: headerLength)
      + geometry.sealedLength(payload: payloadLength(total: total, headerLength: headerLength))
  }

  /// The largest datagram with a header of `headerLength` octets that, sealed, fits `mtu`; 0 where none does.
  func maximumInnerLength(mtu: Int, headerLength: Int) -> Int {
    let payload = geometry.largestPayload(within: mtu - frontLength(behind: headerLength))
    return parameters.isTunnel ? payload : payload == 0 ? 0 : payload + headerLength
  }
}

// MARK: - Sealing

/// What an association does to packets that leave, with its keys.
enum SealingTransform: Sendable {
  case esp(ESPTransform)
  case ah(AuthenticationHeaderTransform)
  case ipcomp

  init(_ parameters: AssociationParameters, paddingMultiple: Int) throws(CryptographyError) {
    switch parameters.suite {
    case .esp(let suite):
      self = .esp(
        try ESPTransform(
          suite: suite, cipherKey: parameters.cipherKey, integrityKey: parameters.integrityKey, direction: .encrypt,
          paddingMultiple: paddingMultiple))
    case .ah(let integrity):
      guard let made = try AuthenticationHeaderTransform(integrity, key: parameters.integrityKey) else {
        throw .algorithmUnavailable(name: "AH", reason: "no authenticator")
      }
      self = .ah(made)
    case .ipcomp: self = .ipcomp
    }
  }
}

/// What is known of a datagram that one association is about to seal. The octets go beside it: without a reference in
/// it, it is handed on for nothing.
struct Departing {
  let header: IPGlance
  /// Of the outer header.
  let identification: UInt16
  let dontFragment: Bool
}

extension OutboundAssociation {
  /// Makes the keyed transform, at the first packet.
  @inline(never)
  private mutating func key() throws(CryptographyError) {
    transform = try SealingTransform(parameters, paddingMultiple: origin.rules.paddingMultiple)
  }

  /// Seals a datagram under the next sequence number, in a step that does not repeat the datagram. It must not be
  /// exhausted. `nil` where IPComp leaves a datagram as it is.
  mutating func seal(_ datagram: [UInt8], _ departing: Departing) throws(CryptographyError) -> SealStep? {
    if transform == nil { try key() }
    var number = sequenceNumber + 1
    let packet: [UInt8]
    switch transform {
    case .esp(let transform)?: packet = try seal(datagram, departing, by: transform, number)
    case .ah(let transform)?: packet = try seal(datagram, departing, by: transform, number)
    case .ipcomp?:
      guard let compressed = compress(datagram, departing) else { return nil }
      (packet, number) = (compressed, 0)
    case nil: return nil
    }
    sequenceNumber = number
    lifetime.count(volume(of: departing.header))
    return SealStep(association: identity, sequenceNumber: number, outer: packet)
  }

  /// A packet around octets that mean nothing, next header 59: what a receiver throws away, and an eavesdropper counts. RFC
  /// 4303 §2.6 says so; RFC 2406 has the protection (§2.4) and leaves the packets to the sender.
  mutating func sealDummy(
    _ payload: [UInt8], identification: UInt16
  ) throws(CryptographyError) -> SealStep? {
    if transform == nil { try key() }
    guard case .esp(let transform)? = transform else { return nil }
    let number = sequenceNumber + 1
    let envelope = envelope(number, transform, .noNextHeader)
    let packet = try transform.seal(payload, 0..<payload.count, envelope, behind: outer.length) { layout, length in
      outer.write(
        to: &layout, typeOfService: 0, length: length, identification: identification, dontFragment: false)
    }
    sequenceNumber = number
    lifetime.count(geometry.volume(payload: payload.count))
    return SealStep(association: identity, sequenceNumber: number, inner: [], outer: packet)
  }

  /// What a tunnel carries says itself what it is.
  private static func nextHeader(of header: IPGlance) -> IPProtocol { header.isIPv6 ? .ipv6 : .ipv4 }

  @inline(__always)
  private func writeOuter(_ layout: inout PacketLayout, _ length: Int, _ departing: Departing) {
    outer.write(
      to: &layout, typeOfService: departing.header.typeOfService, length: length,
      identification: departing.identification, dontFragment: departing.dontFragment)
  }

  @inline(__always)
  private func seal(
    _ datagram: [UInt8], _ departing: Departing, by transform: ESPTransform, _ number: UInt32
  ) throws(CryptographyError) -> [UInt8] {
    let header = departing.header
    guard !parameters.isTunnel else {
      let envelope = envelope(number, transform, Self.nextHeader(of: header))
      return try transform.seal(datagram, 0..<header.totalLength, envelope, behind: outer.length) {
        layout, length in writeOuter(&layout, length, departing)
      }
    }
    let envelope = envelope(number, transform, header.protocol)
    var packet = try transform.seal(
      datagram, header.headerLength..<header.totalLength, envelope, behind: header.headerLength
    ) { layout, _ in layout.copy(datagram, 0..<header.headerLength) }
    OuterHeader.finishTransport(&packet, header, protocol: .esp)
    return packet
  }

  @inline(__always)
  private func seal(
    _ datagram: [UInt8], _ departing: Departing, by transform: AuthenticationHeaderTransform, _ number: UInt32
  ) throws(CryptographyError) -> [UInt8] {
    let header = departing.header
    let isTunnel = parameters.isTunnel
    let envelope = AuthenticationHeaderTransform.Envelope(
      spi: identity.spi, sequenceNumber: number, nextHeader: isTunnel ? Self.nextHeader(of: header) : header.protocol)
    let payload = isTunnel ? 0..<header.totalLength : header.headerLength..<header.totalLength
    let front = frontLength(behind: header.headerLength)
    return try transform.seal(
      datagram, payload, envelope, behind: front, isIPv6: isTunnel ? outer.length == 40 : header.isIPv6
    ) { layout, length in
      if isTunnel {
        writeOuter(&layout, length, departing)
      } else {
        layout.copy(datagram, 0..<front)
      }
    } _: { packet in
      if !isTunnel { OuterHeader.finishTransport(&packet, header, protocol: .ah) }
    }
  }

  /// `nil` where the datagram leaves as it is: it would not shrink, and needs no outer header. RFC 2393 §2.2.
  private func compress(_ datagram: [UInt8], _ departing: Departing) -> [UInt8]? {
    let header = departing.header
    let payload = parameters.isTunnel ? 0..<header.totalLength : header.headerLength..<header.totalLength
    let packed = Deflate.deflate(datagram, payload, limit: payload.count - IPCompHeader.fixedLength)
    guard parameters.isTunnel else {
      guard let packed else { return nil }
      let compHeader = IPCompHeader(
        nextHeader: header.protocol, compressionParameterIndex: UInt16(truncatingIfNeeded: identity.spi))
      var packet = Array(datagram[..<header.headerLength] + compHeader.encoded + packed)
      OuterHeader.finishTransport(&packet, header, protocol: .ipcomp)
      return packet
    }
    return tunnel(packed, datagram, departing)
  }

  /// The outer header with what was compressed behind it; with the datagram itself where that did not make it shorter.
  private func tunnel(_ packed: [UInt8]?, _ datagram: [UInt8], _ departing: Departing) -> [UInt8] {
    let inner = Self.nextHeader(of: departing.header)
    let compHeader = packed.map { _ in
      IPCompHeader(nextHeader: inner, compressionParameterIndex: UInt16(truncatingIfNeeded: identity.spi)).encoded
    }
    let body = compHeader.map { $0 + (packed ?? []) } ?? Array(datagram[..<departing.header.totalLength])
    let front =
      packed == nil ? OuterHeader(from: parameters.source, to: identity.destination, inner) : outer
    return PacketLayout.packet(of: outer.length + body.count) { layout in
      front.write(
        to: &layout, typeOfService: departing.header.typeOfService, length: outer.length + body.count,
        identification: departing.identification, dontFragment: departing.dontFragment)
      layout.copy(body, 0..<body.count)
    }
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
