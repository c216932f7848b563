import Testing

@testable import Scenario

@Suite struct Shipped {
  @Test func probe() {
    let outcome = ScenarioFile.load(path: "Scenarios/branch-office.lockstep.yml")
    for d in outcome.diagnostics { print(d.rendered) }
    print(outcome.scenario?.defaults ?? [])
    #expect(outcome.scenario != nil)
    let o2 = ScenarioFile.load(path: "Scenarios/branch-office-pfs.lockstep.yml")
    for d in o2.diagnostics { print(d.rendered) }
    #expect(o2.scenario != nil)
  }
}
