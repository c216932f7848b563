/// Where the events themselves wait: `nil` wherever none is pending, up to the capacity.
@safe
@usableFromInline
struct EventSlots<Event> {
  @usableFromInline let base: UnsafeMutablePointer<Event?>
  @usableFromInline let capacity: Int

  init(capacity: Int) {
    unsafe base = .allocateLarge(capacity)
    unsafe base.initialize(repeating: nil, count: capacity)
    self.capacity = capacity
  }

  func destroy() {
    unsafe base.deinitialize(count: capacity)
    unsafe base.deallocate()
  }
}

/// The memory of an ``EventQueue``: the order of the events and the events, shared by copies of the queue until one of them
/// changes.
///
/// Both lie behind pointers that never change. What lies behind such a pointer is reached without asking who else is at it, a
/// question that costs more than all the rest.
@safe
@usableFromInline
final class EventStorage<Event> {
  @usableFromInline let calendar: UnsafeMutablePointer<EventCalendar>
  @usableFromInline let slots: UnsafeMutablePointer<EventSlots<Event>>

  init(calendar: consuming EventCalendar, slots: EventSlots<Event>) {
    unsafe self.calendar = .allocate(capacity: 1)
    unsafe self.calendar.initialize(to: calendar)
    unsafe self.slots = .allocate(capacity: 1)
    unsafe self.slots.initialize(to: slots)
  }

  convenience init() {
    self.init(calendar: EventCalendar(capacity: 16), slots: EventSlots(capacity: 16))
  }

  deinit {
    unsafe slots.pointee.destroy()
    unsafe slots.deallocate()
    unsafe calendar.deinitialize(count: 1)
    unsafe calendar.deallocate()
  }

  /// Storage of its own with the same events.
  func copy() -> EventStorage {
    let held = unsafe slots.pointee
    let copied = EventSlots<Event>(capacity: held.capacity)
    unsafe copied.base.update(from: held.base, count: held.capacity)
    return unsafe EventStorage(calendar: calendar.pointee.copy(), slots: copied)
  }

  /// Doubles the capacity, all of which must be in use. Nobody else may hold this storage.
  func grow() {
    let full = unsafe slots.pointee
    let grown = EventSlots<Event>(capacity: full.capacity * 2)
    unsafe grown.base.moveUpdate(from: full.base, count: full.capacity)
    unsafe full.base.deallocate()
    unsafe slots.pointee = grown
    unsafe calendar.pointee.grow(to: grown.capacity)
  }
}

/// The queue that refers to it changes it only as its sole owner, and copies it otherwise.
extension EventStorage: @unchecked Sendable where Event: Sendable {}
