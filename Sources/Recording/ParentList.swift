import Journal

/// The packets that a packet was made from, as they lie in its row.
enum ParentList {
  static func encode(_ parents: [PacketID]) -> [UInt8] {
    guard !parents.isEmpty else { return [] }
    var writer = BodyWriter()
    for parent in parents { writer.unsigned(parent.rawValue) }
    return writer.bytes
  }

  static func decode(_ octets: [UInt8]) throws(BodyError) -> [PacketID] {
    var reader = BodyReader(octets)
    var parents: [PacketID] = []
    while reader.position < octets.count { parents.append(PacketID(try reader.unsigned())) }
    return parents
  }
}
