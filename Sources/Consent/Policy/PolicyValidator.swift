/// Finds what no single rule can show: ids that stand twice, obligations that nobody defines, sets too large
/// for the numbers they are compiled to.
struct PolicyValidator {
    private let contents: [PolicyContent]
    private var found: [PolicyProblem] = []

    /// Most countries, obligations, and exceptions of one rule: each has a bit.
    private static let limits = (countries: 64, obligations: 64, exceptions: 32)

    static func problems(in contents: [PolicyContent]) -> [PolicyProblem] {
        var validator = PolicyValidator(contents)
        validator.checkTwice(\.places, "rule id")
        validator.checkTwice(\.obligationPlaces, "obligation")
        validator.checkRules()
        validator.checkSizes()
        return validator.found
    }

    private init(_ contents: [PolicyContent]) { self.contents = contents }

    private mutating func fail(
        _ what: String,
        _ content: PolicyContent,
        _ place: PolicyContent.Place
    ) {
        found.append(
            PolicyProblem(
                file: content.file,
                line: place.line,
                column: place.column,
                what: what
            )
        )
    }

    private mutating func checkTwice(
        _ places: KeyPath<PolicyContent, [PolicyContent.Place]>,
        _ what: String
    ) {
        var seen: [String: String] = [:]
        for content in contents {
            for place in content[keyPath: places] {
                if let other = seen[place.id] {
                    fail("\(what) `\(place.id)` stands in \(other) too", content, place)
                }
                seen[place.id] = content.file
            }
        }
    }

    private mutating func checkRules() {
        let defined = Set(contents.flatMap { $0.obligations.map(\.code) })
        for content in contents {
            for (rule, place) in zip(content.rules, content.places) {
                for code in rule.obligations where !defined.contains(code) {
                    fail("obligation `\(code)` is not defined", content, place)
                }
                if rule.effect == .oblige, rule.obligations.isEmpty {
                    fail("obliges to nothing", content, place)
                }
                if rule.effect == .permit, rule.when.purposes.bits == 0 {
                    fail("a permit without a purpose", content, place)
                }
                if rule.unless.count > Self.limits.exceptions {
                    fail("more than \(Self.limits.exceptions) exceptions", content, place)
                }
            }
        }
    }

    private mutating func checkSizes() {
        guard let content = contents.last(where: { !$0.places.isEmpty }),
            let place = content.places.last
        else { return }
        let rules = contents.flatMap(\.rules)
        if Set(rules.flatMap(\.jurisdictions)).count > Self.limits.countries {
            fail("more than \(Self.limits.countries) countries in all", content, place)
        }
        if Set(rules.flatMap(\.obligations)).count > Self.limits.obligations {
            fail("more than \(Self.limits.obligations) obligations in all", content, place)
        }
        if rules.count > 10_000 { fail("more than 10000 rules in all", content, place) }
    }
}
