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
    }

    struct Texts {
        let roles: [String]
        let rolesNone: [String]
        let organizations: [String]
    }

    let rules: [Rule]
    /// Exceptions of all rules; ``Rule/unless`` points here.
    let exceptions: [(request: RequestTest, record: RecordTest)]
    let texts: [Texts]
    let conditions: [PolicyRule.RecordCondition]
    let countries: [String: UInt64]

    init(_ rules: [PolicyRule]) {
        var builder = Builder()
        self.rules = rules.map { builder.rule($0) }
        exceptions = builder.exceptions
        texts = builder.texts
        conditions = builder.conditions
        countries = builder.countries
    }
}

extension CompiledPolicies {
    /// Collects what does not fit into numbers while rules are compiled.
    private struct Builder {
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
                unless: start..<exceptions.count
            )
        }

        /// Countries beyond the 64th share the last bit with none: they get no rule of their own.
        private mutating func bit(of country: String) -> UInt64 {
            if let known = countries[country] { return known }
            precondition(countries.count < 64, "more than 64 countries in the policies")
            let bit = UInt64(1) << UInt64(countries.count)
            countries[country] = bit
            return bit
        }

        private mutating func request(_ condition: PolicyRule.Condition) -> RequestTest {
            var textsAt: Int32?
            if !condition.roles.isEmpty || !condition.rolesNone.isEmpty
                || !condition.organizations.isEmpty
            {
                textsAt = Int32(texts.count)
                texts.append(
                    Texts(
                        roles: condition.roles,
                        rolesNone: condition.rolesNone,
                        organizations: condition.organizations
                    )
                )
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
                ages: ages,
                textsAt: textsAt
            )
        }

        private mutating func record(_ condition: PolicyRule.RecordCondition) -> RecordTest {
            var detailsAt: Int32?
            if !condition.types.isEmpty || !condition.typesNone.isEmpty
                || !condition.marks.isEmpty || condition.newerThanDays != nil
                || condition.consent != nil
            {
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

extension AccessAction {
    var bit: UInt8 { self == .read ? 1 : 2 }
}
