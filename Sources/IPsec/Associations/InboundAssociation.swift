import Cryptography
import Units
import Wire

/// An association that this node receives by.
struct InboundAssociation: AssociationRecord {
  let origin: AssociationOrigin
  var lifetime: AssociationLifetime
  var window: ReplayWindow
  private var transform: OpeningTransform?

  var parameters: AssociationParameters { origin.parameters }
  var identity: AssociationIdentity { origin.parameters.identity }

  init(_ origin: AssociationOrigin, lifetime: AssociationLifetime) {
    let parameters = origin.parameters
    self.origin = origin
    self.lifetime = lifetime
    // Sequence numbers that nobody vouches for are not looked at: RFC 2406 §3.4.3.
    window = ReplayWindow(size: parameters.suite.integrity == .none ? 0 : parameters.replayWindow)
  }
}

/// What an association does to packets that come, with its keys.
enum OpeningTransform: Sendable {
  case esp(ESPTransform)
  case ah(AuthenticationHeaderTransform)
  case ipcomp

  init(_ parameters: AssociationParameters) throws(CryptographyError) {
    switch parameters.suite {
    case .esp(let suite):
      self = .esp(
        try ESPTransform(
          suite: suite, cipherKey: parameters.cipherKey, integrityKey: parameters.integrityKey, direction: .decrypt))
    case .ah(let integrity):
      guard let made = try AuthenticationHeaderTransform(integrity, key: parameters.integrityKey) else {
        throw .algorithmUnavailable(name: "AH", reason: "no authenticator")
      }
      self = .ah(made)
    case .ipcomp: self = .ipcomp
    }
  }
}

// MARK: - Opening

extension InboundAssociation {
  /// A datagram that was taken out of another.
  struct Opened {
    var datagram: [UInt8]
    /// Its header, verified.
    var header: IPGlance
  }

  /// What came out of a transform.
  private struct Bare {
    /// In tunnel mode the inner datagram; in transport mode the header as it came, and the payload.
    var octets: [UInt8]
    var nextHeader: IPProtocol
  }

  /// RFC 2402 §3.4, RFC 2406 §3.4: the window is asked, the ICV verified, only then the window moved and the packet
  /// decrypted. Gives the datagram that is to be looked at next.
  mutating func open(
    _ datagram: [UInt8], _ header: IPGlance, _ number: UInt32
  ) throws(InboundRefusal) -> Opened {
    try checkWindow(number)
    if transform == nil { try key() }
    var bare: Bare
    switch transform {
    case .esp(let transform)?: bare = try openESP(datagram, header, number, transform)
    case .ah(let transform)?: bare = try openAH(datagram, header, number, transform)
    case .ipcomp?, nil: bare = try openIPComp(datagram, header)
    }
    guard bare.nextHeader != .noNextHeader else { throw .dummyPacket }
    if parameters.isTunnel {
      guard bare.nextHeader == .ipv4 || bare.nextHeader == .ipv6 else { throw .unexpectedNextHeader(bare.nextHeader) }
    } else {
      // The datagram's own header, changed back.
      OuterHeader.finishTransport(&bare.octets, header, protocol: bare.nextHeader)
    }
    let inner = try Self.holdToDatagram(&bare.octets)
    guard !parameters.isTunnel || inner.isIPv6 == (bare.nextHeader == .ipv6) else {
      throw .unexpectedNextHeader(bare.nextHeader)
    }
    return Opened(datagram: bare.octets, header: inner)
  }

  private func checkWindow(_ number: UInt32) throws(InboundRefusal) {
    switch window.check(number) {
    case .new: return
    case .replayed: throw .replayed(number)
    case .leftOfWindow, .zero: throw .leftOfWindow(number, top: window.top, size: window.size)
    }
  }

  /// Makes the keyed transform, at the first packet.
  @inline(never)
  private mutating func key() throws(InboundRefusal) {
    do throws(CryptographyError) { transform = try OpeningTransform(parameters) } catch {
      throw .cryptographyFailed(error)
    }
  }

  private mutating func count(_ octets: Int) throws(InboundRefusal) {
    guard lifetime.hasRoom(for: octets) else { throw .associationExpired(.volume) }
    lifetime.count(octets)
  }

