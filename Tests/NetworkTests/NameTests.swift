import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@Suite("Whose packets, and how sensitive")
struct NameTests {
  /// alice's policies, in words, that her packets fell under on their way out.
  private func matches(_ record: Record, at node: UInt32 = 0, of flow: FlowID? = nil) -> [String] {
    record.entries.compactMap { entry in
      guard entry.node == NodeID(node),
        case .security(.policyMatched(_, .outbound, _, let policy, _)) = entry.event
      else { return nil }
      return policy
    }
  }

  private func policies(_ named: Selector) -> [SecurityPolicy] {
    [
      SecurityPolicy(name: "named", selector: named, action: .bypass),
      SecurityPolicy(name: "rest", selector: .any, action: .bypass),
    ]
  }

  @Test("a user's requests fall under the user's policy, in every protocol and in pieces")
  func users() throws {
    var configuration = line(
      .six,
      [
        .ping(size: 20), .udpRequest(port: 53, requestSize: 20, responseSize: 20),
        .tcpRequest(port: 80, requestSize: 20, responseSize: 20), .ping(size: 20),
      ])
    for index in 0..<3 { configuration.traffic[index].user = "alice@example.com" }
    configuration.traffic[3].user = "mallory@example.com"
    configuration.nodes[0].policies = policies(
      Selector(source: .any, destination: .any, names: PacketNames(user: "alice@example.com")))
    let record = try run(configuration)
    #expect(record.answers == [1, 1, 1, 1])
    let names = matches(record)
    #expect(names.filter { $0 == "rest" }.count == 1)
    #expect(names.filter { $0 == "named" }.count >= 5)
  }

  @Test("a system's packets are its own, answers included, and not those that it passes on")
  func systems() throws {
    var configuration = line(.four, [.ping(size: 20)])
    for node in [1, 4] {
      configuration.nodes[node].systemName = "venus.example.com"
      configuration.nodes[node].policies = policies(
        Selector(source: .any, destination: .any, names: PacketNames(system: "venus.example.com")))
    }
    let record = try run(configuration)
    #expect(record.answers == [1])
    #expect(matches(record, at: 4) == ["named"])
    #expect(matches(record, at: 1) == ["rest"])
  }

  @Test("a sensitive flow is labelled both ways, errors about it too, and policies see the label")
  func labels() throws {
    var configuration = line(
      .four,
      [
        .ping(size: 20), .udpRequest(port: 53, requestSize: 20, responseSize: 20),
        .tcpRequest(port: 80, requestSize: 20, responseSize: 20), .datagrams(port: 9, size: 20), .ping(size: 20),
      ])
    for index in 0..<4 { configuration.traffic[index].sensitivity = .secret }
    configuration.traffic[3].destination = address("10.2.0.1")
    configuration.nodes[0].policies = policies(
      Selector(source: .any, destination: .any, sensitivity: .confidential ... .topSecret))
    let record = try run(configuration)
    #expect(record.answers == [1, 1, 1, 1])
    let option: [UInt8] = [130, 3, 0x5A, 0]
    let unlabelled = record.packets.filter { Array($0.bytes[20..<24]) != option || $0.bytes[0] != 0x46 }
    #expect(unlabelled.count == 2)
    #expect(unlabelled.allSatisfy { $0.bytes[0] == 0x45 && $0.bytes[9] == 1 })
    #expect(record.packets.contains { $0.bytes[9] == 1 && $0.bytes[24] == 3 })
    #expect(matches(record).filter { $0 == "rest" }.count == 1)
  }
}
