import Wire

/// How often a payload may stand in a message, and what RFC 2409 calls it there.
public struct PayloadRule: Hashable, Sendable {
  /// Which payload.
  public var type: PayloadType
  /// How often it stands there; from 1 on it is required.
  public var count: ClosedRange<Int>
  /// RFC 2409's notation, one for each occurrence: `IDci`, `IDcr`. The last one is used for what comes after.
  public var notation: [String]

  init(_ type: PayloadType, _ count: ClosedRange<Int>, _ notation: String...) {
    self.type = type
    self.count = count
    self.notation = notation
  }
}

/// One row of the table: what a message of an exchange must hold and may hold. Every message is measured by its row
/// before a state sees it, and every message of ours before it goes out; a ladder can be drawn from the rows.
public struct MessageRule: Hashable, Sendable {
  /// Main mode (identity protection), aggressive mode, quick mode or informational.
  public var exchange: ExchangeType
  /// Counted from 1.
  public var message: Int
  /// Who sends it.
  public var sender: IKERole
  /// Whether everything behind the header is encrypted.
  public var isEncrypted: Bool
  /// The payload that proves who the sender is, where that makes a row of its own: a hash with pre-shared keys, a
  /// signature.
  public var proof: PayloadType?
  /// The types that stand at the front, in this order.
  public var leading: [PayloadType]
  /// What may stand there; nothing else may.
  public var payloads: [PayloadRule]
  /// Where it is specified.
  public var citation: String

  /// The types without which the message is not accepted.
  public var required: [PayloadType] { payloads.filter { $0.count.lowerBound > 0 }.map(\.type) }
  /// Every type that may stand there.
  public var permitted: [PayloadType] { payloads.map(\.type) }
}

extension MessageRule {
  /// More of a payload that may be repeated than this make no sense.
  private static let many = 0...32
  private static let vendorID = PayloadRule(.vendorID, many, "VID")
  private static let natDiscovery = [
    PayloadRule(.natDiscovery, many, "NAT-D"), PayloadRule(.natDiscoveryDraft, many, "NAT-D"),
  ]
  private static let certificateRequest = PayloadRule(.certificateRequest, many, "CERT-REQ")
  private static let certificate = PayloadRule(.certificate, many, "CERT")
  private static let notification = PayloadRule(.notification, many, "N")

  private static func mainMode(
    _ message: Int, leading: [PayloadType] = [], isEncrypted: Bool = false, proof: PayloadType? = nil,
    _ payloads: [PayloadRule]
  ) -> MessageRule {
    MessageRule(
      exchange: .identityProtection, message: message, sender: message.isMultiple(of: 2) ? .responder : .initiator,
      isEncrypted: isEncrypted, proof: proof, leading: leading, payloads: payloads + [vendorID],
      citation: "RFC 2409 §5.4")
  }

  /// The hash or the signature of a side.
  private static func proof(_ type: PayloadType, of role: IKERole) -> PayloadRule {
    PayloadRule(type, 1...1, type == .hash ? role.hashName : role.signatureName)
  }

  private static func mainModeProof(_ type: PayloadType) -> [MessageRule] {
    [(5, IKERole.initiator, "IDii"), (6, .responder, "IDir")].map { message, role, identity in
      mainMode(
        message, isEncrypted: true, proof: type,
        [
          PayloadRule(.identification, 1...1, identity), proof(type, of: role), certificate, certificateRequest,
          notification,
        ])
    }
  }

  private static func aggressiveMode(
    _ message: Int, leading: [PayloadType] = [], isEncrypted: Bool = false, proof: PayloadType? = nil,
    _ payloads: [PayloadRule]
  ) -> MessageRule {
    MessageRule(
      exchange: .aggressive, message: message, sender: message == 2 ? .responder : .initiator, isEncrypted: isEncrypted,
      proof: proof, leading: leading, payloads: payloads + [vendorID] + natDiscovery, citation: "RFC 2409 §5.4")
  }

