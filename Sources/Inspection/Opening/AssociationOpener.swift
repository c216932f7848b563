import Cryptography
import IPsec
import Wire

/// One association with its contexts keyed: opens its ESP packets and verifies its AH.
struct AssociationOpener: Sendable {
  let keys: AssociationKeys
  private let cipher: Cipher?
  private let authenticator: MessageAuthenticator?
  private let icvLength: Int
  /// Why nothing can be opened with it.
  private let obstacle: String?

  init(_ keys: AssociationKeys) {
    self.keys = keys
    var obstacle: String?
    (authenticator, icvLength) = Self.authenticator(keys.integrity, &obstacle)
    cipher = Self.cipher(keys.encryption, &obstacle)
    self.obstacle = obstacle
  }

  private static func authenticator(
    _ integrity: AssociationKeys.Integrity, _ obstacle: inout String?
  ) -> (MessageAuthenticator?, Int) {
    switch integrity {
    case .none: return (nil, 0)
    case .hmac(let hash, let length, let key): return (MessageAuthenticator(hash, key: key), length)
    case .unchecked(let length): return (nil, length)
    case .unsupported(let name):
      obstacle = "Lockstep does not have \(name)"
      return (nil, 0)
    }
  }

  private static func cipher(_ encryption: AssociationKeys.Encryption, _ obstacle: inout String?) -> Cipher? {
    switch encryption {
    case .unsupported(let name): obstacle = "Lockstep does not have \(name)"
    case .cipher(let algorithm, let key):
      do throws(CryptographyError) {
        return try Cipher(algorithm, key: key, direction: .decrypt)
      } catch { obstacle = "\(error)" }
    }
    return nil
  }
}

// MARK: - ESP

/// What became of an ESP packet.
struct ESPOutcome {
  var protection: Protection
  /// Octets of the initialization vector and of the ICV, where the association is known.
  var vectorLength = 0
  var icvLength = 0
  /// Payload and trailer, where they were decrypted and are to be shown.
  var plaintext: [UInt8]?
  /// Octets of the payload in front of the trailer.
  var payloadLength = 0
  var nextHeader = IPProtocol.noNextHeader
}

extension AssociationOpener {
  /// Verifies and decrypts the ESP packet in `range` of `bytes`. RFC 2406 §3.4.
  func openESP(_ bytes: [UInt8], _ range: Range<Int>, showsCheck: Bool) -> ESPOutcome {
    var outcome = openESP(bytes, range)
    if showsCheck { outcome.protection.check = check(bytes, range) }
    return outcome
  }

  /// The ICV covers all of ESP in front of it, encrypted as it is: RFC 2406 §3.3.4.
  private func check(_ bytes: [UInt8], _ range: Range<Int>) -> IntegrityCheck? {
    let covered = Array(bytes[range].dropLast(icvLength))
    guard icvLength > 0, covered.count + icvLength == range.count else { return nil }
    return IntegrityCheck(
      algorithm: keys.integrity.name, octets: covered,
      computed: authenticator.map { Array($0.authenticate(covered).prefix(icvLength)) },
      carried: Array(bytes[range].suffix(icvLength)))
  }

  private func openESP(_ bytes: [UInt8], _ range: Range<Int>) -> ESPOutcome {
    guard obstacle == nil, let cipher else { return outcome(.noKey, obstacle ?? "there is no cipher") }
    let vectorLength = cipher.algorithm.initializationVectorLength
    let payload =
      range.lowerBound + 8 + vectorLength..<max(range.lowerBound + 8 + vectorLength, range.upperBound - icvLength)
    guard payload.upperBound + icvLength <= range.upperBound, payload.count >= 2 else {
      return outcome(.bad, "too short for an IV of \(vectorLength) octets, a trailer and an ICV of \(icvLength)")
    }
    var plaintext = Array(bytes[payload])
    do throws(CryptographyError) {
      try cipher.process(
        &plaintext, range: 0..<plaintext.count,
        initializationVector: Array(bytes[payload.lowerBound - vectorLength..<payload.lowerBound]))
    } catch { return outcome(.bad, "\(error)") }
    let isAuthentic = verify(bytes, range.lowerBound..<payload.upperBound, at: payload.upperBound)
    return judge(plaintext, isAuthentic, vectorLength)
  }

  /// Whether the ICV is right; `nil` where none is checked.
  private func verify(_ bytes: [UInt8], _ range: Range<Int>, at offset: Int) -> Bool? {
    guard let authenticator else { return nil }
    return (try? authenticator.verifyIntegrityCheckValue(of: range, in: bytes, at: offset, length: icvLength)) ?? false
  }

  private func judge(_ plaintext: [UInt8], _ isAuthentic: Bool?, _ vectorLength: Int) -> ESPOutcome {
    var cursor = Cursor(end: plaintext.count)
    let trailer = unsafe try? ESPTrailer(readingEndOf: plaintext.span.bytes, at: &cursor)
    let isPadded = trailer?.isMonotonic ?? false
    var result = judgment(isAuthentic, trailer, isPadded)
    result.vectorLength = vectorLength
    result.icvLength = icvLength
    guard let trailer, isPadded || isAuthentic == true else { return result }
    result.plaintext = plaintext
    result.payloadLength = cursor.end
    result.nextHeader = trailer.nextHeader
    result.protection.openedFields = trailer.fields(at: cursor.end)
    return result
  }

