import Wire

/// One application of an association to a packet that leaves.
public struct SealStep: Hashable, Sendable {
  /// By which association.
  public var association: AssociationIdentity
  /// Under which number.
  public var sequenceNumber: UInt32
  /// The datagram that was sealed, where it is not the one that was given: a fragment of it, or what the step before made.
  public var inner: [UInt8]?
  /// What it became. The last of a bundle is to be sent; it may pass the path's MTU where its DF bit is clear: the node
  /// then fragments it.
  public var outer: [UInt8]
  /// Whether it is to be sent as it is; else the next step seals it again.
  public var isLast = true
}

/// What a datagram that leaves became, in the order of sending. It is one step nearly always, which then lies in the
/// value itself and takes no memory elsewhere.
public struct SealSteps: Hashable, Sendable, RandomAccessCollection {
  @usableFromInline
  enum Storage: Hashable, Sendable {
    case one(SealStep)
    case several([SealStep])
  }

  @usableFromInline let storage: Storage

  /// A datagram that was sealed in one piece.
  @inline(__always)
  init(_ step: SealStep) { storage = .one(step) }

  /// The pieces of a datagram; `nil` where there are none.
  init?(_ steps: [SealStep]) {
    guard !steps.isEmpty else { return nil }
    storage = .several(steps)
  }

  @inlinable
  public var startIndex: Int { 0 }

  @inlinable
  public var endIndex: Int {
    switch storage {
    case .one: 1
    case .several(let steps): steps.count
    }
  }

  @inlinable
  public subscript(position: Int) -> SealStep {
    switch storage {
    case .one(let step):
      precondition(position == 0)
      return step
    case .several(let steps): return steps[position]
    }
  }
}
