import Journal

/// Where the rows of an account are, so that finding one costs the same however many there are. The rows keep the order in
/// which they were made: no order of hashing shows.
struct Places: Sendable {
  /// What tells the rows of one list from one another.
  struct Key: Hashable, Sendable {
    var node: NodeID
    var name: String
    var detail: String

    init(_ node: NodeID, _ name: String, _ detail: String = "") {
      self.node = node
      self.name = name
      self.detail = detail
    }
  }

  /// The places of one list.
  struct Index: Sendable {
    private var places: [Key: Int] = [:]

    /// The place of the row of `key`; where there is none yet, `new` is added and its place given.
    mutating func place<Row>(of key: Key, in rows: inout [Row], or new: @autoclosure () -> Row) -> Int {
      if let place = places[key] { return place }
      places[key] = rows.count
      rows.append(new())
      return rows.count - 1
    }
  }

  var drops = Index()
  var unprotected = Index()
  var protected = Index()
  var negotiations = Index()
  var failures = Index()
}
