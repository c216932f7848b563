import Foundation
import Testing

@testable import Cryptography

/// The folder of known answers beside the project; a clone without it skips the tests that read it, and says so.
enum OracleVectors {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "../shared/oracles/vectors").standardizedFileURL

  static let isPresent = FileManager.default.fileExists(atPath: folder.path())

  static let trait = ConditionTrait.enabled(
    if: isPresent, "needs the known answers in ../shared/oracles/vectors, which are not part of the repository")

  /// What a file holds. Empty without the folder; a file that is missing from it, or unreadable, fails the test that
  /// counts its entries.
  static func read<Contents: Decodable>(_ name: String, as type: Contents.Type) -> Contents? {
    guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return nil }
    return try? JSONDecoder().decode(type, from: data)
  }
}

/// A known answer of a block cipher.
struct CipherVector: Decodable, Sendable, CustomTestStringConvertible {
  let set: String
  let mode: String
  let key: String
  let iv: String?
  let pt: String
  let ct: String

  var testDescription: String { "\(set) \(mode) key \(key) plaintext \(pt.prefix(16))" }

  struct File: Decodable { let vectors: [CipherVector] }

  static func all(_ name: String) -> [CipherVector] { OracleVectors.read(name, as: File.self)?.vectors ?? [] }
}

/// A known answer of AES in counter mode.
struct CounterVector: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let key: String
  let counterBlock: String
  let plaintext: String
  let ciphertext: String

  enum CodingKeys: String, CodingKey {
    case file
    case key = "KEY"
    case counterBlock = "IV"
    case plaintext = "PLAINTEXT"
    case ciphertext = "CIPHERTEXT"
  }

  var testDescription: String { "\(file) \(counterBlock)" }

  struct File: Decodable { let vectors: [CounterVector] }

  static let all = OracleVectors.read("rfc3686_ctr.json", as: File.self)?.vectors ?? []
}

/// The examples of RFC 3602: messages, and whole packets.
struct AESVectors: Decodable {
  struct Message: Decodable, Sendable {
    let `case`: Int
    let key: String
    let iv: String
    let pt: String
    let ct: String
  }

  struct Packet: Decodable, Sendable {
    let `case`: Int
    let key: String
    let iv: String
    let ct: String
    let plaintext: String
    let packet: String
  }

  let cbc: [Message]
  let packets: [Packet]

  static let all = OracleVectors.read("rfc3602.json", as: AESVectors.self) ?? AESVectors(cbc: [], packets: [])
}

/// A known answer of an HMAC.
struct HMACVector: Decodable, Sendable, CustomTestStringConvertible {
  let alg: String
  let rfc: String
  let `case`: Int
  let key: String
  let data: String
  let mac: String
  let icv: String

  var testDescription: String { "\(alg) \(rfc) case \(`case`)" }

  struct File: Decodable { let vectors: [HMACVector] }

  static let all = OracleVectors.read("hmac.json", as: File.self)?.vectors ?? []
}

/// An Oakley group with exchanges that Python's integers computed.
struct GroupVector: Decodable, Sendable, CustomTestStringConvertible {
  struct Pair: Decodable, Sendable {
    let x: String
    let y: String
    let gx: String
    let gy: String
    let gxy: String
  }

  let group: UInt16
  let bits: Int
  let prime: String
  let generator: UInt8
  let pairs: [Pair]

  var testDescription: String { "group \(group)" }

  struct File: Decodable { let groups: [GroupVector] }

  static let all = OracleVectors.read("oakley_modp.json", as: File.self)?.groups ?? []
}

/// An Oakley group over a binary field, with multiples of its generator and exchanges that libcrypto and Python computed.
struct CurveVector: Decodable, Sendable, CustomTestStringConvertible {
  struct Multiple: Decodable, Sendable {
    let k: String
    let x: String
  }

  struct Pair: Decodable, Sendable {
    let a: String
    let b: String
    let ax: String
    let bx: String
    let zx: String

    enum CodingKeys: String, CodingKey {
      case a
      case b
      case ax = "A_x"
      case bx = "B_x"
      case zx = "Z_x"
    }
  }

  let group: UInt16
  let fieldBits: Int
  let octets: Int
  let multiples: [Multiple]
  let pairs: [Pair]

  enum CodingKeys: String, CodingKey {
    case group
    case fieldBits = "field_bits"
    case octets
    case multiples
    case pairs
  }

  var testDescription: String { "group \(group)" }

  struct File: Decodable { let groups: [CurveVector] }

  static let all = OracleVectors.read("oakley_ec2n.json", as: File.self)?.groups ?? []
}
