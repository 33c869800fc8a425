/// A slow, obvious zlib reader for test vectors: RFC 1950 and RFC 1951, after Mark Adler's `puff`.
///
/// Trusts nothing it does not need: a vector that is malformed gives `nil`. The checksum is not checked.
struct Inflate {
    private let input: [UInt8]
    private var position = 2
    private var bits: UInt32 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    private struct Malformed: Error {}

    static func zlib(_ input: [UInt8]) -> [UInt8]? {
        guard input.count >= 6, input[0] & 15 == 8 else { return nil }
        var reader = Inflate(input: input)
        return try? reader.run()
    }

    private init(input: [UInt8]) { self.input = input }

    private mutating func take(_ count: Int) throws -> Int {
        while bitCount < count {
            guard position < input.count else { throw Malformed() }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bits & ((1 << UInt32(count)) - 1)
        bits >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func run() throws -> [UInt8] {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try block(.fixedLengths, .fixedDistances)
            case 2:
                let (lengths, distances) = try dynamicCodes()
                try block(lengths, distances)
            default: throw Malformed()
            }
        }
        return output
    }

    private mutating func stored() throws {
        bits = 0
        bitCount = 0
        guard position + 4 <= input.count else { throw Malformed() }
        let count = Int(input[position]) | Int(input[position + 1]) << 8
        position += 4
        guard position + count <= input.count else { throw Malformed() }
        output += input[position..<position + count]
        position += count
    }

    /// Canonical Huffman code: how many codes of each length, and the symbols in order.
    struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int]

        init(_ lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            symbols = (0..<lengths.count).filter { lengths[$0] > 0 }
                .sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        }

        static let fixedLengths = Code(
            [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112)
                + [Int](repeating: 7, count: 24) + [Int](repeating: 8, count: 8)
        )
        static let fixedDistances = Code([Int](repeating: 5, count: 30))
    }

    private mutating func symbol(_ code: Code) throws -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1..<16 {
            value |= try take(1)
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Malformed()
    }

    private mutating func dynamicCodes() throws -> (Code, Code) {
        let lengthCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let codeCount = try take(4) + 4
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var codeLengths = [Int](repeating: 0, count: 19)
        for index in 0..<codeCount { codeLengths[order[index]] = try take(3) }
        let code = Code(codeLengths)
        var lengths: [Int] = []
        while lengths.count < lengthCount + distanceCount {
            let next = try symbol(code)
            switch next {
            case 16:
                guard let last = lengths.last else { throw Malformed() }
                lengths += [Int](repeating: last, count: try take(2) + 3)
            case 17: lengths += [Int](repeating: 0, count: try take(3) + 3)
            case 18: lengths += [Int](repeating: 0, count: try take(7) + 11)
            default: lengths.append(next)
            }
        }
        return (
            Code(Array(lengths[..<lengthCount])),
            Code(Array(lengths[lengthCount..<lengthCount + distanceCount]))
        )
    }

    private mutating func block(_ lengths: Code, _ distances: Code) throws {
        let bases = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
            115, 131, 163, 195, 227, 258,
        ]
        while true {
            let next = try symbol(lengths)
            if next < 256 {
                output.append(UInt8(next))
                continue
            }
            if next == 256 { return }
            let row = next - 257
            guard row < 29 else { throw Malformed() }
            let extra = row < 8 || row == 28 ? 0 : row / 4 - 1
            let count = bases[row] + (try take(extra))
            let column = try symbol(distances)
            let distanceExtra = column < 4 ? 0 : column / 2 - 1
            let base = column < 4 ? column + 1 : (2 + column & 1) << distanceExtra + 1
            let distance = base + (try take(distanceExtra))
            guard distance <= output.count else { throw Malformed() }
            for _ in 0..<count { output.append(output[output.count - distance]) }
        }
    }
}
