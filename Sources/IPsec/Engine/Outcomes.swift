import Cryptography
import Wire

/// What is to be done with a datagram that leaves.
public struct Outbound: Hashable, Sendable {
  /// What is to be done. What is rare and large is boxed, so that what is frequent is small.
  public enum Action: Hashable, Sendable {
    /// It is sent as it is.
    case bypass
    /// It goes no further.
    indirect case discard(OutboundRefusal)
    /// It waits, or is dropped: there is no association for it yet.
    indirect case needsAssociation(AcquireRequest)
    /// The outer datagrams are sent instead: those of the steps that are the last of their bundle, several where the datagram
    /// was cut before it was sealed.
    case sealed(SealSteps)
    /// Its source is told so with an ICMP Destination Unreachable of code 4 that names this MTU: RFC 2401 §6.1.
    case tooBig(mtu: Int)
  }

  /// The entry that decided.
  public var match: PolicyMatch
  /// What is to be done.
  public var action: Action
  /// What the packet, or the time, did to associations.
  public var events: [LifetimeEvent] = []
}

/// Why a datagram does not leave.
public enum OutboundRefusal: Hashable, Sendable {
  /// Its entry says so.
  case policyDiscard
  /// No entry covers it.
  case noPolicy
  /// Its header cannot be right.
  case malformedHeader(DecodeError)
  /// Transport mode protects whole datagrams: RFC 2406 §3.3.
  case fragmentInTransportMode
  /// Transport mode is between the ends, and this datagram comes from elsewhere: RFC 2401 §4.1.
  case transportModeInTransit
  /// Sealed it would pass the 65,535 octets that a datagram has.
  case datagramTooLong
  /// libcrypto failed.
  case cryptographyFailed(CryptographyError)
}

/// What became of a datagram that came.
public struct Inbound: Hashable, Sendable {
  /// A datagram that was taken out of another by one association.
  public struct Opened: Hashable, Sendable {
    /// The datagram that came out: in tunnel mode the inner one, in transport mode the same without the association's
    /// header.
    public var datagram: [UInt8]
    /// The association that it came by.
    public var association: AssociationIdentity
    /// The number that it came under.
    public var sequenceNumber: UInt32
    /// The window's right edge afterwards; 0 where there is no window.
    public var windowTop: UInt32
    /// The associations that it came by, this one included.
    public var trail: AssociationTrail
    /// Whether it is to be delivered or forwarded: the policies are satisfied. Else it is for this node again and carries
    /// IPsec: put together where it is a fragment, it is given to ``IPsecEngine/inbound(_:openedBy:at:)`` with its trail.
    public var isComplete: Bool
  }

  /// A datagram that goes no further. What was verified before it was refused has moved the window.
  public struct Refused: Hashable, Sendable {
    /// Why.
    public var reason: InboundRefusal
    /// The association that it came by, once it was found.
    public var association: AssociationIdentity?
    /// The number that it came under, once it was read.
    public var sequenceNumber: UInt32?
    /// The window's right edge afterwards, where the ICV was right and so the number was remembered.
    public var windowTop: UInt32?
  }

  /// What became of it.
  public enum Action: Hashable, Sendable {
    /// It is delivered or forwarded as it came.
    case bypass
    /// The datagram inside is delivered or forwarded, or opened further.
    case opened(Opened)
    /// It is dropped.
    indirect case refused(Refused)
  }

  /// The entry that decided; `nil` where it did not come to that.
  public var match: PolicyMatch?
  /// What became of it.
  public var action: Action
  /// What the packet, or the time, did to associations.
  public var events: [LifetimeEvent] = []
}
