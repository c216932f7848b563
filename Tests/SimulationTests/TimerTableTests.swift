import Simulation
import Testing

@Suite("Timers")
struct TimerTableTests {
  @Test("fire once for the arming that they wait for")
  func fire() {
    var table = TimerTable()
    let timer = table.add()
    #expect(!table.isArmed(timer))
    let armed = table.arm(timer)
    #expect(table.isArmed(timer))
    let fired = [table.fire(armed), table.fire(armed)]
    #expect(fired == [true, false] && !table.isArmed(timer))
  }

  @Test("ignore what was armed before they were armed again or cancelled")
  func stale() {
    var table = TimerTable()
    let timer = table.add()
    let first = table.arm(timer)
    let second = table.arm(timer)
    let fired = [table.fire(first), table.fire(second)]
    #expect(fired == [false, true])
    let third = table.arm(timer)
    table.cancel(timer)
    let cancelled = table.fire(third)
    #expect(!cancelled)
  }

  @Test("don't fire for the timer that had their place before them")
  func reuse() {
    var table = TimerTable()
    let old = table.add()
    let armed = table.arm(old)
    table.remove(old)
    let new = table.add()
    #expect(new.index == old.index)
    _ = table.arm(new)
    let fired = table.fire(armed)
    #expect(!fired && table.isArmed(new))
  }

  @Test("of another table are stale")
  func strange() {
    var (table, other) = (TimerTable(), TimerTable())
    let armed = other.arm(other.add())
    let fired = table.fire(armed)
    #expect(!fired)
  }

  @Test("are values: a copy waits for itself")
  func value() {
    var table = TimerTable()
    let timer = table.add()
    let armed = table.arm(timer)
    var copy = table
    copy.cancel(timer)
    let fired = [table.fire(armed), copy.fire(armed)]
    #expect(fired == [true, false])
  }
}
