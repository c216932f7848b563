/// Says where `range` leaves a buffer of `count` octets.
func checkRange(_ range: Range<Int>, in count: Int) throws(CryptographyError) {
  guard range.lowerBound >= 0, range.upperBound <= count else {
    throw .rangeOutside(lowerBound: range.lowerBound, upperBound: range.upperBound, count: count)
  }
}

/// Says where `length` octets from `offset` on leave a buffer of `count` octets.
func checkRange(_ offset: Int, _ length: Int, in count: Int) throws(CryptographyError) {
  let (end, overflow) = offset.addingReportingOverflow(length)
  guard offset >= 0, !overflow, end <= count else {
    throw .rangeOutside(lowerBound: offset, upperBound: overflow ? .max : end, count: count)
  }
}