  /// Verifies the header and takes off what the sender may have put behind the inner datagram.
  @inline(__always)
  static func holdToDatagram(_ octets: inout [UInt8]) throws(InboundRefusal) -> IPGlance {
    do throws(DecodeError) {
      let header = try IPGlance(verifying: octets)
      if header.totalLength < octets.count { octets.removeLast(octets.count - header.totalLength) }
      return header
    } catch { throw .malformedHeader(error, isInner: true) }
  }

  // MARK: ESP

  @inline(__always)
  private mutating func openESP(
    _ datagram: [UInt8], _ header: IPGlance, _ number: UInt32, _ transform: ESPTransform
  ) throws(InboundRefusal) -> Bare {
    let packet = header.headerLength..<header.totalLength
    let front = 0..<(parameters.isTunnel ? 0 : header.headerLength)
    guard try isAuthentic(datagram, packet, transform) else { throw .badICV }
    window.accept(number)
    try count(packet.count - transform.geometry.overhead)
    let opened: ESPTransform.Opened
    do throws(ESPTransform.Failure) { opened = try transform.open(datagram, packet, behind: front) } catch {
      throw error.refusal
    }
    if let index = opened.wrongPadding { throw .badPadding(index: index) }
    return Bare(octets: opened.octets, nextHeader: opened.nextHeader)
  }

  private func isAuthentic(
    _ datagram: [UInt8], _ packet: Range<Int>, _ transform: ESPTransform
  ) throws(InboundRefusal) -> Bool {
    do throws(ESPTransform.Failure) { return try transform.isAuthentic(datagram, packet) } catch { throw error.refusal }
  }

  // MARK: AH

  @inline(__always)
  private mutating func openAH(
    _ datagram: [UInt8], _ header: IPGlance, _ number: UInt32, _ transform: AuthenticationHeaderTransform
  ) throws(InboundRefusal) -> Bare {
    let start = header.headerLength
    let frame = unsafe datagram.span.bytes
    let length = (Int(frame.uint8(at: start + 1)) + 2) * 4
    guard length >= AuthenticationHeaderTransform.fixedLength + transform.icvLength,
      start + length <= header.totalLength
    else { throw .shortAuthenticationHeader(length, available: header.totalLength - start) }
    guard try isAuthentic(datagram, header, transform) else { throw .badICV }
    window.accept(number)
    try count(header.totalLength - start)
    let payload = start + length..<header.totalLength
    let nextHeader = IPProtocol(rawValue: frame.uint8(at: start))
    guard !parameters.isTunnel else { return Bare(octets: Array(datagram[payload]), nextHeader: nextHeader) }
    let front = 0..<start
    let octets = PacketLayout.packet(of: front.count + payload.count) { layout in
      layout.copy(datagram, front)
      layout.copy(datagram, payload)
    }
    return Bare(octets: octets, nextHeader: nextHeader)
  }

  @inline(__always)
  private func isAuthentic(
    _ datagram: [UInt8], _ header: IPGlance, _ transform: AuthenticationHeaderTransform
  ) throws(InboundRefusal) -> Bool {
    do throws(CryptographyError) {
      // What a link put behind the datagram is not covered.
      let octets = datagram.count == header.totalLength ? datagram : Array(datagram[..<header.totalLength])
      return try transform.isAuthentic(octets, at: header.headerLength, isIPv6: header.isIPv6)
    } catch { throw .cryptographyFailed(error) }
  }

  // MARK: IPComp

  private mutating func openIPComp(_ datagram: [UInt8], _ header: IPGlance) throws(InboundRefusal) -> Bare {
    let start = header.headerLength
    guard header.protocol == .ipcomp else {
      return Bare(octets: Array(datagram[start..<header.totalLength]), nextHeader: header.protocol)
    }
    let packed = start + IPCompHeader.fixedLength..<header.totalLength
    let octets: [UInt8]
    do throws(Deflate.Fault) { octets = try Deflate.inflate(datagram, packed) } catch {
      throw .decompressionFailed(error)
    }
    let front = parameters.isTunnel ? 0 : start
    guard front + octets.count <= Deflate.longest else { throw .decompressionFailed(.tooLong) }
    try count(octets.count)
    return Bare(
      octets: Array(datagram[..<front] + octets),
      nextHeader: IPProtocol(rawValue: unsafe datagram.span.bytes.uint8(at: start)))
  }
}

extension ESPTransform.Failure {
  var refusal: InboundRefusal {
    switch self {
    case .length(let length): .shortPacket(length)
    case .padLength(let length, let limit): .badPadLength(length, limit: limit)
    case .cryptography(let error): .cryptographyFailed(error)
    }
  }
}