  private static func aggressiveProof(_ type: PayloadType) -> [MessageRule] {
    let answer = aggressiveMode(
      2, leading: [.securityAssociation], proof: type,
      [
        PayloadRule(.securityAssociation, 1...1, "SA"), PayloadRule(.keyExchange, 1...1, "KE"),
        PayloadRule(.nonce, 1...1, "Nr"), PayloadRule(.identification, 1...1, "IDir"), proof(type, of: .responder),
        certificate, certificateRequest,
      ])
    return [answer]
      + [true, false].map { isEncrypted in
        aggressiveMode(
          3, isEncrypted: isEncrypted, proof: type,
          [proof(type, of: .initiator), certificate, certificateRequest, notification])
      }
  }

  private static func quickMode(_ message: Int, leading: [PayloadType], _ payloads: [PayloadRule]) -> MessageRule {
    MessageRule(
      exchange: .quickMode, message: message, sender: message == 2 ? .responder : .initiator, isEncrypted: true,
      leading: leading, payloads: payloads + [notification, vendorID], citation: "RFC 2409 §5.5")
  }

  private static func quickModeProposal(_ message: Int, _ hash: String, _ nonce: String) -> MessageRule {
    quickMode(
      message, leading: [.hash, .securityAssociation],
      [
        PayloadRule(.hash, 1...1, hash), PayloadRule(.securityAssociation, 1...1, "SA"),
        PayloadRule(.nonce, 1...1, nonce), PayloadRule(.keyExchange, 0...1, "KE"),
        PayloadRule(.identification, 0...2, "IDci", "IDcr"), PayloadRule(.natOriginalAddress, 0...2, "NAT-OA"),
        PayloadRule(.natOriginalAddressDraft, 0...2, "NAT-OA"),
      ])
  }

  private static let newGroup = MessageRule(
    exchange: .newGroupMode, message: 1, sender: .initiator, isEncrypted: true, leading: [.hash, .securityAssociation],
    payloads: [
      PayloadRule(.hash, 1...1, "HASH(1)"), PayloadRule(.securityAssociation, 1...1, "SA"), notification, vendorID,
    ], citation: "RFC 2409 §5.6")

  private static func transaction(_ message: Int) -> MessageRule {
    MessageRule(
      exchange: .transaction, message: message, sender: message == 1 ? .initiator : .responder, isEncrypted: true,
      leading: [.hash],
      payloads: [PayloadRule(.hash, 1...1, "HASH"), PayloadRule(.configuration, 1...1, "ATTR"), vendorID],
      citation: "draft-ietf-ipsec-isakmp-mode-cfg-05 §3.1")
  }

  private static func informational(isEncrypted: Bool) -> MessageRule {
    MessageRule(
      exchange: .informational, message: 1, sender: .initiator, isEncrypted: isEncrypted,
      leading: isEncrypted ? [.hash] : [],
      payloads: (isEncrypted ? [PayloadRule(.hash, 1...1, "HASH(1)")] : []) + [
        notification, PayloadRule(.delete, many, "D"), vendorID,
      ], citation: "RFC 2409 §5.7")
  }

  private static let mainModeRows: [MessageRule] = [
    mainMode(1, leading: [.securityAssociation], [PayloadRule(.securityAssociation, 1...1, "SA")]),
    mainMode(2, leading: [.securityAssociation], [PayloadRule(.securityAssociation, 1...1, "SA")]),
    mainMode(
      3,
      [PayloadRule(.keyExchange, 1...1, "KE"), PayloadRule(.nonce, 1...1, "Ni"), certificateRequest] + natDiscovery),
    mainMode(
      4,
      [PayloadRule(.keyExchange, 1...1, "KE"), PayloadRule(.nonce, 1...1, "Nr"), certificateRequest] + natDiscovery),
  ]

