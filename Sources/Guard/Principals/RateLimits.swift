internal import Consent
internal import MerkleLog
internal import VaultCore

/// How often a principal may ask, by what it asks for and what kind of principal it is.
///
/// A stolen credential must not empty the vault faster than somebody notices. Data, not rules: a deployment
/// keeps its own beside its policies (`limits.json`); what it does not name stays as shipped.
public struct RateLimits: Sendable, Hashable {
    /// What is counted apart.
    public enum Call: String, Sendable, Hashable, CaseIterable {
        /// Disclosures.
        case release
        /// Patients of a Bulk Data export, each at kick-off and for each file.
        case export
        /// Look-ups of patients.
        case find
        /// Readings of the log, proofs included.
        case log
        /// Sessions opened.
        case session
        /// Writes begun.
        case write
    }

    /// So many at once, and so many a minute for ever.
    public struct Rate: Sendable, Hashable {
        /// Most calls that may come together after a pause.
        public var burst: Int
        /// Calls a minute.
        public var perMinute: Int

        /// Describes a rate.
        ///
        /// - Parameters:
        ///   - burst: Most calls that may come together after a pause.
        ///   - perMinute: Calls a minute.
        public init(burst: Int, perMinute: Int) {
            self.burst = burst
            self.perMinute = perMinute
        }
    }

    private var general: [Call: Rate]
    private var byKind: [RequesterKind: [Call: Rate]]

    /// For people at a desk; programs get what programs need.
    public static let shipped = RateLimits(
        general: [
            .release: Rate(burst: 600, perMinute: 240),
            .export: Rate(burst: 20_000, perMinute: 20_000),
            .find: Rate(burst: 240, perMinute: 120),
            .log: Rate(burst: 240, perMinute: 120), .session: Rate(burst: 60, perMinute: 30),
            .write: Rate(burst: 600, perMinute: 240),
        ],
        byKind: [
            .integration: [
                .release: Rate(burst: 6_000, perMinute: 6_000),
                .export: Rate(burst: 1_000_000, perMinute: 600_000),
                .find: Rate(burst: 600, perMinute: 600),
                .write: Rate(burst: 6_000, perMinute: 6_000),
            ],
            .registrar: [.write: Rate(burst: 6_000, perMinute: 6_000)],
        ]
    )

    /// Nothing is limited: for measurements.
    public static let none = RateLimits(general: [:], byKind: [:])

    private init(general: [Call: Rate], byKind: [RequesterKind: [Call: Rate]]) {
        self.general = general
        self.byKind = byKind
    }

    /// Reads a deployment's own limits, on top of the shipped ones.
    ///
    /// - Parameter text: `{"release": {"burst": 600, "perMinute": 240}, …, "kinds": {"integration": {…}}}`.
    /// - Throws: ``GuardError/invalid(field:)`` for anything that is not that.
    public init(parsing text: String) throws {
        guard let json = JSONValue(parsing: text), let members = json.object else {
            throw GuardError.invalid(field: "limits")
        }
        self = .shipped
        for member in members {
            if member.key == "kinds" {
                for kind in member.value.object ?? [] {
                    guard let known = RequesterKind(rawValue: kind.key) else {
                        throw GuardError.invalid(field: "limits")
                    }
                    for rate in kind.value.object ?? [] {
                        byKind[known, default: [:]][try Self.call(rate)] = try Self.rate(rate)
                    }
                }
            } else {
                general[try Self.call(member)] = try Self.rate(member)
            }
        }
    }

    private static func call(_ member: JSONValue.Member) throws -> Call {
        guard let call = Call(rawValue: member.key) else {
            throw GuardError.invalid(field: "limits")
        }
        return call
    }

    private static func rate(_ member: JSONValue.Member) throws -> Rate {
        guard member.value.object?.count == 2, let burst = member.value["burst"]?.int,
            let perMinute = member.value["perMinute"]?.int, (1...10_000_000).contains(burst),
            (1...10_000_000).contains(perMinute)
        else { throw GuardError.invalid(field: "limits") }
        return Rate(burst: Int(burst), perMinute: Int(perMinute))
    }

    /// How often a kind of principal may ask for something; `nil` where that is not limited.
    func rate(of call: Call, for kind: RequesterKind) -> Rate? {
        byKind[kind]?[call] ?? general[call]
    }
}

/// What each principal has left, by the Guard's clock.
struct RateMeter {
    /// How an attempt is to be answered.
    enum Answer {
        case admitted
        /// Refused; `isFirst` for the first time in a minute, which is an entry.
        case refused(isFirst: Bool)
    }

    private struct Key: Hashable {
        var principal: PrincipalID
        var call: RateLimits.Call
    }

    private struct Bucket {
        var left: Double
        var seen: Instant
        var noted: Instant?
    }

    let limits: RateLimits
    private var buckets: [Key: Bucket] = [:]

    init(limits: RateLimits) { self.limits = limits }

    mutating func admit(
        _ call: RateLimits.Call,
        of principal: PrincipalID,
        kind: RequesterKind,
        now: Instant
    ) -> Answer {
        guard let rate = limits.rate(of: call, for: kind) else { return .admitted }
        let key = Key(principal: principal, call: call)
        var bucket = buckets[key] ?? Bucket(left: Double(rate.burst), seen: now)
        let minutes = Double(max(0, now.microseconds - bucket.seen.microseconds)) / 60e6
        bucket.left = min(Double(rate.burst), bucket.left + minutes * Double(rate.perMinute))
        bucket.seen = max(bucket.seen, now)
        defer { buckets[key] = bucket }
        if bucket.left >= 1 {
            bucket.left -= 1
            return .admitted
        }
        let isFirst = bucket.noted.map { $0.advanced(by: .seconds(60)) <= now } ?? true
        if isFirst { bucket.noted = now }
        return .refused(isFirst: isFirst)
    }
}

extension GuardCore {
    /// Refuses who asks more often than its rate; the first refusal of a minute is an entry.
    func admit(
        _ call: RateLimits.Call,
        _ actor: Actor,
        _ context: CallContext,
        _ mutable: inout Mutable
    ) throws {
        guard let principal = actor.principal else { return }
        let state = mutable.state
        let answer = mutable.rates.admit(
            call,
            of: principal.id,
            kind: principal.requester.kind,
            now: state.clock.now()
        )
        guard case .refused(let isFirst) = answer else { return }
        if isFirst {
            var header = try state.header(.decision, by: actor, context: context)
            header.action = "rate-limit-\(call.rawValue)"
            header.purpose = []
            header.decision = .deny
            header.rules = ["rate-limit"]
            header.policyDigest = policyDigest
            try state.append(header)
            try state.commit()
        }
        throw GuardError.tooMany
    }
}
