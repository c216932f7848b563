import IPsec
import Journal
import Units
import Wire

/// How fragments came: what came by different ways is never put together, so that nobody outside can put octets of theirs
/// among those that an association has vouched for.
struct FragmentOrigin: Hashable, Sendable {
  /// Whether the IPsec boundary lies behind them; else their datagram is still to be opened, or admitted.
  var isOpened: Bool
  /// Whether they are on their way out: those of a stack, or a host, that IPsec lies below.
  var isLeaving = false
  /// The associations that they came by.
  var trail = AssociationTrail()
}

/// What fragments of one datagram have in common: RFC 791 §3.2, RFC 2460 §4.5.
struct FragmentKey: Hashable, Sendable {
  var source: IPAddress
  var destination: IPAddress
  /// Of IPv6 the fragment header's own number: the protocol is no part of the key there.
  var transport: IPProtocol
  var identification: UInt32

  /// `header` is that of a fragment, `bytes`.
  init(_ header: IPGlance, of bytes: [UInt8]) {
    source = header.sourceAddress
    destination = header.destinationAddress
    transport = header.isIPv6 ? .ipv6Fragment : header.protocol
    // The fragment header is the last that stands in front of a fragment's payload; it ends with the identification.
    let range = header.isIPv6 ? header.headerLength - 4..<header.headerLength : 4..<6
    identification = bytes[range].reduce(0) { $0 << 8 | UInt32($1) }
  }

  init(_ key: IPv4Reassembler.Key) {
    source = .v4(key.source)
    destination = .v4(key.destination)
    transport = key.protocol
    identification = UInt32(key.identification)
  }

  init(_ key: IPv6Reassembler.Key) {
    source = .v6(key.source)
    destination = .v6(key.destination)
    transport = .ipv6Fragment
    identification = key.identification
  }
}

/// The fragments that came to a node by one way, and wait for others.
struct Reassembly: Sendable {
  /// Ways by which fragments may wait at a node at once.
  static let limit = 64

  let origin: FragmentOrigin
  var four = IPv4Reassembler()
  var six = IPv6Reassembler()
  /// The packets that the reassemblers hold, for the record.
  var pieces: [FragmentKey: [PacketID]] = [:]

  init(origin: FragmentOrigin) { self.origin = origin }

  /// When the first of its datagrams has waited long enough; `nil` where none waits.
  var nextDeadline: Instant? {
    guard let four = four.nextDeadline, let six = six.nextDeadline else {
      return four.nextDeadline ?? six.nextDeadline
    }
    return min(four, six)
  }

  /// Why a fragment was refused.
  struct Refusal: Error {
    var reason: DropReason
    var detail: String
    /// Whether what had come of the datagram goes with it.
    var givesUp: Bool
  }

  mutating func accept(_ fragment: [UInt8], at now: Instant) throws(Refusal) -> IPv4Reassembler.Outcome {
    guard fragment.isIPv6 else {
      do throws(IPv4Reassembler.Refusal) { return try four.accept(fragment, at: now) } catch { throw Refusal(error) }
    }
    do throws(IPv6Reassembler.Refusal) { return try six.accept(fragment, at: now) } catch { throw Refusal(error) }
  }

  /// Datagrams whose time has run out, with their first fragments where those have come.
  mutating func expire(at now: Instant) -> [(key: FragmentKey, firstFragment: [UInt8]?)] {
    four.expire(at: now).map { (FragmentKey($0.key), $0.firstFragment) }
      + six.expire(at: now).map { (FragmentKey($0.key), $0.firstFragment) }
  }
}

extension Reassembly.Refusal {
  init(_ refusal: IPv4Reassembler.Refusal) {
    detail = refusal.description
    switch refusal {
    case .overlap, .contradictoryEnd: (reason, givesUp) = (.reassemblyOverlap, true)
    case .tooManyFragments: (reason, givesUp) = (.reassemblyLimit, true)
    case .tooManyDatagrams, .tooManyOctets: (reason, givesUp) = (.reassemblyLimit, false)
    case .malformed, .tooLong, .raggedLength: (reason, givesUp) = (.malformedHeader, false)
    }
  }

  init(_ refusal: IPv6Reassembler.Refusal) {
    detail = refusal.description
    switch refusal {
    case .overlap, .contradictoryEnd: (reason, givesUp) = (.reassemblyOverlap, true)
    case .tooManyFragments: (reason, givesUp) = (.reassemblyLimit, true)
    case .tooManyDatagrams, .tooManyOctets: (reason, givesUp) = (.reassemblyLimit, false)
    case .malformed, .tooLong, .raggedLength: (reason, givesUp) = (.malformedHeader, false)
    }
  }
}

extension Node {
  /// When the first datagram that waits for fragments has waited long enough; `nil` where none waits.
  var nextReassemblyDeadline: Instant? { reassemblies.compactMap(\.nextDeadline).min() }

