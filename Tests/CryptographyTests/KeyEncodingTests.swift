import Testing

@testable import Cryptography

@Suite("Keys as octets and as text")
struct KeyEncodingTests {
  static func keys() throws -> [PrivateKey] { [.rsa(try SampleKeys.rsa.get()), .dsa(try SampleKeys.dsa.get())] }

  @Test("What was written is read back")
  func roundTrip() throws {
    for key in try Self.keys() {
      #expect(try PrivateKey(pem: key.pem) == key)
      #expect(try PrivateKey(privateKeyInfo: key.privateKeyInfo) == key)
      #expect(try PublicKey(pem: key.publicKey.pem) == key.publicKey)
      #expect(try PublicKey(subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo) == key.publicKey)
    }
    let rsa = try SampleKeys.rsa.get()
    #expect(try PrivateKey(pem: rsa.pem) == .rsa(rsa))
    #expect(rsa.pem.hasPrefix("-----BEGIN RSA PRIVATE KEY-----\nMII"))
    let text = "a line before\r\n" + rsa.pem.split(separator: "\n").joined(separator: "\r\n") + "\r\nand one behind"
    #expect(try PrivateKey(pem: text) == .rsa(rsa))
  }

  @Test("openssl checks our keys and reads our signatures; we read its keys and its signatures", OpenSSLProgram.trait)
  func openssl() throws {
    let openssl = try OpenSSLProgram()
    let hash = HashAlgorithm.sha1.digest([1, 2, 3])
    try openssl.write("hash", hash)
    let rsa = try SampleKeys.rsa.get()
    try openssl.write("rsa.pem", rsa.pem)
    try openssl.write("rsa8.pem", PrivateKey.rsa(rsa).pem)
    try openssl.write("public.pem", PublicKey.rsa(rsa.publicKey).pem)
    #expect(try openssl.run("rsa -in rsa.pem -check -noout").text.contains("RSA key ok"))
    #expect(try openssl.run("pkey -in rsa8.pem -check -noout").text.contains("Key is valid"))
    // Without a digest pkeyutl signs the octets as they are, as IKE does.
    #expect(try openssl.run("pkeyutl -sign -inkey rsa.pem -in hash").output == rsa.sign(hash))
    try openssl.write("signature", rsa.sign(hash))
    let verified = try openssl.run("pkeyutl -verify -pubin -inkey public.pem -in hash -sigfile signature")
    #expect(verified.text.contains("Signature Verified Successfully"))
    var generator = SeededGenerator(seed: 22, node: "alice", purpose: "padding")
    try openssl.write("sealed", rsa.publicKey.encrypt(hash, using: &generator))
    #expect(try openssl.run("pkeyutl -decrypt -inkey rsa.pem -in sealed").output == hash)
    let sealed = try openssl.run("pkeyutl -encrypt -pubin -inkey public.pem -in hash").output
    #expect(try rsa.decrypt(sealed) == hash)
    try openssl.run("genrsa -traditional -out theirs.pem 1024")
    guard case .rsa(let theirs) = try PrivateKey(pem: openssl.text("theirs.pem")) else {
      Issue.record("openssl's key was read as another kind")
      return
    }
    #expect(try openssl.run("pkeyutl -sign -inkey theirs.pem -in hash").output == theirs.sign(hash))
  }

  @Test("The same for DSA", OpenSSLProgram.trait)
  func opensslDSA() throws {
    let openssl = try OpenSSLProgram()
    let hash = HashAlgorithm.sha1.digest([1, 2, 3])
    try openssl.write("hash", hash)
    let key = try SampleKeys.dsa.get()
    try openssl.write("dsa.pem", PrivateKey.dsa(key).pem)
    try openssl.write("public.pem", PublicKey.dsa(key.publicKey).pem)
    #expect(try openssl.run("pkey -in dsa.pem -check -noout").text.contains("Key is valid"))
    let signature = try key.sign(digest: hash)
    try openssl.write(
      "signature", DER.sequence(DER.integer(Array(signature[..<20])), DER.integer(Array(signature[20...]))))
    let verified = try openssl.run("pkeyutl -verify -pubin -inkey public.pem -in hash -sigfile signature")
    #expect(verified.text.contains("Signature Verified Successfully"))
    try openssl.run("dsaparam -out parameters.pem 1024")
    try openssl.run("gendsa -out theirs.pem parameters.pem")
    try openssl.run("pkey -in theirs.pem -traditional -out traditional.pem")
    let theirs = try PrivateKey(pem: openssl.text("theirs.pem"))
    #expect(try PrivateKey(pem: openssl.text("traditional.pem")) == theirs)
    guard case .dsa(let theirKey) = theirs.publicKey else {
      Issue.record("openssl's key was read as another kind")
      return
    }
    let made = try openssl.run("pkeyutl -sign -inkey theirs.pem -in hash").output
    let numbers = try SignatureAlgorithm.numbers(made, each: theirKey.parameters.order.count)
    #expect(try theirs.publicKey.isSignature(numbers, ofHash: hash))
  }

