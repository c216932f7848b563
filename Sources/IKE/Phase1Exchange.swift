import Units
import Wire

/// Why a datagram does not get into an exchange. The exchange stays as it was.
struct Rejection: Error {
  var reason: IKEDropReason
  var detail: String
  var refusal: IKERefusal?
  /// What RFC 2408 §5 lets the sender be told, where no refusal says that.
  var notification: NotifyType?
  /// The exchange that it was meant for, where that is known.
  var exchange: IKEExchangeID?

  init(_ reason: IKEDropReason, _ detail: String, _ notification: NotifyType? = nil) {
    self.reason = reason
    self.detail = detail
    self.notification = notification
  }

  init(_ refusal: IKERefusal) {
    reason =
      switch refusal.notification {
      case .authenticationFailed, .invalidHashInformation, .invalidSignature, .invalidCertificate: .badHash
      default: .refused
      }
    detail = refusal.description
    self.refusal = refusal
  }

  init(_ error: DecodeError) {
    self.init(.malformed, "byte \(error.offset) can't be read: \(error.fault)", .payloadMalformed)
  }

  /// Runs a transition whose refusals become rejections.
  static func catching<Value>(_ body: () throws(IKERefusal) -> Value) throws(Rejection) -> Value {
    do { return try body() } catch { throw Rejection(error) }
  }
}

/// The states of phase 1, both modes and sides: RFC 2409 §5.4. Each is named for what has happened, and holds what is
/// known then.
enum Phase1State: Sendable {
  case sentSA(SentSA)
  case sentKeyExchange(SentKeyExchange)
  case sentIdentity(SentIdentity)
  case answeredSA(AnsweredSA)
  case answeredKeyExchange(AnsweredKeyExchange)
  case sentOffer(SentOffer)
  case answeredOffer(AnsweredOffer)

  /// What does not change during the exchange.
  var setting: Phase1Setting {
    switch self {
    case .sentSA(let state): state.setting
    case .answeredSA(let state): state.setting
    case .sentKeyExchange(let state): state.setting
    case .answeredKeyExchange(let state): state.setting
    case .sentIdentity(let state): state.setting
    case .sentOffer(let state): state.setting
    case .answeredOffer(let state): state.setting
    }
  }

  /// Which exchange it is a state of.
  var mode: Phase1Mode {
    switch self {
    case .sentSA, .sentKeyExchange, .sentIdentity, .answeredSA, .answeredKeyExchange: .main
    case .sentOffer, .answeredOffer: .aggressive
    }
  }

  /// The message that the state waits for.
  var awaited: Int {
    switch self {
    case .sentSA, .sentOffer: 2
    case .answeredSA, .answeredOffer: 3
    case .sentKeyExchange: 4
    case .answeredKeyExchange: 5
    case .sentIdentity: 6
    }
  }

  var name: String {
    switch self {
    case .sentSA: "SentSA"
    case .answeredSA: "AnsweredSA"
    case .sentKeyExchange: "SentKeyExchange"
    case .answeredKeyExchange: "AnsweredKeyExchange"
    case .sentIdentity: "SentIdentity"
    case .sentOffer: "SentOffer"
    case .answeredOffer: "AnsweredOffer"
    }
  }

  var story: String {
    switch self {
    case .sentSA: SentSA.story
    case .answeredSA: AnsweredSA.story
    case .sentKeyExchange: SentKeyExchange.story
    case .answeredKeyExchange: AnsweredKeyExchange.story
    case .sentIdentity: SentIdentity.story
    case .sentOffer: SentOffer.story
    case .answeredOffer: AnsweredOffer.story
    }
  }

  /// Whether a message with these cookies can be meant for this state.
  func matches(_ header: ISAKMPHeader) -> Bool {
    let cookies = CookiePair(initiator: header.initiatorCookie, responder: header.responderCookie)
    switch self {
    case .sentSA(let state): return state.cookie == cookies.initiator
    case .sentOffer(let state): return state.cookie == cookies.initiator
    case .answeredOffer(let state): return state.keys.cookies == cookies
    case .answeredSA(let state): return state.cookies == cookies
    case .sentKeyExchange(let state): return state.cookies == cookies
    case .answeredKeyExchange(let state): return state.keys.cookies == cookies
    case .sentIdentity(let state): return state.keys.cookies == cookies
    }
  }

  /// Sends message 1 in the mode that is configured for the peer.
  static func begin(
    _ setting: Phase1Setting, at instant: Instant, desk: inout Desk
  ) throws(IKERefusal) -> (state: Phase1State, message: OutgoingMessage) {
    switch setting.peer.mode {
    case .main:
      let (state, message) = SentSA.begin(setting, at: instant, desk: &desk)
      return (.sentSA(state), message)
    case .aggressive:
      let (state, message) = try SentOffer.begin(setting, at: instant, desk: &desk)
      return (.sentOffer(state), message)
    }
  }

  /// Answers message 1 in the mode that is configured for the peer.
  static func answer(
    _ setting: Phase1Setting, _ message: ReceivedMessage, cookie: Cookie, desk: inout Desk
  ) throws(IKERefusal) -> (state: Phase1State, message: OutgoingMessage) {
    switch setting.peer.mode {
    case .main:
      let (state, answer) = try AnsweredSA.begin(setting, message, cookie: cookie, desk: &desk)
      return (.answeredSA(state), answer)
    case .aggressive:
      let (state, answer) = try AnsweredOffer.begin(setting, message, cookie: cookie, desk: &desk)
      return (.answeredOffer(state), answer)
    }
  }

  /// What a message that was accepted leads to.
  enum Step: Sendable {
    case next(Phase1State, OutgoingMessage)
    case done(Authenticated, OutgoingMessage?)
  }

