internal import VaultCore

/// Something that must be attached to a transition, with the shape it must have.
public struct IncidentArtefact: Sendable, Hashable {
    /// What counts as attached.
    public enum Shape: Sendable, Hashable {
        /// Text that is not empty.
        case text
        /// A list or an object that is not empty.
        case filled
        /// A list of different names, not empty.
        case names
        /// A list, which may be empty where that is the finding.
        case list
        /// Exactly `true`: the person confirms it.
        case confirmed
        /// A number, 0 or more.
        case count
        /// A SHA-256 in hexadecimal.
        case digest
        /// An RFC 3339 time or a day, not after the present.
        case past
        /// An RFC 3339 time or a day.
        case moment
        /// One of these words.
        case choice([String])
        /// A list of some of these words, not empty.
        case choices([String])
    }

    /// Member of the record.
    public let name: String
    /// What counts as attached.
    public let shape: Shape

    init(_ name: String, _ shape: Shape = .text) {
        self.name = name
        self.shape = shape
    }

    /// How far a person's clock may be ahead of the Guard's.
    public static let clockSkew: Duration = .seconds(300)

    /// How far ahead a day can have begun elsewhere: UTC+14.
    private static let dayAhead: Duration = .seconds(14 * 3600)

    /// What is asked for, in words for the person who attaches it.
    public var wanted: String {
        switch shape {
        case .text: "a text"
        case .filled: "a list or an object, not empty"
        case .names: "a list of different names"
        case .list: "a list"
        case .confirmed: "`true`, which confirms it"
        case .count: "a whole number, 0 or more"
        case .digest: "a SHA-256, 64 hexadecimal digits"
        case .past: "a time or day that has come"
        case .moment: "a time or day"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .choices(let words): "a list of some of " + words.joined(separator: ", ")
        }
    }

    /// How it is written on the command line.
    public var example: String {
        switch shape {
        case .text: "\(name)=…"
        case .filled, .names, .list: "\(name)=[\"…\"]"
        case .confirmed: "\(name)=true"
        case .count: "\(name)=2"
        case .digest: "\(name)=9f86d081…"
        case .past, .moment: "\(name)=2026-03-02T09:30:00Z"
        case .choice(let words): "\(name)=\(words.first ?? "")"
        case .choices(let words): "\(name)=[\"\(words.first ?? "")\"]"
        }
    }

    /// Whether a member has the shape asked for.
    ///
    /// - Parameters:
    ///   - value: The member; `nil` where it is left out.
    ///   - now: The present.
    /// - Returns: `false` also for a time that has not come, clocks' difference allowed.
    func fits(_ value: JSONValue?, at now: Instant) -> Bool {
        switch shape {
        case .text: value?.string?.isEmpty == false
        case .filled: value?.array?.isEmpty == false || value?.object?.isEmpty == false
        case .names:
            value?.stringArray.map { names in
                !names.isEmpty && names.count == value?.array?.count
                    && Set(names).count == names.count
            } ?? false
        case .list: value?.array != nil
        case .confirmed: value == .bool(true)
        case .count: (value?.int ?? -1) >= 0
        case .digest: value?.string.flatMap { Hex.decode($0) }?.count == 32
        case .past: value?.string.flatMap { ZonedTime($0) }.map { Self.hasCome($0, now) } ?? false
        case .moment: value?.string.flatMap { ZonedTime($0) } != nil
        case .choice(let words): value?.string.map(words.contains) ?? false
        case .choices(let words):
            value?.stringArray.map { said in
                !said.isEmpty && said.count == value?.array?.count
                    && said.allSatisfy(words.contains)
            } ?? false
        }
    }

    private static func hasCome(_ time: ZonedTime, _ now: Instant) -> Bool {
        time.instant <= now.advanced(by: time.isDay ? dayAhead : clockSkew)
    }
}
