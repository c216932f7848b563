import Cryptography
import IPsec
import Wire

/// What one quick mode negotiates: consecutive layers of a bundle that lie between the same two ends. RFC 2409 §5.5,
/// RFC 2408 §4.2.
struct LayerGroup: Hashable, Sendable {
  /// The place of the innermost of them in the bundle, from 0.
  let first: Int
  /// The layers, the innermost first; one at least.
  let layers: [ProtectionLayer]
  /// The group of quick mode's own Diffie-Hellman exchange; `nil` for none.
  let perfectForwardSecrecyGroup: UInt16?
  /// The longest life that this side wants.
  let lifetime: LifetimeTerms

  /// `nil` where the bundle has no such layers, or one of them names nothing that can be offered.
  init?(_ protection: Protection, _ places: Range<Int>) {
    let layers = places.compactMap { protection.layer($0)?.negotiable }
    guard !layers.isEmpty, layers.count == places.count else { return nil }
    first = places.lowerBound
    self.layers = layers
    perfectForwardSecrecyGroup = protection.perfectForwardSecrecyGroup
    lifetime = LifetimeTerms(protection.lifetime)
  }

  /// The protocol of the layer at a place of the group.
  func securityProtocol(_ place: Int) -> SecurityProtocol { layers[place].protocolID }

  /// What a layer's Encapsulation Mode attribute says: its mode. Where a tunnel begins with its compression, the
  /// protocols around that say Tunnel too, as the field does: compressed or not, it is one tunnel.
  func encapsulation(_ place: Int) -> Wire.EncapsulationMode {
    let isCompressedTunnel = layers[0].protocolID == .ipcomp && layers[0].mode.isTunnel
    return layers[place].mode.isTunnel || isCompressedTunnel ? .tunnel : .transport
  }

  /// The places, the outermost first: the order in which proposals stand.
  var outermostFirst: [Int] { layers.indices.reversed() }

  /// The protocols of an offer for this group in words: `PROTO_IPSEC_AH and PROTO_IPSEC_ESP`.
  var protocolWords: String { Self.words(outermostFirst.map(securityProtocol)) }

  /// The names of some protocols in words.
  static func words(_ protocols: [SecurityProtocol]) -> String {
    guard !protocols.isEmpty else { return "nothing" }
    return protocols.map { named(UInt64($0.rawValue), SecurityProtocol.self) }.joined(separator: " and ")
  }
}

extension ProtectionLayer {
  /// The layer with those of its suites that are of its own protocol and have a number; `nil` where none is.
  fileprivate var negotiable: ProtectionLayer? {
    var layer = self
    layer.suites = Array(
      suites.filter { $0.securityProtocol == securityProtocol && $0.transformID != nil }.prefix(255))
    return layer.suites.isEmpty ? nil : layer
  }

  var protocolID: SecurityProtocol { SecurityProtocol(securityProtocol) }
}

extension SecurityProtocol {
  /// The number in proposals of what has that number in IP headers: RFC 2407 §4.4.1.
  init(_ number: IPProtocol) {
    switch number {
    case .ah: self = .ah
    case .ipcomp: self = .ipcomp
    default: self = .esp
    }
  }

  /// What has this number in proposals; `nil` for what is no protocol of IPsec.
  var ipProtocol: IPProtocol? {
    switch self {
    case .ah: .ah
    case .esp: .esp
    case .ipcomp: .ipcomp
    default: nil
    }
  }

  /// `ESP`.
  var shortName: String {
    switch self {
    case .ah: "AH"
    case .esp: "ESP"
    case .ipcomp: "IPComp"
    default: meaning
    }
  }

  /// Octets of an SPI: four, and two of a compression parameter index (RFC 2393 §3.3).
  var spiLength: Int { self == .ipcomp ? 2 : 4 }

  /// The SPIs that a negotiation may choose. 0 to 255 are reserved (RFC 2402 §2.4, RFC 2406 §2.1); so are the lowest of
  /// compression, and the highest are for private use (RFC 2393 §3.3).
  // Deviates: RFC 2393 lets ends agree on a well-known index below 64. Several associations would share it then, and
  // which of them a packet came by could not be told.
  var spiRange: ClosedRange<UInt32> { self == .ipcomp ? 256...61_439 : 256...UInt32.max }

  /// What an SPI of this protocol has to be, in words.
  var spiWords: String { self == .ipcomp ? "two octets, 256 to 61439" : "four octets, 256 or more" }

  /// An SPI as its octets.
  func octets(_ spi: UInt32) -> [UInt8] { Array(KeyDerivation.octets(spi).suffix(spiLength)) }

  /// An SPI from its octets; `nil` where it is none that may be negotiated. A compression parameter index may come as
  /// four octets, of which the first two say nothing (RFC 2393 §4.1).
  func number(_ octets: [UInt8]) -> UInt32? {
    guard octets.count == 4 || octets.count == spiLength else { return nil }
    let value = octets.suffix(spiLength).reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    return spiRange.contains(value) ? value : nil
  }
}
