/// A log's name, with every stretch of entries that the log has lost.
///
/// A log whose tail was lost goes on under a new name: its old one and `/lost-FIRST-LAST`. Entries with
/// these indexes stood under the old name and are gone; other entries have the indexes now. The name is the
/// key's as well, so nobody can have the key and not know of a gap. Format: docs/design/log.md.
public struct LogOrigin: Sendable, Hashable {
    /// Entries that stood under a former name and are lost.
    public struct Gap: Sendable, Hashable, CustomStringConvertible {
        /// Index of the first; the present log goes on with this index.
        public let first: UInt64
        /// Index of the last that anybody knows of.
        public let last: UInt64

        /// In words, for people.
        public var description: String {
            first == last
                ? "entry \(first) under the log's former name is lost"
                : "entries \(first) to \(last) under the log's former name are lost"
        }

        fileprivate init?(component: Substring) {
            let parts = component.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "lost", let first = UInt64(decimal: parts[1]),
                let last = UInt64(decimal: parts[2]), first <= last
            else { return nil }
            self.first = first
            self.last = last
        }
    }

    /// First line of every checkpoint.
    public let name: String
    /// What was lost, oldest first; empty for a log that lost nothing.
    public let gaps: [Gap]

    /// Reads a log's name.
    ///
    /// - Parameter name: As it stands in a checkpoint.
    public init(_ name: String) {
        self.name = name
        let components = name.split(separator: "/", omittingEmptySubsequences: false).reversed()
        var gaps: [Gap] = []
        for component in components {
            guard let gap = Gap(component: component) else { break }
            gaps.append(gap)
        }
        self.gaps = gaps.reversed()
    }

    /// The name under which a log goes on that lost its tail.
    ///
    /// - Parameters:
    ///   - size: Entries that are left.
    ///   - known: Entries that there were, more than are left.
    /// - Returns: This name with the gap added.
    public func continued(after size: UInt64, of known: UInt64) -> LogOrigin {
        precondition(size < known, "nothing is lost")
        return LogOrigin("\(name)/lost-\(size)-\(known - 1)")
    }

    /// The first gap between two entries: of the time between them not everything is known.
    ///
    /// - Parameters:
    ///   - start: Index of the earlier entry.
    ///   - end: Index of the later one.
    /// - Returns: `nil` where no entry between the two is lost.
    public func gap(between start: UInt64, and end: UInt64) -> Gap? {
        gaps.first { start < $0.first && $0.first <= end }
    }
}
