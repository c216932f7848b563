import Foundation

/// Vectors and captures that lie beside the repository, where they were made available. Tests that need them are named
/// for it, and are reported as skipped where the folder is absent.
enum Oracles {

  /// The folder `shared/oracles` beside the package, or beside one of the folders above it.
  static let root: URL? = {
    var place = URL(filePath: #filePath).deletingLastPathComponent()
    while place.path.count > 1 {
      place.deleteLastPathComponent()
      let candidate = place.appending(path: "shared/oracles")
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
    }
    return nil
  }()

  static let areThere = root != nil

  struct Vectors<Vector: Decodable>: Decodable { var vectors: [Vector] }

  static func vectors<Vector: Decodable>(_ name: String, _: Vector.Type) throws -> [Vector] {
    guard let root else { return [] }
    let data = try Data(contentsOf: root.appending(path: "vectors/\(name)"))
    return try JSONDecoder().decode(Vectors<Vector>.self, from: data).vectors
  }

  /// Folders of captures that have a trace of what the real implementation derived, with the traces.
  static let traces: [URL] = {
    guard let root else { return [] }
    let folders = try? FileManager.default.contentsOfDirectory(
      at: root.appending(path: "captures"), includingPropertiesForKeys: nil)
    return (folders ?? []).flatMap { folder in
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    }.filter { $0.lastPathComponent.hasSuffix(".trace.json") }.sorted { $0.path < $1.path }
  }()
}

/// Octets from hexadecimal digits; spaces are passed over.
func octets(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
