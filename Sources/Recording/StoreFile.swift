import Foundation
import GRDB

/// The file of a recording before SQLite opens it.
struct StoreFile {
  var path: String

  /// The path as SQLite takes it: one that begins with `file:` would be read as a URI, `:memory:` as no file at all.
  static func plain(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }

  /// Makes sure that the file is one that may be opened, without touching it. True when it has yet to be made.
  func examine(_ mode: Store.Mode) throws -> Bool {
    if Self.isDirectory(Self.plain(path)) { throw RecordingError(path: path, .directory) }
    if !FileManager.default.fileExists(atPath: Self.plain(path)) { return try examineMissing(mode) }
    guard FileManager.default.isReadableFile(atPath: Self.plain(path)) else {
      throw RecordingError(path: path, .notReadable)
    }
    if mode != .readOnly { try requireWritable(Self.plain(path)) }
    return try examineHeader(mode)
  }

  private func examineMissing(_ mode: Store.Mode) throws -> Bool {
    guard mode == .create else { throw RecordingError(path: path, .missing) }
    guard Self.isDirectory(folder) else { throw RecordingError(path: path, .missingFolder) }
    try requireWritable(folder)
    return true
  }

  private static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  private func requireWritable(_ path: String) throws {
    // WAL mode keeps two more files in the folder while the database is open.
    guard FileManager.default.isWritableFile(atPath: path), FileManager.default.isWritableFile(atPath: folder) else {
      throw RecordingError(path: self.path, .notWritable)
    }
  }

  private var folder: String {
    let folder = (Self.plain(path) as NSString).deletingLastPathComponent
    return folder.isEmpty ? "." : folder
  }

  /// Reads the marks in the file's header. True for an empty file, which SQLite takes for a new database.
  private func examineHeader(_ mode: Store.Mode) throws -> Bool {
    let size = size(Self.plain(path))
    if size == 0 {
      if mode == .readOnly { throw RecordingError(path: path, .unprepared) }
      return true
    }
    // SQLite takes what is shorter than its smallest page for an empty database.
    guard size >= 512 else { throw RecordingError(path: path, .notADatabase) }
    guard let probe = try probe() else { return false }
    guard probe.applicationID == Schema.applicationID else { throw RecordingError(path: path, .foreign) }
    guard probe.userVersion <= Schema.format else {
      throw RecordingError(path: path, .newer(format: Int(probe.userVersion), known: Int(Schema.format)))
    }
    // SQLite reads what is missing of the last page as zeros.
    guard size % max(1, UInt64(clamping: probe.pageSize)) == 0 || self.size(log) > 0 else {
      throw RecordingError(path: path, .damaged("its last page is cut off"))
    }
    return probe.tables == 0 && mode != .readOnly
  }

  /// What the header says; `nil` where the main file cannot be read without its write-ahead log: a checkpoint that was cut
  /// off leaves it so, and opening it with the log mends it.
  private func probe() throws -> FileProbe? {
    do {
      return try FileProbe(path: absolute)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT && size(log) > 0 {
      return nil
    }
  }

  private var log: String { Self.plain(path) + "-wal" }

  private var absolute: String { URL(fileURLWithPath: Self.plain(path)).path }

  private func size(_ path: String) -> UInt64 {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
  }

  /// Opens the file for reading. Where its folder may not be written to, and so the shared memory of WAL mode not be made,
  /// a file that was closed properly holds everything, and is read as one that nobody changes.
  func openForReading(_ configuration: Configuration) throws -> any DatabaseReader {
    if FileManager.default.isWritableFile(atPath: folder) || size(log) > 0 {
      return try DatabaseQueue(path: Self.plain(path), configuration: configuration)
    }
    return try DatabaseQueue(
      path: "file:\(FileProbe.escaped(absolute))?immutable=1", configuration: configuration)
  }
}

/// Runs `body` and puts what SQLite says into words for people.
func translating<Value>(
  _ path: String, _ patience: Int, _ body: () throws -> Value
) throws(RecordingError) -> Value {
  do {
    return try body()
  } catch let error as RecordingError {
    throw error
  } catch let error as DatabaseError {
    throw RecordingError(path: path, problem(of: error, patience))
  } catch {
    throw RecordingError(path: path, .failed("\(error)"))
  }
}

private func problem(of error: DatabaseError, _ patience: Int) -> RecordingError.Problem {
  let message = error.message ?? "SQLite's code \(error.extendedResultCode.rawValue)"
  switch error.resultCode {
  case .SQLITE_NOTADB: return .notADatabase
  case .SQLITE_CORRUPT: return .damaged(message)
  case .SQLITE_BUSY, .SQLITE_LOCKED: return .locked(seconds: patience)
  case .SQLITE_FULL: return .full
  // Whoever made the file was cut off while doing so, and who only reads cannot roll that back.
  case .SQLITE_READONLY where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK: return .unprepared
  case .SQLITE_READONLY, .SQLITE_PERM: return .notWritable
  case .SQLITE_CANTOPEN, .SQLITE_AUTH: return .notReadable
  case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ: return .damaged(message)
  default: return .failed(message)
  }
}
