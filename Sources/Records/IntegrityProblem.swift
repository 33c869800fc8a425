/// Something in the store that is not as it should be.
public struct IntegrityProblem: Sendable, Hashable {
    /// What kind of thing is wrong.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// SQLite's own check of pages, cells, types and index failed.
        case structure
        /// Tables, index or settings in the file are not those of this layout.
        case layout
        /// A row belongs to no patient, or a patient has no row.
        case patient
        /// A row names a segment that its patient does not have, or a segment has no row.
        case segment
        /// The numbers of a patient's records have a gap, or a record has two.
        case number
        /// A record's versions have a gap or a double, or its newest is not the one marked current.
        case version
        /// A record is under two patients at once, or a row's tag differs between its versions.
        case record
        /// A value is outside its range.
        case value
    }

    /// Most problems that one check reports.
    public static let limit = 100

    /// What kind of thing is wrong.
    public var kind: Kind
    /// Where, in words; names patients and records by their tags only.
    public var detail: String
}
