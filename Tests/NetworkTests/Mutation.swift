import Foundation
import Simulation

/// How many random changes a fuzzing test makes: LOCKSTEP_MUTATIONS, or what keeps the tests quick.
func mutationCount(default count: Int) -> Int {
  ProcessInfo.processInfo.environment["LOCKSTEP_MUTATIONS"].flatMap(Int.init) ?? count
}

/// One random change or a few: bits, octets, runs, lengths, pieces cut out or doubled, the end cut off.
func mutated(_ original: [UInt8], _ stream: inout RandomStream) -> [UInt8] {
  var octets = original
  for _ in 0...stream.below(4) where !octets.isEmpty {
    let place = Int(stream.below(UInt64(octets.count)))
    let random = UInt8(truncatingIfNeeded: stream.next())
    switch stream.below(8) {
    case 0, 1: octets[place] ^= 1 << (random & 7)
    case 2: octets[place] = random
    case 3: octets[place] = [0, 1, 0x7F, 0x80, 0xFF][Int(random) % 5]
    case 4: for index in place..<min(octets.count, place + Int(random & 7)) { octets[index] = random }
    case 5: octets.removeSubrange(place..<min(octets.count, place + 1 + Int(random & 15)))
    case 6: octets.insert(contentsOf: octets[place..<min(octets.count, place + 1 + Int(random & 15))], at: place)
    default: octets.removeLast(octets.count - place)
    }
  }
  return octets
}
