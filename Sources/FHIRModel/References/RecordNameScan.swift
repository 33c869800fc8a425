public import VaultCore

extension RecordID {
    /// Reads type and id from the bytes of a resource, without parsing what comes after them.
    ///
    /// For records that were checked when they were stored.
    ///
    /// - Parameter resource: A whole resource, well-formed JSON; `nil` comes out where a name is missing
    ///   or written with escapes.
    public init?(ofResource resource: UnsafeRawBufferPointer) {
        var type: Range<Int>?
        var id: Range<Int>?
        var depth = 0
        var place = 0
        while place < resource.count, type == nil || id == nil {
            switch resource[place] {
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D: depth -= 1
            case 0x22:
                let start = place
                place = Self.endOfString(in: resource, from: start)
                if depth == 1 {
                    let name = UnsafeRawBufferPointer(rebasing: resource[start + 1..<place])
                    if type == nil, name.elementsEqual("resourceType".utf8) {
                        type = ReferenceScan.text(in: resource, after: place + 1)
                    } else if id == nil, name.elementsEqual("id".utf8) {
                        id = ReferenceScan.text(in: resource, after: place + 1)
                    }
                }
            default: break
            }
            place += 1
        }
        guard let type, let id,
            let type = ResourceType(UnsafeRawBufferPointer(rebasing: resource[type])),
            let id = FHIRID(utf8: UnsafeRawBufferPointer(rebasing: resource[id]))
        else { return nil }
        self.init(type: type.rawValue, id: id)
    }

    /// Place of the quotation mark that ends a string; the end of the bytes where there is none.
    private static func endOfString(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != 0x22 {
            place += bytes[place] == 0x5C ? 2 : 1
        }
        return min(place, bytes.count)
    }
}
