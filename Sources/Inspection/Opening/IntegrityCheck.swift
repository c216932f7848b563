import IPsec
import Wire

/// What an ICV was computed over, and what came of it: for views that show how a verdict came about.
public struct IntegrityCheck: Hashable, Sendable {
  /// What was done to octets before the ICV was computed.
  public typealias Change = AuthenticatedOctets.Change

  /// The authenticator, `HMAC-SHA-1-96`; `nil` where no key is known.
  public var algorithm: String?
  /// The very octets that it was computed over. AH's are a copy of the packet with changes, ESP's a part of it.
  public var octets: [UInt8]
  /// Where, and why, they are not those of the packet; none for ESP.
  public var marks: [AuthenticatedOctets.Mark]
  /// The ICV over them, cut to the length that the packet carries; `nil` where no key is known.
  public var computed: [UInt8]?
  /// The ICV in the packet, without the padding behind it.
  public var carried: [UInt8]

  public init(
    algorithm: String?, octets: [UInt8], marks: [AuthenticatedOctets.Mark] = [], computed: [UInt8]?, carried: [UInt8]
  ) {
    self.algorithm = algorithm
    self.octets = octets
    self.marks = marks
    self.computed = computed
    self.carried = carried
  }

  /// Of AH, without a key.
  init(_ covered: AuthenticatedOctets, icvLength: Int) {
    self.init(
      algorithm: nil, octets: covered.octets, marks: covered.marks, computed: nil,
      carried: Array(covered.header.integrityCheckValue.prefix(icvLength)))
  }

  /// Bits of the octet at `offset` that are zeros whatever the packet has there.
  public func zeroedBits(at offset: Int) -> UInt8 {
    marks.reduce(0) { $1.change == .zeroed ? $0 | $1.mask(at: offset) : $0 }
  }
}
