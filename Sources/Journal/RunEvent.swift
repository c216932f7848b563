import Units

/// Why a run ended.
public enum RunEnd: UInt8, Hashable, Sendable, Codable {
  /// Nothing was left to happen.
  case quiet = 1
  /// The scenario's duration was over.
  case durationReached = 2
  /// The bound on events was reached.
  case eventLimit = 3
}

/// What can happen to the run as a whole.
public enum RunEvent: Hashable, Sendable {
  /// Simulated time begins.
  case began
  /// Simulated time ends.
  case ended(RunEnd)
  /// The state of the run changed by something that an insert did; in words.
  case inserted(text: String)

  var code: UInt8 {
    switch self {
    case .began: 1
    case .ended: 2
    case .inserted: 3
    }
  }

  func write(to writer: inout BodyWriter) {
    switch self {
    case .began: break
    case .ended(let end): writer.unsigned(end.rawValue)
    case .inserted(let text): writer.text(text)
    }
  }

  init?(code: UInt8, reading reader: inout BodyReader) throws(BodyError) {
    switch code {
    case 1: self = .began
    case 2: self = .ended(try reader.coded("a run's end"))
    case 3: self = .inserted(text: try reader.text())
    default: return nil
    }
  }
}
