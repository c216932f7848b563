import Wire

/// One association that a datagram came by.
public struct AssociationUse: Hashable, Sendable {
  /// Which one.
  public var association: AssociationIdentity
  /// The place of the policy entry that it was made for.
  public var policyIndex: Int
  /// Which layer of the entry's bundle it is.
  public var layer: Int
}

/// The associations that a datagram came by, the outermost first: what a receiver compares with what its policy demands
/// (RFC 2401 §5.2.1). One is in the value itself and takes no memory elsewhere.
public struct AssociationTrail: Hashable, Sendable {
  /// How many a node follows on one datagram. Two are what RFC 2401 §4.5 demands; a datagram nested deeper is dropped, so
  /// that what it costs to look into one is bounded.
  public static let limit = 16

  private var first: AssociationUse?
  private var others: [AssociationUse] = []

  /// None: the datagram came in clear.
  public init() {}

  /// How many.
  public var count: Int { first == nil ? 0 : 1 + others.count }
  /// Whether the datagram came in clear.
  public var isEmpty: Bool { first == nil }
  /// The innermost.
  public var last: AssociationUse? { others.last ?? first }
  /// The outermost first.
  public var uses: [AssociationUse] { first.map { [$0] + others } ?? [] }

  mutating func append(_ use: AssociationUse) {
    if first == nil { first = use } else { others.append(use) }
  }

  func adding(_ use: AssociationUse) -> AssociationTrail {
    var trail = self
    trail.append(use)
    return trail
  }

  /// Whether these are the associations that an entry's bundle demands, in its order: every layer from the outermost to
  /// the innermost, but that IPComp may have left a packet alone (RFC 2393 §2.2).
  func satisfies(_ protection: Protection, ofPolicy index: Int) -> Bool {
    guard let first, first.policyIndex == index else { return false }
    var place = protection.layerCount - 1
    guard follow(first, index, protection, &place) else { return false }
    for use in others where !follow(use, index, protection, &place) { return false }
    while let layer = protection.layer(place) {
      guard layer.suites.first?.isOptional == true else { return false }
      place -= 1
    }
    return true
  }

  /// Moves `place` from a layer to the one below it, past those that may be left out.
  private func follow(_ use: AssociationUse, _ index: Int, _ protection: Protection, _ place: inout Int) -> Bool {
    guard use.policyIndex == index else { return false }
    while place > use.layer, protection.layer(place)?.suites.first?.isOptional == true { place -= 1 }
    guard place == use.layer else { return false }
    place -= 1
    return true
  }
}
