import Foundation
import Testing

@testable import Cryptography

/// The certificates of Wireshark's public example, which stays in its folder: main mode with RSA signatures between
/// OpenSwan and an SRX, 3DES with the key beside it.
private struct CapturedExchange {
  static let folder = OracleVectors.folder.deletingLastPathComponent().appending(path: "captures/wireshark-ikev1-certs")
  static let trait = ConditionTrait.enabled(
    if: FileManager.default.fileExists(atPath: folder.path()),
    "needs ../shared/oracles/captures/wireshark-ikev1-certs, which is not part of the repository")

  /// A payload's type, and what stands behind its generic header.
  typealias Payload = (type: UInt8, octets: [UInt8])

  let messages: [[UInt8]]
  let key: [UInt8]

  init() throws {
    let capture = try [UInt8](Data(contentsOf: Self.folder.appending(path: "capture.pcap")))
    // A file header of 24 octets; a header of 16 a frame, whose third word is its length; Ethernet, IPv4 without options,
    // UDP.
    var (messages, position): ([[UInt8]], Int) = ([], 24)
    while position + 16 <= capture.count {
      let length = (0..<4).reduce(0) { $0 | Int(capture[position + 8 + $1]) << (8 * $1) }
      messages.append(Array(capture[position + 16 + 42..<position + 16 + length]))
      position += 16 + length
    }
    self.messages = messages
    let table = try String(contentsOf: Self.folder.appending(path: "ikev1_decryption_table"), encoding: .utf8)
    let line = try #require(table.split(separator: "\n").first { $0.hasPrefix(hex(Array(messages[0][..<8]))) })
    key = hex(String(try #require(line.split(separator: ",").last)))
  }

  func payloads(_ first: UInt8, _ octets: [UInt8]) -> [Payload] {
    var (next, position, result): (UInt8, Int, [Payload]) = (first, 0, [])
    while next != 0, position + 4 <= octets.count {
      let length = Int(octets[position + 2]) << 8 | Int(octets[position + 3])
      result.append((next, Array(octets[position + 4..<position + length])))
      (next, position) = (octets[position], position + length)
    }
    return result
  }

  /// The payloads of messages 5 and 6: RFC 2409 Appendix B.
  func decrypted(_ hash: HashAlgorithm) throws -> [[Payload]] {
    let values = messages[2...3].map { message in
      payloads(message[16], Array(message[28...])).first { $0.type == 4 }?.octets ?? []
    }
    var vector = Array(hash.digest(values).prefix(8))
    let cipher = try Cipher(.tripleDESCBC, key: key, direction: .decrypt)
    return try messages[4...5].map { message in
      let opened = try cipher.process(Array(message[28...]), initializationVector: vector)
      vector = opened.nextInitializationVector
      return payloads(message[16], opened.octets)
    }
  }
}

@Suite("Certificates of a captured exchange", CapturedExchange.trait)
struct CapturedCertificateTests {
  @Test("They are read, and their keys open the signatures: a hash without an algorithm's identifier")
  func read() throws {
    let messages = try CapturedExchange().decrypted(.md5)
    #expect(messages.count == 2)
    let certificates = try messages.map { payloads in
      let payload = try #require(payloads.first { $0.type == 6 })
      #expect(payload.octets[0] == 4)
      return try Certificate(der: Array(payload.octets.dropFirst()))
    }
    #expect(
      certificates.map { "\($0.subject)" } == [
        "C=AT, ST=Wien, L=Wien, O=Juniper, OU=Lab, CN=OpenSwan",
        "C=AT, ST=Wien, L=Wien, O=Juniper, OU=Lab, CN=srx210-3",
      ])
    #expect(certificates[0].issuer == certificates[1].issuer)
    for (payloads, certificate) in zip(messages, certificates) {
      let signature = try #require(payloads.first { $0.type == 9 }).octets
      guard case .rsa(let key) = certificate.publicKey else {
        Issue.record("\(certificate.subject) has no RSA key")
        continue
      }
      let block = try key.raised(signature)
      let hash = Array(block.suffix(HashAlgorithm.md5.digestLength))
      #expect(try key.isSignature(signature, of: hash))
    }
    #expect(try !certificates[0].isSigned(by: #require(certificates[1].publicKey)))
  }
}
