import Testing

@testable import Cryptography

/// A company's authority, one below it, and a gateway: the same each time.
struct SampleChain {
  /// 2026-01-01 00:00:00 UTC.
  static let start: Int64 = 1_767_225_600
  static let day: Int64 = 86_400

  let root: CertificateAuthority
  let branch: CertificateAuthority
  let gateway: Certificate

  init(rootKey: PrivateKey, branchKey: PrivateKey, gatewayKey: PrivateKey) throws {
    var generator = SeededGenerator(seed: 23, node: "authority", purpose: "serial numbers")
    let start = Self.start
    root = try CertificateAuthority.root(
      subject: DistinguishedName("C=CH, O=Lockstep, CN=Root"), key: rootKey,
      serialNumber: CertificateAuthority.serialNumber(using: &generator), validity: start...start + 3_650 * Self.day)
    branch = try CertificateAuthority(
      certificate: root.issue(
        CertificateAuthority.Request(
          subject: DistinguishedName("C=CH, O=Lockstep, OU=Bern, CN=Branch"), publicKey: branchKey.publicKey,
          serialNumber: CertificateAuthority.serialNumber(using: &generator),
          validity: start...start + 1_000 * Self.day, isAuthority: true, pathLength: 0)), key: branchKey)
    gateway = try branch.issue(
      CertificateAuthority.Request(
        subject: DistinguishedName("C=CH, O=Lockstep, CN=fw-a"), publicKey: gatewayKey.publicKey,
        serialNumber: CertificateAuthority.serialNumber(using: &generator),
        validity: start + Self.day...start + 365 * Self.day - 1,
        alternativeNames: [
          .address([192, 0, 2, 1]), .address([0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]),
          .dns("fw-a.lockstep.example"), .email("admin@lockstep.example"),
        ]))
  }

  static let rsa = Result {
    let (key, other) = (PrivateKey.rsa(try SampleKeys.rsa.get()), PrivateKey.rsa(try SampleKeys.other.get()))
    return try SampleChain(rootKey: key, branchKey: other, gatewayKey: key)
  }

  /// A DSA root, an RSA authority below it, and a DSA gateway.
  static let mixed = Result {
    let (key, other) = (PrivateKey.dsa(try SampleKeys.dsa.get()), PrivateKey.rsa(try SampleKeys.other.get()))
    return try SampleChain(rootKey: key, branchKey: other, gatewayKey: key)
  }

  static let both = [rsa, mixed]

  /// The gateway asks, three days after the beginning.
  func refusal(
    of certificate: Certificate? = nil, anchors: [Certificate]? = nil, through others: [Certificate]? = nil,
    lists: [RevocationList] = [], needsList: Bool = false, day: Int64 = 3
  ) -> String {
    let verifier = CertificateVerifier(
      anchors: anchors ?? [root.certificate], revocationLists: lists, requiresRevocationList: needsList)
    return CryptographyTests.refusal {
      _ = try verifier.path(
        from: certificate ?? gateway, through: others ?? [branch.certificate], at: Self.start + day * Self.day)
    }
  }
}

