public import FHIRModel

/// Why a record carries a label; small enough to be kept with every record.
public struct LabelBasis: Sendable, Hashable {
    /// The label.
    public let label: SensitivityLabel
    /// What set it.
    public let source: LabelSource
    /// The member of the resource it was found in; ``FHIRModel/ElementName/unknown`` for names that the
    /// model does not tell apart, and for marks from outside the record.
    public let field: ElementName

    /// Names a reason.
    ///
    /// - Parameters:
    ///   - label: The label.
    ///   - source: What set it.
    ///   - field: The member of the resource it was found in.
    public init(label: SensitivityLabel, source: LabelSource, field: ElementName) {
        self.label = label
        self.source = source
        self.field = field
    }
}

/// What set a label.
///
/// None of these holds a word or a code of the record.
public enum LabelSource: Sendable, Hashable {
    /// A line of a code table: `codes/hiv.codes`, 12.
    case code(table: String, line: Int, group: String)
    /// A line of a word list.
    case word(list: String, line: Int, group: String)
    /// A security label of the sender, by its code in upper case.
    case securityLabel(String)
    /// A security label that nobody here can read.
    case unreadSecurityLabel
    /// A clinical code from a system that no table knows.
    case unknownSystem
    /// A code that its system cannot have and no table knows.
    case malformedCode
    /// An attachment nobody here can read.
    case unreadableAttachment
    /// A mark that came with the import.
    case source
    /// The record refers to one that carries the label, or is part of one.
    case reference
}

extension LabelSource: CustomStringConvertible {
    /// A short line for officers: `codes/hiv.codes:12 (infection, disease, tests)`.
    public var description: String {
        switch self {
        case .code(let table, let line, let group), .word(let table, let line, let group):
            group.isEmpty ? "\(table):\(line)" : "\(table):\(line) (\(group))"
        case .securityLabel(let code): "security label \(code)"
        case .unreadSecurityLabel: "a security label that no table knows"
        case .unknownSystem: "a code system that no table knows"
        case .malformedCode: "a code that its system cannot have"
        case .unreadableAttachment: "an attachment that cannot be read"
        case .source: "marked at import"
        case .reference: "refers to a record with this label"
        }
    }
}

/// What the labeller found in one record.
public struct LabelResult: Sendable, Hashable {
    /// All labels of the record itself.
    public internal(set) var labels = LabelSet.none
    /// Those that a code, a security label or a mark set, not words alone.
    public internal(set) var coded = LabelSet.none
    /// One reason for each label, a code's before a word's.
    public internal(set) var bases: [LabelBasis] = []

    /// Makes a result without labels.
    public init() {}
}
