/// The field GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1, without tables: neither time nor memory
/// access depends on the values.
///
/// Source: FIPS 197, section 4.2.
enum GF256 {
    /// Product of two elements.
    static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var a = a
        var product: UInt8 = 0
        for bit in 0..<8 as Range<UInt8> {
            // All ones where the bit is set, else zero.
            product ^= a & (0 &- ((b >> bit) & 1))
            a = (a << 1) ^ (0x1B & (0 &- (a >> 7)))
        }
        return product
    }

    /// Inverse of an element; of zero it is zero.
    static func inverse(_ a: UInt8) -> UInt8 {
        // a^254, by square and multiply.
        var result: UInt8 = 1
        var power = a
        for bit in 0..<8 as Range<UInt8> {
            if bit > 0 { result = multiply(result, power) }
            power = multiply(power, power)
        }
        return result
    }
}
