/// JSON for reading by people: `_pretty=true`.
enum IndentedJSON {
    /// Puts every member and element on a line of its own; texts and numbers stay as they are.
    ///
    /// - Parameter json: Valid JSON, UTF-8.
    /// - Returns: The same value.
    /// - Complexity: O(bytes), and twice the depth for each line.
    static func bytes(of json: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(json.count * 2)
        var depth = 0
        var isInText = false
        var isEscaped = false
        var place = 0
        func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        func line() {
            out.append(0x0A)
            out.append(contentsOf: repeatElement(0x20, count: depth * 2))
        }
        while place < json.count {
            let byte = json[place]
            place += 1
            if isInText {
                out.append(byte)
                isInText = isEscaped || byte != 0x22
                isEscaped = !isEscaped && byte == 0x5C
                continue
            }
            switch byte {
            case _ where isSpace(byte): continue
            case 0x22:
                isInText = true
                out.append(byte)
            case 0x7B, 0x5B:
                out.append(byte)
                while place < json.count, isSpace(json[place]) { place += 1 }
                if place < json.count, json[place] == 0x7D || json[place] == 0x5D {
                    out.append(json[place])
                    place += 1
                } else {
                    depth += 1
                    line()
                }
            case 0x7D, 0x5D:
                depth -= 1
                line()
                out.append(byte)
            case 0x2C:
                out.append(byte)
                line()
            case 0x3A: out += [byte, 0x20]
            default: out.append(byte)
            }
        }
        return out
    }
}
