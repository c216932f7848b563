import Cryptography
import Wire

/// How each side of phase 1 proves who it is, and checks the other's proof: RFC 2409 §5, §5.1 and §5.4.
extension Phase1Keys {
  /// This side's proof for an identity: its hash, or its certificates and its signature over the hash.
  func proof(
    of role: IKERole, _ identity: IdentificationPayload, in setting: Phase1Setting, desk: inout Desk
  ) throws(IKERefusal) -> [ISAKMPPayload] {
    let hash = authenticator(of: role, identityBody: identity.body(), in: setting, desk: &desk)
    guard let credentials = setting.peer.credentials else { return [.hash(hash)] }
    guard let signature = try? credentials.key.sign(hash: hash) else {
      throw .impossible("the \(credentials.key.publicKey.algorithm) signature can't be computed", side: role)
    }
    desk.derived(
      role.signatureName, "\(credentials.key.publicKey.algorithm) signature over \(role.hashName)", "RFC 2409 §5.1",
      signature, setting.exchange)
    // Deviates: certificates go along asked for or not, as RFC 2409 §5.1 permits: a peer that has them passes them
    // over.
    return credentials.certificates.map {
      .certificate(CertificatePayload(encoding: .x509Signature, data: $0.encoded))
    } + [.signature(signature)]
  }

  /// Checks the other side's proof, and that it is who it has to be.
  func authenticate(
    _ message: ReceivedMessage, _ identity: IdentificationPayload?, from role: IKERole, in setting: Phase1Setting,
    desk: inout Desk
  ) throws(IKERefusal) {
    guard let identity else { throw .impossible("the table lets no message without an ID pass", side: role.opposite) }
    let value = authenticator(of: role, identityBody: identity.body(), in: setting, desk: &desk)
    if let credentials = setting.peer.credentials {
      let check = SignatureCheck(side: role.opposite, identity: identity, credentials: credentials, setting: setting)
      try check.verify(message, hash: value, signer: role, desk: &desk)
    } else {
      try checkHash(message.body(.hash), value, role)
    }
    if let refusal = Identities.refusal(of: identity, expected: setting.peerIdentity, side: role.opposite) {
      throw refusal
    }
  }

  private func checkHash(_ received: [UInt8], _ value: [UInt8], _ role: IKERole) throws(IKERefusal) {
    guard isSame(value, received) else {
      throw IKERefusal(
        side: role.opposite, rule: "\(role.hashName) does not prove the pre-shared key", attribute: "Hash",
        offered: hexadecimal(received), wanted: hexadecimal(value), citation: "RFC 2409 §5",
        notification: .authenticationFailed)
    }
  }
}

extension IKERole {
  /// What the side's hash is called.
  var hashName: String { self == .initiator ? "HASH_I" : "HASH_R" }
  /// What the side's signature is called.
  var signatureName: String { self == .initiator ? "SIG_I" : "SIG_R" }
}

/// A look at the other side's certificates and signature.
struct SignatureCheck {
  /// The side that looks.
  let side: IKERole
  let identity: IdentificationPayload
  let credentials: IKECredentials
  let setting: Phase1Setting

  /// More certificates and lists than this in one message are passed over.
  private static let maximumCertificates = 16

  /// The signature has to be by the key of a certificate that is trusted, and that names the identity.
  func verify(
    _ message: ReceivedMessage, hash: [UInt8], signer: IKERole, desk: inout Desk
  ) throws(IKERefusal) {
    let (certificates, lists) = try read(message)
    let certificate = try choose(certificates)
    do {
      var verifier = credentials.verifier
      verifier.revocationLists += lists
      let path = try verifier.path(
        from: certificate, through: certificates.filter { $0 != certificate }, at: credentials.seconds(at: desk.now))
      desk.note(
        .noted("trusts \(path.map { "\"\($0.subject)\"" }.joined(separator: ", which is signed by "))"),
        setting.exchange)
    } catch {
      throw IKERefusal(
        side: side, rule: "certificate \"\(error.certificate)\": \(error.rule)", citation: error.citation,
        notification: .invalidCertificate)
    }
    try checkSignature(message.body(.signature), hash, certificate, signer)
  }

  /// The certificates and revocation lists of a message.
  private func read(_ message: ReceivedMessage) throws(IKERefusal) -> ([Certificate], [RevocationList]) {
    var certificates: [Certificate] = []
    var lists: [RevocationList] = []
    for payload in message.certificates.prefix(Self.maximumCertificates) {
      do {
        switch payload.encoding {
        case .x509Signature: certificates.append(try Certificate(der: payload.data))
        case .certificateRevocationList: lists.append(try RevocationList(der: payload.data))
        default: break
        }
      } catch {
        throw IKERefusal(
          side: side, rule: "a certificate can't be read: \(error)", attribute: "Certificate",
          citation: "RFC 2408 §3.9", notification: .invalidCertificateEncoding)
      }
    }
    return (certificates, lists)
  }

  /// The certificate that names the identity, among those that were sent and those that are trusted anyway.
  private func choose(_ sent: [Certificate]) throws(IKERefusal) -> Certificate {
    let known = sent + credentials.verifier.anchors
    if let name = identity.identity?.alternativeName, let certificate = known.first(where: { $0.names(name) }) {
      return certificate
    }
    guard let other = sent.first else {
      throw IKERefusal(
        side: side, rule: "no certificate was sent, and none is known for this identity", attribute: "Identification",
        offered: Identities.words(identity), citation: "RFC 2409 §5.1", notification: .certificateUnavailable)
    }
    throw IKERefusal(
      side: side, rule: "the certificate is for somebody else", attribute: "Identification",
      offered: Identities.words(identity), wanted: "a name of \"\(other.subject)\"", citation: "RFC 2407 §4.6.2",
      notification: .invalidIDInformation)
  }

  private func checkSignature(
    _ signature: [UInt8], _ hash: [UInt8], _ certificate: Certificate, _ signer: IKERole
  ) throws(IKERefusal) {
    let wanted = credentials.key.publicKey.algorithm
    guard let key = certificate.publicKey, key.algorithm == wanted else {
      throw IKERefusal(
        side: side, rule: "the certificate's key is not of the kind that was agreed on", attribute: "Certificate",
        offered: certificate.publicKey?.algorithm ?? "none", wanted: wanted, citation: "RFC 2409 §5.1",
        notification: .invalidCertificate)
    }
    if let usages = certificate.extensions.keyUsages, !usages.contains(.digitalSignature) {
      throw IKERefusal(
        side: side, rule: "the certificate's key is not for signatures", attribute: "Certificate",
        citation: "RFC 2459 §4.2.1.3", notification: .invalidCertificate)
    }
    guard (try? key.isSignature(signature, ofHash: hash)) == true else {
      throw IKERefusal(
        side: side, rule: "\(signer.signatureName) does not prove the key of \"\(certificate.subject)\"",
        attribute: "Signature", citation: "RFC 2409 §5.1", notification: .invalidSignature)
    }
  }
}
