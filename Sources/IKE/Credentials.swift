import Cryptography
import Units
import Wire

/// What this side proves with signatures who it is, and whom it believes: RFC 2409 §5.1.
public struct IKECredentials: Hashable, Sendable {
  /// This side's key. RSA or DSA: it decides between RSA and DSS signatures.
  public var key: PrivateKey
  /// What is sent: the key's certificate first, then those that lead to an authority that the peer trusts.
  public var certificates: [Certificate]
  /// Who is trusted to say whose a key is. An anchor may be the peer's own certificate.
  public var verifier: CertificateVerifier
  /// Which second since the beginning of 1970 it is when the run begins: certificates are valid for dates.
  public var epoch: Int64

  public init(key: PrivateKey, certificates: [Certificate], verifier: CertificateVerifier, epoch: Int64) {
    self.key = key
    self.certificates = certificates
    self.verifier = verifier
    self.epoch = epoch
  }

  /// The date of an instant of the run.
  func seconds(at instant: Instant) -> Int64 {
    let (date, overflow) = epoch.addingReportingOverflow(Int64(instant.nanoseconds / 1_000_000_000))
    return overflow ? .max : date
  }
}

/// How the two ends of phase 1 prove who they are: RFC 2409 §5.
enum Phase1Authentication: Hashable, Sendable {
  case preSharedKey
  case rsaSignatures
  case dssSignatures

  /// The value of the Authentication Method attribute.
  var method: IKEAuthenticationMethod {
    switch self {
    case .preSharedKey: .preSharedKey
    case .rsaSignatures: .rsaSignatures
    case .dssSignatures: .dssSignatures
    }
  }

  /// The same where the caller, who begins, is a user besides: draft-beaulieu-ike-xauth-02 §5.
  var userMethod: IKEAuthenticationMethod {
    switch self {
    case .preSharedKey: .xauthInitiatorPreShared
    case .rsaSignatures: .xauthInitiatorRSA
    case .dssSignatures: IKEAuthenticationMethod(rawValue: 65_003)
    }
  }

  /// The payload that holds the proof.
  var proof: PayloadType { self == .preSharedKey ? .hash : .signature }
}

extension IKEPeer {
  /// How phase 1 with the peer is authenticated.
  var authentication: Phase1Authentication {
    switch credentials?.key {
    case nil: .preSharedKey
    case .rsa: .rsaSignatures
    case .dsa: .dssSignatures
    }
  }
}

extension IKEPeer {
  /// The value of the Authentication Method attribute.
  var authenticationMethod: IKEAuthenticationMethod {
    remoteAccess?.hasUsers == true ? authentication.userMethod : authentication.method
  }
}

extension Phase1Setting {
  /// What asks the peer for a certificate of one of the authorities that this side trusts: RFC 2408 §3.10. Nothing
  /// where no certificates are used.
  var certificateRequests: [ISAKMPPayload] {
    (peer.credentials?.verifier.anchors ?? []).prefix(Self.maximumRequests).map {
      .certificateRequest(CertificateRequestPayload(type: .x509Signature, authority: $0.subject.encoded))
    }
  }

  /// More authorities than this are not named.
  private static let maximumRequests = 16
}

extension Identity {
  /// What a certificate has to name; `nil` for a key identifier and what else no certificate names.
  var alternativeName: AlternativeName? {
    switch self {
    case .fullyQualifiedDomainName(let name): .dns(name)
    case .userFullyQualifiedDomainName(let name): .email(name)
    case .ipv4Address(let address): .address(address.octets)
    case .ipv6Address(let address): .address(address.octets)
    case .distinguishedName(let name): (try? DistinguishedName(encoded: name)).map(AlternativeName.directory)
    default: nil
    }
  }
}
