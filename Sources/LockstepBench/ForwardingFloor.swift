import Simulation
import Units
import Wire

/// The least that a simulation with real octets does, written by hand for the chain of `ForwardingWorld`: datagrams are
/// made, checked and passed on, and there are no policies, fragments, faults, names, causes or applications.
struct ForwardingFloor {
  struct Packet {
    var bytes: [UInt8]
  }

  struct Hop {
    let networks: [UInt32]
    let masks: [UInt32]
    let next: [Int32]
    let own: UInt32
  }

  enum Event {
    case depart(sequence: UInt32)
    case arrival(node: Int32, place: Int32)
  }

  /// A row for each link crossed, where they are kept.
  typealias Row = (_ node: Int, _ time: Instant, _ bytes: [UInt8]) throws -> Void

  private let source = IPv4Address(10, 1, 0, 1)
  private let destination = IPv4Address(10, 5, 0, 2)
  private let filling = (0..<ForwardingWorld.dataOctets).map { UInt8(ascii: "a") + UInt8($0 % 26) }
  private let hops: [Hop]
  private let delay = SimDuration.milliseconds(1)
  private var queue = EventQueue<Event>()
  private var packets: [Packet] = []
  private var free: [Int32] = []
  private var identification: UInt16 = 0
  private(set) var delivered = 0

  init() {
    hops = (0...5).map { index in
      let subnets = [UInt32(index), UInt32(index + 1)].map { 10 << 24 | $0 << 16 }
      return Hop(
        networks: [subnets[0], subnets[1], 0], masks: [0xFFFF_0000, 0xFFFF_0000, 0],
        next: [Int32(index - 1), Int32(index + 1), Int32(index + 1)],
        own: index == 0 ? subnets[1] | 1 : subnets[0] | 2)
    }
  }

  /// Sends `count` datagrams and lets them arrive.
  mutating func run(_ count: Int, row: Row? = nil) throws {
    try queue.schedule(.depart(sequence: 1), at: .zero)
    while let (now, event) = queue.popNext() {
      switch event {
      case .depart(let sequence):
        if Int(sequence) < count {
          try queue.schedule(.depart(sequence: sequence + 1), at: now + ForwardingWorld.interval)
        }
        try transmit(Packet(bytes: datagram(sequence)), from: 0, at: now, row)
      case .arrival(let node, let place): try arrive(Int(node), place, at: now, row)
      }
    }
  }

  private mutating func arrive(_ node: Int, _ place: Int32, at now: Instant, _ row: Row?) throws {
    var packet = Packet(bytes: [])
    swap(&packet, &packets[Int(place)])
    free.append(place)
    guard let header = try? IPv4Glance(verifying: packet.bytes) else { return }
    if header.destinationAddress.rawValue == hops[node].own {
      if isIntact(packet.bytes) { delivered += 1 }
      return
    }
    guard header.timeToLive > 1 else { return }
    _ = IPv4Header.decrementTimeToLive(in: &packet.bytes)
    try transmit(packet, from: node, at: now, row)
  }

  private mutating func transmit(_ packet: consuming Packet, from node: Int, at now: Instant, _ row: Row?) throws {
    guard let next = next(from: node) else { return }
    if let row { try row(node, now, packet.bytes) }
    let place: Int32
    if let unused = free.popLast() {
      place = unused
      packets[Int(place)] = packet
    } else {
      place = Int32(packets.count)
      packets.append(packet)
    }
    try queue.schedule(.arrival(node: next, place: place), at: now + delay)
  }

  private func next(from node: Int) -> Int32? {
    for index in hops[node].networks.indices
    where destination.rawValue & hops[node].masks[index] == hops[node].networks[index] {
      return hops[node].next[index]
    }
    return nil
  }

  private mutating func datagram(_ sequence: UInt32) -> [UInt8] {
    identification &+= 1
    let header = IPv4Header(
      from: source, to: destination, protocol: .udp, payloadLength: ForwardingWorld.datagramOctets - 20,
      identification: identification)
    var writer = ByteWriter(capacity: ForwardingWorld.datagramOctets)
    header.write(to: &writer)
    writer.append(UInt16(49_152))
    writer.append(ForwardingWorld.port)
    writer.append(UInt16(ForwardingWorld.datagramOctets - 20))
    writer.append(UInt16(0))
    writer.append(filling)
    writer.patch(checksum(of: writer.bytes), at: 26)
    return writer.bytes
  }

  private func isIntact(_ bytes: [UInt8]) -> Bool { checksum(of: bytes) == 0 }

  private func checksum(of bytes: [UInt8]) -> UInt16 {
    var sum = InternetChecksum.pseudoHeader(
      from: source, to: destination, protocol: .udp, length: bytes.count - 20)
    unsafe sum.add(bytes.span.bytes, 20..<bytes.count)
    return sum.checksum
  }
}
