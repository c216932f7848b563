import Cryptography
import Testing
import Wire

@testable import IKE

@Suite struct KeyDerivationTests {
  private static func cookies(_ initiator: String, _ responder: String) -> CookiePair {
    func cookie(_ text: String) -> Cookie { Cookie(rawValue: UInt64(text, radix: 16) ?? 0) }
    return CookiePair(initiator: cookie(initiator), responder: cookie(responder))
  }

  private static func hash(_ name: String) -> HashAlgorithm? { HashAlgorithm.allCases.first { $0.name == name } }

  /// One line of NIST's key derivation vectors.
  struct Vector: Decodable {
    var hash, initiatorCookie, responderCookie, initiatorNonce, responderNonce, secret: String
    var preSharedKey: String?
    var skeyid, skeyidD, skeyidA, skeyidE: String

    enum CodingKeys: String, CodingKey {
      case hash
      case initiatorCookie = "CKY_I"
      case responderCookie = "CKY_R"
      case initiatorNonce = "Ni"
      case responderNonce = "Nr"
      case secret = "g^xy"
      case preSharedKey = "pre-shared-key"
      case skeyid = "SKEYID"
      case skeyidD = "SKEYID_d"
      case skeyidA = "SKEYID_a"
      case skeyidE = "SKEYID_e"
    }
  }

