import IKE
import Wire

/// What the clear messages of an ISAKMP SA said, and what that is good for: the lines by which its encrypted messages may
/// be decrypted. Several clear messages of one kind (a forged one among them) make several lines; the first message that
/// one of them decrypts decides.
struct ISAKMPSession: Sendable {
  private let keys: [ISAKMPKey]
  /// What the responder chose; what the initiator offered stands behind it.
  private var chosen: [PhaseOneSuite] = []
  private var offered: [PhaseOneSuite] = []
  /// Public values in the order in which they were first seen: the initiator's comes first.
  private var publicValues: [[UInt8]] = []
  private var lines: [DecryptionLine] = []
  private var isStale = false
  private var obstacle: String?

  private static let mostSuites = 8
  private static let mostPublicValues = 6

  init(keys: [ISAKMPKey]) { self.keys = keys }

  /// Learns from a message in the clear.
  mutating func observe(_ header: ISAKMPHeader, _ payloads: [ISAKMPPayload]) {
    guard header.messageID == 0 else { return }
    for payload in payloads {
      switch payload {
      case .securityAssociation(let association):
        let suites = PhaseOneSuite.all(in: association)
        if header.responderCookie == .zero { add(suites, to: \.offered) } else { add(suites, to: \.chosen) }
      case .keyExchange(let value) where !publicValues.contains(value) && publicValues.count < Self.mostPublicValues:
        publicValues.append(value)
        isStale = true
      default: break
      }
    }
  }

  private mutating func add(_ suites: [PhaseOneSuite], to list: WritableKeyPath<ISAKMPSession, [PhaseOneSuite]>) {
    for suite in suites where !self[keyPath: list].contains(suite) && self[keyPath: list].count < Self.mostSuites {
      self[keyPath: list].append(suite)
      isStale = true
    }
  }

  /// Decrypts the body of a message.
  mutating func open(_ header: ISAKMPHeader, _ body: [UInt8]) -> (Protection, [UInt8]?) {
    if isStale { makeLines() }
    guard !lines.isEmpty else { return (Protection(verdict: .noKey, reason: missing), nil) }
    for index in lines.indices.sorted(by: isBetter) {
      guard let plaintext = lines[index].open(header, body) else { continue }
      settle(on: index)
      let reason = "decrypted; its HASH is not checked, since the key of the cipher alone is known"
      return (Protection(verdict: .ok, reason: reason, origin: lines.first?.key.origin), plaintext)
    }
    for index in lines.indices { lines[index].passOver(header, body) }
    return (Protection(verdict: .bad, reason: refusal(body), origin: lines.first?.key.origin), nil)
  }

  private func isBetter(_ left: Int, _ right: Int) -> Bool {
    lines[left].successes != lines[right].successes ? lines[left].successes > lines[right].successes : left < right
  }

  /// The line at `index` has proven right: it goes to the front, and others with the same key, which then are wrong, go.
  private mutating func settle(on index: Int) {
    let line = lines.remove(at: index)
    lines.removeAll { $0.key == line.key && $0.successes == 0 }
    lines.insert(line, at: 0)
  }

  private var missing: String {
    if let obstacle { return obstacle }
    return publicValues.count < 2
      ? "the capture does not hold both key exchange payloads, from which the IV is made"
      : "the capture does not hold the SA payload that says which cipher was chosen"
  }

  private func refusal(_ body: [UInt8]) -> String {
    guard let length = lines.first?.blockLength, !body.isEmpty, body.count.isMultiple(of: length) else {
      return "\(body.count) octets are no whole number of cipher blocks"
    }
    return "what comes out is no chain of payloads: forged or changed, or the key is not the right one"
  }

  /// Makes the lines that are not there yet: every key with every suite and every pair of public values.
  private mutating func makeLines() {
    isStale = false
    for key in keys where !lines.contains(where: { $0.key == key && $0.successes > 0 }) {
      lines.removeAll { $0.key == key }
      for suite in chosen + offered.filter({ !chosen.contains($0) }) {
        switch suite.protection(key: key.key) {
        case .failure(let obstacle): self.obstacle = self.obstacle ?? obstacle.words
        case .success((let protection, let derivation)): addLines(key, protection, derivation)
        }
      }
    }
  }

  private mutating func addLines(_ key: ISAKMPKey, _ protection: MessageProtection, _ derivation: KeyDerivation) {
    for (first, initiator) in publicValues.enumerated() {
      // The order of appearance is the likeliest, so earlier values come first; the other order is tried as well.
      for (second, responder) in publicValues.enumerated() where first != second {
        lines.append(
          DecryptionLine(
            key: key, protection: protection, derivation: derivation, initiatorPublicValue: initiator,
            responderPublicValue: responder))
      }
    }
  }
}
