import Foundation
import Simulation

// Reads every packet of the shipped scenarios' runs in changed form: cut off at every length, and a million times at
// random. A reader that traps ends the process, and the last line says which packet and seed it was.
//
//     LOCKSTEP_MUTATIONS=1000000 LOCKSTEP_SEED=1 swift run -c release LockstepFuzz Scenarios/*.lockstep.yml

let environment = ProcessInfo.processInfo.environment
let mutations = environment["LOCKSTEP_MUTATIONS"].flatMap { Int($0) } ?? 1_000_000
let seed = environment["LOCKSTEP_SEED"].flatMap { UInt64($0) } ?? 1
let share = environment["LOCKSTEP_SHARE"]?.split(separator: "/").compactMap { Int($0) } ?? []
let paths = CommandLine.arguments.dropFirst()
guard !paths.isEmpty else {
  print("usage: LockstepFuzz SCENARIO...   (LOCKSTEP_MUTATIONS, LOCKSTEP_SEED, LOCKSTEP_SHARE=1/2)")
  exit(2)
}

/// Tells of the packet before it is read: after a trap nothing can be told.
func tell(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}

var total = 0
var cuts = 0
for path in paths {
  let specimens = try Specimens(path: path)
  var readers = Readers(keys: specimens.keys)
  for (index, packet) in specimens.packets.enumerated() {
    defer { readers.learn(packet, number: index + 1) }
    if share.count == 2, share[1] > 0, index % share[1] != share[0] % share[1] { continue }
    tell("\(path): packet \(index + 1) of \(specimens.packets.count), \(packet.count) octets, seed \(seed)")
    for length in packet.indices {
      let cut = Array(packet[..<length])
      readers.read(cut)
      readers.inspect(cut)
      cuts += 1
    }
    var stream = RandomStream(seed: seed, node: "packet \(index + 1)", purpose: "mutation")
    var changed = packet
    for _ in 0..<mutations {
      changed.replaceSubrange(changed.startIndex..., with: packet)
      mutate(&changed, &stream)
      readers.read(changed)
      // Opening costs a decryption or more: one in eight.
      if stream.below(8) == 0 { readers.inspect(changed) }
      total += 1
    }
  }
  print("\(path): \(specimens.packets.count) packets, \(readers.layers) things read, \(readers.faults) faults named")
}
print("\(total) mutations and \(cuts) truncations read; none trapped")
