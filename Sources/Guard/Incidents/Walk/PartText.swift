internal import MerkleLog
internal import VaultCore

/// The members of a patient's part that a walk asks for.
enum PartName: Int, MemberName {
    case previous, count, segments, grantEnd, manifest, resealed, found, read, letter

    static func named(_ key: UnsafeRawBufferPointer) -> PartName? {
        switch key.count {
        case 4: key.isText("read") ? .read : nil
        case 5: key.isText("count") ? .count : key.isText("found") ? .found : nil
        case 6: key.isText("letter") ? .letter : nil
        case 8:
            key.isText("previous")
                ? .previous
                : key.isText("segments")
                    ? .segments
                    : key.isText("grantEnd")
                        ? .grantEnd
                        : key.isText("manifest")
                            ? .manifest
                            : key.isText("resealed") ? .resealed : nil
        default: nil
        }
    }
}

typealias PartText = PickedMembers<PartName>

extension PartText {
    /// The patient's entry before; -1 where there is none.
    var previousEntry: Int64 {
        self[.previous].isText("null") ? -1 : self[.previous].wholeNumber ?? -1
    }

    /// When the read keys end that the part says were released.
    var grantEnd: Instant? {
        guard self[.segments].first == 0x5B else { return nil }
        return self[.grantEnd].json?.string.flatMap { Instant(rfc3339: $0) }
    }
}

/// The numbers of a manifest where it lies in a text, without a list of them.
enum ManifestText {
    /// One more than the highest record number, 0 for an empty manifest; `nil` where it cannot be read.
    static func end(of value: UnsafeRawBufferPointer) -> UInt32? {
        guard value.first == 0x22, value.count >= 2 else { return nil }
        var highest: UInt64 = 0
        var number: UInt64?
        var isVersion = false
        for byte in value.dropFirst().dropLast() {
            switch byte {
            case 0x30...0x39:
                number = (number ?? 0) * 10 + UInt64(byte - 0x30)
                guard let number, number <= UInt64(UInt32.max) else { return slow(value) }
            case 0x2C, 0x2D, 0x76:
                guard let known = number else { return slow(value) }
                if !isVersion { highest = max(highest, known + 1) }
                number = nil
                isVersion = byte == 0x76
            default: return slow(value)
            }
        }
        if let number, !isVersion { highest = max(highest, number + 1) }
        return UInt32(exactly: highest) ?? slow(value)
    }

    /// For what no Guard of today writes.
    private static func slow(_ value: UnsafeRawBufferPointer) -> UInt32? {
        guard let manifest = value.json?.string.flatMap({ Manifest($0) }) else { return nil }
        return manifest.items.last.map { $0.number &+ 1 } ?? 0
    }
}
