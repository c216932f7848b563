import Testing

@testable import Cryptography

@Suite("Whether a certificate is trusted")
struct CertificateVerifierTests {
  @Test("A path to an anchor, whatever the keys", arguments: SampleChain.both)
  func path(_ chain: Result<SampleChain, any Error>) throws {
    let chain = try chain.get()
    let (root, branch) = (chain.root.certificate, chain.branch.certificate)
    let instant = SampleChain.start + 3 * SampleChain.day
    let verifier = CertificateVerifier(anchors: [root])
    #expect(
      try verifier.path(from: chain.gateway, through: [root, branch], at: instant) == [chain.gateway, branch, root])
    #expect(try verifier.path(from: root, at: instant) == [root])
    let trusting = CertificateVerifier(anchors: [branch])
    #expect(try trusting.path(from: chain.gateway, at: instant) == [chain.gateway, branch])
  }

  @Test("Time, in words: the first and the last second are in")
  func validity() throws {
    let chain = try SampleChain.rsa.get()
    let name = "certificate \"C=CH, O=Lockstep, CN=fw-a\""
    #expect(chain.refusal(day: 1) == "nothing was refused")
    #expect(
      chain.refusal(day: 0)
        == "\(name): is not valid before 2026-01-02 00:00:00 UTC, and it is 2026-01-01 00:00:00 UTC "
        + "(RFC 2459 §4.1.2.5)")
    #expect(
      chain.refusal(day: 365)
        == "\(name): expired after 2026-12-31 23:59:59 UTC, and it is 2027-01-01 00:00:00 UTC (RFC 2459 §4.1.2.5)")
    let verifier = CertificateVerifier(anchors: [chain.root.certificate])
    #expect(throws: Never.self) {
      try verifier.path(from: chain.gateway, through: [chain.branch.certificate], at: chain.gateway.notAfter)
    }
    // The authority's own time counts as well.
    let late = try chain.branch.issue(
      request("CN=late", SampleChain.start...SampleChain.start + 5_000 * SampleChain.day))
    #expect(
      chain.refusal(of: late, day: 2_000)
        == "certificate \"C=CH, O=Lockstep, OU=Bern, CN=Branch\": expired after 2028-09-27 00:00:00 UTC, and it is "
        + "2031-06-24 00:00:00 UTC (RFC 2459 §4.1.2.5)")
  }

  private func request(
    _ name: String, _ validity: ClosedRange<Int64>? = nil, key: PrivateKey? = nil, isAuthority: Bool = false
  ) throws -> CertificateAuthority.Request {
    CertificateAuthority.Request(
      subject: try DistinguishedName(name),
      publicKey: try key?.publicKey ?? .rsa(SampleKeys.rsa.get().publicKey), serialNumber: [1, 2, 3],
      validity: validity ?? SampleChain.start...SampleChain.start + 100 * SampleChain.day, isAuthority: isAuthority)
  }

  @Test("Who issued it, in words")
  func issuers() throws {
    let chain = try SampleChain.rsa.get()
    let name = "certificate \"C=CH, O=Lockstep, CN=fw-a\""
    #expect(
      chain.refusal(through: [])
        == "\(name): its issuer \"C=CH, O=Lockstep, OU=Bern, CN=Branch\" is no trust anchor, and was not sent "
        + "(RFC 2459 §6.1)")
    #expect(
      chain.refusal(of: chain.root.certificate, anchors: [])
        == "certificate \"C=CH, O=Lockstep, CN=Root\": signed itself and is no trust anchor (RFC 2459 §6.1)")
    // An authority of the same name and another key.
    let key = PrivateKey.rsa(try SampleKeys.rsa.get())
    let false_ = try CertificateAuthority.root(
      subject: chain.branch.certificate.subject, key: key, serialNumber: [9],
      validity: SampleChain.start...SampleChain.start + 100 * SampleChain.day)
    #expect(
      chain.refusal(through: [false_.certificate])
        == "\(name): its signature (sha1WithRSAEncryption) is not that of \"C=CH, O=Lockstep, OU=Bern, CN=Branch\" "
        + "(RFC 2459 §4.1.1.3)")
    #expect(chain.refusal(through: [false_.certificate, chain.branch.certificate]) == "nothing was refused")
  }

  @Test("What an authority must be, in words")
  func authorities() throws {
    let chain = try SampleChain.rsa.get()
    let key = PrivateKey.rsa(try SampleKeys.rsa.get())
    let impostor = try CertificateAuthority(certificate: chain.gateway, key: key)
    let victim = try impostor.issue(request("CN=victim"))
    #expect(
      chain.refusal(of: victim, through: [chain.gateway, chain.branch.certificate])
        == "certificate \"C=CH, O=Lockstep, CN=fw-a\": is no authority's, and issued another (RFC 2459 §4.2.1.10)")
    let deeper = try CertificateAuthority(
      certificate: chain.branch.issue(request("CN=deeper", isAuthority: true)), key: key)
    let leaf = try deeper.issue(request("CN=leaf"))
    #expect(
      chain.refusal(of: leaf, through: [deeper.certificate, chain.branch.certificate])
        == "certificate \"C=CH, O=Lockstep, OU=Bern, CN=Branch\": permits 0 authorities below it, and 1 are there "
        + "(RFC 2459 §4.2.1.10)")
    #expect(
      refusal { _ = try CertificateAuthority(certificate: chain.branch.certificate, key: key) }
        == "RSA key: is not the one of the certificate C=CH, O=Lockstep, OU=Bern, CN=Branch")
    #expect(
      refusal {
        _ = try CertificateAuthority.root(
          subject: leaf.subject, key: key, serialNumber: [1], validity: 0...1, hash: .ripemd160)
      }
        == "libcrypto has no RSA with RIPEMD-160 (no certificate is signed so)")
  }

  @Test("A path longer than the bound")
  func longPath() throws {
    let key = PrivateKey.rsa(try SampleKeys.rsa.get())
    var authority = try CertificateAuthority.root(
      subject: DistinguishedName("CN=0"), key: key, serialNumber: [1],
      validity: SampleChain.start...SampleChain.start + 100 * SampleChain.day)
    let root = authority.certificate
    var others: [Certificate] = []
    for index in 1...CertificateVerifier.longestPath + 1 {
      let issued = try authority.issue(request("CN=\(index)", isAuthority: true))
      let verifier = CertificateVerifier(anchors: [root])
      let text = refusal { _ = try verifier.path(from: issued, through: others, at: SampleChain.start) }
      #expect(
        text
          == (index <= CertificateVerifier.longestPath
            ? "nothing was refused"
            : "certificate \"CN=1\": more than 8 certificates lead to it (RFC 2459 §6.1)"))
      others.append(issued)
      authority = try CertificateAuthority(certificate: issued, key: key)
    }
  }

  @Test("What was revoked, by whom and when, in words")
  func revocation() throws {
    let chain = try SampleChain.mixed.get()
    let (start, day) = (SampleChain.start, SampleChain.day)
    let entry = RevocationList.Entry(
      serialNumber: chain.gateway.serialNumber, date: start + 10 * day, reason: .keyCompromise)
    let list = try chain.branch.revocationList(
      number: 1, thisUpdate: start + 10 * day, nextUpdate: start + 20 * day, [entry])
    let name = "certificate \"C=CH, O=Lockstep, CN=fw-a\""
    let revoked = "\(name): was revoked on 2026-01-11 00:00:00 UTC: its key was compromised (RFC 2459 §5.1.2.6)"
    #expect(chain.refusal(lists: [list], day: 9) == "nothing was refused")
    #expect(chain.refusal(lists: [list], day: 10) == revoked)
    #expect(chain.refusal(lists: [list], day: 30) == revoked)
    // A newer one takes it back; one of another issuer, or under another key, counts for nothing.
    let newer = try chain.branch.revocationList(
      number: 2, thisUpdate: start + 12 * day, nextUpdate: start + 22 * day, [])
    #expect(chain.refusal(lists: [list, newer], day: 11) == revoked)
    #expect(chain.refusal(lists: [newer, list], day: 12) == "nothing was refused")
    let others = try chain.root.revocationList(number: 1, thisUpdate: start, nextUpdate: start + day, [entry])
    #expect(chain.refusal(lists: [others], day: 10) == "nothing was refused")
    let own = try CertificateAuthority.root(
      subject: chain.branch.certificate.subject, key: .dsa(SampleKeys.dsa.get()), serialNumber: [1],
      validity: start...start + 100 * day)
    let forged = try own.revocationList(number: 1, thisUpdate: start, nextUpdate: start + day, [entry])
    #expect(chain.refusal(lists: [forged], day: 10) == "nothing was refused")
    // An authority's certificate is revoked by the one above it.
    let above = try chain.root.revocationList(
      number: 1, thisUpdate: start, nextUpdate: start + day,
      [RevocationList.Entry(serialNumber: chain.branch.certificate.serialNumber, date: start)])
    #expect(
      chain.refusal(lists: [above])
        == "certificate \"C=CH, O=Lockstep, OU=Bern, CN=Branch\": was revoked on 2026-01-01 00:00:00 UTC "
        + "(RFC 2459 §5.1.2.6)")
  }

  @Test("Where lists are needed, in words")
  func requiredLists() throws {
    let chain = try SampleChain.rsa.get()
    let (start, day) = (SampleChain.start, SampleChain.day)
    let name = "certificate \"C=CH, O=Lockstep, CN=fw-a\""
    let issuer = "C=CH, O=Lockstep, OU=Bern, CN=Branch"
    #expect(
      chain.refusal(needsList: true) == "\(name): its issuer \"\(issuer)\" has no revocation list (RFC 2459 §6.1)")
    let lists = [
      try chain.branch.revocationList(number: 1, thisUpdate: start, nextUpdate: start + 10 * day, []),
      try chain.root.revocationList(number: 1, thisUpdate: start, nextUpdate: start + 100 * day, []),
    ]
    #expect(chain.refusal(lists: lists, needsList: true, day: 10) == "nothing was refused")
    #expect(
      chain.refusal(lists: lists, needsList: true, day: 11)
        == "\(name): the revocation list of \"\(issuer)\" should have been renewed by 2026-01-11 00:00:00 UTC "
        + "(RFC 2459 §5.1.2.5)")
    #expect(chain.refusal(lists: lists, day: 11) == "nothing was refused")
  }

  @Test("An extension that must be understood, and a key that can't be used")
  func unknown() throws {
    let chain = try SampleChain.rsa.get()
    // The alternative names of the gateway under another number, and critical by what stood there as their beginning.
    var octets = chain.gateway.encoded
    let identifier: [UInt8] = [0x06, 0x03, 0x55, 0x1D, 0x0F, 0x01, 0x01, 0xFF]
    let place = try #require(octets.indices.dropLast(8).first { Array(octets[$0..<$0 + 8]) == identifier })
    octets[place + 4] = 0x63
    let strange = try Certificate(der: octets)
    #expect(
      chain.refusal(of: strange)
        == "certificate \"C=CH, O=Lockstep, CN=fw-a\": has an extension that must be understood, and isn't: 2.5.29.99 "
        + "(RFC 2459 §4.2)")
    octets = chain.gateway.encoded
    let rsa: [UInt8] = [0x86, 0xF7, 0x0D, 1, 1, 1]
    let key = try #require(octets.indices.dropLast(6).first { Array(octets[$0..<$0 + 6]) == rsa })
    octets[key + 5] = 2
    let text = chain.refusal(of: try Certificate(der: octets))
    #expect(
      text.hasPrefix(
        "certificate \"C=CH, O=Lockstep, CN=fw-a\": has no key that can be used: certificate's public key · algorithm"))
    #expect(text.hasSuffix("expected RSA or DSA (1.2.840.113549.1.1.1 or 1.2.840.10040.4.1) (RFC 2459 §4.1.2.7)"))
  }
}

