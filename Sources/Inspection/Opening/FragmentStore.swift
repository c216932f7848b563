import Units
import Wire

/// Where the outermost fragment of a dissection lies, if there is one.
struct FragmentPlace: Hashable, Sendable {
  /// The layer of the IP header.
  var ipLayer: Int
  /// The last layer in front of the fragment's data: the IPv4 header, or the IPv6 fragment header.
  var lastLayer: Int
  var isIPv6: Bool

  init?(_ dissection: Dissection) {
    var ip: Int?
    for (index, layer) in dissection.layers.enumerated() {
      switch layer.kind {
      case .icmp, .icmpv6: return nil
      // Behind any other header than these a fragment header is not what a source puts there (RFC 2460 §4.5).
      case .ipv6HopByHop, .ipv6Routing, .ipv6DestinationOptions: continue
      case .ipv6: ip = layer.range.count >= 40 ? index : nil
      case .ipv4 where layer.range.count >= 20:
        guard Self.number(dissection.bytes, layer.range.lowerBound + 6) & 0x3FFF != 0 else { continue }
        (ipLayer, lastLayer, isIPv6) = (index, index, false)
        return
      case .ipv6Fragment where layer.range.count >= 8:
        guard let ip, Self.isCut(dissection, index) || Self.isSealed(dissection, index) else { continue }
        (ipLayer, lastLayer, isIPv6) = (ip, index, true)
        return
      default: ip = nil
      }
    }
    return nil
  }

  private static func isCut(_ dissection: Dissection, _ layer: Int) -> Bool {
    number(dissection.bytes, dissection.layers[layer].range.lowerBound + 2) & 0xFFF9 != 0
  }

  /// Whether AH stands behind a fragment header that cuts nothing off: AH knows nothing of that header, which came later
  /// and has to go before the ICV is judged. RFC 2402 §3.3.3.1.2.3.
  private static func isSealed(_ dissection: Dissection, _ layer: Int) -> Bool {
    dissection.protectedParts.contains { part in
      if case .ah = part.kind {
        part.layer > layer && part.datagram.contains(dissection.layers[layer].range.lowerBound)
      } else {
        false
      }
    }
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> Int {
    offset + 1 < bytes.count ? Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) : 0
  }
}

/// Fragments of earlier frames that wait for the others, within bounds.
struct FragmentStore {
  private var ipv4 = IPv4Reassembler(
    limits: IPv4Reassembler.Limits(datagrams: 256, octets: 1 << 22, fragments: 8192, timeout: .seconds(60)))
  private var ipv6 = IPv6Reassembler(
    limits: IPv6Reassembler.Limits(datagrams: 256, octets: 1 << 22, fragments: 8192, timeout: .seconds(60)))
  /// The frames that brought what waits, by what its fragments have in common.
  private var frames: [Key: [Int]] = [:]

  /// More datagrams than this were begun and never finished: their frame numbers are forgotten.
  private static let mostKeys = 4096

  private struct Key: Hashable {
    /// Source, destination and what tells datagrams between them apart, as they stand in the headers.
    var octets: [UInt8]
  }

  /// A datagram that is whole.
  struct Whole {
    var octets: [UInt8]
    var frames: [Int]
    /// Layers of it that the fragments showed already.
    var knownLayers: Int
  }

  /// Takes the fragment at `place`; returns the datagram once nothing of it is missing.
  mutating func accept(_ dissection: Dissection, _ place: FragmentPlace, frame: Int, at now: Instant) -> Whole? {
    let start = dissection.layers[place.ipLayer].range.lowerBound
    let whole: [UInt8]?
    if place.isIPv6 {
      whole = acceptIPv6(dissection, start, at: now)
    } else {
      _ = ipv4.expire(at: now)
      let accepted = try? ipv4.accept(Array(dissection.bytes[start...]), at: now)
      if case .complete(let octets) = accepted { whole = octets } else { whole = nil }
    }
    let key = Self.key(dissection, place, start)
    if frames.count > Self.mostKeys { frames = [:] }
    if frames[key, default: []].last != frame { frames[key, default: []].append(frame) }
    guard let whole else { return nil }
    let numbers = frames.removeValue(forKey: key) ?? [frame]
    return Whole(octets: whole, frames: numbers, knownLayers: max(1, place.lastLayer - place.ipLayer))
  }

  private mutating func acceptIPv6(_ dissection: Dissection, _ start: Int, at now: Instant) -> [UInt8]? {
    let bytes = dissection.bytes
    let length = start + 6 <= bytes.count ? Int(bytes[start + 4]) << 8 | Int(bytes[start + 5]) : 0
    let end = start + 40 + length
    guard end <= bytes.count else { return nil }
    let packet = Array(bytes[start..<end])
    guard let glance = try? IPGlance(verifying: packet) else { return nil }
    _ = ipv6.expire(at: now)
    guard case .complete(let octets)? = try? ipv6.accept(packet, at: now) else { return nil }
    // What the reassembler takes for no fragment it hands back as it is, and to open that would never end; a fragment
    // header that cut nothing off is gone.
    return glance.isFragment || octets.count < packet.count ? octets : nil
  }

  private static func key(_ dissection: Dissection, _ place: FragmentPlace, _ start: Int) -> Key {
    let bytes = dissection.bytes
    if place.isIPv6 {
      let header = dissection.layers[place.lastLayer].range.lowerBound
      return Key(octets: Array(bytes[start + 8..<start + 40] + bytes[header + 4..<header + 8]))
    }
    return Key(
      octets: Array(bytes[start + 12..<start + 20] + bytes[start + 4..<start + 6] + bytes[start + 9...start + 9]))
  }
}
