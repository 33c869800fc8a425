/// Why a record is more than ordinarily private; together with the data category it names a segment.
///
/// The raw text is stored (segment names, policies, log) and never changes; ``rank`` is only an index
/// into a ``LabelSet`` of this build.
public enum SensitivityLabel: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Psychiatry, psychology, mood, behaviour (v3 `PSY`, `MH`, `BH`).
    case mentalHealth = "mental-health"
    /// Psychotherapy notes kept apart from the record (45 CFR 164.501; v3 `PSYTHPN`).
    case psychotherapyNotes = "psychotherapy-notes"
    /// Alcohol, drugs and their treatment by code or text (v3 `ETH`, `SUD`, `ETHUD`, `OPIOIDUD`).
    case substanceUse = "substance-use"
    /// From a 42 CFR Part 2 program; set by the source only, never by code or text.
    case part2 = "42cfr-part2"
    /// SUD counselling notes kept apart (42 CFR 2.11).
    case sudCounsellingNotes = "sud-counselling-notes"
    /// HIV and AIDS (v3 `HIV`).
    case hiv = "hiv"
    /// Other sexually transmitted diseases (v3 `STD`).
    case std = "std"
    /// Contraception, pregnancy, abortion, gender-affirming care, sexuality (v3 `SEX`).
    case sexualReproductive = "sexual-reproductive"
    /// Genetic tests and findings (v3 `GDIS`).
    case genetics = "genetics"
    /// Abuse, assault, domestic and sexual violence, self-harm (v3 `SDV`, `VIO`).
    case violence = "violence"
    /// Dementia, loss of memory or thinking (v3 `COGN`).
    case cognitiveDisability = "cognitive-disability"
    /// Disability and disorders of development (v3 `DVD`).
    case disability = "disability"
    /// Marked by the patient's own request (v3 `PRS`).
    case patientRestricted = "patient-restricted"
    /// An item that a minor alone controls; set per item (45 CFR 164.502(g)(3); v3 `ADOL`).
    case minorControlled = "minor-controlled"
    /// A clinical code from a system that no table knows, or a source label nobody can read.
    case unclassified = "unclassified"
    /// Marked restricted by its source (v3 Confidentiality `R`).
    case restricted = "restricted"
    /// Marked very restricted by its source (v3 Confidentiality `V`).
    case veryRestricted = "very-restricted"

    /// The text that is stored.
    public var description: String { rawValue }

    /// Place in ``allCases``, 0 to 63; may change from build to build.
    public var rank: Int {
        switch self {
        case .mentalHealth: 0
        case .psychotherapyNotes: 1
        case .substanceUse: 2
        case .part2: 3
        case .sudCounsellingNotes: 4
        case .hiv: 5
        case .std: 6
        case .sexualReproductive: 7
        case .genetics: 8
        case .violence: 9
        case .minorControlled: 10
        case .unclassified: 11
        case .restricted: 12
        case .veryRestricted: 13
        case .cognitiveDisability: 14
        case .disability: 15
        case .patientRestricted: 16
        }
    }
}

/// A set of labels in one machine word.
public struct LabelSet: Sendable, Hashable, ExpressibleByArrayLiteral, Sequence {
    /// One bit per ``SensitivityLabel/rank``.
    public let bits: UInt32

    /// Takes the bits.
    ///
    /// - Parameter bits: One bit per ``SensitivityLabel/rank``.
    public init(bits: UInt32) { self.bits = bits }

    /// Collects labels.
    ///
    /// - Parameter labels: In any order, repeats allowed.
    public init(_ labels: some Sequence<SensitivityLabel>) {
        bits = labels.reduce(0) { $0 | 1 << UInt32($1.rank) }
    }

    /// Collects labels.
    ///
    /// - Parameter labels: In any order, repeats allowed.
    public init(arrayLiteral labels: SensitivityLabel...) { self.init(labels) }

    /// No label at all.
    public static let none = LabelSet(bits: 0)
    /// Every label.
    public static let all = LabelSet(SensitivityLabel.allCases)

    /// Whether there is no label.
    public var isEmpty: Bool { bits == 0 }
    /// How many labels.
    public var count: Int { bits.nonzeroBitCount }

    /// Whether a label is in the set.
    ///
    /// - Parameter label: Any label.
    /// - Returns: Whether it is.
    public func contains(_ label: SensitivityLabel) -> Bool { bits & 1 << UInt32(label.rank) != 0 }

    /// The labels of both sets.
    ///
    /// - Parameter other: Another set.
    /// - Returns: The union.
    public func union(_ other: LabelSet) -> LabelSet { LabelSet(bits: bits | other.bits) }

    /// The labels in both sets.
    ///
    /// - Parameter other: Another set.
    /// - Returns: The intersection.
    public func intersection(_ other: LabelSet) -> LabelSet { LabelSet(bits: bits & other.bits) }

    /// The labels of this set that the other lacks.
    ///
    /// - Parameter other: Another set.
    /// - Returns: The difference.
    public func subtracting(_ other: LabelSet) -> LabelSet { LabelSet(bits: bits & ~other.bits) }

    /// This set with one label more.
    ///
    /// - Parameter label: Any label.
    /// - Returns: The larger set.
    public func adding(_ label: SensitivityLabel) -> LabelSet { union([label]) }

    /// The labels in the order of ``SensitivityLabel/allCases``.
    ///
    /// - Returns: An iterator over them.
    public func makeIterator() -> IndexingIterator<[SensitivityLabel]> {
        SensitivityLabel.allCases.filter(contains).makeIterator()
    }
}

extension LabelSet: CustomStringConvertible {
    /// The stored texts, sorted and joined by `+`: the label half of a segment's name.
    public var description: String {
        isEmpty ? "" : map(\.rawValue).sorted().joined(separator: "+")
    }

    /// Reads what ``description`` writes.
    ///
    /// - Parameter text: Stored texts joined by `+`; the empty text is the empty set. `nil` comes back
    ///   where a text is no label.
    public init?(_ text: some StringProtocol) {
        var bits: UInt32 = 0
        for part in text.split(separator: "+") {
            guard let label = SensitivityLabel(rawValue: String(part)) else { return nil }
            bits |= 1 << UInt32(label.rank)
        }
        self.bits = bits
    }
}
