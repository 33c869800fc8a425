/// Age from which nobody is written to in a person's stead, where the person lives.
///
/// Source: Korean Civil Act art. 4; Ala. Code 26-1-1; Neb. Rev. Stat. 43-2101; Miss. Code 1-3-27; Age of Majority
/// Acts of the Canadian provinces. Everywhere else that the clocks know it is 18. Not legal advice: who is old enough
/// for some care alone is younger, and stands in the ledger as `minor-controls`.
enum AgeOfMajority {
    private static let others = [
        "KR": 19, "US-AL": 19, "US-NE": 19, "US-MS": 21, "CA-BC": 19, "CA-NB": 19, "CA-NL": 19,
        "CA-NS": 19, "CA-NT": 19, "CA-NU": 19, "CA-YT": 19,
    ]

    /// Years in a jurisdiction.
    ///
    /// - Parameter residence: ISO 3166 country or a state of one, `US-MA`; `nil` where nobody knows.
    /// - Returns: At least 18.
    static func years(in residence: String?) -> Int { residence.flatMap { others[$0] } ?? 18 }
}
