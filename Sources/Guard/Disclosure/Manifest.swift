internal import VaultCore

/// Exactly which versions of which records one response carries, for one patient.
///
/// Written compactly as runs of record numbers: `1-120,122,125v2` means the first version of 1 to 120 and
/// of 122, and the second of 125. Numbers are dense per patient and never reused.
public struct Manifest: Sendable, Hashable, CustomStringConvertible {
    /// One record in one version.
    public struct Item: Sendable, Hashable, Comparable {
        /// Record number, dense per patient, from 0.
        public let number: UInt32
        /// Version, from 1.
        public let version: UInt32

        /// Names one version of one record.
        ///
        /// - Parameters:
        ///   - number: Record number.
        ///   - version: Version, from 1.
        public init(number: UInt32, version: UInt32) {
            self.number = number
            self.version = version
        }

        /// Orders by number, then version.
        ///
        /// - Parameters:
        ///   - left: One item.
        ///   - right: Another.
        /// - Returns: Whether `left` sorts first.
        public static func < (left: Item, right: Item) -> Bool {
            (left.number, left.version) < (right.number, right.version)
        }
    }

    /// The items, sorted, without duplicates.
    public let items: [Item]

    /// Collects items in any order.
    ///
    /// - Parameter items: Duplicates are dropped.
    public init(_ items: some Sequence<Item>) {
        var sorted = items.sorted()
        var kept = 0
        for index in sorted.indices where kept == 0 || sorted[index] != sorted[kept - 1] {
            sorted[kept] = sorted[index]
            kept += 1
        }
        sorted.removeSubrange(kept...)
        self.items = sorted
    }

    /// The compact text form; empty for an empty manifest.
    public var description: String {
        var text = ""
        var index = 0
        while index < items.count {
            let first = items[index]
            var last = first
            while index + 1 < items.count, items[index + 1].version == first.version,
                items[index + 1].number == last.number + 1
            {
                index += 1
                last = items[index]
            }
            if !text.isEmpty { text += "," }
            text += "\(first.number)"
            if last.number > first.number { text += "-\(last.number)" }
            if first.version != 1 { text += "v\(first.version)" }
            index += 1
        }
        return text
    }

    /// Reads the compact text form.
    ///
    /// Gives `nil` where the text is anything else, or names more than ten million items.
    ///
    /// - Parameter text: As ``description`` writes it.
    public init?(_ text: String) {
        var items: [Item] = []
        for run in text.split(separator: ",") {
            let halves = run.split(separator: "v", omittingEmptySubsequences: false)
            guard halves.count <= 2 else { return nil }
            let version = halves.count == 2 ? UInt32(halves[1]) : 1
            let bounds = halves[0].split(separator: "-", omittingEmptySubsequences: false)
            guard let version, version > 0, (1...2).contains(bounds.count),
                let first = UInt32(bounds[0]), let last = UInt32(bounds[bounds.count - 1]),
                first <= last, Int(last - first) + items.count < 10_000_000
            else { return nil }
            for number in first...last { items.append(Item(number: number, version: version)) }
        }
        self.init(items)
    }
}
