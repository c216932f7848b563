import Foundation

/// The folder of an export. Nothing is written outside of it: names are made of safe characters only, and what a link of
/// the file system stands for is replaced and never followed.
struct ExportFolder {
  let path: String
  private var files: FileManager { .default }

  /// Makes the folder; one that holds something is refused unless its files may be replaced.
  init(path: String, replacing: Bool) throws(ExportError) {
    self.path = path
    var isFolder: ObjCBool = false
    guard unsafe files.fileExists(atPath: path, isDirectory: &isFolder) else {
      try make(path)
      return
    }
    guard isFolder.boolValue else { throw .notAFolder(path) }
    let content: [String]
    do { content = try files.contentsOfDirectory(atPath: path) } catch { throw Self.failure(path, error) }
    if !content.isEmpty, !replacing { throw .notEmpty(path) }
  }

  /// Makes a folder inside, where there is none. What else has its name goes; a link of the file system is such a thing.
  func makeFolder(_ name: String) throws(ExportError) {
    let type = (try? files.attributesOfItem(atPath: place(name)))?[.type] as? FileAttributeType
    if type == .typeDirectory { return }
    if type != nil { try remove(name) }
    try make(place(name))
  }

  /// Makes an empty file, or one with some text; what was there under its name goes.
  func makeFile(_ name: String, _ content: [UInt8] = []) throws(ExportError) {
    try remove(name)
    guard files.createFile(atPath: place(name), contents: Data(content)) else {
      throw .notWritable(place(name), why: "the file could not be made")
    }
  }

  /// Writes behind what a file holds.
  func append(_ octets: [UInt8], to name: String) throws(ExportError) {
    guard !octets.isEmpty else { return }
    do {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: place(name)))
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(octets))
    } catch { throw Self.failure(place(name), error) }
  }

  /// A name for a file: letters, digits, `-`, `_` and `.`, none at the beginning that hides it.
  static func safeName(_ text: String) -> String {
    let allowed = text.unicodeScalars.map { scalar -> Character in
      let isSafe = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      return isSafe || scalar == "-" || scalar == "_" || scalar == "." ? Character(scalar) : "_"
    }
    let name = String(allowed.prefix(100))
    return name.isEmpty || name.hasPrefix(".") ? "_" + name : name
  }

  private func place(_ name: String) -> String { path + "/" + name }

  private func make(_ path: String) throws(ExportError) {
    do { try files.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw Self.failure(path, error)
    }
  }

  private func remove(_ name: String) throws(ExportError) {
    // A link whose target is gone does not "exist", and is removed all the same.
    guard (try? files.attributesOfItem(atPath: place(name))) != nil else { return }
    do { try files.removeItem(atPath: place(name)) } catch { throw Self.failure(place(name), error) }
  }

  private static func failure(_ path: String, _ error: any Error) -> ExportError {
    .notWritable(path, why: Style.plain.show((error as NSError).localizedDescription))
  }
}
