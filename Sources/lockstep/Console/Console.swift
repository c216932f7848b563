import Explanation
import Foundation
import Recording

/// The two streams of the program: data on standard output, progress and notes on standard error. What comes out of files
/// or databases is made printable before it reaches either.
enum Console {
  /// Written by the one thread that commands run on.
  nonisolated(unsafe) private static var pending: [UInt8] = []

  /// Writes a line of data.
  static func out(_ line: String) {
    unsafe pending.append(contentsOf: line.utf8)
    unsafe pending.append(UInt8(ascii: "\n"))
    if unsafe pending.count > 1 << 16 { flush() }
  }

  /// Writes a line for people: on a terminal it is broken between words, and goes on below `hang` columns of margin.
  static func tell(_ line: String, hang: Int = Console.sentenceMargin) {
    guard let width = terminalWidth else { return out(line) }
    for piece in Wrapping.lines(line, width: width, hang: hang) { out(piece) }
  }

  /// Where the sentence of an entry begins, behind its number and its time.
  static let sentenceMargin = 20

  /// Columns of the terminal that data goes to; `nil` where it goes to none, or to one that doesn't say.
  private static let terminalWidth: Int? = {
    var size = winsize()
    guard isTerminal(1), unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }()

  /// Writes octets that are lines already.
  static func raw(_ octets: [UInt8]) {
    unsafe pending.append(contentsOf: octets)
    if unsafe pending.count > 1 << 16 { flush() }
  }

  /// Hands on what was written so far.
  static func flush() {
    unsafe write(pending, to: 1)
    unsafe pending.removeAll(keepingCapacity: true)
  }

  /// Writes a line for people, after the data that came before it.
  static func note(_ line: String) {
    flush()
    write(Array((line + "\n").utf8), to: 2)
  }

  /// Writes text on standard error as it is, for progress that is updated in place.
  static func progress(_ text: String) { write(Array(text.utf8), to: 2) }

  private static func write(_ octets: [UInt8], to descriptor: Int32) {
    var done = 0
    while done < octets.count {
      let count = unsafe octets[done...].withUnsafeBytes {
        unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      // Whoever read has gone: there is nobody left to tell.
      guard count > 0 else { exit(errno == EPIPE ? 0 : 2) }
      done += count
    }
  }

  /// What a person reads of an error.
  static func words(for error: any Error) -> String {
    printable("\(error)")
  }

  /// The text with control characters and what reorders text written out, so that no file sends commands to a terminal.
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: result.unicodeScalars.append(scalar)
      case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether a stream is a terminal that takes more than lines.
  static func isTerminal(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Whether the locale has more than ASCII.
  static var isUnicode: Bool {
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
  }
}

/// Ctrl-C ends the program with 130, whatever it is doing: a recording is whole up to its last batch.
enum Interruption {
  static func endWith130() {
    _ = signal(SIGINT) { _ in _exit(130) }
    // Whoever started us may have blocked the signal, and that is inherited.
    var interrupts = sigset_t()
    _ = unsafe sigemptyset(&interrupts)
    _ = unsafe sigaddset(&interrupts, SIGINT)
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &interrupts, nil)
    _ = signal(SIGPIPE, SIG_IGN)
  }
}