  @Test("Texts that are no keys, in words")
  func refusals() throws {
    func key(_ text: String) -> String { refusal { _ = try PrivateKey(pem: text) } }
    let pem = try SampleKeys.rsa.get().pem
    #expect(key("") == "there is no PRIVATE KEY in it")
    #expect(key(try SampleKeys.rsa.get().publicKey.encoded.description) == "there is no PRIVATE KEY in it")
    #expect(key("\n" + pem.dropLast(30)) == "line 2: BEGIN RSA PRIVATE KEY without its END")
    #expect(key("-----END PRIVATE KEY-----") == "line 1: END PRIVATE KEY without its BEGIN")
    #expect(key(pem + pem.dropLast(30)) == "line 16: BEGIN RSA PRIVATE KEY without its END")
    #expect(
      key(pem.replacing("\nMII", with: "\nM*I"))
        == "line 1: what follows BEGIN RSA PRIVATE KEY is not base64")
    #expect(
      key("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END RSA PRIVATE KEY-----")
        == "line 2: RSA PRIVATE KEY with headers, as encrypted keys have them; decrypt it first: openssl pkey -in FILE")
    #expect(
      key(PEMBlock(label: "ENCRYPTED PRIVATE KEY", octets: [1]).text)
        == "ENCRYPTED PRIVATE KEY is not read; decrypt it first: openssl pkey -in FILE")
    #expect(
      key(PEMBlock(label: "PRIVATE KEY", octets: []).text) == "private key · PrivateKeyInfo at octet 0: is missing")
    let ed25519 = DER.sequence(
      DER.integer(0), DER.sequence(DER.objectIdentifier(ObjectIdentifier(1, 3, 101, 112))), DER.octetString([]))
    #expect(
      key(PEMBlock(label: "PRIVATE KEY", octets: ed25519).text)
        == "private key · algorithm at octet 5: is 1.3.101.112; expected RSA or DSA (1.2.840.113549.1.1.1 or "
        + "1.2.840.10040.4.1)")
  }

  @Test("Every beginning of a key is refused, and every changed octet does no harm")
  func hostile() throws {
    for key in try Self.keys() {
      let octets = key.privateKeyInfo
      for count in 0..<octets.count {
        #expect(throws: KeyReadingError.self) { try PrivateKey(privateKeyInfo: Array(octets[..<count])) }
      }
      for bit in 0..<octets.count * 8 {
        var changed = key.publicKey.subjectPublicKeyInfo
        guard bit < changed.count * 8 else { break }
        changed[bit / 8] ^= 1 << (bit % 8)
        if let read = try? PublicKey(subjectPublicKeyInfo: changed) { #expect(read != key.publicKey) }
      }
    }
  }
}

@Suite("Values in the Distinguished Encoding Rules")
struct DERTests {
  @Test("Lengths, numbers, bits and identifiers, as X.690 has them")
  func values() {
    #expect(hex(DER.octetString([UInt8](repeating: 1, count: 127)).prefix(2) + []) == "047f")
    #expect(hex(DER.octetString([UInt8](repeating: 1, count: 128)).prefix(3) + []) == "048180")
    #expect(hex(DER.octetString([UInt8](repeating: 1, count: 256)).prefix(4) + []) == "04820100")
    #expect(hex(DER.integer([])) == "020100")
    #expect(hex(DER.integer([0, 0, 127])) == "02017f")
    #expect(hex(DER.integer(128)) == "02020080")
    #expect(hex(DER.namedBits([0, 2])) == "030205a0")
    #expect(hex(DER.namedBits([5, 6])) == "03020106")
    #expect(hex(DER.namedBits([8])) == "0303070080")
    #expect(hex(DER.namedBits([])) == "030100")
    #expect(hex(DER.objectIdentifier(ObjectIdentifier(1, 2, 840, 113549))) == "06062a864886f70d")
    #expect("\(ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 1))" == "2.16.840.1.101.3.4.2.1")
    #expect("\(ObjectIdentifier(2, 100, 3))" == "2.100.3")
    #expect(hex(DER.set(of: [[5, 0], [1, 1, 0]])) == "31050101000500")
  }

  @Test("Lengths that are no lengths, in words")
  func refusals() {
    func read(_ octets: [UInt8]) -> String {
      refusal {
        var reader = DERReader(octets, structure: "thing")
        _ = try reader.number("part")
        try reader.finish("thing")
      }
    }
    #expect(read([2, 1, 5]) == "nothing was refused")
    #expect(read([]) == "thing · part at octet 0: is missing")
    #expect(read([2]) == "thing · part at octet 0: is missing")
    #expect(read([4, 1, 5]) == "thing · part at octet 0: has tag 0x04; expected 0x02")
    #expect(read([2, 2, 5]) == "thing · part at octet 0: has 2 octets, and there are 1")
    #expect(read([2, 1, 5, 0]) == "thing · thing at octet 3: 1 octet left over")
    #expect(read([2, 1, 0x80]) == "thing · part at octet 0: is negative")
    #expect(read([2, 0]) == "thing · part at octet 0: has no octets")
    #expect(
      read([2, 0x80, 0, 0])
        == "thing · part at octet 0: has a length that is indefinite, or of more octets than there can be")
    #expect(read([2, 0x85, 1, 1, 1, 1, 1]).hasSuffix("or of more octets than there can be"))
    #expect(read([2, 0x82, 1]).hasSuffix("or of more octets than there can be"))
    #expect(
      read([2, 0x81, 1, 5]) == "thing · part at octet 0: has a length in more octets than it needs (X.690 §10.1)")
    #expect(read([2, 0x84, 255, 255, 255, 255]) == "thing · part at octet 0: has 4294967295 octets, and there are 0")
  }

  @Test("Base64: RFC 4648 §10")
  func base64() {
    let examples = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ]
    for (text, characters) in examples {
      #expect(Base64.encoded(Array(text.utf8)) == Array(characters.utf8))
      #expect(Base64.decoded(Array(characters.utf8)) == Array(text.utf8))
    }
    for wrong in ["Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9*", "Zm 9v"] {
      #expect(Base64.decoded(Array(wrong.utf8)) == nil, "\(wrong)")
    }
  }
}
