public import VaultCore

/// What can go wrong in this module; a refusal of the incident machine is a value, not one of these.
public enum BreachResponseError: Failure, Hashable {
    /// The document is not JSON of the vault's own kind (integers only, no duplicate keys).
    case notJSON(document: String)
    /// A member is missing, of the wrong type or out of range.
    case malformed(document: String, member: String)
    /// A date or time that does not exist or cannot be read.
    case impossibleDate(event: String)
    /// Two events in an order that cannot be.
    case outOfOrder(earlier: String, later: String)
    /// A name that is not known where only known names count.
    case unknown(what: String, name: String)
    /// The rule data contradict themselves.
    case badRules(file: String, reason: String)
    /// A record does not follow from the records before it.
    case brokenHistory(record: Int)
    /// The window ends before it begins.
    case badWindow
    /// The window begins before the log's first entry, which is of that time.
    case windowBeforeLog(begins: Instant)
    /// The window ends in the future.
    case windowNotOver
    /// The suspicion names nobody and nothing that the log knows.
    case suspicionNamesNobody

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .brokenHistory: .integrity
        case .notJSON, .malformed, .impossibleDate, .outOfOrder, .unknown, .badRules, .badWindow,
            .windowBeforeLog, .windowNotOver, .suspicionNamesNobody:
            .badInput
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .notJSON: "breach.notJSON"
        case .malformed: "breach.malformed"
        case .impossibleDate: "breach.impossibleDate"
        case .outOfOrder: "breach.eventsOutOfOrder"
        case .unknown: "breach.unknownName"
        case .badRules: "breach.badRules"
        case .brokenHistory: "breach.brokenHistory"
        case .badWindow: "breach.badWindow"
        case .windowBeforeLog: "breach.windowBeforeLog"
        case .windowNotOver: "breach.windowNotOver"
        case .suspicionNamesNobody: "breach.suspicionNamesNobody"
        }
    }

    /// One line, lower case, input in backticks.
    public var message: String {
        switch self {
        case .notJSON(let document): "the \(document) is not a JSON document of whole numbers"
        case .malformed(let document, let member):
            "`\(member)` in the \(document) is missing, of the wrong type or out of range"
        case .impossibleDate(let event): "`\(event)` is not a date or time that exists"
        case .outOfOrder(let earlier, let later): "`\(later)` lies before `\(earlier)`"
        case .unknown(let what, let name): "unknown \(what) `\(name)`"
        case .badRules(let file, let reason): "rule file `\(file)`: \(reason)"
        case .brokenHistory(let record):
            "record \(record) of the incident does not follow from those before it"
        case .badWindow: "the window ends before it begins"
        case .windowBeforeLog(let begins):
            "the window begins before the log, whose first entry is of \(begins)"
        case .windowNotOver: "the window ends in the future"
        case .suspicionNamesNobody: "the suspicion names nobody and nothing that the log knows"
        }
    }

    /// One line that says what to do next.
    public var hint: String {
        switch self {
        case .notJSON: "write numbers without fraction, and every key once"
        case .malformed: "see docs/breach-response.md for the members and their types"
        case .impossibleDate:
            "write RFC 3339 with a zone, `2026-03-02T09:30:00-05:00`, or a day, `2026-03-02`"
        case .outOfOrder: "check both times and their zones"
        case .unknown(let what, _): "see docs/breach-response.md for every known \(what)"
        case .badRules: "restore the file or correct it; nothing is computed from half a rule set"
        case .brokenHistory: "run `verify`; do not go on from this record"
        case .badWindow:
            "check both ends and their zones; the end is the first moment after the window"
        case .windowBeforeLog: "begin it there; of the time before it the log can show nothing"
        case .windowNotOver: "end it at `now` or before: nobody is cleared for a time to come"
        case .suspicionNamesNobody:
            "check the id with `principal list` or `audit list`; a misspelt one would clear everybody"
        }
    }
}
