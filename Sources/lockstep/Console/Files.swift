import Foundation
import Wire

/// Files that the user named.
enum Files {
  /// What key files may hold at the most.
  static let limit = 16 << 20

  /// A whole small file.
  static func read(_ path: String) throws -> [UInt8] {
    let handle = try open(path)
    defer { try? handle.close() }
    let data = try handle.read(upToCount: limit + 1) ?? Data()
    guard data.count <= limit else {
      throw FileError(path: path, what: "is larger than \(limit >> 20) MiB; expected a key file")
    }
    return Array(data)
  }

  /// A large file piece by piece.
  static func chunks(_ path: String) throws -> () throws(CaptureError) -> [UInt8] {
    let handle = try open(path)
    var offset: UInt64 = 0
    return { () throws(CaptureError) -> [UInt8] in
      do {
        let data = try handle.read(upToCount: 1 << 18) ?? Data()
        offset += UInt64(data.count)
        return Array(data)
      } catch { throw CaptureError(offset: offset, fault: .input("\(error.localizedDescription)")) }
    }
  }

  private static func open(_ path: String) throws -> FileHandle {
    var isDirectory: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    guard exists else {
      throw FileError(
        path: path, what: "does not exist; expected a run's number, last, or a file (lockstep list shows the runs)")
    }
    guard !isDirectory.boolValue else { throw FileError(path: path, what: "is a folder; expected a file") }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw FileError(path: path, what: "cannot be read; look at its permissions")
    }
    return handle
  }
}

/// What is wrong with a file that the user named.
struct FileError: Error, CustomStringConvertible {
  var path: String
  var what: String

  var description: String { "\(path.isEmpty ? "\"\"" : path) \(what)" }
}
