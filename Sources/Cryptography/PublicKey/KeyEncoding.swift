/// The algorithms of keys: RFC 2313 §11, RFC 3279 §2.3.2.
enum KeyIdentifiers {
  static let rsa = ObjectIdentifier(1, 2, 840, 113549, 1, 1, 1)
  static let dsa = ObjectIdentifier(1, 2, 840, 10040, 4, 1)
}

// MARK: - Writing

extension PublicKey {
  /// SubjectPublicKeyInfo, as certificates carry it: RFC 2459 §4.1.2.7.
  public var subjectPublicKeyInfo: [UInt8] {
    switch self {
    case .rsa(let key): DER.sequence(KeyEncoding.rsaAlgorithm, DER.bitString(key.encoded))
    case .dsa(let key):
      DER.sequence(KeyEncoding.algorithm(key.parameters), DER.bitString(DER.integer(key.value)))
    }
  }

  /// `PUBLIC KEY` in PEM.
  public var pem: String { PEMBlock(label: "PUBLIC KEY", octets: subjectPublicKeyInfo).text }
}

extension PrivateKey {
  /// PrivateKeyInfo: PKCS #8, RFC 5208 §5.
  public var privateKeyInfo: [UInt8] {
    switch self {
    case .rsa(let key):
      DER.sequence(DER.integer(0), KeyEncoding.rsaAlgorithm, DER.octetString(key.encoded))
    case .dsa(let key):
      DER.sequence(
        DER.integer(0), KeyEncoding.algorithm(key.publicKey.parameters),
        DER.octetString(DER.integer(key.exponent)))
    }
  }

  /// `PRIVATE KEY` in PEM, not encrypted.
  public var pem: String { PEMBlock(label: "PRIVATE KEY", octets: privateKeyInfo).text }
}

extension RSAPublicKey {
  /// RSAPublicKey of PKCS #1: RFC 2313 §7.1. Its form in a CERT payload is a certificate's; this is what is inside.
  public var encoded: [UInt8] { DER.sequence(DER.integer(modulus), DER.integer(exponent)) }
}

extension RSAPrivateKey {
  /// RSAPrivateKey of PKCS #1: RFC 2313 §7.2.
  public var encoded: [UInt8] {
    let numbers = [
      publicKey.modulus, publicKey.exponent, exponent, firstPrime, secondPrime, firstExponent, secondExponent,
      coefficient,
    ]
    return DER.sequence(of: [DER.integer(0)] + numbers.map { DER.integer($0) })
  }

  /// `RSA PRIVATE KEY` in PEM, not encrypted.
  public var pem: String { PEMBlock(label: "RSA PRIVATE KEY", octets: encoded).text }
}

enum KeyEncoding {
  static let rsaAlgorithm = DER.sequence(DER.objectIdentifier(KeyIdentifiers.rsa), DER.null)

  static func algorithm(_ parameters: DSAParameters) -> [UInt8] {
    let numbers = [parameters.prime, parameters.order, parameters.generator].map { DER.integer($0) }
    return DER.sequence(DER.objectIdentifier(KeyIdentifiers.dsa), DER.sequence(of: numbers))
  }
}

// MARK: - Reading

extension KeyEncoding {
  /// What `body` throws, in the one type that readers of keys throw.
  static func wrap<Result>(_ body: () throws(CryptographyError) -> Result) throws(KeyReadingError) -> Result {
    do { return try body() } catch { throw .key(error) }
  }

  static func parse<Result>(_ body: () throws(DERError) -> Result) throws(KeyReadingError) -> Result {
    do { return try body() } catch { throw .encoding(error) }
  }

  static func blocks(_ text: String) throws(KeyReadingError) -> [PEMBlock] {
    do { return try PEMBlock.all(in: text) } catch { throw .text(error) }
  }

