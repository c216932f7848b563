// swift-tools-version: 6.2
import PackageDescription

/// What every room is compiled with: strict memory safety, and no warning left.
let house: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A room of the design: one target, with its tests beside it. Imports go down the list of rooms only.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: house)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "Lockstep",
  products: [
    .executable(name: "lockstep", targets: ["lockstep"]),
    .executable(name: "lockstep-bench", targets: ["LockstepBench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    room("Units", []),
    room("Wire", ["Units"]),
    room("Cryptography", ["CLibcrypto"]),
    room("Simulation", ["Units"]),
    room("Journal", ["Units", "Wire", "Cryptography"]),
    room("IPsec", ["Units", "Wire", "Cryptography", "CZlib"]),
    room("IKE", ["Units", "Wire", "Cryptography", "IPsec"]),
    room("Network", ["Units", "Wire", "Cryptography", "Simulation", "Journal", "IPsec", "IKE"]),
    room("Scenario", ["Units", "Wire", "Cryptography", "Journal", "IPsec", "IKE", "Network", yams]),
    room("Recording", ["Units", "Wire", "Journal", grdb, sqlite]),
    room("Inspection", ["Units", "Wire", "Cryptography", "IPsec", "IKE"]),
    room("Explanation", ["Units", "Wire", "Cryptography", "Journal", "Recording", "Inspection"]),
    .executableTarget(
      name: "lockstep",
      dependencies: [
        "Units", "Wire", "Cryptography", "Simulation", "Journal", "IPsec", "IKE", "Network", "Scenario", "Recording",
        "Inspection", "Explanation", argumentParser,
      ],
      swiftSettings: house),

    // What `make bench` runs: our side in Swift, the limits that it is held against in C++.
    .target(name: "BenchmarkLimits"),
    .executableTarget(
      name: "LockstepBench",
      dependencies: [
        "Units", "Wire", "Cryptography", "Simulation", "Journal", "IPsec", "IKE", "Network", "Recording",
        "BenchmarkLimits", sqlite,
      ], swiftSettings: house),

    // What `make fuzz` runs: every reader, against every packet of a run changed a million times.
    .executableTarget(
      name: "LockstepFuzz",
      dependencies: [
        "Units", "Wire", "Cryptography", "Simulation", "Journal", "IPsec", "IKE", "Network", "Scenario", "Inspection",
      ], swiftSettings: house),

    // What the tests of Journal and Recording share, and the process that tests of Recording kill.
    .target(
      name: "JournalSamples", dependencies: ["Units", "Journal"], path: "Tests/JournalSamples", swiftSettings: house),
    .executableTarget(
      name: "recording-helper", dependencies: ["JournalSamples", "Journal", "Recording"],
      path: "Tests/RecordingHelper", swiftSettings: house),

    tests("Units"),
    tests("Wire", ["Units"]),
    tests("Cryptography"),
    tests("Simulation"),
    tests("Journal", ["Units", "Wire", "JournalSamples"]),
    tests("IPsec", ["Wire", "Cryptography"]),
    tests("IKE", ["Wire", "Cryptography", "IPsec"]),
    tests("Network", ["Units", "Wire", "Cryptography", "Simulation", "Journal", "IPsec", "IKE"]),
    tests("Scenario", ["Units", "Wire", "Cryptography", "Journal", "IPsec", "IKE", "Network"]),
    tests("Recording", ["Units", "Wire", "Journal", "JournalSamples", "recording-helper", grdb]),
    tests("Inspection", ["Wire", "Cryptography", "IPsec", "IKE"]),
    tests("Explanation", ["Units", "Wire", "Journal", "Network", "Scenario", "Recording", "Inspection"]),
    // Those that start the program, as it is, and let the tools of others judge what comes out of it.
    .testTarget(name: "AcceptanceTests", dependencies: ["lockstep"], swiftSettings: house),
  ]
)
