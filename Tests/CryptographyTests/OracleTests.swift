import Testing

@testable import Cryptography

@Suite("Every known answer of ../shared/oracles/vectors", OracleVectors.trait)
struct OracleTests {
  @Test("The files hold what they held when these tests were written")
  func complete() {
    #expect(CipherVector.all("des.json").count == 473)
    #expect(CipherVector.all("3des.json").count == 50)
    #expect(CipherVector.all("cast5.json").count == 23)
    #expect(CipherVector.all("blowfish.json").count == 56)
    #expect(CounterVector.all.count == 9)
    #expect(AESVectors.all.cbc.count == 4)
    #expect(AESVectors.all.packets.count == 4)
    #expect(HMACVector.all.count == 39)
    #expect(GroupVector.all.map(\.pairs.count) == [7, 7, 7, 7])
    #expect(CurveVector.all.map(\.multiples.count) == [9, 9])
    #expect(CurveVector.all.map(\.pairs.count) == [10, 10])
  }

  @Test("DES", arguments: CipherVector.all("des.json"))
  func des(_ vector: CipherVector) throws { try check(vector, .desCBC) }

  @Test("3DES", arguments: CipherVector.all("3des.json"))
  func tripleDES(_ vector: CipherVector) throws { try check(vector, .tripleDESCBC) }

  @Test("CAST-128", arguments: CipherVector.all("cast5.json"))
  func cast128(_ vector: CipherVector) throws { try check(vector, .cast128CBC) }

  @Test("Blowfish", arguments: CipherVector.all("blowfish.json"))
  func blowfish(_ vector: CipherVector) throws { try check(vector, .blowfishCBC) }

  /// A block in ECB mode is a message of one block in CBC mode whose vector is zero.
  private func check(_ vector: CipherVector, _ algorithm: CipherAlgorithm) throws {
    let (plaintext, ciphertext) = (hex(vector.pt), hex(vector.ct))
    let step = vector.iv == nil ? algorithm.blockLength : plaintext.count
    let initial = vector.iv.map(hex) ?? [UInt8](repeating: 0, count: algorithm.blockLength)
    let seal = try Cipher(algorithm, key: hex(vector.key), direction: .encrypt)
    let open = try Cipher(algorithm, key: hex(vector.key), direction: .decrypt)
    var (sealed, opened) = (plaintext, ciphertext)
    for start in stride(from: 0, to: plaintext.count, by: step) {
      try seal.process(&sealed, range: start..<start + step, initializationVector: initial)
      try open.process(&opened, range: start..<start + step, initializationVector: initial)
    }
    #expect(hex(sealed) == vector.ct)
    #expect(hex(opened) == vector.pt)
  }

  @Test("AES in counter mode", arguments: CounterVector.all)
  func counter(_ vector: CounterVector) throws {
    let algorithms: [Int: CipherAlgorithm] = [16: .aes128CTR, 24: .aes192CTR, 32: .aes256CTR]
    let (key, block) = (hex(vector.key), hex(vector.counterBlock))
    #expect(block.suffix(4) == [0, 0, 0, 1])
    let cipher = try Cipher(
      #require(algorithms[key.count]), key: key + block.prefix(4), direction: .encrypt)
    let result = try cipher.process(hex(vector.plaintext), initializationVector: Array(block[4..<12]))
    #expect(result.octets == hex(vector.ciphertext))
  }

  @Test("AES-CBC, messages of RFC 3602", arguments: AESVectors.all.cbc)
  func aesMessages(_ vector: AESVectors.Message) throws {
    let seal = try Cipher(.aes128CBC, key: hex(vector.key), direction: .encrypt)
    #expect(try hex(seal.process(hex(vector.pt), initializationVector: hex(vector.iv)).octets) == vector.ct)
  }

  @Test("AES-CBC, packets of RFC 3602 opened where they lie", arguments: AESVectors.all.packets)
  func aesPackets(_ vector: AESVectors.Packet) throws {
    var packet = hex(vector.packet)
    let start = packet.count - vector.ct.count / 2
    let open = try Cipher(.aes128CBC, key: hex(vector.key), direction: .decrypt)
    try open.process(&packet, range: start..<packet.count, initializationVectorAt: start - 16)
    #expect(hex(Array(packet[start...])) == vector.plaintext)
    #expect(hex(Array(packet[..<start])) == vector.packet.prefix(2 * start))
  }

  @Test("HMAC, whole and truncated", arguments: HMACVector.all)
  func hmac(_ vector: HMACVector) throws {
    let hashes: [String: (HashAlgorithm, IntegrityAlgorithm)] = [
      "hmac-md5": (.md5, .hmacMD5_96), "hmac-sha1": (.sha1, .hmacSHA1_96), "hmac-sha256": (.sha256, .hmacSHA256_128),
      "hmac-sha384": (.sha384, .hmacSHA384_192), "hmac-sha512": (.sha512, .hmacSHA512_256),
      "hmac-ripemd160": (.ripemd160, .hmacRIPEMD160_96),
    ]
    let (hash, integrity) = try #require(hashes[vector.alg])
    let authenticator = MessageAuthenticator(hash, key: hex(vector.key))
    #expect(hex(authenticator.authenticate(hex(vector.data))) == vector.mac)
    #expect(integrity.hash == hash)
    let length = integrity.icvLength
    var packet = hex(vector.data) + [UInt8](repeating: 0xA5, count: length)
    let end = packet.count - length
    try authenticator.writeIntegrityCheckValue(of: 0..<end, into: &packet, at: end, length: length)
    #expect(hex(Array(packet[end...])) == vector.icv)
  }

  @Test("Oakley groups over binary fields", arguments: CurveVector.all)
  func curves(_ vector: CurveVector) throws {
    let group = try #require(DiffieHellmanGroup(number: vector.group))
    #expect(group.bitCount == vector.fieldBits)
    #expect(group.length == vector.octets)
    for multiple in vector.multiples {
      #expect(try hex(group.publicValue(hex(multiple.k))) == multiple.x, "multiple \(multiple.k)")
    }
    for pair in vector.pairs {
      let (a, b) = (hex(pair.a), hex(pair.b))
      #expect(try hex(group.publicValue(a)) == pair.ax)
      #expect(try hex(group.publicValue(b)) == pair.bx)
      #expect(try hex(group.sharedSecret(a, peerPublicValue: hex(pair.bx))) == pair.zx)
      #expect(try hex(group.sharedSecret(b, peerPublicValue: hex(pair.ax))) == pair.zx)
    }
  }

  @Test("Oakley groups", arguments: GroupVector.all)
  func groups(_ vector: GroupVector) throws {
    let group = try #require(DiffieHellmanGroup(number: vector.group))
    #expect(group.prime.map(hex) == vector.prime)
    #expect(group.bitCount == vector.bits)
    #expect(DiffieHellmanGroup.generator == vector.generator)
    for pair in vector.pairs {
      let (x, y) = (hex(pair.x), hex(pair.y))
      #expect(try hex(group.publicValue(x)) == pair.gx)
      #expect(try hex(group.publicValue(y)) == pair.gy)
      #expect(try hex(group.sharedSecret(x, peerPublicValue: hex(pair.gy))) == pair.gxy)
      #expect(try hex(group.sharedSecret(y, peerPublicValue: hex(pair.gx))) == pair.gxy)
    }
  }
}