@Suite("Revocation lists")
struct RevocationListTests {
  private func list(_ entries: [RevocationList.Entry]) throws -> RevocationList {
    try SampleChain.rsa.get().branch.revocationList(
      number: 300, thisUpdate: SampleChain.start, nextUpdate: SampleChain.start + SampleChain.day, entries)
  }

  @Test("What was asked for is in it")
  func contents() throws {
    let entries = RevocationList.Reason.allCases.map { reason in
      RevocationList.Entry(serialNumber: [UInt8(reason.rawValue) + 1], date: SampleChain.start, reason: reason)
    }
    let all = entries + [RevocationList.Entry(serialNumber: [0, 0, 200, 1], date: 0)]
    let list = try list(all)
    #expect(list.entries == all)
    #expect(list.entry(serialNumber: [200, 1])?.date == 0)
    #expect(list.entry(serialNumber: [99]) == nil)
    #expect("\(list.issuer)" == "C=CH, O=Lockstep, OU=Bern, CN=Branch")
    #expect(list.thisUpdate == SampleChain.start && list.nextUpdate == SampleChain.start + SampleChain.day)
    #expect(list.unknownCritical.isEmpty)
    #expect(try list.isSigned(by: #require(SampleChain.rsa.get().branch.certificate.publicKey)))
    #expect(try RevocationList(der: list.encoded) == list)
    #expect(try RevocationList.all(pem: list.pem) == [list])
    #expect(try self.list([]).entries.isEmpty)
    #expect(try self.list(all) == list)
  }

  @Test("Every beginning is refused, and so is every other bit, by a reader or by the signature")
  func hostile() throws {
    let octets = try list([RevocationList.Entry(serialNumber: [7], date: 0, reason: .hold)]).encoded
    let key = try #require(SampleChain.rsa.get().branch.certificate.publicKey)
    for count in 0..<octets.count {
      #expect(throws: DERError.self) { try RevocationList(der: Array(octets[..<count])) }
    }
    for bit in 0..<octets.count * 8 {
      var changed = octets
      changed[bit / 8] ^= 1 << (bit % 8)
      if let read = try? RevocationList(der: changed) { #expect(try !read.isSigned(by: key), "bit \(bit)") }
    }
  }
}