@Suite("Certificates")
struct CertificateTests {
  @Test("What was asked for is in it, and the same octets come out again", arguments: SampleChain.both)
  func contents(_ chain: Result<SampleChain, any Error>) throws {
    let chain = try chain.get()
    let gateway = chain.gateway
    #expect(gateway.version == 3)
    #expect("\(gateway.issuer)" == "C=CH, O=Lockstep, OU=Bern, CN=Branch")
    #expect("\(gateway.subject)" == "C=CH, O=Lockstep, CN=fw-a")
    #expect(gateway.notBefore == SampleChain.start + SampleChain.day)
    #expect(gateway.notAfter == SampleChain.start + 365 * SampleChain.day - 1)
    #expect(gateway.serialNumber.count == 8 && gateway.serialNumber[0] < 0x80)
    #expect(
      gateway.extensions.alternativeNames.map { "\($0)" } == [
        "IP 192.0.2.1", "IP 2001:db8:0:0:0:0:0:1", "DNS fw-a.lockstep.example", "email admin@lockstep.example",
      ])
    #expect(!gateway.extensions.isAuthority)
    #expect(gateway.extensions.keyUsages?.contains(.digitalSignature) == true)
    let branch = chain.branch.certificate
    #expect(branch.extensions.isAuthority && branch.extensions.pathLength == 0)
    #expect(branch.extensions.keyUsages == [.certificateSigning, .revocationListSigning])
    #expect(gateway.extensions.authorityKeyIdentifier == branch.extensions.subjectKeyIdentifier)
    #expect(try gateway.isSigned(by: #require(branch.publicKey)))
    #expect(try !gateway.isSigned(by: #require(gateway.publicKey)))
    #expect(try Certificate(der: gateway.encoded) == gateway)
    #expect(try Certificate.all(pem: gateway.pem + branch.pem) == [gateway, branch])
  }

  @Test("The same seed makes the same certificates, in every process")
  func golden() throws {
    let digests = try SampleChain.both.map { chain in
      let chain = try chain.get()
      return hex(
        HashAlgorithm.sha256.digest([chain.root.certificate, chain.branch.certificate, chain.gateway].map(\.encoded)))
    }
    #expect(
      digests == [
        "77b27001cdba3d86d82135ba8e48dc51e517975631d8e8c84c62fcb892d18259",
        "66ee02cf23cf9ba64024e4ea43718ae820e41f72374f7e6ecd41022a5a35b89d",
      ])
  }

  @Test("Names that a certificate gives its subject")
  func names() throws {
    let gateway = try SampleChain.rsa.get().gateway
    #expect(gateway.names(.dns("FW-A.lockstep.example")))
    #expect(gateway.names(.email("admin@LOCKSTEP.example")))
    #expect(!gateway.names(.email("Admin@lockstep.example")))
    #expect(gateway.names(.address([192, 0, 2, 1])))
    #expect(gateway.names(.directory(gateway.subject)))
    #expect(!gateway.names(.dns("fw-b.lockstep.example")))
    #expect(!gateway.names(.dns("admin@lockstep.example")))
    #expect(!gateway.names(.address([192, 0, 2, 2])))
    #expect(!gateway.names(.directory(gateway.issuer)))
  }

  @Test("Certificates that real implementations sent", arguments: CapturedSignature.all)
  func captured(_ captured: CapturedSignature) throws {
    let certificate = try Certificate(der: hex(captured.certificate))
    #expect("\(certificate.subject)" == "C=CH, O=Lockstep Test, CN=\(captured.name)")
    #expect(certificate.extensions.alternativeNames == [.dns(captured.name)])
    #expect(certificate.names(.dns(captured.name)))
    #expect(certificate.signatureAlgorithm.name.hasSuffix("WithRSAEncryption"))
    #expect(certificate.extensions.authorityKeyIdentifier?.count == 20)
    #expect(certificate.extensions.unknownCritical.isEmpty)
  }

  @Test("What others signed for IKE, and what they didn't", arguments: CapturedSignature.all)
  func capturedSignatures(_ captured: CapturedSignature) throws {
    let certificate = try Certificate(der: hex(captured.certificate))
    let key = try #require(certificate.publicKey)
    #expect(try key.isSignature(hex(captured.signature), ofHash: hex(captured.hash)))
    let other = CapturedSignature.all.first { $0.name != captured.name }
    #expect(try !key.isSignature(hex(captured.signature), ofHash: hex(#require(other).hash)))
    guard case .rsa(let rsa) = key else { return #expect(key.algorithm == "RSA") }
    // With an algorithm's identifier it would be another octet string.
    #expect(try !rsa.isSignature(hex(captured.signature), ofDigest: hex(captured.hash), by: .sha1))
  }

  @Test("Every beginning is refused, and so is every other bit, by a reader or by the signature")
  func hostile() throws {
    let chain = try SampleChain.rsa.get()
    let octets = chain.gateway.encoded
    for count in 0..<octets.count {
      #expect(throws: DERError.self) { try Certificate(der: Array(octets[..<count])) }
    }
    let key = try #require(chain.branch.certificate.publicKey)
    for bit in 0..<octets.count * 8 {
      var changed = octets
      changed[bit / 8] ^= 1 << (bit % 8)
      if let read = try? Certificate(der: changed) { #expect(try !read.isSigned(by: key), "bit \(bit)") }
    }
  }

  @Test("Octets that are no certificate, in words")
  func refusals() throws {
    func read(_ octets: [UInt8]) -> String { refusal { _ = try Certificate(der: octets) } }
    #expect(read([]) == "certificate · Certificate at octet 0: is missing")
    #expect(read([0x31, 0]) == "certificate · Certificate at octet 0: has tag 0x31; expected 0x30")
    #expect(read([0x30, 0]) == "certificate · tbsCertificate at octet 2: is missing")
    let gateway = try SampleChain.rsa.get().gateway.encoded
    #expect(read(gateway + [0]) == "certificate · Certificate at octet \(gateway.count): 1 octet left over")
    #expect(
      refusal { _ = try Certificate.all(pem: "") } == "there is no CERTIFICATE in it")
  }
}

