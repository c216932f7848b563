/// The candidate that is closest to what was written; `nil` where none is close enough to be meant. The first of equals wins.
func closest(to written: String, among candidates: [String]) -> String? {
  guard written.utf8.count <= 64 else { return nil }
  let written = Array(written.lowercased().unicodeScalars)
  var best: (distance: Int, candidate: String)?
  for candidate in candidates where abs(candidate.utf8.count - written.count) <= 3 {
    let distance = editDistance(written, Array(candidate.lowercased().unicodeScalars))
    if distance <= max(1, written.count / 3), distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  return best?.candidate
}

/// Insertions, deletions, substitutions and exchanges of neighbours that lead from one text to the other.
func editDistance(_ lhs: [Unicode.Scalar], _ rhs: [Unicode.Scalar]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...rhs.count)
  for (row, left) in lhs.enumerated() {
    var current = [row + 1]
    for (column, right) in rhs.enumerated() {
      var cost = min(last[column] + (left == right ? 0 : 1), last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left == rhs[column - 1], lhs[row - 1] == right {
        cost = min(cost, beforeLast[column - 1] + 1)
      }
      current.append(cost)
    }
    (beforeLast, last) = (last, current)
  }
  return last[rhs.count]
}
