/// Which exchange an ISAKMP message belongs to (RFC 2408 §3.1, RFC 2409 Appendix A). Open: an unknown type survives a
/// round trip.
public struct ExchangeType: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let none = ExchangeType(rawValue: 0)
  public static let base = ExchangeType(rawValue: 1)
  /// Main mode of RFC 2409 §5.
  public static let identityProtection = ExchangeType(rawValue: 2)
  public static let authenticationOnly = ExchangeType(rawValue: 3)
  public static let aggressive = ExchangeType(rawValue: 4)
  public static let informational = ExchangeType(rawValue: 5)
  /// Transaction exchange of draft-ietf-ipsec-isakmp-mode-cfg-05 §3.2: mode configuration and XAUTH.
  public static let transaction = ExchangeType(rawValue: 6)
  public static let quickMode = ExchangeType(rawValue: 32)
  public static let newGroupMode = ExchangeType(rawValue: 33)

  public static let names = CodePointNames<UInt8>(
    [
      (0, "NONE"), (1, "Base"), (2, "Identity Protection (Main Mode)"), (3, "Authentication Only"), (4, "Aggressive"),
      (5, "Informational"), (6, "Transaction (Config Mode)"), (32, "Quick Mode"), (33, "New Group Mode"),
      (34, "IKE_SA_INIT (IKEv2)"), (35, "IKE_AUTH (IKEv2)"), (36, "CREATE_CHILD_SA (IKEv2)"),
      (37, "INFORMATIONAL (IKEv2)"),
    ],
    ranges: [(6...31, "ISAKMP future use"), (32...239, "DOI specific use"), (240...255, "private use")])
}