  private static func check(_ vector: Vector) throws {
    let derivation = KeyDerivation(hash: try #require(hash(vector.hash), "\(vector.hash)"))
    let cookies = cookies(vector.initiatorCookie, vector.responderCookie)
    let (ni, nr, secret) = (octets(vector.initiatorNonce), octets(vector.responderNonce), octets(vector.secret))
    let skeyid =
      if let key = vector.preSharedKey {
        derivation.skeyid(preSharedKey: octets(key), initiatorNonce: ni, responderNonce: nr)
      } else {
        derivation.skeyid(sharedSecret: secret, initiatorNonce: ni, responderNonce: nr)
      }
    #expect(skeyid == octets(vector.skeyid))
    let skeyidD = derivation.skeyidD(skeyid: skeyid, sharedSecret: secret, cookies: cookies)
    #expect(skeyidD == octets(vector.skeyidD))
    let skeyidA = derivation.skeyidA(skeyid: skeyid, skeyidD: skeyidD, sharedSecret: secret, cookies: cookies)
    #expect(skeyidA == octets(vector.skeyidA))
    let skeyidE = derivation.skeyidE(skeyid: skeyid, skeyidA: skeyidA, sharedSecret: secret, cookies: cookies)
    #expect(skeyidE == octets(vector.skeyidE))
  }

  /// NIST CAVS 17.3, ikev1_psk.fax and ikev1_dsa.fax, case 0 of each for SHA-1.
  @Test func nistsFirstVectors() throws {
    try Self.check(
      Vector(
        hash: "SHA-1", initiatorCookie: "83d374c30b3b5082", responderCookie: "5afc0da06c728029",
        initiatorNonce: "b9a2d0e922dc66dd", responderNonce: "2130166863b5ddef",
        secret: "739003ba2c11c982946c65e26acf661fbf8ebb78011a9fead79efa12fe3e71cc", preSharedKey: "75",
        skeyid: "62b04d112877e442fc3282fc37c076997718a0b9", skeyidD: "369e5aad1bdb5faf6a3d929d500cdc236710a9ab",
        skeyidA: "588e957d8d790d093b3a39f121473473af78e9bb", skeyidE: "cd74b0c048219db81384d3fda8f6cda51e398a2b"))
    try Self.check(
      Vector(
        hash: "SHA-1", initiatorCookie: "8c3bcd3a69831d7f", responderCookie: "d2d9a7ff4fbe95a7",
        initiatorNonce: "69a62284195f1680", responderNonce: "80c94ba25c8abda5",
        secret: "8ba4cbc73c0187301dc19a975823854dbd641c597f637f8d053a83b9514673eb", preSharedKey: nil,
        skeyid: "707197817fb2d90cf54d1842606bdea59b9f4823", skeyidD: "384be709a8a5e63c3ed160cfe3921c4b37d5b32d",
        skeyidA: "48b327575abe3adba0f279849e289022a13e2b47", skeyidE: "a4a415c8e0c38c0da847c356cc61c24df8025560"))
  }

  @Test(.enabled(if: Oracles.areThere), arguments: ["ikev1_kdf_psk.json", "ikev1_kdf_dsa.json"])
  func nistsVectorsOfTheSharedFolder(file: String) throws {
    let vectors = try Oracles.vectors(file, Vector.self)
    #expect(vectors.count > 100)
    for vector in vectors { try Self.check(vector) }
  }

  struct Example: Decodable {
    var tcId: Int
    var hashAlg, authenticationMethod, nInit, nResp, ckyInit, ckyResp, gxy: String
    var preSharedKey: String?
    var sKeyId, sKeyIdD, sKeyIdA, sKeyIdE: String
    var recomputed_ok: Bool?
  }

  /// The examples are of the three ways to authenticate; the one whose lengths are whole octets encrypts its nonces,
  /// and has a SKEYID of its own: SKEYID = prf(hash(Ni_b | Nr_b), CKY-I | CKY-R)   RFC 2409 §5
  @Test(.enabled(if: Oracles.areThere)) func nistsExamplesOfTheSharedFolder() throws {
    let usable = try Oracles.vectors("ikev1_kdf_acvp_examples.json", Example.self).filter { $0.recomputed_ok == true }
    #expect(usable.map(\.tcId) == [3_001])
    for example in usable {
      let name = example.hashAlg.replacing("SHA2-", with: "SHA-")
      let derivation = KeyDerivation(hash: try #require(Self.hash(name), "\(name)"))
      let cookies = Self.cookies(example.ckyInit, example.ckyResp)
      let skeyid = octets(example.sKeyId)
      #expect(
        derivation.prf(derivation.hash.digest(octets(example.nInit) + octets(example.nResp)), [cookies.octets])
          == skeyid)
      let d = derivation.skeyidD(skeyid: skeyid, sharedSecret: octets(example.gxy), cookies: cookies)
      let a = derivation.skeyidA(skeyid: skeyid, skeyidD: d, sharedSecret: octets(example.gxy), cookies: cookies)
      let e = derivation.skeyidE(skeyid: skeyid, skeyidA: a, sharedSecret: octets(example.gxy), cookies: cookies)
      #expect([d, a, e] == [octets(example.sKeyIdD), octets(example.sKeyIdA), octets(example.sKeyIdE)])
    }
  }

  /// strongSwan 5.9.8 (charon, log level 4), main mode with 3DES, SHA-1, group 2 and quick mode with perfect forward
  /// secrecy in group 2: what it derived, and from what.
  @Test func strongSwansValues() {
    let derivation = KeyDerivation(hash: .sha1)
    let cookies = Self.cookies("621c0f4a561d7545", "c7bb9f48053f75f1")
    let gi = octets(
      """
      56a2244de421510871bc66035f3548d5b4b7c063f5a9a82afb4ec7fc503e8bd1498c1dd447abc63461ed56a0e383a8a5
      beaa29a17b65a768f1a2faf99d59aeacfb01e5603401756b3207648bf988911f6f142d7e52078dca3ef79085c5656d24
      01acec8d2688b2deef3ae88c2298015e69754be02ea48cd67cab63f9949f3c29
      """)
    let gr = octets(
      """
      2ae2e9fab87256b2a2e8588d0896e8faf2c1d9afe2c26b994265e723c164b381013cd78b1bcf1212cf5df383aaf6e40c
      5e5754fba6e09921e4a82ecce87da9a93679c219bf2699cdcab9f1ac238958dba612152f55dfe78f73e793d1a20c3d1d
      b73bb6889066c0299a9d88f721daca9c2f188d24d7c9c6919d77ba2ef677ca87
      """)
    let secret = octets(
      """
      ad9cb348ebfdafc9cd1eda48cf95a4759a557da07e770e6af6fd1eff07770f416d9326d1ea5bfffbf3bbf52d1e5c310b
      1da87a6b104f6ce65c721373f0033c7edd70845fa141c78ac5308a1774ab027c0d0e40e578a75a3d4712de3dd5d3a260
      e972ca701ef8078e1738666fce6833b911e3f093b3cedf418d5fe7ab8edb7c57
      """)
    let skeyid = octets("26a7c5049caca312432ad9c9c9b920992b601404")
    let d = derivation.skeyidD(skeyid: skeyid, sharedSecret: secret, cookies: cookies)
    #expect(d == octets("e9cd44cf725579836ba50c042ca7a1032ae85a50"))
    let a = derivation.skeyidA(skeyid: skeyid, skeyidD: d, sharedSecret: secret, cookies: cookies)
    #expect(a == octets("8a85eff336d61397df3727628146587b6971f57b"))
    let e = derivation.skeyidE(skeyid: skeyid, skeyidA: a, sharedSecret: secret, cookies: cookies)
    #expect(e == octets("a17e20e248cd8e2e062d6a680228237577619256"))
    #expect(
      derivation.cipherKey(.tripleDESCBC, skeyidE: e) == octets("b6e8051d5e5b5147f13be6fec7a5efc0b8ad38b9c9acec40"))
    #expect(
      derivation.phase1InitializationVector(initiatorPublicValue: gi, responderPublicValue: gr, cipher: .tripleDESCBC)
        == octets("11289524341c9446"))
    let offer = octets(
      "00000001000000010000002801010001000000200101000080010005800200028004000280030001800b0001800c3de0")
    let identity = octets("020000006d6f6f6e2e6c6f636b737465702e74657374")
    #expect(
      derivation.hashI(
        skeyid: skeyid, initiatorPublicValue: gi, responderPublicValue: gr, cookies: cookies, initiatorSABody: offer,
        initiatorIdentityBody: identity) == octets("8a43be7299c47b07c12a1dbd714b01b0b258ae79"))
    let quickSecret = octets(
      """
      3a0e8585ade4405e64b7020a3e5e9250ce3371b7b01c1b79bb970fc1892d5484509d67f3b197df16d1e266566d1345cc
      81a0eff6aaeb8380a5ee48063369f06bb934579e379789b701e12e535bc85b347392817f9a4e934dd78e31f2dd7ea757
      01ef942d1aeb5ea9d0fc88092b44820cf80ac06284bccd4614ac459c318c3179
      """)
    #expect(
      derivation.keymat(
        skeyidD: d, sharedSecret: quickSecret, securityProtocol: .esp, spi: octets("cc62ab3c"),
        initiatorNonce: octets("519e4fdb0837ae9777c3ee55c72108a57098a44f0d270446ea4544148104e04d"),
        responderNonce: octets("31da493d7cea7a35c8e0d7e55d54e89f84b91b603309dc9f35e8dc376d725e54"), count: 44)
        == octets(
          "ad4a9cd5c1913a33fbc993e379f89a09fa8b4a61b0fcf8c53f1d33d8d88b735e077c2499a262214f9af3dc31"))
  }

  /// NSS, gtests/common/testvectors/ike-sha1-vectors.h, vectors 12 and 15.
  @Test func keysAreExpandedAsAppendixBSays() {
    let derivation = KeyDerivation(hash: .sha1)
    let key = octets("63e81194946ebd05df7df5ebf5d8750056bf1f1d")
    #expect(
      derivation.expandedKey(skeyidE: key, count: 40)
        == octets("933347a07de5782247dd36d1562ffe0eecade1eb4134165257e3af1000af8ae3f165063828cbb60d"))
    #expect(derivation.expandedKey(skeyidE: key, count: 15) == Array(key.prefix(15)))
    #expect(
      derivation.keymat(
        skeyidD: key, sharedSecret: [], securityProtocol: .none, spi: [], initiatorNonce: [], responderNonce: [],
        count: 40) == octets("933347a07de5782247dd36d1562ffe0eecade1ebaeaa476a5f578c34a9b2b7101a621202f61db924"))
  }

  struct Expansion: Decodable {
    var type, ikm, okm, gxy, prev, Ni, Nr, seed: String
    var key_number: UInt8
    var out_len: Int
  }

  @Test(
    .enabled(if: Oracles.areThere),
    arguments: [("ikev1_appB_quick_sha1_nss.json", HashAlgorithm.sha1), ("ikev1_appB_quick_sha256_nss.json", .sha256)])
  func nsssExpansionsOfTheSharedFolder(file: String, hash: HashAlgorithm) throws {
    let derivation = KeyDerivation(hash: hash)
    var counts: [String: Int] = [:]
    for vector in try Oracles.vectors(file, Expansion.self) {
      counts[vector.type, default: 0] += 1
      switch vector.type {
      case "ikeV1AppB":
        #expect(derivation.expandedKey(skeyidE: octets(vector.ikm), count: vector.out_len) == octets(vector.okm))
      case "ikeV1AppBQuick":
        // The vector's seed is the single octet 0 that stands for the protocol here.
        let material = derivation.keymat(
          skeyidD: octets(vector.ikm), sharedSecret: octets(vector.gxy), securityProtocol: .none, spi: [],
          initiatorNonce: octets(vector.Ni), responderNonce: octets(vector.Nr), count: vector.out_len)
        #expect(material == octets(vector.okm))
      case "ikeV1Psk":
        #expect(
          derivation.skeyid(
            preSharedKey: octets(vector.ikm), initiatorNonce: octets(vector.Ni), responderNonce: octets(vector.Nr))
            == octets(vector.okm))
      case "ikeV1":
        // SKEYID_d, _a, _e: Ni and Nr hold the cookies here, prev the one before.
        let parts = [
          octets(vector.prev), octets(vector.gxy), octets(vector.Ni), octets(vector.Nr), [vector.key_number],
        ]
        #expect(derivation.prf(octets(vector.ikm), parts) == octets(vector.okm))
      default: Issue.record("a type of vector that is not known: \(vector.type)")
      }
    }
    #expect(counts["ikeV1AppB", default: 0] >= 3 && counts["ikeV1AppBQuick", default: 0] >= 3)
  }
}
