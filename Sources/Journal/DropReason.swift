/// Why a packet went no further: the closed list of the whole simulator. The raw value is the journal's encoding: append only.
public enum DropReason: UInt8, CaseIterable, Hashable, Sendable, Codable {
  // Links
  case linkLoss = 1
  case linkQueueFull
  case exceedsLinkMTU
  case noSuchNextHop
  // IP
  case malformedHeader = 16
  case badChecksum
  case timeToLiveExceeded
  case noRoute
  case fragmentationNeeded
  case notForUs
  case reassemblyTimeout
  case reassemblyOverlap
  case reassemblyLimit
  case noListener
  case malformedPayload
  // Policy
  case policyDiscard = 48
  case cleartextWherePolicyDemandsIPsec
  case ipsecWherePolicyDemandsCleartext
  case wrongAssociation
  case wrongInnerSelector
  case noPolicy
  case acquireFailed
  case acquireQueueFull
  // Associations and transforms
  case unknownSPI = 80
  case badICV
  case replayed
  case leftOfWindow
  case sequenceNumberExhausted
  case associationExpired
  case badPadding
  case badPadLength
  case shortPacket
  case unexpectedNextHeader
  case dummyPacket
  case cryptographyFailed
  case nestingTooDeep
  case decompressionFailed
  // ISAKMP
  case isakmpMalformed = 112
  case isakmpUnknownCookie
  case isakmpUnexpected
  case isakmpBadHash
  case isakmpRefused
  case isakmpDuplicate
  case isakmpUnencrypted
  // Applications
  case applicationClosed = 144
  // Filters
  case filtered = 160
}
