import CLibcrypto

/// One of the two curves y² + xy = x³ + b over a field of 2^n elements that RFC 2409 §6.3 and §6.4 define.
///
/// Points go in and out by their x coordinate alone. Two points share one, and one is the other's negative: so are their
/// multiples, whose x coordinates are the same again. Which of the two is taken therefore doesn't matter (RFC 2409 §6.3).
///
/// Multiplication is libcrypto's ladder, in a time that doesn't depend on the scalar. It blinds the coordinates that it
/// computes with by numbers of libcrypto's own generator, which have no part in the result.
///
/// The curve is only read after `init`, which libcrypto permits from several threads at once.
@safe final class BinaryCurve: @unchecked Sendable {
  /// The Oakley group's number.
  let group: UInt16
  /// Bits of an element of the field.
  let bitCount: Int
  private let curve: OpaquePointer

  /// `libraryNumber` is libcrypto's of the curve of that Oakley group.
  init(group: UInt16, libraryNumber: Int32, bitCount: Int) throws(CryptographyError) {
    guard let made = unsafe EC_GROUP_new_by_curve_name_ex(Library.shared.context.pointer, nil, libraryNumber) else {
      throw .algorithmUnavailable(name: "Oakley group \(group)", reason: Library.takeReason())
    }
    self.group = group
    self.bitCount = bitCount
    unsafe curve = made
  }

  deinit { unsafe EC_GROUP_free(curve) }

  /// Octets of an element of the field.
  var length: Int { (bitCount + 7) / 8 }

  /// The x coordinate of the generator's multiple; nil where that is the neutral point, which has none.
  func multiple(_ scalar: [UInt8]) throws(CryptographyError) -> [UInt8]? {
    let scalar = try BigNumber(scalar)
    let workspace = try Workspace()
    let product = try unsafe Point(curve)
    guard unsafe EC_POINT_mul(curve, product.pointer, scalar.pointer, nil, nil, workspace.pointer) == 1 else {
      throw Library.failure(of: "EC_POINT_mul")
    }
    return try coordinate(of: product, workspace)
  }

  /// The x coordinate of the multiple of a point with the x coordinate given, which may be refused; nil where the
  /// multiple is the neutral point.
  func multiple(_ scalar: [UInt8], ofPointAt x: [UInt8]) throws(CryptographyError) -> [UInt8]? {
    let workspace = try Workspace()
    let point = try point(at: x, workspace)
    let scalar = try BigNumber(scalar)
    let product = try unsafe Point(curve)
    guard unsafe EC_POINT_mul(curve, product.pointer, nil, point.pointer, scalar.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "EC_POINT_mul")
    }
    return try coordinate(of: product, workspace)
  }

  /// Refuses what is no point's x coordinate, or that of a point whose order is small.
  func validate(_ x: [UInt8]) throws(CryptographyError) { _ = try point(at: x, Workspace()) }

  private func point(at x: [UInt8], _ workspace: borrowing Workspace) throws(CryptographyError) -> Point {
    guard x.count == length else { throw fault(.length(expected: length, actual: x.count)) }
    let x = try BigNumber(x)
    guard x.bitCount <= bitCount else { throw fault(.notInField(bitCount: bitCount)) }
    let point = try unsafe Point(curve)
    guard unsafe EC_POINT_set_compressed_coordinates(curve, point.pointer, x.pointer, 0, workspace.pointer) == 1 else {
      _ = Library.takeReason()
      throw fault(.notOnCurve)
    }
    guard try !hasSmallOrder(point, workspace) else { throw fault(.smallOrder) }
    return point
  }

  /// Whether twelve times the point is the neutral one. Both curves have a prime times a divisor of 12 points.
  private func hasSmallOrder(
    _ point: borrowing Point, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> Bool {
    let sum = try unsafe Point(curve)
    let total = unsafe sum.pointer
    // Twice, three times, six times, twelve times.
    guard unsafe EC_POINT_dbl(curve, total, point.pointer, workspace.pointer) == 1,
      unsafe EC_POINT_add(curve, total, total, point.pointer, workspace.pointer) == 1,
      unsafe EC_POINT_dbl(curve, total, total, workspace.pointer) == 1,
      unsafe EC_POINT_dbl(curve, total, total, workspace.pointer) == 1
    else { throw Library.failure(of: "EC_POINT_dbl") }
    return unsafe EC_POINT_is_at_infinity(curve, total) == 1
  }

  private func fault(_ fault: CryptographyError.PublicValueFault) -> CryptographyError {
    .publicValue(group: group, fault: fault)
  }

  private func coordinate(
    of point: borrowing Point, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> [UInt8]? {
    guard unsafe EC_POINT_is_at_infinity(curve, point.pointer) == 0 else { return nil }
    let x = try BigNumber([])
    guard unsafe EC_POINT_get_affine_coordinates(curve, point.pointer, x.pointer, nil, workspace.pointer) == 1 else {
      throw Library.failure(of: "EC_POINT_get_affine_coordinates")
    }
    return try x.octets(length)
  }
}

/// A point of libcrypto's, wiped when it goes.
@safe private struct Point: ~Copyable {
  let pointer: OpaquePointer

  init(_ curve: OpaquePointer) throws(CryptographyError) {
    guard let point = unsafe EC_POINT_new(curve) else { throw Library.failure(of: "EC_POINT_new") }
    unsafe pointer = point
  }

  deinit { unsafe EC_POINT_clear_free(pointer) }
}
