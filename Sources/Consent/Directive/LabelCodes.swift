/// What v3 label codes mean in our labels, and which code includes which.
///
/// Source: HL7 v3 ActCode, `_InformationSensitivityPolicy`, as published with FHIR R4.
public enum LabelCodes {
    /// The labels a security code of a record stands for.
    ///
    /// - Parameter code: One of `meta.security`.
    /// - Returns: Empty for codes that do not speak of sensitivity (purposes, integrity, `N`);
    ///   ``SensitivityLabel/restricted`` for a code that nobody can read.
    public static func labels(of code: CodedValue) -> LabelSet {
        switch code.system {
        case CodeSystem.confidentiality:
            switch code.code {
            case "R": return [.restricted]
            case "V": return [.veryRestricted]
            case "U", "L", "M", "N": return .none
            default: return [.restricted]
            }
        case CodeSystem.actCode: return actCodes[code.code] ?? .none
        case CodeSystem.sensitivityLabel:
            return SensitivityLabel(rawValue: code.code).map { [$0] } ?? [.restricted]
        case CodeSystem.actReason, CodeSystem.observationValue: return .none
        case reproductiveSystem: return [.sexualReproductive]
        default:
            // Whoever set a code that nobody here can read meant something by it.
            return code.code.isEmpty ? .none : [.restricted]
        }
    }

    /// The labels that a consent names in full when it lists a code; what it says narrower names none.
    ///
    /// - Parameter code: One of `provision.securityLabel`.
    /// - Returns: For `SUD` substance use, for `ETHUD` nothing: a record may concern another substance.
    public static func labelsNamed(by code: CodedValue) -> LabelSet {
        guard code.system != CodeSystem.confidentiality else { return labels(of: code) }
        if code.system == CodeSystem.actCode, partial.contains(code.code) { return .none }
        if code.system == CodeSystem.sensitivityLabel || code.system == CodeSystem.actCode {
            return labels(of: code)
        }
        return .none
    }

    /// Whether a code says something about sensitivity at all.
    ///
    /// - Parameter code: A security code.
    /// - Returns: False for confidentiality, purposes, integrity and handling codes.
    public static func isSensitivity(_ code: CodedValue) -> Bool {
        code.system != CodeSystem.confidentiality && !labels(of: code).isEmpty
    }

    /// Whether a listed code includes another.
    ///
    /// - Parameters:
    ///   - broad: The code that may be the wider one.
    ///   - narrow: The code that may be inside it.
    /// - Returns: True for equal codes too.
    public static func includes(_ broad: CodedValue, _ narrow: CodedValue) -> Bool {
        if broad == narrow { return true }
        guard broad.system == CodeSystem.actCode, narrow.system == CodeSystem.actCode else {
            return false
        }
        var code = narrow.code
        while let parent = parents[code] {
            if parent == broad.code { return true }
            code = parent
        }
        return false
    }

    /// Order of the confidentiality codes from 0 (`U`) to 5 (`V`); `nil` for other codes.
    ///
    /// - Parameter code: Any code.
    /// - Returns: Its rank.
    public static func confidentialityRank(_ code: CodedValue) -> Int? {
        guard code.system == CodeSystem.confidentiality else { return nil }
        return ["U", "L", "M", "N", "R", "V"].firstIndex(of: code.code)
    }

    /// Bits of the v3 codes of a record's security codes that speak of a topic.
    ///
    /// `nil` where one of the codes is none of these: then the codes themselves must be looked at.
    static func topics(of codes: [CodedValue]) -> UInt64? {
        var bits: UInt64 = 0
        for code in codes where confidentialityRank(code) == nil {
            guard code.system == CodeSystem.actCode, let place = topicPlaces[code.code] else {
                return nil
            }
            bits |= 1 << UInt64(place)
        }
        return bits
    }

    /// Bits of the topics that satisfy a test.
    static func topics(where test: (CodedValue) -> Bool) -> UInt64 {
        topicCodes.enumerated().reduce(0) { bits, entry in
            let code = CodedValue(canonicalSystem: CodeSystem.actCode, code: entry.element)
            return test(code) ? bits | 1 << UInt64(entry.offset) : bits
        }
    }

    /// Bits of the topics that stand for a label, by its rank.
    static let topicsOfLabels: [UInt64] = (0..<SensitivityLabel.allCases.count).map { rank in
        topics { labels(of: $0).bits & 1 << UInt32(rank) != 0 }
    }

    private static let topicCodes = actCodes.keys.sorted()
    private static let topicPlaces = Dictionary(
        uniqueKeysWithValues: topicCodes.enumerated().map { ($1, $0) }
    )

    /// California AB 352 topics, as the SHIFT task force codes them.
    private static let reproductiveSystem =
        "http://SHIFT-Task-Force.github.io/SLS-ValueSets/CodeSystem/AB352HealthSensitivityCs"

    private static let actCodes: [String: LabelSet] = [
        "PSY": [.mentalHealth], "MH": [.mentalHealth], "BH": [.mentalHealth],
        "SPI": [.mentalHealth], "EMOTDIS": [.mentalHealth], "COGN": [.cognitiveDisability],
        "PSYTHPN": [.psychotherapyNotes], "HIPAAPsyNotes": [.psychotherapyNotes],
        "ETH": [.substanceUse], "SUD": [.substanceUse], "ETHUD": [.substanceUse],
        "OPIOIDUD": [.substanceUse], "42CFRPart2": [.part2], "HIV": [.hiv], "STD": [.std],
        "SEX": [.sexualReproductive], "GDIS": [.genetics], "SCA": [.genetics],
        "SICKLE": [.genetics], "SDV": [.violence], "VIO": [.violence], "MST": [.violence],
        "DVD": [.disability], "PRS": [.patientRestricted], "ADOL": [.minorControlled],
        "TBOO": [.restricted], "CEL": [.restricted],
    ]

    /// Codes that cover only a part of the label they belong to.
    private static let partial: Set<String> = [
        "ETHUD", "OPIOIDUD", "EMOTDIS", "SCA", "SICKLE", "MST",
    ]

    private static let parents: [String: String] = [
        "BH": "SPI", "MH": "SPI", "PSY": "SPI", "PSYTHPN": "SPI", "SUD": "SPI", "COGN": "BH",
        "DVD": "BH", "EMOTDIS": "BH", "ETHUD": "SUD", "OPIOIDUD": "SUD", "SICKLE": "GDIS",
        "SCA": "GDIS",
    ]
}
