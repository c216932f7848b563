import Foundation
import Testing

@testable import Scenario

/// Two networks and two firewalls: the smallest scenario with everything in it. Tests break it in one place each.
let sample = """
  lockstep: 1
  name: sample
  description: Two hosts behind two firewalls.
  duration: 10 s

  nodes:
    alice:
      kind: host
      interfaces: { lan: 10.1.0.10/16 }
      gateway: 10.1.0.1
    fw-a:
      kind: firewall
      interfaces:
        lan: 10.1.0.1/16
        wan: 192.0.2.1/30
      inside: [lan]
      gateway: 192.0.2.2
      ike:
        peers:
          - { node: fw-b, key: secret, proposals: [aes128-sha1-group2] }
      policies:
        - name: there
          from: 10.1.0.0/16
          to: 10.2.0.0/16
          action: apply
          peer: fw-b
          esp: [aes128-sha1]
    fw-b:
      kind: firewall
      interfaces:
        lan: 10.2.0.1/16
        wan: 192.0.2.2/30
      inside: [lan]
      gateway: 192.0.2.1
      ike:
        peers:
          - { node: fw-a, key: secret, proposals: [aes128-sha1-group2] }
      policies:
        - name: back
          from: 10.2.0.0/16
          to: 10.1.0.0/16
          action: apply
          peer: fw-a
          esp: [aes128-sha1]
    bob:
      kind: host
      interfaces: { lan: 10.2.0.10/16 }
      gateway: 10.2.0.1

  links:
    - endpoints: ["alice:lan", "fw-a:lan"]
      delay: 10 ms
    - endpoints: ["fw-a:wan", "fw-b:wan"]
    - endpoints: ["fw-b:lan", "bob:lan"]

  traffic:
    - name: ping
      from: alice
      to: bob
      ping:

  """

/// Reads the sample with one thing changed.
func outcome(_ old: String, _ new: String) throws -> ScenarioFile.Outcome {
  let range = try #require(sample.range(of: old))
  return ScenarioFile.parse(text: sample.replacingCharacters(in: range, with: new), path: "sample.yml")
}

/// Everything that is found, as a terminal shows it.
func findings(_ outcome: ScenarioFile.Outcome) -> String {
  outcome.diagnostics.map(\.rendered).joined(separator: "\n")
}

/// The folder of the package.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The scenarios that are shipped.
let shipped = ["branch-office", "branch-office-pfs"].map {
  packageRoot.appendingPathComponent("Scenarios/\($0).lockstep.yml").path
}

/// Every scenario that is shipped, by its path, in the order of the names.
func everyScenario() throws -> [String] {
  let folder = packageRoot.appendingPathComponent("Scenarios").path
  return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".lockstep.yml") }.sorted()
    .map { "\(folder)/\($0)" }
}
