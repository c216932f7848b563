import IPsec
import Journal
import Simulation
import Units

/// A line of traffic as it goes on: which request is next, and which still wait for their answer.
struct Flow: Sendable {
  struct Outstanding: Hashable, Sendable {
    var sequence: UInt32
    var sent: Instant
    var cause: EntryID?
  }

  let id: FlowID
  let configuration: TrafficConfiguration
  /// Whose its requests are; `nil` where nobody asks.
  let names: PacketNames?
  /// The port, or the echo identifier, that the requests come from.
  var port: UInt16
  var lastSequence: UInt32 = 0
  var outstanding: [Outstanding] = []
  var cause: EntryID?

  init(_ configuration: TrafficConfiguration, id: FlowID, node: String, names: PacketNames?, seed: UInt64) {
    self.configuration = configuration
    self.names = names
    self.id = id
    // The dynamic ports begin here; named by the flow, so that other traffic does not move it.
    var stream = RandomStream(seed: seed, node: node, purpose: "port of \(configuration.name)")
    port = 49_152 + UInt16(stream.below(16_384))
  }

  /// Takes the request that is answered or given up out of those that wait: they lie in the order of their numbers.
  mutating func settle(_ sequence: UInt32) -> Outstanding? {
    var low = 0
    var high = outstanding.count
    while low < high {
      let middle = (low + high) / 2
      if outstanding[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    guard low < outstanding.count, outstanding[low].sequence == sequence else { return nil }
    return outstanding.remove(at: low)
  }

  /// What the datagrams of its requests are made with.
  var options: DatagramOptions {
    DatagramOptions(flow: id, dontFragment: configuration.dontFragment, sensitivity: configuration.sensitivity)
  }

  /// Whether every request was made and has come to its end.
  var isOver: Bool { outstanding.isEmpty && Int(lastSequence) >= configuration.count }
}