  private func judgment(_ isAuthentic: Bool?, _ trailer: ESPTrailer?, _ isPadded: Bool) -> ESPOutcome {
    switch isAuthentic {
    case true?:
      guard trailer != nil else {
        return outcome(.bad, "the ICV is right, but the pad length is not: the cipher's key is probably wrong")
      }
      let note = isPadded ? "the ICV is right" : "the ICV is right; the padding does not count 1, 2, 3 (RFC 2406 §2.4)"
      return outcome(.ok, note, isAuthenticated: true)
    case false?:
      return outcome(.bad, "the ICV is wrong: the packet was changed, or the authentication key is not the right one")
    case nil:
      guard isPadded else {
        return outcome(.bad, "the padding does not count 1, 2, 3 (RFC 2406 §2.4): the key is probably wrong")
      }
      return outcome(.ok, icvLength == 0 ? "there is no ICV" : "the ICV is not checked, as the key file asks")
    }
  }

  private func outcome(_ verdict: Verdict, _ reason: String, isAuthenticated: Bool = false) -> ESPOutcome {
    ESPOutcome(
      protection: Protection(
        verdict: verdict, reason: reason, isAuthenticated: isAuthenticated, origin: keys.origin))
  }
}

// MARK: - AH

extension AssociationOpener {
  /// Verifies the ICV of an AH. `header` is the IP header in front of it, `rest` AH and all that follows. RFC 2402 §3.4.
  func verifyAH(
    _ ah: AuthenticationHeader, header: ArraySlice<UInt8>, rest: ArraySlice<UInt8>, showsCheck: Bool
  ) -> Protection {
    if let obstacle { return protection(.noKey, obstacle) }
    guard let authenticator else { return protection(.noKey, "the association has no authentication key") }
    guard ah.integrityCheckValue.count >= icvLength else {
      return protection(.bad, "the ICV has \(ah.integrityCheckValue.count) octets instead of \(icvLength)")
    }
    guard let covered = try? AuthenticatedOctets(header: header, rest: rest, icvLength: icvLength) else {
      return protection(.bad, "the IP header in front of it makes no sense")
    }
    let computed = Array(authenticator.authenticate(covered.octets).prefix(icvLength))
    let isAuthentic = constantTimeEquals(computed, Array(ah.integrityCheckValue.prefix(icvLength)))
    var result =
      isAuthentic
      ? protection(.ok, "the ICV is right", isAuthenticated: true)
      : protection(.bad, "the ICV is wrong: the packet was changed on its way, or the key is not the right one")
    guard showsCheck else { return result }
    var check = IntegrityCheck(covered, icvLength: icvLength)
    check.algorithm = keys.integrity.name
    check.computed = computed
    result.check = check
    return result
  }

  private func protection(_ verdict: Verdict, _ reason: String, isAuthenticated: Bool = false) -> Protection {
    Protection(verdict: verdict, reason: reason, isAuthenticated: isAuthenticated, origin: keys.origin)
  }
}

extension AssociationKeys.Integrity {
  /// The authenticator by the name that its RFC gives it, else by hash and length.
  var name: String? {
    switch self {
    case .none, .unchecked: nil
    case .unsupported(let name): name
    case .hmac(let hash, let length, _):
      IntegrityAlgorithm.allCases.first { $0.hash == hash && $0.icvLength == length }?.name
        ?? "HMAC-\(hash.name)-\(8 * length)"
    }
  }
}

// MARK: - Finding associations

/// All associations, found by protocol, SPI and addresses.
struct AssociationTable: Sendable {
  private let openers: [AssociationOpener]
  /// Indices of those that name one SPI, in their order; those with wildcards stand apart.
  private let exact: [UInt64: [Int]]
  private let wild: [Int]

  init(_ associations: [AssociationKeys]) {
    openers = associations.map { AssociationOpener($0) }
    var exact: [UInt64: [Int]] = [:]
    var wild: [Int] = []
    for (index, keys) in associations.enumerated() {
      if let spi = keys.spi.exact {
        exact[Self.key(keys.securityProtocol, spi), default: []].append(index)
      } else {
        wild.append(index)
      }
    }
    self.exact = exact
    self.wild = wild
  }

  private static func key(_ number: SecurityProtocol, _ spi: UInt32) -> UInt64 {
    UInt64(number.rawValue) << 32 | UInt64(spi)
  }

  /// Those that a packet may belong to, in the order of the key files.
  func matching(_ number: SecurityProtocol, _ spi: UInt32, _ context: DissectionContext) -> [AssociationOpener] {
    var indices = exact[Self.key(number, spi)] ?? []
    if !wild.isEmpty {
      indices += wild.filter {
        openers[$0].keys.securityProtocol == number && openers[$0].keys.spi.matches(spi)
      }
      indices.sort()
    }
    return indices.map { openers[$0] }.filter {
      $0.keys.destination.matches(context.destination) && $0.keys.source.matches(context.source)
    }
  }
}
