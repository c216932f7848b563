import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@Suite("Dummies that hide how much is sent")
struct DummyTests {
  private func world(_ layers: [Layer], count: Int = 1, duration: SimDuration = .seconds(20)) -> WorldConfiguration {
    var layers = layers
    layers[0].trafficFlow = TrafficFlowConfidentiality(dummyInterval: .milliseconds(500), dummyLength: 200)
    var configuration = line(.four, [.ping(size: 56)], count: count, duration: duration)
    configuration.traffic[0].start = .zero + .seconds(5)
    HandMade(
      "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right), layers
    ).install(&configuration, left: 1, right: 3)
    return configuration
  }

  private func sent(_ record: Record, by node: UInt32) -> [(at: Instant, number: UInt32, octets: Int)] {
    record.entries.compactMap { entry in
      guard entry.node == NodeID(node), case .security(.dummySent(let packet, _, let number)) = entry.event else {
        return nil
      }
      return (entry.instant, number, record.bytes(of: packet)?.count ?? 0)
    }
  }

  @Test("from the first packet on, at their interval, numbered with the others, and thrown away by the receiver")
  func interval() throws {
    let record = try run(world([.esp(Family.four.gateways)]))
    #expect(record.answers == [1])
    for node in [1, 3] as [UInt32] {
      let dummies = sent(record, by: node)
      #expect(dummies.count == 29)
      #expect(dummies.first?.number == 2)
      #expect(zip(dummies, dummies.dropFirst()).allSatisfy { $1.at - $0.at == .milliseconds(500) })
      #expect((dummies.first?.at ?? .zero) > .zero + .milliseconds(5_500))
      #expect(dummies.allSatisfy { $0.octets == dummies.first?.octets && $0.octets > 200 })
    }
    #expect(record.drops.allSatisfy { $0 == .dummyPacket })
    #expect(record.drops.count >= 56)
  }

  @Test("through the layers around it", arguments: [true, false])
  func nested(isTransport: Bool) throws {
    let record = try run(
      world([.esp(Family.four.gateways), isTransport ? .ah() : .esp(Family.four.gateways)], duration: .seconds(7)))
    #expect(record.answers == [1])
    #expect(sent(record, by: 1).count == 3)
    #expect(record.drops == [.dummyPacket, .dummyPacket, .dummyPacket, .dummyPacket, .dummyPacket, .dummyPacket])
    let outer = record.crossings(between: 1, and: 2).map { $0[9] }
    #expect(Set(outer) == [isTransport ? 51 : 50])
    #expect(outer.count == 8)
  }

  @Test("an association that carries nothing sends none")
  func idle() throws {
    var configuration = world([.esp(Family.four.gateways)])
    configuration.traffic = []
    let record = try run(configuration)
    #expect(record.packets.isEmpty)
    #expect(record.entries.last?.event == .run(.ended(.quiet)))
  }

  @Test("they end with their association")
  func end() throws {
    var configuration = world([.esp(Family.four.gateways)])
    for node in [1, 3] {
      for index in configuration.nodes[node].manualAssociations.indices {
        configuration.nodes[node].manualAssociations[index].parameters.lifetime = Lifetime(
          duration: .seconds(8), volume: nil)
      }
    }
    let record = try run(configuration)
    #expect(record.answers == [1])
    #expect(sent(record, by: 1).count == 5)
    #expect(sent(record, by: 1).allSatisfy { $0.at < .zero + .seconds(8) })
  }
}
