/// Countries as policies name them, and as addresses write them.
enum Jurisdiction {
    /// Whether a text looks like ISO 3166-1 alpha-2.
    static func isCode(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
    }

    /// The country an address names; `nil` where nobody can tell.
    static func code(_ country: String?) -> String? {
        guard let country else { return nil }
        let upper = country.uppercased()
        if isCode(upper) { return upper }
        return names[upper]
    }

    private static let names: [String: String] = [
        "USA": "US", "UNITED STATES": "US", "UNITED STATES OF AMERICA": "US", "U.S.A.": "US",
        "NOR": "NO", "NORWAY": "NO", "NORGE": "NO", "NOREG": "NO",
        "LTU": "LT", "LITHUANIA": "LT", "LIETUVA": "LT", "KOR": "KR", "KOREA": "KR",
        "SOUTH KOREA": "KR", "REPUBLIC OF KOREA": "KR", "대한민국": "KR", "한국": "KR",
        "MYS": "MY", "MALAYSIA": "MY", "IND": "IN", "INDIA": "IN", "இந்தியா": "IN",
        "SGP": "SG", "SINGAPORE": "SG", "DEU": "DE", "GERMANY": "DE", "FRA": "FR",
        "FRANCE": "FR", "NLD": "NL", "NETHERLANDS": "NL", "SWE": "SE", "SWEDEN": "SE",
        "DNK": "DK", "DENMARK": "DK", "FIN": "FI", "FINLAND": "FI", "EST": "EE",
        "ESTONIA": "EE", "LVA": "LV", "LATVIA": "LV", "POL": "PL", "POLAND": "PL",
        "GBR": "GB", "UNITED KINGDOM": "GB",
    ]
}
