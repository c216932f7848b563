/// Why a certificate is not trusted. The text is what a person reads.
public struct CertificateRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The subject of the certificate that is at fault, which may be one further up.
  public let certificate: String
  /// What is wrong with it.
  public let rule: String
  /// The section of the RFC that says so: `RFC 2459 §4.1.2.5`.
  public let citation: String

  public var description: String { "certificate \"\(certificate)\": \(rule) (\(citation))" }
}

/// Decides whether a certificate is to be trusted: who is trusted to begin with, and what was taken back.
public struct CertificateVerifier: Hashable, Sendable {
  /// Certificates between the one in question and an anchor: what a company and its partners need is less than half.
  public static let longestPath = 8

  /// Those that are trusted because someone said so.
  public var anchors: [Certificate]
  /// Lists of what was taken back, of any issuer and any date.
  public var revocationLists: [RevocationList]
  /// Whether every issuer must have a list that is current.
  public var requiresRevocationList: Bool

  /// Trusts the anchors, and takes no certificate that one of the lists names.
  public init(
    anchors: [Certificate], revocationLists: [RevocationList] = [], requiresRevocationList: Bool = false
  ) {
    self.anchors = anchors
    self.revocationLists = revocationLists
    self.requiresRevocationList = requiresRevocationList
  }

  /// The path from `certificate` to an anchor, both included, by way of `others`, which the peer may have sent: each was
  /// issued by the next. Refuses where there is none, or one of its certificates is not valid at `instant`, seconds since
  /// the beginning of 1970 (RFC 2459 §6.1).
  ///
  /// Where an issuer has several certificates under its name, the first one that signed is taken: anchors before others.
  public func path(
    from certificate: Certificate, through others: [Certificate] = [], at instant: Int64
  ) throws(CertificateRefusal) -> [Certificate] {
    var path = [certificate]
    try check(certificate, at: instant)
    while let last = path.last, !anchors.contains(last) {
      guard path.count <= Self.longestPath else {
        throw refuse(last, "more than \(Self.longestPath) certificates lead to it", "RFC 2459 §6.1")
      }
      let issuer = try issuer(of: last, among: others.filter { !path.contains($0) })
      try check(issuer, at: instant)
      try checkAuthority(issuer, below: path)
      try checkRevocation(of: last, by: issuer, at: instant)
      path.append(issuer)
    }
    return path
  }

  private func refuse(_ certificate: Certificate, _ rule: String, _ citation: String) -> CertificateRefusal {
    CertificateRefusal(certificate: "\(certificate.subject)", rule: rule, citation: citation)
  }

  /// What each certificate must be by itself.
  private func check(_ certificate: Certificate, at instant: Int64) throws(CertificateRefusal) {
    guard instant >= certificate.notBefore else {
      throw refuse(
        certificate,
        "is not valid before \(CertificateTime.text(certificate.notBefore)), and it is "
          + CertificateTime.text(instant), "RFC 2459 §4.1.2.5")
    }
    guard instant <= certificate.notAfter else {
      throw refuse(
        certificate,
        "expired after \(CertificateTime.text(certificate.notAfter)), and it is \(CertificateTime.text(instant))",
        "RFC 2459 §4.1.2.5")
    }
    guard certificate.extensions.unknownCritical.isEmpty else {
      throw refuse(
        certificate,
        "has an extension that must be understood, and isn't: "
          + certificate.extensions.unknownCritical.joined(separator: ", "), "RFC 2459 §4.2")
    }
    if let fault = certificate.publicKeyFault {
      throw refuse(certificate, "has no key that can be used: \(fault)", "RFC 2459 §4.1.2.7")
    }
  }

  /// The first that has the issuer's name and signed it.
  private func issuer(
    of certificate: Certificate, among others: [Certificate]
  ) throws(CertificateRefusal) -> Certificate {
    let named = (anchors + others).filter { $0.subject == certificate.issuer && $0 != certificate }
    guard !named.isEmpty else {
      let isOwn = certificate.issuer == certificate.subject
      throw refuse(
        certificate,
        isOwn
          ? "signed itself and is no trust anchor"
          : "its issuer \"\(certificate.issuer)\" is no trust anchor, and was not sent", "RFC 2459 §6.1")
    }
    let signers = named.filter { candidate in
      guard let key = candidate.publicKey else { return false }
      return (try? certificate.isSigned(by: key)) == true
    }
    guard let signer = signers.first else {
      throw refuse(
        certificate,
        "its signature (\(certificate.signatureAlgorithm.name)) is not that of \"\(certificate.issuer)\"",
        "RFC 2459 §4.1.1.3")
    }
    return signer
  }

  /// What a certificate must say to stand above `path`.
  private func checkAuthority(_ issuer: Certificate, below path: [Certificate]) throws(CertificateRefusal) {
    // Certificates of versions 1 and 2 have nowhere to say so: they count where they are anchors.
    guard issuer.extensions.isAuthority || (issuer.version < 3 && anchors.contains(issuer)) else {
      throw refuse(issuer, "is no authority's, and issued another", "RFC 2459 §4.2.1.10")
    }
    if let usages = issuer.extensions.keyUsages, !usages.contains(.certificateSigning) {
      throw refuse(issuer, "its key is not for signing certificates", "RFC 2459 §4.2.1.3")
    }
    // Those that issued themselves don't count.
    let authorities = path.dropFirst().count { $0.issuer != $0.subject }
    if let length = issuer.extensions.pathLength, authorities > length {
      throw refuse(
        issuer, "permits \(length) authorities below it, and \(authorities) are there", "RFC 2459 §4.2.1.10")
    }
  }

  /// Of the issuer's lists that were issued by then, the newest counts.
  private func checkRevocation(
    of certificate: Certificate, by issuer: Certificate, at instant: Int64
  ) throws(CertificateRefusal) {
    guard let list = newestList(of: issuer, at: instant) else {
      guard !requiresRevocationList else {
        throw refuse(certificate, "its issuer \"\(issuer.subject)\" has no revocation list", "RFC 2459 §6.1")
      }
      return
    }
    if let entry = list.entry(serialNumber: certificate.serialNumber), entry.date <= instant,
      entry.reason != .removeFromList
    {
      let reason = entry.reason.map { ": \($0)" } ?? ""
      throw refuse(
        certificate, "was revoked on \(CertificateTime.text(entry.date))\(reason)", "RFC 2459 §5.1.2.6")
    }
    if requiresRevocationList, let next = list.nextUpdate, next < instant {
      throw refuse(
        certificate,
        "the revocation list of \"\(issuer.subject)\" should have been renewed by \(CertificateTime.text(next))",
        "RFC 2459 §5.1.2.5")
    }
  }

  /// Lists with an extension that must be understood, and isn't, say nothing of any certificate (RFC 2459 §5.2).
  private func newestList(of issuer: Certificate, at instant: Int64) -> RevocationList? {
    guard let key = issuer.publicKey else { return nil }
    if let usages = issuer.extensions.keyUsages, !usages.contains(.revocationListSigning) { return nil }
    let lists = revocationLists.filter { list in
      list.issuer == issuer.subject && list.thisUpdate <= instant && list.unknownCritical.isEmpty
        && (try? list.isSigned(by: key)) == true
    }
    // The first of several that are as new.
    return lists.reduce(nil) { newest, list in
      guard let newest, newest.thisUpdate >= list.thisUpdate else { return list }
      return newest
    }
  }
}