  private static let aggressiveOffer = aggressiveMode(
    1, leading: [.securityAssociation],
    [
      PayloadRule(.securityAssociation, 1...1, "SA"), PayloadRule(.keyExchange, 1...1, "KE"),
      PayloadRule(.nonce, 1...1, "Ni"), PayloadRule(.identification, 1...1, "IDii"), certificateRequest,
    ])

  private static let quickModeRows: [MessageRule] = [
    quickModeProposal(1, "HASH(1)", "Ni"), quickModeProposal(2, "HASH(2)", "Nr"),
    quickMode(3, leading: [.hash], [PayloadRule(.hash, 1...1, "HASH(3)")]),
  ]

  /// The table.
  public static let all: [MessageRule] =
    mainModeRows + mainModeProof(.hash) + mainModeProof(.signature) + [aggressiveOffer] + aggressiveProof(.hash)
    + aggressiveProof(.signature) + quickModeRows
    + [newGroup, transaction(1), transaction(2), informational(isEncrypted: true), informational(isEncrypted: false)]

  /// The row of a message; `nil` where it must not come so.
  static func find(_ exchange: ExchangeType, _ message: Int, isEncrypted: Bool?, proof: PayloadType?) -> MessageRule? {
    all.first {
      $0.exchange == exchange && $0.message == message && (isEncrypted ?? $0.isEncrypted) == $0.isEncrypted
        && ($0.proof == nil || proof == nil || $0.proof == proof)
    }
  }

  /// The row of a message; our own fault where there is none.
  static func of(
    _ exchange: ExchangeType, _ message: Int, isEncrypted: Bool? = nil, proof: PayloadType? = nil
  ) -> MessageRule {
    guard let row = find(exchange, message, isEncrypted: isEncrypted, proof: proof) else {
      preconditionFailure("no row for message \(message) of exchange \(exchange.rawValue)")
    }
    return row
  }
}

extension MessageRule {
  /// What is wrong with a message that holds these payloads; `nil` where nothing is. `side` is who looks.
  func refusal(of types: [PayloadType], side: IKERole) -> IKERefusal? {
    for (index, type) in leading.enumerated() where index >= types.count || types[index] != type {
      return refusal(
        side, "payload \(index + 1) has to be \(type.meaning)", type,
        offered: index < types.count ? types[index].meaning : "nothing", wanted: type.meaning,
        .payloadMalformed)
    }
    for rule in payloads {
      let count = types.count { $0 == rule.type }
      guard !rule.count.contains(count) else { continue }
      return refusal(
        side, count < rule.count.lowerBound ? "a payload is missing" : "a payload stands there too often", rule.type,
        offered: "\(count)",
        wanted: rule.count.count == 1
          ? "\(rule.count.lowerBound)" : "\(rule.count.lowerBound) to \(rule.count.upperBound)", .payloadMalformed)
    }
    // Payloads of private use are passed over, as the field does: RFC 2408 §3.1 leaves them to agreement.
    for type in types where type.rawValue < 128 && !permitted.contains(type) {
      return refusal(
        side, "message \(message) must not hold this payload", type, offered: "", wanted: "",
        .invalidPayloadType)
    }
    return nil
  }

  private func refusal(
    _ side: IKERole, _ rule: String, _ type: PayloadType, offered: String, wanted: String, _ notification: NotifyType
  ) -> IKERefusal {
    IKERefusal(
      side: side, rule: rule, attribute: type.meaning, offered: offered, wanted: wanted, citation: citation,
      notification: notification)
  }

  /// The message as RFC 2409 writes it: `HDR*, HASH(1), SA, Ni`.
  public func summary(of types: [PayloadType]) -> String {
    var seen: [PayloadType: Int] = [:]
    var parts = [isEncrypted ? "HDR*" : "HDR"]
    for type in types {
      let occurrence = seen[type, default: 0]
      seen[type] = occurrence + 1
      let notation = payloads.first { $0.type == type }?.notation ?? [type.meaning]
      parts.append(notation[min(occurrence, notation.count - 1)])
    }
    return parts.joined(separator: ", ")
  }
}
