import Journal
import Recording

/// Why a run could not be exported.
public enum ExportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The folder holds something already.
  case notEmpty(String)
  /// There is a file where the folder should be.
  case notAFolder(String)
  /// The folder or a file in it could not be written.
  case notWritable(String, why: String)
  /// The run has no tap of that name.
  case noTap(String, known: [String])
  /// The run was recorded without link crossings.
  case noCrossings(RunDescription.Detail)
  /// The run could not be read.
  case recording(RecordingError)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .notEmpty(let path):
      "\(Style.plain.show(path)) is not empty; name another folder, or say that what is in it may be replaced"
    case .notAFolder(let path): "\(Style.plain.show(path)) is not a folder; name another one"
    case .notWritable(let path, let why): "\(Style.plain.show(path)) cannot be written: \(why)"
    case .noTap(let name, let known):
      "the run has no interface \(Style.plain.show(name)); it has "
        + known.map { Style.plain.show($0) }.joined(separator: ", ")
    case .noCrossings(let detail):
      "the run was recorded with detail \"\(detail.rawValue)\", which leaves out what crossed the links; "
        + "run it again with detail \"everything\""
    case .recording(let error): "\(error)"
    }
  }
}
