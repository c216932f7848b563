import IPsec
import Journal
import Simulation
import Testing
import Units
import Wire

@testable import Network

/// What a small office's day puts on its links: ICMP, UDP with fragments, TCP, ISAKMP, ESP.
private func office(duration: SimDuration = .seconds(900)) -> WorldConfiguration {
  var options = TunnelOptions()
  options.lifetime = Lifetime(duration: .seconds(60), volume: nil)
  return tunnel(
    [
      .ping(size: 56), .udpRequest(port: 53, requestSize: 40, responseSize: 1_700),
      .tcpRequest(port: 80, requestSize: 100, responseSize: 3_000),
    ], count: 2, options: options, duration: duration)
}

@Suite("No packet makes a node fall over")
struct FuzzTests {
  /// Everything that reads packets, over one that may be anything.
  private func read(_ bytes: [UInt8]) -> Int {
    let dissection = Dissector.dissect(bytes, linkType: .raw)
    var count = dissection.layers.count
    for layer in dissection.layers { count += visit(layer.fields) }
    if let header = try? IPv4Glance(verifying: bytes) { count += header.totalLength - header.headerLength }
    count += bytes.count > 28 ? chains(Array(bytes[28...])) : 0
    return count
  }

  private func visit(_ fields: [FieldNode]) -> Int { fields.reduce(0) { $0 + 1 + visit($1.children) } }

  /// The readers of ISAKMP: of a message, and of the chain of payloads that a decrypted body would be.
  private func chains(_ octets: [UInt8]) -> Int {
    let message = try? ISAKMPMessage(decoding: octets)
    var count = message.map { ISAKMPMessage.encoded($0.payloads).count } ?? 0
    for first in [1, 2, 4, 5, 8, 10, 11, 12, 13, 14] as [UInt8] {
      count += (try? PayloadChain(first: PayloadType(rawValue: first), decoding: octets))?.payloads.count ?? 0
    }
    return count
  }

  @Test("every packet of a run, cut off at every length, is read without a trap")
  func truncations() throws {
    let record = try run(office())
    var cuts = 0
    for packet in record.packets where packet.bytes.count < 400 || mutationCount(default: 0) > 0 {
      for length in packet.bytes.indices {
        _ = read(Array(packet.bytes[..<length]))
        cuts += 1
      }
      if cuts > 2_500, mutationCount(default: 0) == 0 { break }
    }
    #expect(cuts > 2_000)
  }

  @Test("every packet of a run, changed at random, is read without a trap")
  func mutations() throws {
    let record = try run(office())
    for (index, packet) in record.packets.enumerated() {
      var stream = RandomStream(seed: UInt64(index), node: "fuzz", purpose: "reading")
      for _ in 0..<mutationCount(default: 8) { _ = read(mutated(packet.bytes, &stream)) }
    }
    #expect(record.packets.count > 60)
  }

  /// A changed packet that keeps what routers look at, so that it comes as far as it can.
  private func forged(_ original: [UInt8], _ stream: inout RandomStream) -> [UInt8] {
    var bytes = mutated(original, &stream)
    guard bytes.count >= 20, original.count >= 20, stream.below(5) > 0 else { return bytes }
    if stream.below(4) > 0 { bytes.replaceSubrange(..<20, with: original[..<20]) }
    bytes[2] = UInt8(truncatingIfNeeded: bytes.count >> 8)
    bytes[3] = UInt8(truncatingIfNeeded: bytes.count)
    bytes[0] = 0x45
    return resealed(bytes) { bytes in if stream.below(2) == 0 { Self.repair(&bytes) } }
  }

  /// Gives the payload a checksum that is right again: what has one is read further.
  private static func repair(_ bytes: inout [UInt8]) {
    let place = [1: 22, 6: 36, 17: 26][Int(bytes[9])] ?? 0
    guard place > 0, bytes.count > place + 1, bytes[6] & 0x3F == 0, bytes[7] == 0 else { return }
    bytes[place] = 0
    bytes[place + 1] = 0
    var sum = bytes[9] == 1 ? 0 : UInt32(bytes[9]) + UInt32(bytes.count - 20)
    let start = bytes[9] == 1 ? 20 : 12
    for index in start..<bytes.count { sum += UInt32(bytes[index]) << (index % 2 == 0 ? 8 : 0) }
    while sum >> 16 > 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
    let checksum = ~UInt16(truncatingIfNeeded: sum)
    bytes[place] = UInt8(checksum >> 8)
    bytes[place + 1] = UInt8(checksum & 255)
  }

  @Test(
    "changed packets put into the running world: it runs to its end, each ends by name or is delivered, and nothing comes out of an association that was not put in",
    arguments: 1...3 as ClosedRange<UInt64>)
  func injections(seed: UInt64) throws {
    let calm = try run(office())
    var stream = RandomStream(seed: seed, node: "fuzz", purpose: "injection")
    var injections: [Injection] = []
    // Not in the last half minute, in which a fragment would still wait for others when the run ends.
    for crossing in calm.crossings where crossing.arrival < Instant.zero + .seconds(860) {
      for _ in 0..<min(200, mutationCount(default: 2)) {  // As many as an event queue is for.
        let nanoseconds = crossing.arrival.nanoseconds + stream.below(2_000_000)
        injections.append(
          Injection(
            bytes: forged(crossing.bytes, &stream), node: crossing.to,
            interface: interface(crossing), at: Instant(nanoseconds: nanoseconds - min(nanoseconds, 1_000_000))))
      }
    }
    let (record, injected) = try run(office(), injecting: injections)
    guard case .run(.ended(let end)) = record.entries.last?.event else {
      Issue.record("seed \(seed): the run has no end")
      return
    }
    #expect(end == .quiet || end == .durationReached, "seed \(seed)")
    let settled = record.settled
    let silent = zip(injected, injections).filter { !settled.contains($0.0) }
    #expect(silent.isEmpty, "seed \(seed): \(silent.count) vanished, such as \(silent.first?.1.bytes ?? [])")
    expectGroundTruth(record, seed)
  }

  /// The interface of the receiving node that lies on the crossing's link.
  private func interface(_ crossing: Crossing) -> Int {
    [1: [0: 0, 1: 1], 2: [1: 0, 2: 1], 3: [2: 1, 3: 0]][crossing.to]?[Int(crossing.link.rawValue)] ?? 0
  }

  /// What came out of associations is, octet by octet, what somebody put in.
  private func expectGroundTruth(_ record: Record, _ seed: UInt64) {
    let octets = Dictionary(uniqueKeysWithValues: record.packets.map { ($0.id, $0.bytes) })
    let sealed = Set(record.sealedPackets.compactMap { octets[$0].map(beyondHops) })
    for packet in record.openedPackets {
      let bytes = octets[packet] ?? []
      #expect(sealed.contains(beyondHops(bytes)), "seed \(seed): \(packet) was never put in")
    }
    #expect(record.openedPackets.count >= 10, "seed \(seed)")
  }

  /// A datagram without what every hop changes.
  private func beyondHops(_ bytes: [UInt8]) -> [UInt8] {
    bytes.enumerated().map { [8, 10, 11].contains($0) ? 0 : $1 }
  }
}
