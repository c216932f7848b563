import IPsec
import Wire

extension IPCompHeader {
  /// The algorithm that the CPI names by a well-known number, where it is none that Lockstep has. RFC 2407 §4.4.5.
  var foreignAlgorithm: String? {
    switch compressionParameterIndex {
    case 1: "the compression of a private OUI"
    case 3: "LZS"
    case 4: "LZJH"
    default: nil
    }
  }
}

extension Deflate.Fault {
  /// What was wrong, in words.
  var words: String {
    switch self {
    case .truncated: "its last block does not end"
    case .malformed(let message): message
    case .tooLong: "it would unpack to more than a datagram holds"
    }
  }
}
