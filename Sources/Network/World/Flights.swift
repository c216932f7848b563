import Journal
import Wire

/// Datagrams on their way over links. The event queue holds their places only: its events are then plain numbers, which
/// it moves about without counting references.
struct Flights: Sendable {
  private var datagrams: [Datagram] = []
  private var free: [Int32] = []
  /// The neighbour that a datagram on its way to a bump in the wire is meant for, by the datagram's place.
  private var nextHops: [Int32: IPAddress] = [:]

  /// Keeps a datagram and gives its place.
  mutating func insert(_ datagram: consuming Datagram) -> Int32 {
    if let place = free.popLast() {
      datagrams[Int(place)] = datagram
      return place
    }
    datagrams.append(datagram)
    return Int32(truncatingIfNeeded: datagrams.count - 1)
  }

  /// Keeps a datagram that a bump in the wire is to pass on to a neighbour.
  mutating func insert(_ datagram: consuming Datagram, meantFor nextHop: IPAddress) -> Int32 {
    let place = insert(datagram)
    nextHops[place] = nextHop
    return place
  }

  /// Whom the datagram at a place is meant for; `nil` where it is for the node that it reaches.
  mutating func takeNextHop(_ place: Int32) -> IPAddress? {
    nextHops.isEmpty ? nil : nextHops.removeValue(forKey: place)
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
