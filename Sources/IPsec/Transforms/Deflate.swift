import CZlib

/// DEFLATE (RFC 1951) as IPComp packs single datagrams with it (RFC 2394), by zlib. What is unpacked is bounded, since the
/// octets may come from anybody.
public enum Deflate {
  /// Why octets could not be unpacked.
  public enum Fault: Error, Hashable, Sendable {
    /// The last block does not end.
    case truncated
    /// No DEFLATE: what zlib says of it.
    case malformed(String)
    /// More than a datagram holds.
    case tooLong
  }

  /// No datagram is longer.
  public static let longest = 65_535

  /// Packs the octets of `input` in `range`; `nil` where they would not become fewer than `limit`.
  public static func deflate(_ input: [UInt8], _ range: Range<Int>, limit: Int) -> [UInt8]? {
    guard limit > 1 else { return nil }
    var source = Array(input[range])
    var output = [UInt8](repeating: 0, count: limit - 1)
    var stream = unsafe z_stream()
    guard unsafe lockstep_deflate_init_raw(&stream) == Z_OK else { return nil }
    defer { unsafe deflateEnd(&stream) }
    let (status, count, _) = unsafe run(&stream, from: &source, into: &output) { unsafe CZlib.deflate($0, Z_FINISH) }
    guard status == Z_STREAM_END else { return nil }
    output.removeLast(output.count - count)
    return output
  }

  /// Unpacks the octets of `input` in `range`; what lies behind the last block is left alone.
  public static func inflate(_ input: [UInt8], _ range: Range<Int>) throws(Fault) -> [UInt8] {
    var source = Array(input[range])
    // One octet more than is allowed, to tell what just fits from what does not.
    var output = [UInt8](repeating: 0, count: longest + 1)
    let (status, count, message) = unpack(&source, into: &output)
    guard status == Z_STREAM_END else {
      if count > longest { throw .tooLong }
      throw status == Z_OK || status == Z_BUF_ERROR ? .truncated : .malformed(message)
    }
    guard count <= longest else { throw .tooLong }
    output.removeLast(output.count - count)
    return output
  }

  private static func unpack(
    _ source: inout [UInt8], into output: inout [UInt8]
  ) -> (status: Int32, count: Int, message: String) {
    var stream = unsafe z_stream()
    let ready = unsafe lockstep_inflate_init_raw(&stream)
    guard ready == Z_OK else { return (ready, 0, "zlib could not begin") }
    defer { unsafe inflateEnd(&stream) }
    return unsafe run(&stream, from: &source, into: &output) { unsafe CZlib.inflate($0, Z_FINISH) }
  }

  private static func run(
    _ stream: inout z_stream, from source: inout [UInt8], into output: inout [UInt8],
    _ body: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> (status: Int32, count: Int, message: String) {
    let status = unsafe source.withUnsafeMutableBufferPointer { from in
      unsafe output.withUnsafeMutableBufferPointer { to in
        unsafe stream.next_in = from.baseAddress
        unsafe stream.avail_in = UInt32(from.count)
        unsafe stream.next_out = to.baseAddress
        unsafe stream.avail_out = UInt32(to.count)
        return unsafe body(&stream)
      }
    }
    let message = unsafe stream.msg.map { unsafe String(cString: $0) } ?? "no DEFLATE"
    return (status, unsafe output.count - Int(stream.avail_out), message)
  }
}
