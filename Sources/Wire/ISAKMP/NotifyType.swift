/// What a notification payload says (RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706 §5.1). Open: an unknown type
/// survives a round trip.
public struct NotifyType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let invalidPayloadType = NotifyType(rawValue: 1)
  public static let doiNotSupported = NotifyType(rawValue: 2)
  public static let situationNotSupported = NotifyType(rawValue: 3)
  public static let invalidCookie = NotifyType(rawValue: 4)
  public static let invalidMajorVersion = NotifyType(rawValue: 5)
  public static let invalidMinorVersion = NotifyType(rawValue: 6)
  public static let invalidExchangeType = NotifyType(rawValue: 7)
  public static let invalidFlags = NotifyType(rawValue: 8)
  public static let invalidMessageID = NotifyType(rawValue: 9)
  public static let invalidProtocolID = NotifyType(rawValue: 10)
  public static let invalidSPI = NotifyType(rawValue: 11)
  public static let invalidTransformID = NotifyType(rawValue: 12)
  public static let attributesNotSupported = NotifyType(rawValue: 13)
  public static let noProposalChosen = NotifyType(rawValue: 14)
  public static let badProposalSyntax = NotifyType(rawValue: 15)
  public static let payloadMalformed = NotifyType(rawValue: 16)
  public static let invalidKeyInformation = NotifyType(rawValue: 17)
  public static let invalidIDInformation = NotifyType(rawValue: 18)
  public static let invalidCertificateEncoding = NotifyType(rawValue: 19)
  public static let invalidCertificate = NotifyType(rawValue: 20)
  public static let certificateTypeUnsupported = NotifyType(rawValue: 21)
  public static let invalidCertificateAuthority = NotifyType(rawValue: 22)
  public static let invalidHashInformation = NotifyType(rawValue: 23)
  public static let authenticationFailed = NotifyType(rawValue: 24)
  public static let invalidSignature = NotifyType(rawValue: 25)
  public static let addressNotification = NotifyType(rawValue: 26)
  public static let notifySALifetime = NotifyType(rawValue: 27)
  public static let certificateUnavailable = NotifyType(rawValue: 28)
  public static let unsupportedExchangeType = NotifyType(rawValue: 29)
  public static let unequalPayloadLengths = NotifyType(rawValue: 30)
  /// The SA is established (RFC 2408 §3.14.1); with the commit bit, RFC 2408 §3.1.
  public static let connected = NotifyType(rawValue: 16384)
  /// The responder's shorter lifetime (RFC 2407 §4.6.3.1).
  public static let responderLifetime = NotifyType(rawValue: 24576)
  /// Whether the responder's replay protection is on (RFC 2407 §4.6.3.2).
  public static let replayStatus = NotifyType(rawValue: 24577)
  /// The sender remembers no earlier SA with us (RFC 2407 §4.6.3.3).
  public static let initialContact = NotifyType(rawValue: 24578)
  /// Dead peer detection's question (RFC 3706 §5.1).
  public static let areYouThere = NotifyType(rawValue: 36136)
  /// Dead peer detection's answer (RFC 3706 §5.1).
  public static let areYouThereAcknowledgement = NotifyType(rawValue: 36137)

  /// Whether the type is one of the error types, 1 to 16383 (RFC 2408 §3.14.1).
  public var isError: Bool { (1...16383).contains(rawValue) }

  public static let names = CodePointNames<UInt16>(
    [
      (1, "INVALID-PAYLOAD-TYPE"), (2, "DOI-NOT-SUPPORTED"), (3, "SITUATION-NOT-SUPPORTED"), (4, "INVALID-COOKIE"),
      (5, "INVALID-MAJOR-VERSION"), (6, "INVALID-MINOR-VERSION"), (7, "INVALID-EXCHANGE-TYPE"), (8, "INVALID-FLAGS"),
      (9, "INVALID-MESSAGE-ID"), (10, "INVALID-PROTOCOL-ID"), (11, "INVALID-SPI"), (12, "INVALID-TRANSFORM-ID"),
      (13, "ATTRIBUTES-NOT-SUPPORTED"), (14, "NO-PROPOSAL-CHOSEN"), (15, "BAD-PROPOSAL-SYNTAX"),
      (16, "PAYLOAD-MALFORMED"), (17, "INVALID-KEY-INFORMATION"), (18, "INVALID-ID-INFORMATION"),
      (19, "INVALID-CERT-ENCODING"), (20, "INVALID-CERTIFICATE"), (21, "CERT-TYPE-UNSUPPORTED"),
      (22, "INVALID-CERT-AUTHORITY"), (23, "INVALID-HASH-INFORMATION"), (24, "AUTHENTICATION-FAILED"),
      (25, "INVALID-SIGNATURE"), (26, "ADDRESS-NOTIFICATION"), (27, "NOTIFY-SA-LIFETIME"),
      (28, "CERTIFICATE-UNAVAILABLE"), (29, "UNSUPPORTED-EXCHANGE-TYPE"), (30, "UNEQUAL-PAYLOAD-LENGTHS"),
      (16384, "CONNECTED"), (24576, "RESPONDER-LIFETIME"), (24577, "REPLAY-STATUS"), (24578, "INITIAL-CONTACT"),
      (36136, "R-U-THERE"), (36137, "R-U-THERE-ACK"), (40501, "UNITY-LOAD-BALANCE (Cisco)"),
    ],
    ranges: [
      (1...8191, "error, reserved"), (8192...16383, "error, private use"), (16385...24575, "status, reserved"),
      (24576...32767, "status, DOI specific"), (32768...40959, "status, private use"),
      (40960...65535, "status, reserved"),
    ])
}
