import Simulation

/// One random change or a few: bits, octets, runs, lengths, pieces cut out or doubled, the end cut off.
func mutate(_ octets: inout [UInt8], _ stream: inout RandomStream) {
  for _ in 0...stream.below(4) where !octets.isEmpty {
    let place = Int(stream.below(UInt64(octets.count)))
    let random = UInt8(truncatingIfNeeded: stream.next())
    switch stream.below(16) {
    case 0...4: octets[place] ^= 1 << (random & 7)
    case 5...7: octets[place] = random
    case 8...10: octets[place] = [0, 1, 0x7F, 0x80, 0xFF][Int(random) % 5]
    case 11: for index in place..<min(octets.count, place + Int(random & 7)) { octets[index] = random }
    case 12: octets.removeSubrange(place..<min(octets.count, place + 1 + Int(random & 15)))
    case 13: octets.insert(contentsOf: octets[place..<min(octets.count, place + 1 + Int(random & 15))], at: place)
    case 14: octets.removeLast(octets.count - place)
    default: break
    }
  }
}
