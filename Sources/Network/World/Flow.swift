import Journal
import Simulation
import Units
import Wire

/// A line of traffic as it goes on: which request is next, and which still wait for their answer.
struct Flow: Sendable {
  struct Outstanding: Hashable, Sendable {
    var sequence: UInt32
    var sent: Instant
    var cause: EntryID?
  }

  let id: FlowID
  let configuration: TrafficConfiguration
  /// The port, or the echo identifier, that the requests come from.
  var port: UInt16
  var lastSequence: UInt32 = 0
  var outstanding: [Outstanding] = []
  var cause: EntryID?

  init(_ configuration: TrafficConfiguration, id: FlowID, node: String, seed: UInt64) {
    self.configuration = configuration
    self.id = id
    // The dynamic ports begin here; named by the flow, so that other traffic does not move it.
    var stream = RandomStream(seed: seed, node: node, purpose: "port of \(configuration.name)")
    port = 49_152 + UInt16(stream.below(16_384))
  }

  /// Takes the request that is answered or given up out of those that wait.
  mutating func settle(_ sequence: UInt32) -> Outstanding? {
    guard let index = outstanding.firstIndex(where: { $0.sequence == sequence }) else { return nil }
    return outstanding.remove(at: index)
  }

  /// Whether every request was made and has come to its end.
  var isOver: Bool { outstanding.isEmpty && Int(lastSequence) >= configuration.count }
}

/// What a node does with a port or an echo identifier.
struct PortKey: Hashable, Sendable {
  var node: Int
  var transport: IPProtocol
  var port: UInt16
  /// The other end's address; `nil` for whoever asks.
  var peer: IPv4Address?
}

/// The little protocol of the simulated applications, readable in every hex view: one line of text, then filling.
enum ApplicationMessage {
  /// `REQUEST 3 200 orders` and filling up to `size` octets: the third request, and 200 octets are wanted in return.
  static func request(_ sequence: UInt32, wanting responseSize: Int, flow: String, size: Int) -> [UInt8] {
    filled("REQUEST \(sequence) \(responseSize) \(flow)\n", to: size)
  }

  /// `RESPONSE 3 orders` and filling up to `size` octets.
  static func response(_ sequence: UInt32, flow: String, size: Int) -> [UInt8] {
    filled("RESPONSE \(sequence) \(flow)\n", to: size)
  }

  private static func filled(_ line: String, to size: Int) -> [UInt8] {
    // A request can ask for anything, also for fewer octets than none.
    let size = max(0, size)
    var octets: [UInt8] = []
    octets.reserveCapacity(size)
    octets.append(contentsOf: line.utf8.prefix(size))
    while octets.count < size {
      // The alphabet goes on where it stood, so that every octet shows its place.
      let start = octets.count % 26
      octets.append(contentsOf: filling[start..<min(filling.count, start + size - octets.count)])
    }
    return octets
  }

  private static let filling: [UInt8] = (0..<2_080).map { UInt8(ascii: "a") + UInt8($0 % 26) }

  /// The numbers of the first line: the sequence, and how many octets are wanted.
  static func numbers(in octets: [UInt8]) -> (sequence: UInt32, wanted: Int?)? {
    let words = octets.prefix(128).prefix { $0 != UInt8(ascii: "\n") }.split(separator: UInt8(ascii: " "))
    guard words.count >= 2, let sequence = UInt32(String(decoding: words[1], as: UTF8.self)) else { return nil }
    return (sequence, words.count >= 3 ? Int(String(decoding: words[2], as: UTF8.self)) : nil)
  }
}
