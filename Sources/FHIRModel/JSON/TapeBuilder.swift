internal import VaultCore

/// One pass over a JSON value: checks it and writes its tape.
///
/// Depth costs no stack: while a container is open, the `next` of its entry holds the index of the
/// container around it. The first fault stops the run and stays in ``fault``.
struct TapeBuilder {
    let base: UnsafePointer<UInt8>
    let count: Int
    var tape: JSONTape
    var position = 0
    var fault: JSONFault?
    private var depth = 0
    /// Tape index of the innermost open container; meaningless at depth 0.
    private var open = 0

    init(base: UnsafePointer<UInt8>, count: Int, tape: JSONTape) {
        self.base = base
        self.count = count
        self.tape = tape
        self.tape.removeAll()
    }

    mutating func run() {
        if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
            fault = .byteOrderMark
            return
        }
        repeat {
            guard value() else { return }
        } while afterValue()
    }

    /// Reads one value, or opens containers up to the first value in them.
    @inline(__always)
    private mutating func value() -> Bool {
        while true {
            skipSpace()
            guard position < count else { return fail(.truncated) }
            switch base[position] {
            case 0x22: return string(as: .string)
            case 0x7B:
                guard openContainer(.object) else { return false }
                if closesEmpty(0x7D) { return true }
                guard key() else { return false }
            case 0x5B:
                guard openContainer(.array) else { return false }
                if closesEmpty(0x5D) { return true }
            case 0x2D, 0x30...0x39: return number()
            case 0x74: return literal(0x6575_7274, count: 4, .yes)
            case 0x6E: return literal(0x6C6C_756E, count: 4, .null)
            case 0x66: return literal(0x65_736C_6166, count: 5, .no)
            default: return fail(.unexpectedByte)
            }
        }
    }

    /// Closes what ends here; true where another value must follow.
    @inline(__always)
    private mutating func afterValue() -> Bool {
        while depth > 0 {
            skipSpace()
            guard position < count else { return fail(.truncated) }
            let byte = base[position]
            let isObject = tape.entries[open].kind == .object
            if byte == 0x2C {
                position &+= 1
                return isObject ? key() : true
            }
            guard byte == (isObject ? 0x7D : 0x5D) else { return fail(.unexpectedByte) }
            if isObject, hasDuplicateKey(open) { return fail(.duplicateKey) }
            closeContainer()
        }
        return false
    }

    @inline(__always)
    private mutating func openContainer(_ kind: TapeKind) -> Bool {
        guard depth < Limits.maximumJSONDepth else { return fail(.tooDeep) }
        let index = tape.count
        tape.append(TapeEntry(kind: kind, start: position, end: 0, next: open))
        open = index
        depth &+= 1
        position &+= 1
        return true
    }

    @inline(__always)
    private mutating func closeContainer() {
        position &+= 1
        let parent = Int(tape.entries[open].next)
        tape.entries[open].end = UInt32(truncatingIfNeeded: position)
        tape.entries[open].next = UInt32(truncatingIfNeeded: tape.count)
        open = parent
        depth &-= 1
    }

    @inline(__always)
    private mutating func closesEmpty(_ closing: UInt8) -> Bool {
        skipSpace()
        guard position < count, base[position] == closing else { return false }
        closeContainer()
        return true
    }

    /// Reads a member's name and its colon.
    @inline(__always)
    private mutating func key() -> Bool {
        skipSpace()
        guard position < count else { return fail(.truncated) }
        guard base[position] == 0x22 else { return fail(.unexpectedByte) }
        guard string(as: .key) else { return false }
        skipSpace()
        guard position < count else { return fail(.truncated) }
        guard base[position] == 0x3A else { return fail(.unexpectedByte) }
        position &+= 1
        return true
    }

    @inline(__always)
    private mutating func string(as kind: TapeKind) -> Bool {
        let start = position
        var scan = StringScan(base: base, count: count, position: start &+ 1)
        guard scan.run() else {
            position = scan.position
            return fail(scan.fault)
        }
        position = scan.position
        let next: Int
        if kind == .key {
            let length = position &- start &- 2
            next = Int(
                scan.isEscaped
                    ? escapedKeyHash(base + start + 1, count: length)
                    : keyHash(base + start + 1, count: length)
            )
        } else {
            next = tape.count &+ 1
        }
        tape.append(
            TapeEntry(
                kind: kind,
                start: start,
                end: position,
                next: next,
                isEscaped: scan.isEscaped
            )
        )
        return true
    }

    private mutating func literal(_ word: UInt64, count length: Int, _ kind: TapeKind) -> Bool {
        let start = position
        for index in 0..<length {
            guard position < count else { return fail(.truncated) }
            guard base[position] == UInt8(truncatingIfNeeded: word >> (8 * UInt64(index))) else {
                return fail(.unexpectedByte)
            }
            position += 1
        }
        tape.append(TapeEntry(kind: kind, start: start, end: position, next: tape.count + 1))
        return true
    }

    private mutating func number() -> Bool {
        let start = position
        var isInteger = true
        if base[position] == 0x2D { position += 1 }
        guard position < count else { return fail(.truncated) }
        if base[position] == 0x30 {
            position += 1
        } else {
            guard digits() else { return false }
        }
        if position < count, base[position] == 0x2E {
            isInteger = false
            position += 1
            guard digits() else { return false }
        }
        if position < count, base[position] | 0x20 == 0x65 {
            isInteger = false
            position += 1
            if position < count, base[position] == 0x2B || base[position] == 0x2D { position += 1 }
            guard digits() else { return false }
        }
        var entry = TapeEntry(kind: .number, start: start, end: position, next: tape.count + 1)
        entry.isInteger = isInteger
        tape.append(entry)
        return true
    }

    /// One digit or more.
    private mutating func digits() -> Bool {
        let start = position
        while position < count, base[position] &- 0x30 < 10 { position &+= 1 }
        if position > start { return true }
        return fail(position < count ? .badNumber : .truncated)
    }

    @inline(__always)
    private mutating func skipSpace() {
        if position < count, base[position] > 0x20 { return }
        skipLongSpace()
    }

    private mutating func skipLongSpace() {
        var position = self.position
        while position < count, isJSONSpace(base[position]) {
            position &+= 1
            // Indented files hold long runs of blanks; eight at a time.
            while position &+ 8 <= count {
                let blanks = loadWord(base + position) ^ 0x2020_2020_2020_2020
                position &+= blanks.trailingZeroBitCount >> 3
                if blanks != 0 { break }
            }
        }
        self.position = position
    }

    @inline(__always)
    private mutating func fail(_ fault: JSONFault) -> Bool {
        self.fault = fault
        return false
    }
}
