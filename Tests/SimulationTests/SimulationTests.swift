import Simulation
import Testing
import Units

@Suite struct SmokeTests {
  @Test func popsInOrder() throws {
    var queue = EventQueue<Int>()
    for i in 0..<1000 { try queue.schedule(i, at: Instant(nanoseconds: UInt64(i * 7919 % 101))) }
    var last = (UInt64(0), -1)
    while let (instant, event) = queue.popNext() {
      #expect((instant.nanoseconds, event) > last)
      last = (instant.nanoseconds, event)
    }
  }
}
