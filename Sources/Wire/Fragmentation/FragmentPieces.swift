/// The fragments of one datagram that came so far, by offset, never overlapping.
struct FragmentPieces: Hashable, Sendable {
  /// Why a piece was not taken.
  enum Fault: Error {
    case overlap, contradictoryEnd, tooMany
  }

  /// Octets that came.
  private(set) var octets = 0
  private var pieces: [Piece] = []
  /// Octets of the whole payload, once the last fragment came.
  private var end: Int?

  private struct Piece: Hashable, Sendable {
    let offset: Int
    let octets: [UInt8]
    var upperBound: Int { offset + octets.count }
  }

  /// Takes `payload`, which belongs at `offset`; `limit` pieces are taken at most.
  mutating func insert(_ payload: [UInt8], at offset: Int, isLast: Bool, limit: Int) throws(Fault) {
    let piece = Piece(offset: offset, octets: payload)
    let index = pieces.firstIndex { $0.offset >= offset } ?? pieces.count
    // The very same fragment once more is a duplicate of the link's making, and harmless.
    if index < pieces.count, pieces[index] == piece { return }
    try checkOverlap(piece, at: index)
    try checkEnd(piece, isLast: isLast)
    guard pieces.count < limit else { throw .tooMany }
    pieces.insert(piece, at: index)
    octets += payload.count
    if isLast { end = piece.upperBound }
  }

  private func checkOverlap(_ piece: Piece, at index: Int) throws(Fault) {
    if index > 0, pieces[index - 1].upperBound > piece.offset { throw .overlap }
    if index < pieces.count, pieces[index].offset < piece.upperBound { throw .overlap }
  }

  private func checkEnd(_ piece: Piece, isLast: Bool) throws(Fault) {
    if let end, piece.upperBound > end || isLast && piece.upperBound != end { throw .contradictoryEnd }
    if isLast, let last = pieces.last, last.upperBound > piece.upperBound { throw .contradictoryEnd }
  }

  /// The whole payload, once nothing is missing.
  var whole: [UInt8]? {
    guard let end, octets == end else { return nil }
    var payload: [UInt8] = []
    payload.reserveCapacity(end)
    for piece in pieces { payload += piece.octets }
    return payload
  }
}
