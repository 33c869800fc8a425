internal import VaultCore

/// The rules as plain numbers, so that a request is matched against all of them without touching a text.
///
/// Index by index the same rules as ``PolicySet/rules``.
final class CompiledPolicies: Sendable {
    /// The part of a condition that speaks of the request.
    struct RequestTest {
        let kinds: UInt32
        let relationships: UInt32
        let relationshipsNone: UInt32
        let evidence: UInt32
        let purposes: PurposeSet
        let actions: UInt8
        let breakGlass: PolicyRule.BreakGlassState?
        let isDeceased: Bool?
        let consents: PolicyRule.ConsentStates
        let ages: ClosedRange<Int16>?
        /// Roles and organizations: the texts are in ``CompiledPolicies/texts``.
        let textsAt: Int32?
    }

    /// The part of a condition that speaks of the record.
    struct RecordTest {
        let categories: UInt64
        let categoriesNone: UInt64
        let labels: UInt32
        let labelsNone: UInt32
        /// Whether it holds for every record.
        let isOpen: Bool
        /// What masks cannot say is in ``CompiledPolicies/conditions``.
        let detailsAt: Int32?
    }

    struct Rule {
        /// ``Layer/order``, or 6 for obligations.
        let layer: Int
        let isDeny: Bool
        /// Bits of countries; 0 for all.
        let countries: UInt64
        let validFrom: Instant
        let validUntil: Instant
        let request: RequestTest
        let record: RecordTest
        let unless: Range<Int>
        /// Bits of ``CompiledPolicies/obligations``.
        let obligations: UInt64
    }

    struct Texts {
        let roles: [String]
        let rolesNone: [String]
        let organizations: [String]
        let organizationsNone: [String]
    }

    let rules: [Rule]
    /// Exceptions of all rules; ``Rule/unless`` points here.
    let exceptions: [(request: RequestTest, record: RecordTest)]
    let texts: [Texts]
    let conditions: [PolicyRule.RecordCondition]
    let countries: [String: UInt64]
    /// Codes, sorted; a bit in ``Rule/obligations`` each.
    let obligations: [String]
    private let candidates: Candidates

    init(_ rules: [PolicyRule]) {
        obligations = Set(rules.flatMap(\.obligations)).sorted()
        var builder = Builder(obligations: obligations)
        self.rules = rules.map { builder.rule($0) }
        exceptions = builder.exceptions
        texts = builder.texts
        conditions = builder.conditions
        countries = builder.countries
        candidates = Candidates(self.rules)
    }

    /// The rules that can concern a kind of requester with some purposes, ordered by layer.
    func candidates(_ kind: RequesterKind, _ purposes: RequestedPurposes) -> ArraySlice<Int32> {
        candidates.rules(kind.place, purposes.single)
    }
}

/// For each kind of requester and purpose the few rules that are worth asking.
private struct Candidates: Sendable {
    private static let purposeCount = PurposeSet.codes.count
    private var starts: [Int32] = [0]
    private var places: [Int32] = []

    init(_ rules: [CompiledPolicies.Rule]) {
        for kind in RequesterKind.allCases.sorted(by: { $0.place < $1.place }) {
            let own = rules.indices.filter {
                let kinds = rules[$0].request.kinds
                return kinds == 0 || kinds & kind.bit != 0
            }
            for purpose in 0..<Self.purposeCount {
                places += own.filter {
                    let purposes = rules[$0].request.purposes.bits
                    return purposes == 0 || purposes & 1 << UInt64(purpose) != 0
                }.map { Int32($0) }
                starts.append(Int32(places.count))
            }
            // Several purposes, or one that nobody knows: the rules themselves ask.
            places += own.map { Int32($0) }
            starts.append(Int32(places.count))
        }
    }

    func rules(_ kind: Int, _ purpose: Int?) -> ArraySlice<Int32> {
        let list = kind * (Self.purposeCount + 1) + (purpose ?? Self.purposeCount)
        return places[Int(starts[list])..<Int(starts[list + 1])]
    }
}

extension CompiledPolicies {
    /// Collects what does not fit into numbers while rules are compiled.
    struct Builder {
        let obligations: [String]
        var exceptions: [(request: RequestTest, record: RecordTest)] = []
        var texts: [Texts] = []
        var conditions: [PolicyRule.RecordCondition] = []
        var countries: [String: UInt64] = [:]

        mutating func rule(_ rule: PolicyRule) -> Rule {
            let start = exceptions.count
            for exception in rule.unless {
                exceptions.append((request(exception), record(exception.record)))
            }
            let until = rule.validTo?.startUTC.advanced(by: .seconds(86_400))
            return Rule(
                layer: rule.layer?.order ?? 6,
                isDeny: rule.effect == .deny,
                countries: rule.jurisdictions.reduce(0) { $0 | bit(of: $1) },
                validFrom: rule.validFrom?.startUTC ?? Instant(microseconds: .min),
                validUntil: until ?? Instant(microseconds: .max),
                request: request(rule.when),
                record: record(rule.when.record),
                unless: start..<exceptions.count,
                obligations: obligations.enumerated().reduce(0) { bits, entry in
                    rule.obligations.contains(entry.element)
                        ? bits | 1 << UInt64(entry.offset) : bits
                }
            )
        }

        /// A bit of its own; the validator has refused more than 64.
        private mutating func bit(of country: String) -> UInt64 {
            if let known = countries[country] { return known }
            let bit = UInt64(1) << UInt64(countries.count)
            countries[country] = bit
            return bit
        }

        mutating func request(_ condition: PolicyRule.Condition) -> RequestTest {
            var textsAt: Int32?
            let asked = Texts(
                roles: condition.roles,
                rolesNone: condition.rolesNone,
                organizations: condition.organizations,
                organizationsNone: condition.organizationsNone
            )
            if !asked.isEmpty {
                textsAt = Int32(texts.count)
                texts.append(asked)
            }
            var ages: ClosedRange<Int16>?
            if condition.ageFrom != nil || condition.ageUnder != nil {
                let from = condition.ageFrom ?? 0
                ages = Int16(from)...Int16(max(from, (condition.ageUnder ?? 1_000) - 1))
            }
            return RequestTest(
                kinds: condition.kinds,
                relationships: condition.relationships,
                relationshipsNone: condition.relationshipsNone,
                evidence: condition.evidence,
                purposes: condition.purposes,
                actions: condition.actions.reduce(0) { $0 | $1.bit },
                breakGlass: condition.breakGlass,
                isDeceased: condition.isDeceased,
                consents: condition.consents,
                ages: ages,
                textsAt: textsAt
            )
        }

        mutating func record(_ condition: PolicyRule.RecordCondition) -> RecordTest {
            var detailsAt: Int32?
            if condition.isFine {
                detailsAt = Int32(conditions.count)
                conditions.append(condition)
            }
            return RecordTest(
                categories: condition.categories,
                categoriesNone: condition.categoriesNone,
                labels: condition.labels,
                labelsNone: condition.labelsNone,
                isOpen: condition.isOpen,
                detailsAt: detailsAt
            )
        }
    }
}

extension CompiledPolicies.Texts {
    var isEmpty: Bool {
        roles.isEmpty && rolesNone.isEmpty && organizations.isEmpty && organizationsNone.isEmpty
    }
}

extension AccessAction {
    var bit: UInt8 { self == .read ? 1 : 2 }
}
