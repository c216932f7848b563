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

  private enum Storage: Hashable, Sendable {
    case none
    case one(AssociationUse)
    case several([AssociationUse])
  }

  private var storage = Storage.none

  /// None: the datagram came in clear.
  public init() {}

  /// How many.
  public var count: Int {
    switch storage {
    case .none: 0
    case .one: 1
    case .several(let uses): uses.count
    }
  }

  /// Whether the datagram came in clear.
  public var isEmpty: Bool { count == 0 }
  /// The innermost.
  public var last: AssociationUse? { uses.last }

  /// The outermost first.
  public var uses: [AssociationUse] {
    switch storage {
    case .none: []
    case .one(let use): [use]
    case .several(let uses): uses
    }
  }

  mutating func append(_ use: AssociationUse) {
    storage = isEmpty ? .one(use) : .several(uses + [use])
  }

  /// Whether these are the associations that an entry's bundle demands, in its order: every layer from the outermost to
  /// the innermost, but that IPComp may have left a packet alone (RFC 2393 §2.2).
  func satisfies(_ protection: Protection, ofPolicy index: Int) -> Bool {
    guard !isEmpty else { return false }
    var place = protection.layerCount - 1
    for use in uses where !follow(use, index, protection, &place) { return false }
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