@Suite("Names and times of certificates")
struct CertificateNameTests {
  @Test("Names as people write them")
  func names() throws {
    let name = try DistinguishedName("C=CH, o=Zürich\\, Bern, CN = fw-a , E=a@b.example, DC=lockstep")
    #expect("\(name)" == "C=CH, O=Zürich\\, Bern, CN=fw-a, E=a@b.example, DC=lockstep")
    #expect(try DistinguishedName("\(name)") == name)
    #expect(try DistinguishedName(encoded: name.encoded) == name)
    #expect(hex(try DistinguishedName("C=CH").encoded) == "300d310b3009060355040613024348")
    #expect(try DistinguishedName("CN=a") != DistinguishedName("CN=A"))
    func refuse(_ text: String) -> String { refusal { _ = try DistinguishedName(text) } }
    #expect(refuse("fw-a") == "\"fw-a\": \"fw-a\" is no attribute; expected a name like C=CH, O=Lockstep, CN=fw-a")
    #expect(refuse("X=1").hasPrefix("\"X=1\": there is no attribute X; expected C, ST, L, O, OU, CN"))
    #expect(refuse("CN=") == "\"CN=\": \"CN=\" has no value, or one with characters that it can't have")
    #expect(refuse("C=Ä").hasSuffix("has no value, or one with characters that it can't have"))
  }

  @Test("What would move a terminal's cursor doesn't reach it")
  func escapes() throws {
    let octets = DER.sequence(
      DER.set(of: [
        DER.sequence(
          DER.objectIdentifier(ObjectIdentifier(2, 5, 4, 3)), DER.string(.utf8String, "\u{1B}[2Ja\u{9B}1m\n"))
      ]))
    #expect("\(try DistinguishedName(encoded: octets))" == "CN=\u{FFFD}[2Ja\u{FFFD}1m\u{FFFD}")
    #expect("\(AlternativeName.dns("\u{1B}]0;x"))" == "DNS \u{FFFD}]0;x")
  }

  @Test("Instants, written and read")
  func times() throws {
    let examples: [(Int64, String, String)] = [
      (0, "170d3730303130313030303030305a", "1970-01-01 00:00:00 UTC"),
      (-631_152_000, "170d3530303130313030303030305a", "1950-01-01 00:00:00 UTC"),
      (-631_152_001, "180f31393439313233313233353935395a", "1949-12-31 23:59:59 UTC"),
      (951_782_400, "170d3030303232393030303030305a", "2000-02-29 00:00:00 UTC"),
      (2_524_607_999, "170d3439313233313233353935395a", "2049-12-31 23:59:59 UTC"),
      (2_524_608_000, "180f32303530303130313030303030305a", "2050-01-01 00:00:00 UTC"),
      (4_107_542_400, "180f32313030303330313030303030305a", "2100-03-01 00:00:00 UTC"),
      (253_402_300_799, "180f39393939313233313233353935395a", "9999-12-31 23:59:59 UTC"),
      (-62_135_596_800, "180f30303031303130313030303030305a", "0001-01-01 00:00:00 UTC"),
    ]
    for (instant, encoded, text) in examples {
      #expect(hex(CertificateTime.encoded(instant)) == encoded)
      #expect(CertificateTime.text(instant) == text)
      var reader = DERReader(hex(encoded), structure: "time")
      #expect(try CertificateTime.read(&reader, "time") == instant)
    }
    #expect(CertificateTime.encoded(.max) == CertificateTime.encoded(253_402_300_799))
    #expect(CertificateTime.text(.min) == "0001-01-01 00:00:00 UTC")
    for wrong in ["700101000000", "7001010000Z", "701301000000Z", "700230000000Z", "700101240000Z", "70010100000xZ"] {
      let octets = DER.string(.utcTime, wrong)
      #expect(
        refusal {
          var reader = DERReader(octets, structure: "time")
          _ = try CertificateTime.read(&reader, "notBefore")
        } == "time · notBefore at octet 0: is not YYMMDDHHMMSSZ (RFC 2459 §4.1.2.5)", "\(wrong)")
    }
  }
}
