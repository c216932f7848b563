import Foundation
import Inspection

/// JSON as the program prints it: keys in one order, slashes as they are.
enum JSON {
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

extension Console {
  /// Writes a frame as a line of JSON.
  static func frame(_ report: FrameReport, details: Bool) {
    var json = JSONWriter()
    report.write(to: &json, options: FrameReport.JSONOptions(details: details))
    json.endLine()
    raw(json.bytes)
  }
}
