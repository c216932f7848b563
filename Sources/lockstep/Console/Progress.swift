import Foundation
import Units

/// One line that is kept up to date on a terminal; elsewhere whole lines at growing intervals.
struct Progress {
  private let isQuiet: Bool
  private let isTerminal: Bool
  private let end: Instant
  private let started = ContinuousClock.now
  private var nextReport: Duration
  private var isShown = false

  /// Progress towards `end` of simulated time.
  init(isQuiet: Bool, until end: Instant) {
    self.isQuiet = isQuiet
    self.end = end
    isTerminal = Console.isTerminal(2)
    nextReport = isTerminal ? .milliseconds(100) : .seconds(1)
  }

  mutating func report(_ now: Instant, events: UInt64) {
    guard !isQuiet else { return }
    let elapsed = started.duration(to: .now)
    guard elapsed >= nextReport else { return }
    let share = end.nanoseconds == 0 ? 100 : now.nanoseconds / max(1, end.nanoseconds / 100)
    let seconds = now.nanoseconds / 1_000_000_000
    let text = "simulated \(seconds) s (\(min(100, share)) %), \(events) events"
    if isTerminal {
      Console.progress("\r\u{1B}[K\(text)")
      isShown = true
      nextReport = elapsed + .milliseconds(100)
    } else {
      Console.note(text)
      nextReport = elapsed * 2
    }
  }

  /// Says how far it came and how long that took, by the clock on the wall; nothing in the run depends on it.
  func finish(_ now: Instant, events: UInt64) {
    clear()
    guard !isQuiet else { return }
    let elapsed = started.duration(to: .now).formatted(
      .units(allowed: [.minutes, .seconds, .milliseconds], width: .narrow))
    Console.note("simulated \(now.nanoseconds / 1_000_000_000) s, \(events) events, in \(elapsed)")
  }

  /// Takes the line away again.
  func clear() { if isShown { Console.progress("\r\u{1B}[K") } }
}
