import IKE
import Journal
import Units

/// What can lie in the event queue. An enum, so that it can be printed and costs no closure.
enum WorldEvent: Sendable {
  /// The datagram at a place of `World.flights` reaches an endpoint.
  case arrival(EndpointIndex, flight: Int32)
  /// The datagram at a place of `World.flights` comes back to the node that sent it to itself.
  case loopback(node: Int32, flight: Int32)
  /// A line of traffic makes its next request.
  case traffic(FlowID)
  /// A request has waited long enough.
  case requestTimeout(FlowID, sequence: UInt32)
  /// A connection's timer.
  case transport(node: Int32, connection: Int32, generation: UInt32)
  /// A timer of a node's ISAKMP engine.
  case exchange(node: Int32, IKETimer)
  /// A lifetime may be over in a node's association database.
  case lifetimes(node: Int32, generation: UInt32)
  /// A dummy is due by one of a node's clocks.
  case dummy(node: Int32, clock: Int32)
  /// Fragments may have waited long enough.
  case reassembly(node: Int32)
}
