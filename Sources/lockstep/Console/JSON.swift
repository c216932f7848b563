import Foundation
import Inspection

/// JSON as the program prints it: keys in one order, slashes as they are.
enum JSON {
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The encoder leaves control characters above ASCII and marks that reorder text as they are; a terminal obeys them.
  /// They can stand in strings only, where an escape means the same.
  private static func escaped(_ text: String) -> String {
    if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Console {
  /// Writes a frame as a line of JSON.
  static func frame(_ report: FrameReport, details: Bool, icv: Bool) {
    var json = JSONWriter()
    report.write(to: &json, options: FrameReport.JSONOptions(details: details, icv: icv))
    json.endLine()
    raw(json.bytes)
  }
}
