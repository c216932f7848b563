import IKE
import Wire

/// One guess at how the messages of an ISAKMP SA are encrypted: cipher, hash, key and first initialization vector, with the
/// chains of vectors that have grown from it. RFC 2409 Appendix B.
struct DecryptionLine: Sendable {
  let key: ISAKMPKey
  /// Messages that it has decrypted.
  private(set) var successes = 0

  private let protection: MessageProtection
  private let derivation: KeyDerivation
  private var phase1 = VectorChain()
  private var phase2: [UInt32: VectorChain] = [:]
  /// In the order in which they began.
  private var messageIDs: [UInt32] = []

  /// Exchanges of phase 2 under one ISAKMP SA whose vectors are remembered; the oldest go first.
  private static let mostExchanges = 1024

  init(
    key: ISAKMPKey, protection: MessageProtection, derivation: KeyDerivation, initiatorPublicValue: [UInt8],
    responderPublicValue: [UInt8]
  ) {
    self.key = key
    self.protection = protection
    self.derivation = derivation
    phase1.add(
      derivation.phase1InitializationVector(
        initiatorPublicValue: initiatorPublicValue, responderPublicValue: responderPublicValue,
        cipher: protection.cipher), isProven: true)
  }

  /// Octets of which a message must be a multiple.
  var blockLength: Int { protection.cipher.blockLength }

  /// Decrypts a body where that gives a plausible chain of payloads, and takes the chain of vectors on.
  mutating func open(_ header: ISAKMPHeader, _ body: [UInt8]) -> [UInt8]? {
    for vector in vectors(header) {
      guard let step = protection.decrypt(body, initializationVector: vector) else { return nil }
      if PayloadPlausibility.isChain(step.body, first: header.nextPayload) {
        successes += 1
        note(header, step.nextInitializationVector, isProven: true)
        return step.body
      }
    }
    return nil
  }

  /// Takes note of a message that nothing could decrypt.
  mutating func passOver(_ header: ISAKMPHeader, _ body: [UInt8]) {
    guard body.count >= blockLength, body.count.isMultiple(of: blockLength) else { return }
    note(header, Array(body.suffix(blockLength)), isProven: false)
  }

  private static func isPhase1(_ header: ISAKMPHeader) -> Bool {
    header.messageID == 0 && header.exchangeType != .informational
  }

  private func vectors(_ header: ISAKMPHeader) -> [[UInt8]] {
    if Self.isPhase1(header) { return phase1.candidates }
    let beginnings = phase1.candidates.map {
      derivation.phase2InitializationVector(
        lastPhase1Block: $0, messageID: header.messageID, cipher: protection.cipher)
    }
    // Some send an informational message before phase 1 has ended, in its chain.
    let others = header.messageID == 0 ? phase1.candidates : []
    return (phase2[header.messageID]?.candidates ?? []) + beginnings + others
  }

  private mutating func note(_ header: ISAKMPHeader, _ block: [UInt8], isProven: Bool) {
    if Self.isPhase1(header) {
      phase1.add(block, isProven: isProven)
      return
    }
    if phase2[header.messageID] == nil {
      messageIDs.append(header.messageID)
      if messageIDs.count > Self.mostExchanges { phase2[messageIDs.removeFirst()] = nil }
    }
    phase2[header.messageID, default: VectorChain()].add(block, isProven: isProven)
  }
}
