import Journal

/// Datagrams on their way over links. The event queue holds their places only: its events are then plain numbers, which
/// it moves about without counting references.
struct Flights: Sendable {
  private var datagrams: [Datagram] = []
  private var free: [Int32] = []

  /// Keeps a datagram and gives its place.
  mutating func insert(_ datagram: consuming Datagram) -> Int32 {
    if let place = free.popLast() {
      datagrams[Int(place)] = datagram
      return place
    }
    datagrams.append(datagram)
    return Int32(truncatingIfNeeded: datagrams.count - 1)
  }

  /// Takes a datagram out; nothing else refers to its octets afterwards, so that they can be changed in place.
  mutating func take(_ place: Int32) -> Datagram {
    var taken = Datagram.none
    swap(&taken, &datagrams[Int(place)])
    free.append(place)
    return taken
  }
}

extension Datagram {
  /// What lies in an unused place.
  static var none: Datagram {
    Datagram(bytes: [], packet: PacketID(0), creator: .run, cause: nil, ancestor: nil)
  }
}
