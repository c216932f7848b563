/// What a buffer of octets turned out to be: layer behind layer, the outermost first.
///
/// A dissection is of one buffer. Where part of it is protected, `protected` says where, and who can open that part
/// (with a key, say) goes on with `Dissector.dissect(_:from:context:)` over the buffer that came out.
public struct Dissection: Hashable, Sendable {
  /// The octets that were looked into; every range counts from their start.
  public var bytes: [UInt8]
  /// The layers in the order in which they lie inside each other; trailers last.
  public var layers: [LayerNode] = []
  /// What AH, ESP, IPComp and ISAKMP protect here, the outermost first. Behind AH the layers go on; ESP, IPComp and
  /// encrypted ISAKMP end them.
  public var protectedParts: [ProtectedPart] = []

  /// What to open in order to get on: the last protected part, unless it is in clear behind its header.
  public var protected: ProtectedPart? { protectedParts.last.flatMap { $0.isOpaque ? $0 : nil } }
  /// The first thing that was wrong.
  public var fault: DecodeError? { layers.lazy.compactMap(\.fault).first }
}

/// How far a dissection goes into each layer.
public enum DissectionDetail: Hashable, Sendable {
  /// Kinds, ranges, faults and protected parts of the layers, without fields: checksums are not judged. For readers that
  /// filter, count or open packets, at a fraction of the time.
  case layers
  /// Every field of every layer.
  case fields
}

/// Whose packets these are: what the headers outside of a protected part said.
public struct DissectionContext: Hashable, Sendable {
  /// Source address of the innermost IP header so far.
  public var source: IPAddress?
  /// Destination address of the innermost IP header so far.
  public var destination: IPAddress?
  /// Headers that were read so far, in outer buffers too.
  public var depth: Int

  public init(source: IPAddress? = nil, destination: IPAddress? = nil, depth: Int = 0) {
    self.source = source
    self.destination = destination
    self.depth = depth
  }
}

/// A part of a buffer that a security protocol covers: what Inspection needs in order to verify and open it.
public struct ProtectedPart: Hashable, Sendable {
  /// How it is protected.
  public enum Kind: Hashable, Sendable {
    /// The packet is authenticated, and goes on in clear behind the header.
    case ah(AuthenticationHeader)
    /// What follows the header is encrypted, authenticated, or both.
    case esp(ESPHeader)
    /// What follows the header is packed.
    case ipcomp(IPCompHeader)
    /// An ISAKMP message whose payloads, from the offset given here on, are encrypted.
    case isakmp(body: Int)
  }

  /// How.
  public var kind: Kind
  /// The protocol's header and all that it protects behind that, to the end of the datagram.
  public var range: Range<Int>
  /// The whole IP datagram around it, header included: AH covers that too.
  public var datagram: Range<Int>
  /// Which layer of the dissection.
  public var layer: Int
  /// The addresses of the IP header around it, and how deep it lies: hand this on when the inner octets are dissected.
  public var context: DissectionContext
  /// The UDP ports around it: where ESP goes through a NAT, and of ISAKMP.
  public var ports: UDPPorts?
  /// Whether all of it is here: it is not where the datagram is a fragment, was cut off by who captured it, or is
  /// quoted by ICMP. What is not whole can't be verified.
  public var isWhole: Bool

  /// Whether the layers end here unless somebody opens the part.
  public var isOpaque: Bool {
    if case .ah = kind { return false }
    return true
  }
}

/// The two ports of a UDP datagram.
public struct UDPPorts: Hashable, Sendable {
  /// The sender's.
  public var source: UInt16
  /// The receiver's.
  public var destination: UInt16

  public init(source: UInt16, destination: UInt16) {
    self.source = source
    self.destination = destination
  }

  /// Whether one of the two is `port`.
  public func contains(_ port: UInt16) -> Bool { source == port || destination == port }
}