  /// The place of what waits for fragments that come by `origin`; `nil` where there is no room for another way.
  mutating func reassembly(of origin: FragmentOrigin) -> Int? {
    if let place = reassemblies.firstIndex(where: { $0.origin == origin }) { return place }
    reassemblies.removeAll { $0.nextDeadline == nil }
    guard reassemblies.count < Reassembly.limit else { return nil }
    reassemblies.append(Reassembly(origin: origin))
    return reassemblies.count - 1
  }
}

/// Fragments at the node that their datagram is for.
extension World {
  /// Keeps a fragment until its datagram is whole.
  mutating func reassemble(
    _ fragment: Datagram, _ header: IPGlance, at node: Int, _ origin: FragmentOrigin
  ) -> Datagram? {
    let key = FragmentKey(header, of: fragment.bytes)
    let wasIdle = nodes[node].nextReassemblyDeadline == nil
    guard let place = nodes[node].reassembly(of: origin) else {
      drop(fragment, .reassemblyLimit, "fragments that came by \(Reassembly.limit) other ways wait", at: node)
      return nil
    }
    do throws(Reassembly.Refusal) {
      let outcome = try nodes[node].reassemblies[place].accept(fragment.bytes, at: now)
      if nodes[node].reassemblies[place].pieces[key]?.contains(fragment.packet) != true {
        nodes[node].reassemblies[place].pieces[key, default: []].append(fragment.packet)
      }
      if wasIdle, let deadline = nodes[node].nextReassemblyDeadline {
        schedule(.reassembly(node: Int32(node)), at: deadline)
      }
      guard case .complete(let bytes) = outcome else { return nil }
      let pieces = nodes[node].reassemblies[place].pieces.removeValue(forKey: key) ?? []
      return whole(bytes, from: pieces, last: fragment, at: node)
    } catch {
      let cause = drop(fragment, error.reason, error.detail, at: node)
      if error.givesUp {
        let pieces = nodes[node].reassemblies[place].pieces.removeValue(forKey: key) ?? []
        abandon(pieces, error.reason, at: node, cause: cause)
      }
      return nil
    }
  }

  /// Fragments that waited for others are given up, each by name.
  @discardableResult
  private mutating func abandon(
    _ pieces: [PacketID], _ reason: DropReason, timeToLive: UInt8 = 0, at node: Int, cause: EntryID?
  ) -> (first: PacketID, cause: EntryID?)? {
    let entries = pieces.map { piece in
      note(
        .packet(
          .dropped(
            PacketVersion(piece, timeToLive: timeToLive), reason: reason,
            detail: "\(pieces.count) of its datagram's fragments had come")), at: node, cause: cause)
    }
    return pieces.first.map { (first: $0, cause: entries[0]) }
  }

  /// The datagram that fragments made. Where the truth says that these are the octets that were cut, it is that packet.
  private mutating func whole(
    _ bytes: [UInt8], from pieces: [PacketID], last: Datagram, at node: Int
  ) -> Datagram {
    let known = last.ancestor.flatMap { $0.bytes.isSameDatagram(as: bytes) ? $0 : nil }
    let packet = known?.packet ?? journal.store(bytes, creator: last.creator, parents: pieces)
    let cause = note(.packet(.reassembled(packet, from: pieces)), at: node, cause: last.cause)
    return Datagram(
      bytes: bytes, packet: packet, creator: last.creator, cause: cause,
      ancestor: known.map(\.parent) ?? last.ancestor)
  }

  mutating func reassemblyDue(node: Int) {
    // All are taken out first: what is sent about one may be cut, and wait here for its own fragments.
    var expired: [(pieces: [PacketID], firstFragment: [UInt8]?)] = []
    for place in nodes[node].reassemblies.indices {
      for datagram in nodes[node].reassemblies[place].expire(at: now) {
        let pieces = nodes[node].reassemblies[place].pieces.removeValue(forKey: datagram.key) ?? []
        expired.append((pieces, datagram.firstFragment))
      }
    }
    for (pieces, firstFragment) in expired {
      let dropped = abandon(
        pieces, .reassemblyTimeout, timeToLive: firstFragment?.timeToLive ?? 0, at: node, cause: nil)
      // RFC 1122 §3.3.2: only where the first fragment has come, since that is what is quoted.
      guard let (packet, cause) = dropped, let first = firstFragment else { continue }
      let quoted = Datagram(bytes: first, packet: packet, creator: nodes[node].id, cause: cause, ancestor: nil)
      complain(.fragmentsMissing, about: quoted, at: node, cause: cause)
    }
    if let deadline = nodes[node].nextReassemblyDeadline { schedule(.reassembly(node: Int32(node)), at: deadline) }
  }
}