  /// The numbers of a sequence, all that there are.
  private static func numbers(
    _ reader: inout DERReader, _ field: String, count: Int
  ) throws(DERError) -> [[UInt8]] {
    var inside = try reader.sequence(field)
    var numbers: [[UInt8]] = []
    for index in 0..<count { numbers.append(try inside.number("\(field), number \(index + 1) of \(count)")) }
    try inside.finish(field)
    return numbers
  }

  private static func numbers(
    _ octets: [UInt8], _ structure: String, _ field: String, count: Int
  ) throws(KeyReadingError) -> [[UInt8]] {
    try parse { () throws(DERError) in
      var reader = DERReader(octets, structure: structure)
      let numbers = try numbers(&reader, field, count: count)
      try reader.finish(structure)
      return numbers
    }
  }

  static func rsaPublicKey(_ octets: [UInt8]) throws(KeyReadingError) -> RSAPublicKey {
    let numbers = try numbers(octets, "RSA public key", "RSAPublicKey", count: 2)
    return try wrap { () throws(CryptographyError) in
      try RSAPublicKey(modulus: numbers[0], exponent: numbers[1])
    }
  }

  static func rsaPrivateKey(_ octets: [UInt8]) throws(KeyReadingError) -> RSAPrivateKey {
    let numbers = try numbers(octets, "RSA private key", "RSAPrivateKey", count: 9)
    return try wrap { () throws(CryptographyError) in
      try RSAPrivateKey(
        publicKey: RSAPublicKey(modulus: numbers[1], exponent: numbers[2]), exponent: numbers[3],
        firstPrime: numbers[4], secondPrime: numbers[5])
    }
  }

  /// OpenSSL's own form: 0, p, q, g, y, x.
  static func dsaPrivateKey(_ octets: [UInt8]) throws(KeyReadingError) -> DSAPrivateKey {
    let numbers = try numbers(octets, "DSA private key", "DSAPrivateKey", count: 6)
    return try wrap { () throws(CryptographyError) in
      let parameters = try DSAParameters(prime: numbers[1], order: numbers[2], generator: numbers[3])
      return try DSAPrivateKey(parameters: parameters, exponent: numbers[5])
    }
  }

  /// AlgorithmIdentifier: which of the two it is, and the parameters of DSA.
  private enum Algorithm {
    case rsa
    case dsa([[UInt8]])
    case unknown(ObjectIdentifier, Int)
  }

  private static func readAlgorithm(_ reader: inout DERReader) throws(DERError) -> Algorithm {
    let offset = reader.position
    var inside = try reader.sequence("algorithm")
    switch try inside.objectIdentifier("algorithm") {
    case KeyIdentifiers.rsa:
      // NULL, which some leave out.
      if !inside.isAtEnd { inside = try inside.inside(inside.next(.null, "RSA parameters")) }
      try inside.finish("RSA parameters")
      return .rsa
    case KeyIdentifiers.dsa:
      let parameters = try numbers(&inside, "DSA parameters", count: 3)
      try inside.finish("DSA parameters")
      return .dsa(parameters)
    case let other: return .unknown(other, offset)
    }
  }

  private static func dsaParameters(_ numbers: [[UInt8]]) throws(KeyReadingError) -> DSAParameters {
    try wrap { () throws(CryptographyError) in
      try DSAParameters(prime: numbers[0], order: numbers[1], generator: numbers[2])
    }
  }

  static func publicKey(_ octets: [UInt8], structure: String = "public key") throws(KeyReadingError) -> PublicKey {
    let (algorithm, key) = try parse { () throws(DERError) -> (Algorithm, [UInt8]) in
      var outer = DERReader(octets, structure: structure)
      var reader = try outer.sequence("SubjectPublicKeyInfo")
      let algorithm = try readAlgorithm(&reader)
      let key = try reader.bitString("subjectPublicKey")
      try reader.finish("SubjectPublicKeyInfo")
      try outer.finish("SubjectPublicKeyInfo")
      return (algorithm, key)
    }
    switch algorithm {
    case .rsa: return .rsa(try rsaPublicKey(key))
    case .dsa(let numbers):
      let parameters = try dsaParameters(numbers)
      let value = try parse { () throws(DERError) in
        var reader = DERReader(key, structure: "DSA public key")
        return try reader.number("public value")
      }
      return .dsa(try wrap { () throws(CryptographyError) in try DSAPublicKey(parameters: parameters, value: value) })
    case .unknown(let identifier, let offset): throw unknown(identifier, structure, offset)
    }
  }

