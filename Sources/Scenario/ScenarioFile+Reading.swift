import Foundation

/// Why a file could not be read at all.
struct FileFault: Error {
  var what: String
  var expected: String

  static func tooLarge(_ size: Int) -> FileFault {
    FileFault(
      what: "the file has \(size) octets, more than the limit of \(ScenarioFile.sizeLimit)",
      expected: "a scenario of at most 4 MiB")
  }
}

extension ScenarioFile {
  /// The octets of a file within the limit, however large the file says that it is.
  static func read(_ path: String) throws(FileFault) -> [UInt8] {
    let expected = "a scenario file such as branch-office.lockstep.yml"
    guard FileManager.default.fileExists(atPath: path) else {
      throw FileFault(what: "there is no such file", expected: expected)
    }
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
    switch attributes?[.type] as? FileAttributeType {
    case .typeRegular?: break
    case .typeDirectory?: throw FileFault(what: "this is a folder", expected: expected)
    // A pipe or a device may never end, or never begin.
    default: throw FileFault(what: "this is no regular file", expected: expected)
    }
    let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    guard size <= sizeLimit else { throw .tooLarge(size) }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw FileFault(what: "the file cannot be opened", expected: "a file that you may read")
    }
    defer { try? handle.close() }
    do {
      // The file may grow while it is read.
      let data = try handle.read(upToCount: sizeLimit + 1) ?? Data()
      guard data.count <= sizeLimit else { throw FileFault.tooLarge(data.count) }
      return Array(data)
    } catch let fault as FileFault {
      throw fault
    } catch {
      throw FileFault(what: "the file cannot be read", expected: "a file that you may read")
    }
  }

  /// Where the first octet stands that is no UTF-8.
  static func notUTF8(_ octets: [UInt8]) -> SourcePlace {
    var place = SourcePlace.start
    var decoder = UTF8()
    var iterator = octets.makeIterator()
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue("\n"): place = SourcePlace(line: place.line + 1, column: 1)
      case .scalarValue: place.column += 1
      case .emptyInput, .error: return place
      }
    }
  }
}
