import Journal
import Network
import Testing

@testable import Scenario

/// Two associations that share one end, both negotiated: the messages of the inner one pass the end of the outer one.
private let shared = """
  lockstep: 1
  name: shared
  description: Alice protects what she says to bob, and once more as far as his firewall.
  duration: 20 s
  defaults:
    peers: { key: secret, proposals: aes128-sha1-group2 }
  nodes:
    alice:
      kind: host
      interfaces: { lan: 10.1.0.10/16 }
      gateway: 10.1.0.1
      ike: { peers: [{ node: bob }, { node: fw-b }] }
      policies:
        - name: to-bob
          from: 10.1.0.10
          to: 10.2.0.10
          action: apply
          layers:
            - { esp: aes128-sha1, mode: transport, peer: bob }
            - { ah: sha1, mode: tunnel, peer: fw-b }
    fw-b:
      kind: firewall
      interfaces: { wan: 10.1.0.1/16, lan: 10.2.0.1/16 }
      inside: [lan]
      ike: { peers: [{ node: alice, interface: wan }] }
      policies:
        - { name: ike, protocol: udp, from-ports: 500, to-ports: 500, action: bypass }
        - { name: to-alice, from: 10.2.0.0/16, to: 10.1.0.10, action: apply, ah: sha1, peer: alice }
    bob:
      kind: host
      interfaces: { lan: 10.2.0.10/16 }
      gateway: 10.2.0.1
      ike: { peers: [{ node: alice }] }
      policies:
        - { name: to-alice, from: 10.2.0.10, to: 10.1.0.10, action: apply, mode: transport, esp: aes128-sha1, peer: alice }
  links:
    - endpoints: ["alice:lan", "fw-b:wan"]
    - endpoints: ["fw-b:lan", "bob:lan"]
  traffic:
    - { name: ping, from: alice, to: bob, ping: {}, count: 3 }

  """

@Suite struct SharedEndTests {
  private func run(_ text: String) throws -> (told: String, answered: Int, reasons: Set<DropReason>) {
    let outcome = ScenarioFile.parse(text: text, path: "shared.yml")
    var answered = 0
    var reasons: Set<DropReason> = []
    var world = try World(
      #require(outcome.scenario).world(),
      journal: JournalWriter(detail: .everything) { batch in
        for stored in batch.entries {
          switch try batch.entry(stored).event {
          case .application(.answered): answered += 1
          case .packet(.dropped(_, let reason, _)): reasons.insert(reason)
          default: break
          }
        }
      })
    _ = try world.run()
    return (headlines(outcome), answered, reasons)
  }

  /// The firewall's entry is for all of the branch, and covers what alice negotiates: that is agreement enough.
  @Test func theyAgree() throws {
    let (told, answered, reasons) = try run(shared)
    #expect(told == "")
    #expect(answered == 3)
    #expect(reasons.isEmpty)
  }

  /// What the author is told of beforehand is what happens.
  @Test func theNegotiationDoesNotPass() throws {
    let entry = "- { name: ike, protocol: udp, from-ports: 500, to-ports: 500, action: bypass }"
    let (told, answered, reasons) = try run(shared.replacing(entry, with: ""))
    #expect(
      told == """
        shared.yml:12:28: warning: the negotiation with bob comes to fw-b in clear, where policy "to-alice" wants it \
        protected: it will be discarded; expected an entry of fw-b before that one that bypasses UDP to port 500
        """)
    #expect(answered == 0)
    #expect(reasons == [.cleartextWherePolicyDemandsIPsec])
  }
}