  /// Reads a message as the one that this state waits for: flag, payloads, table.
  func read(
    _ header: ISAKMPHeader, _ bytes: [UInt8]
  ) throws(Rejection) -> (message: ReceivedMessage, lastBlock: [UInt8]) {
    let isEncrypted = header.flags.contains(.encryption)
    guard
      let rule = MessageRule.find(
        mode.exchangeType, awaited, isEncrypted: isEncrypted, proof: setting.peer.authentication.proof)
    else {
      throw Rejection(
        isEncrypted ? .unexpected : .unencrypted,
        "message \(awaited) of \(mode.words) is \(isEncrypted ? "in clear" : "encrypted") (RFC 2409 §5.4)")
    }
    let (message, lastBlock) = isEncrypted ? try decrypt(header, bytes) : (try Self.readClear(bytes), [])
    if let refusal = rule.refusal(of: message.types, side: rule.sender.opposite) {
      throw Rejection(.unexpected, refusal.description, refusal.notification)
    }
    return (message, lastBlock)
  }

  private static func readClear(_ bytes: [UInt8]) throws(Rejection) -> ReceivedMessage {
    do { return try ReceivedMessage(clear: bytes) } catch { throw Rejection(error) }
  }

  private func decrypt(
    _ header: ISAKMPHeader, _ bytes: [UInt8]
  ) throws(Rejection) -> (message: ReceivedMessage, lastBlock: [UInt8]) {
    let sealed: (keys: Phase1Keys, vector: [UInt8])? =
      switch self {
      case .answeredKeyExchange(let state): (state.keys, state.initializationVector)
      case .sentIdentity(let state): (state.keys, state.initializationVector)
      case .answeredOffer(let state): (state.keys, state.initializationVector)
      default: nil
      }
    guard let sealed,
      let step = sealed.keys.protection.decrypt(
        Array(bytes.dropFirst(ISAKMPHeader.encodedLength)), initializationVector: sealed.vector)
    else { throw Rejection(.malformed, "message \(awaited) is no whole number of cipher blocks (RFC 2409 Appendix B)") }
    guard let message = try? ReceivedMessage(header: header, decrypted: step.body) else {
      throw Rejection(
        IKERefusal(
          side: awaited == 6 ? .initiator : .responder,
          rule: setting.peer.credentials == nil
            ? "message \(awaited) does not decrypt to payloads: the pre-shared keys differ, or it was altered on its way"
            : "message \(awaited) does not decrypt to payloads: it was altered on its way",
          citation: "RFC 2409 §5.4", notification: .payloadMalformed))
    }
    return (message, step.nextInitializationVector)
  }

  /// Lets a message that was read work on the state.
  func advance(
    _ message: ReceivedMessage, lastBlock: [UInt8], isInitialContact: Bool, desk: inout Desk
  ) throws(IKERefusal) -> Step {
    switch self {
    case .sentSA(let state):
      let (next, answer) = try state.receive(message, desk: &desk)
      return .next(.sentKeyExchange(next), answer)
    case .answeredSA(let state):
      let (next, answer) = try state.receive(message, desk: &desk)
      return .next(.answeredKeyExchange(next), answer)
    case .sentKeyExchange(let state):
      let (next, answer) = try state.receive(message, isInitialContact: isInitialContact, desk: &desk)
      return .next(.sentIdentity(next), answer)
    case .answeredKeyExchange(let state):
      let (done, answer) = try state.receive(message, lastBlock: lastBlock, desk: &desk)
      return .done(done, answer)
    case .sentIdentity(let state):
      return .done(try state.receive(message, lastBlock: lastBlock, desk: &desk), nil)
    case .sentOffer(let state):
      let (done, answer) = try state.receive(message, isInitialContact: isInitialContact, desk: &desk)
      return .done(done, answer)
    case .answeredOffer(let state):
      return .done(try state.receive(message, lastBlock: lastBlock, desk: &desk), nil)
    }
  }
}

/// A phase 1 exchange under way.
///
/// Messages 2 to 4 of main mode are not authenticated: somebody on the path can send one of his own before the peer's
/// arrives. So a state that was left is kept until the end, and a different message of the same number opens another
/// branch from it; which of them the peer is on shows when HASH_I or HASH_R comes out right.
struct Phase1Exchange: Sendable {
  /// One line of events.
  struct Branch: Sendable {
    var state: Phase1State
    /// The message that led here; empty at an initiator's start.
    var received: [UInt8]
    /// Our last message.
    var sent: OutgoingMessage
    /// How often it was sent again because the peer's last one came again.
    var repeats = 0
  }

  var setting: Phase1Setting
  var peerIndex: Int
  let role: IKERole
  let mode: Phase1Mode
  let began: Instant
  /// The association whose successor this is to be.
  let renews: IKEExchangeID?
  var branches: [Branch]
  /// How often the initiator's last message was sent again for want of an answer.
  var attempts = 0
  var generation: UInt32 = 0
  /// What an unprotected notification said: worth telling when the exchange fails.
  var hint: String?
  /// Whether the peer has said that it answers R-U-THERE.
  var isProbeAnswered = false
  /// Notifications that were sent to refuse something.
  var complaints = 0

  var id: IKEExchangeID { setting.exchange }

  /// Messages of aggressive mode that were looked into in vain; main mode opens branches for them.
  var wasted = 0

  /// More branches than this would be work for an attacker's sake: each costs one or two exponentiations. So does each
  /// message of aggressive mode that proves nothing.
  static let maximumBranches = 24
  /// How often one message is answered again.
  static let maximumRepeats = 16
  /// How many refusals are told to the peer.
  static let maximumComplaints = 3

  /// The furthest that any branch got.
  var furthest: Int { branches.reduce(0) { max($0, $1.state.awaited) } }
}
