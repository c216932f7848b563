import Foundation
import Testing

@testable import Scenario

/// Whether Python can judge the schema on this machine.
private let hasJSONSchema = (try? python("import jsonschema, yaml").status) == 0

private func python(_ program: String, _ arguments: [String] = []) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["python3", "-c", program] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

@Suite struct SchemaTests {
  private static let file = packageRoot.appendingPathComponent("Scenarios/ScenarioSchema.json")

  /// LOCKSTEP_WRITE_SCHEMA=1 writes the file anew.
  @Test func theShippedSchemaIsTheProgramsOwn() throws {
    if ProcessInfo.processInfo.environment["LOCKSTEP_WRITE_SCHEMA"] != nil {
      try ScenarioSchema.json.write(to: Self.file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: Self.file, encoding: .utf8) == ScenarioSchema.json)
  }

  @Test func everyKeyOfTheFormatIsInIt() {
    let json = ScenarioSchema.json
    for key in Key.allCases { #expect(json.contains("\"\(key.rawValue)\": {"), "\(key.rawValue)") }
  }

  /// Another reader of YAML and another reader of schemas: the shipped scenarios pass, and what is broken does not.
  @Test(
    "JSON Schema by Python's jsonschema and yaml (skipped where they are not installed)", .enabled(if: hasJSONSchema))
  func pythonAgrees() throws {
    let program = """
      import json, sys, jsonschema, yaml
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      for path in sys.argv[2:]:
          text = open(path).read()
          for error in validator.iter_errors(yaml.safe_load(text)):
              print(path, list(error.path), error.message)
          for old, new in [("delay: 4 ms", "dely: 4 ms"), ("delay: 4 ms", "delay: 4 parsecs"), ("endpoints:", "endpoint:"),
                           ("kind: host", "kind: hots"), ("action: apply", "action: bypass"), ("mtu: 1500", "mtu: [1500]")]:
              assert old in text, old
              if not list(validator.iter_errors(yaml.safe_load(text.replace(old, new, 1)))):
                  print(path, "passes with", new)
      """
    let (status, output) = try python(program, [Self.file.path] + shipped)
    #expect(output == "")
    #expect(status == 0)
  }

  /// Each can be built, and its editor finds nothing to complain of.
  @Test(
    "Every shipped scenario is valid by Python's jsonschema (skipped where it is not installed)",
    .enabled(if: hasJSONSchema))
  func pythonTakesEveryScenario() throws {
    let program = """
      import json, sys, jsonschema, yaml
      validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
      for path in sys.argv[2:]:
          for error in validator.iter_errors(yaml.safe_load(open(path).read())):
              print(path, list(error.path), error.message)
      """
    let (status, output) = try python(program, [Self.file.path] + everyScenario())
    #expect(output == "")
    #expect(status == 0)
  }

  /// What the reader takes the schema takes too, and so do editors.
  @Test(
    "What is read is valid by Python's jsonschema (skipped where it is not installed)", .enabled(if: hasJSONSchema),
    arguments: [sample, nested, boxes])
  func pythonTakesWhatIsRead(_ text: String) throws {
    let program = """
      import json, sys, jsonschema, yaml
      validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
      for error in validator.iter_errors(yaml.safe_load(sys.argv[2])):
          print(list(error.path), error.message)
      """
    let (status, output) = try python(program, [Self.file.path, text])
    #expect(output == "")
    #expect(status == 0)
  }
}
