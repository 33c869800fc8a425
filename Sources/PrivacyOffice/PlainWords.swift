/// Codes of the log in words that a patient understands.
public enum PlainWords {
    /// Why somebody asked, for "… saw this record": `to treat you`.
    ///
    /// - Parameter code: A v3 PurposeOfUse code.
    /// - Returns: Plain words, or the code itself where nobody wrote words for it.
    public static func purpose(_ code: String) -> String { purposes[code] ?? "for `\(code)`" }

    /// Why somebody broke the glass.
    ///
    /// - Parameter code: One of the coded reasons.
    /// - Returns: Plain words, or the code itself.
    public static func emergency(_ code: String) -> String { emergencies[code] ?? "`\(code)`" }

    /// What somebody is.
    ///
    /// - Parameter kind: A principal's kind, or `operator`.
    /// - Returns: Plain words, or the kind itself.
    public static func kind(_ kind: String) -> String { kinds[kind] ?? kind }

    private static let purposes: [String: String] = [
        "TREAT": "to treat you", "ETREAT": "to treat you in an emergency",
        "BTG": "in an emergency", "COC": "to coordinate your care",
        "CAREMGT": "to manage your care", "HPAYMT": "to handle payment for your care",
        "CLMATTCH": "to document a claim", "COVAUTH": "to authorise cover",
        "COVERAGE": "to check your cover", "ELIGVER": "to check your cover",
        "ELIGDTRM": "to check your cover", "REMITADV": "to explain a payment",
        "HOPERAT": "to run and check the clinic", "HQUALIMP": "to improve quality",
        "PATSFTY": "to keep patients safe", "PATADMIN": "to keep your file in order",
        "HLEGAL": "for legal proceedings", "HCOMPL": "to check that rules are kept",
        "PATRQT": "at your own request", "FAMRQT": "as family, at your side",
        "PWATRNY": "as your representative", "SUPNWK": "as somebody who helps you",
        "HRESCH": "for research", "CLINTRCH": "for clinical research",
        "PUBHLTH": "for public health", "THREAT": "to avert a danger",
        "DISASTER": "in a disaster", "HMARKT": "for marketing",
    ]

    private static let emergencies: [String: String] = [
        "unconscious": "you could not be asked", "threat-to-life": "your life was in danger",
        "urgent-care": "you needed care at once",
        "covering-colleague": "they stood in for a colleague",
        "expected-transfer": "you were expected to arrive",
        "safeguarding": "somebody had to be protected",
        "public-health-duty": "a public health duty",
        "relationship-error": "the file did not show that they treat you",
    ]

    private static let kinds: [String: String] = [
        "clinician": "clinician", "family": "family", "insurer": "insurer",
        "patient": "patient", "integration": "program",
        "privacy-officer": "privacy officer", "security-officer": "security officer",
        "registrar": "registrar", "administrator": "administrator", "operator": "operator",
        "researcher": "researcher", "public-health": "public health authority",
        "oversight": "oversight agency", "law-enforcement": "police or prosecution",
        "court": "court", "business-associate": "contractor",
    ]
}
