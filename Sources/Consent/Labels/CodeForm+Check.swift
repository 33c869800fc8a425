extension CodeForm {
    /// Whether a code can be one of a system with this form.
    ///
    /// - Parameter code: UTF-8 without white space around it.
    /// - Returns: False for empty codes and for codes of another form.
    func accepts(_ code: UnsafeRawBufferPointer) -> Bool {
        guard !code.isEmpty, code.count <= 64 else { return false }
        switch self {
        case .word: return true
        case .digits: return code.allSatisfy(isDigit)
        case .icd: return code.count <= 12 && code.allSatisfy { isAlphanumeric($0) || $0 == 0x2E }
        case .loinc:
            let letters = code.prefix { $0 >= 0x41 && $0 <= 0x5A }.count
            guard letters <= 4, code.count - letters >= 3, isDigit(code[code.count - 1]),
                code[code.count - 2] == 0x2D
            else { return false }
            return code[letters..<(code.count - 2)].allSatisfy(isDigit)
        }
    }
}

/// The number in an OpenMRS concept UUID: digits, padded with `A` to 36 characters.
///
/// Exports put such ids under SNOMED CT or LOINC; the number names a CIEL concept.
///
/// - Parameter code: UTF-8 without white space around it.
/// - Returns: How many digits stand before the padding, or `nil` where it is no such id.
func paddedConceptDigits(_ code: UnsafeRawBufferPointer) -> Int? {
    guard code.count >= 20, code[code.count - 1] == 0x41 else { return nil }
    let digits = code.prefix(while: isDigit).count
    guard digits > 0, code[digits...].allSatisfy({ $0 == 0x41 }) else { return nil }
    return digits
}

/// Runs of six digits or more: the concepts of a post-coordinated SNOMED CT expression.
///
/// - Parameters:
///   - code: Any text.
///   - visit: Gets each run.
func conceptRuns(in code: UnsafeRawBufferPointer, _ visit: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    for index in 0...code.count {
        if index < code.count, isDigit(code[index]) { continue }
        if index - start >= 6 { visit(UnsafeRawBufferPointer(rebasing: code[start..<index])) }
        start = index + 1
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

@inline(__always)
func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 26 }
