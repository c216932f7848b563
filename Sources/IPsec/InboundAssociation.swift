import Cryptography
import Units
import Wire

/// An association that this node receives by.
struct InboundAssociation: AssociationRecord {
  let origin: AssociationOrigin
  var lifetime: AssociationLifetime
  var window: ReplayWindow
  private var transform: ESPTransform?

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

// MARK: - Opening

extension InboundAssociation {
  /// A datagram that was taken out of ESP.
  struct Opened {
    var datagram: [UInt8]
    /// Its header, verified.
    var header: IPv4Glance
  }

  /// RFC 2406 §3.4: the window is asked, the ICV verified, only then the window moved and the packet decrypted. Gives
  /// the datagram that is to be looked at next.
  mutating func open(
    _ datagram: [UInt8], _ header: IPv4Glance, _ number: UInt32
  ) throws(InboundRefusal) -> Opened {
    try checkWindow(number)
    let packet = header.headerLength..<header.totalLength
    let transform = try keyed()
    guard try isAuthentic(datagram, packet, transform) else { throw .badICV }
    window.accept(number)
    try count(packet.count - transform.geometry.overhead)
    var opened = try decrypt(datagram, packet, header, transform)
    if let index = opened.wrongPadding { throw .badPadding(index: index) }
    guard opened.nextHeader != .noNextHeader else { throw .dummyPacket }
    if parameters.isTunnel {
      guard opened.nextHeader == .ipv4 else { throw .unexpectedNextHeader(opened.nextHeader) }
    } else {
      // The datagram's own header, changed back.
      OuterHeader.finishTransport(&opened.octets, headerLength: header.headerLength, protocol: opened.nextHeader)
    }
    let inner = try Self.holdToDatagram(&opened.octets)
    return Opened(datagram: opened.octets, header: inner)
  }

  private func checkWindow(_ number: UInt32) throws(InboundRefusal) {
    switch window.check(number) {
    case .new: return
    case .replayed: throw .replayed(number)
    case .leftOfWindow, .zero: throw .leftOfWindow(number, top: window.top, size: window.size)
    }
  }

  /// The keyed transform, made at the first packet.
  private mutating func keyed() throws(InboundRefusal) -> ESPTransform {
    if let transform { return transform }
    do throws(CryptographyError) {
      let made = try ESPTransform(
        suite: parameters.suite, cipherKey: parameters.cipherKey, integrityKey: parameters.integrityKey,
        direction: .decrypt)
      transform = made
      return made
    } catch { throw .cryptographyFailed(error) }
  }

  private func isAuthentic(
    _ datagram: [UInt8], _ packet: Range<Int>, _ transform: ESPTransform
  ) throws(InboundRefusal) -> Bool {
    do throws(ESPTransform.Failure) { return try transform.isAuthentic(datagram, packet) } catch { throw error.refusal }
  }

  private mutating func count(_ octets: Int) throws(InboundRefusal) {
    guard lifetime.hasRoom(for: octets) else { throw .associationExpired(.volume) }
    lifetime.count(octets)
  }

  private func decrypt(
    _ datagram: [UInt8], _ packet: Range<Int>, _ header: IPv4Glance, _ transform: ESPTransform
  ) throws(InboundRefusal) -> ESPTransform.Opened {
    let front = 0..<(parameters.isTunnel ? 0 : header.headerLength)
    do throws(ESPTransform.Failure) { return try transform.open(datagram, packet, behind: front) } catch {
      throw error.refusal
    }
  }

  /// Verifies the header and takes off what the sender may have put behind the inner datagram.
  private static func holdToDatagram(_ octets: inout [UInt8]) throws(InboundRefusal) -> IPv4Glance {
    do throws(DecodeError) {
      let header = try IPv4Glance(verifying: octets)
      if header.totalLength < octets.count { octets.removeLast(octets.count - header.totalLength) }
      return header
    } catch { throw .malformedHeader(error, isInner: true) }
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
