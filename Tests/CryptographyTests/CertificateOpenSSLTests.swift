import Testing

@testable import Cryptography

@Suite("Certificates before openssl", OpenSSLProgram.trait)
struct CertificateOpenSSLTests {
  private static let instant = SampleChain.start + 3 * SampleChain.day

  private func openssl(_ chain: SampleChain) throws -> OpenSSLProgram {
    let openssl = try OpenSSLProgram()
    try openssl.write("root.pem", chain.root.certificate.pem)
    try openssl.write("branch.pem", chain.branch.certificate.pem)
    try openssl.write("gateway.pem", chain.gateway.pem)
    return openssl
  }

  @Test("It reads in them what was asked for", arguments: SampleChain.both)
  func text(_ chain: Result<SampleChain, any Error>) throws {
    let openssl = try openssl(chain.get())
    // Versions before 3.2 put spaces around the equals sign.
    let gateway = try openssl.run("x509 -in gateway.pem -noout -text").text.replacing(" = ", with: "=")
    for expected in [
      "Version: 3 (0x2)", "Issuer: C=CH, O=Lockstep, OU=Bern, CN=Branch",
      "Not Before: Jan  2 00:00:00 2026 GMT", "Not After : Dec 31 23:59:59 2026 GMT",
      "Subject: C=CH, O=Lockstep, CN=fw-a", "X509v3 Key Usage: critical", "Digital Signature",
      "IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, DNS:fw-a.lockstep.example, email:admin@lockstep.example",
      "X509v3 Authority Key Identifier",
    ] {
      #expect(gateway.contains(expected), "\(expected)")
    }
    let branch = try openssl.run("x509 -in branch.pem -noout -text").text
    for expected in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "X509v3 Basic Constraints: critical"] {
      #expect(branch.contains(expected), "\(expected)")
    }
  }

  @Test("It trusts what we trust, and refuses what we refuse", arguments: SampleChain.both)
  func verify(_ chain: Result<SampleChain, any Error>) throws {
    let chain = try chain.get()
    let openssl = try openssl(chain)
    let (start, day) = (SampleChain.start, SampleChain.day)
    let good = try chain.branch.revocationList(number: 1, thisUpdate: start, nextUpdate: start + 90 * day, [])
    let entry = RevocationList.Entry(serialNumber: chain.gateway.serialNumber, date: start, reason: .keyCompromise)
    let bad = try chain.branch.revocationList(number: 2, thisUpdate: start, nextUpdate: start + 90 * day, [entry])
    let above = try chain.root.revocationList(number: 1, thisUpdate: start, nextUpdate: start + 90 * day, [])
    try openssl.write("good.pem", good.pem + above.pem)
    try openssl.write("bad.pem", bad.pem + above.pem)
    func verify(_ options: String, at instant: Int64 = Self.instant) throws -> OpenSSLProgram.Outcome {
      // Keys of 1024 bits and SHA-1 are what these years had: level 0 permits them.
      try openssl.run(
        "verify -auth_level 0 -check_ss_sig -x509_strict -attime \(instant) -CAfile root.pem \(options) gateway.pem")
    }
    #expect(try verify("-untrusted branch.pem").text == "gateway.pem: OK\n")
    #expect(try verify("-untrusted branch.pem -crl_check_all -CRLfile good.pem").text == "gateway.pem: OK\n")
    let revoked = try verify("-untrusted branch.pem -crl_check_all -CRLfile bad.pem")
    #expect(revoked.status != 0 && revoked.errors.contains("certificate revoked"))
    let late = try verify("-untrusted branch.pem", at: start + 365 * day)
    #expect(late.status != 0 && late.errors.contains("certificate has expired"))
    #expect(chain.refusal(lists: [good, above], needsList: true) == "nothing was refused")
    #expect(chain.refusal(lists: [bad, above], needsList: true).contains("was revoked on"))
    let list = try openssl.run("crl -in bad.pem -noout -text").text
    for expected in ["X509v3 CRL Number", "Key Compromise", "Next Update: Apr  1 00:00:00 2026 GMT"] {
      #expect(list.contains(expected), "\(expected)")
    }
  }

  @Test("We read and trust what it makes", arguments: ["sha1", "sha256", "sha512"])
  func theirs(_ digest: String) throws {
    let openssl = try OpenSSLProgram()
    try openssl.write("key.pem", PrivateKey.rsa(SampleKeys.rsa.get()).pem)
    try openssl.run(
      "req -x509 -new -key key.pem -\(digest) -days 30 -subj /C=CH/O=Others/CN=theirs -out root.pem "
        + "-addext subjectAltName=IP:2001:db8::1,DNS:theirs.example,email:a@b.example")
    let certificate = try #require(Certificate.all(pem: openssl.text("root.pem")).first)
    #expect("\(certificate.subject)" == "C=CH, O=Others, CN=theirs")
    #expect(certificate.extensions.isAuthority)
    #expect(certificate.names(.dns("theirs.example")) && certificate.names(.email("a@b.example")))
    #expect(certificate.names(.address([0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1])))
    #expect(try certificate.isSigned(by: .rsa(SampleKeys.rsa.get().publicKey)))
    #expect(certificate.notAfter - certificate.notBefore == 30 * SampleChain.day)
  }
}