  static func privateKey(_ octets: [UInt8]) throws(KeyReadingError) -> PrivateKey {
    let structure = "private key"
    let (algorithm, key) = try parse { () throws(DERError) -> (Algorithm, [UInt8]) in
      var outer = DERReader(octets, structure: structure)
      var reader = try outer.sequence("PrivateKeyInfo")
      _ = try reader.smallNumber("version")
      let algorithm = try readAlgorithm(&reader)
      return (algorithm, reader.contents(try reader.next(.octetString, "privateKey")))
    }
    switch algorithm {
    case .rsa: return .rsa(try rsaPrivateKey(key))
    case .dsa(let numbers):
      let parameters = try dsaParameters(numbers)
      let value = try parse { () throws(DERError) in
        var reader = DERReader(key, structure: "DSA private key")
        return try reader.number("private value")
      }
      return .dsa(
        try wrap { () throws(CryptographyError) in try DSAPrivateKey(parameters: parameters, exponent: value) })
    case .unknown(let identifier, let offset): throw unknown(identifier, structure, offset)
    }
  }

  private static func unknown(_ identifier: ObjectIdentifier, _ structure: String, _ offset: Int) -> KeyReadingError {
    .encoding(
      DERError(
        structure: structure, field: "algorithm", offset: offset,
        fault: "is \(identifier); expected RSA or DSA (\(KeyIdentifiers.rsa) or \(KeyIdentifiers.dsa))"))
  }
}

extension PublicKey {
  /// Reads SubjectPublicKeyInfo.
  public init(subjectPublicKeyInfo octets: [UInt8]) throws(KeyReadingError) { self = try KeyEncoding.publicKey(octets) }

  /// Reads the first `PUBLIC KEY` or `RSA PUBLIC KEY` of a text in PEM.
  public init(pem text: String) throws(KeyReadingError) {
    for block in try KeyEncoding.blocks(text) {
      switch block.label {
      case "PUBLIC KEY":
        self = try KeyEncoding.publicKey(block.octets)
        return
      case "RSA PUBLIC KEY":
        self = .rsa(try KeyEncoding.rsaPublicKey(block.octets))
        return
      default: continue
      }
    }
    throw .text(PEMError(line: 0, label: "PUBLIC KEY", fault: .missing))
  }
}

extension PrivateKey {
  /// Reads PrivateKeyInfo: PKCS #8.
  public init(privateKeyInfo octets: [UInt8]) throws(KeyReadingError) { self = try KeyEncoding.privateKey(octets) }

  /// Reads the first `PRIVATE KEY`, `RSA PRIVATE KEY` or `DSA PRIVATE KEY` of a text in PEM. Encrypted ones are refused.
  public init(pem text: String) throws(KeyReadingError) {
    for block in try KeyEncoding.blocks(text) {
      switch block.label {
      case "PRIVATE KEY":
        self = try KeyEncoding.privateKey(block.octets)
        return
      case "RSA PRIVATE KEY":
        self = .rsa(try KeyEncoding.rsaPrivateKey(block.octets))
        return
      case "DSA PRIVATE KEY":
        self = .dsa(try KeyEncoding.dsaPrivateKey(block.octets))
        return
      case "ENCRYPTED PRIVATE KEY": throw .text(PEMError(line: 0, label: block.label, fault: .encrypted))
      default: continue
      }
    }
    throw .text(PEMError(line: 0, label: "PRIVATE KEY", fault: .missing))
  }
}
