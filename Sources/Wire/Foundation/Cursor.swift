/// A place in a frame and the end of what may be read there. Every header is read from a borrowed span and a cursor, and
/// leaves the cursor behind itself; nothing is sliced or copied on the way.
public struct Cursor: Hashable, Sendable {
  /// Octets from the start of the frame to the next unread one.
  public var position: Int
  /// One past the last octet that belongs to the enclosing layer; never past the frame.
  public var end: Int

  @inlinable
  public init(position: Int = 0, end: Int) {
    self.position = position
    self.end = end
  }

  /// Octets that are left.
  @inlinable
  public var remaining: Int { end - position }

  /// Makes sure that `count` octets are left for `field`.
  @inlinable
  public func require(_ count: Int, for field: some HeaderField) throws(DecodeError) {
    guard count <= end - position else {
      throw DecodeError(field: field.id, offset: position, fault: .truncated(needed: count, available: end - position))
    }
  }
}
