/// Padmé: lengths rounded up so that a length tells O(log log) bits about the contents.
///
/// For a length L: E = floor(log2 L), S = floor(log2 E) + 1; the low E - S bits of the padded length
/// are zero. Overhead at most 12 %, less for long messages.
///
/// Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
/// PURBs", PoPETS 2019, section 4.
internal enum Padme {
    /// The padded length; requires `byteCount >= 0`.
    static func paddedByteCount(of byteCount: Int) -> Int {
        guard byteCount >= 2 else { return byteCount }
        let exponent = Int.bitWidth - 1 - byteCount.leadingZeroBitCount
        let kept = Int.bitWidth - exponent.leadingZeroBitCount
        let mask = (1 << (exponent - kept)) - 1
        return (byteCount + mask) & ~mask
    }
}
