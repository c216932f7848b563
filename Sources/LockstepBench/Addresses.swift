import Wire

/// An IPv4 address as the rooms above Wire take it.
func ip(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress { .v4(IPv4Address(a, b, c, d)) }

/// The same by its 32 bits.
func ip(rawValue: UInt32) -> IPAddress { .v4(IPv4Address(rawValue: rawValue)) }
