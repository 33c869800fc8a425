/// Finds what no single file can show: ids that stand twice, obligations that nobody defines.
enum PolicyValidator {
    static func problems(in contents: [PolicyContent]) -> [PolicyProblem] {
        var found: [PolicyProblem] = []
        var seen: [String: String] = [:]
        let defined = Set(contents.flatMap { $0.obligations.map(\.0.code) })
        for content in contents {
            for place in content.places {
                if let other = seen[place.id] {
                    found.append(
                        PolicyProblem(
                            file: content.file,
                            line: place.line,
                            column: place.column,
                            what: "rule id `\(place.id)` stands in \(other) too"
                        )
                    )
                }
                seen[place.id] = content.file
            }
            found += problems(of: content, defined: defined)
            found += twice(content, all: contents)
        }
        return found
    }

    private static func problems(
        of content: PolicyContent,
        defined: Set<String>
    ) -> [PolicyProblem] {
        var found: [PolicyProblem] = []
        for (rule, place) in zip(content.rules, content.places) {
            func fail(_ what: String) {
                found.append(
                    PolicyProblem(
                        file: content.file,
                        line: place.line,
                        column: place.column,
                        what: what
                    )
                )
            }
            for code in rule.obligations where !defined.contains(code) {
                fail("obligation `\(code)` is not defined")
            }
            if rule.title.isEmpty { fail("`title` is empty") }
            if rule.legalBasis.isEmpty { fail("`legal_basis` is empty") }
            if rule.effect == .oblige, rule.obligations.isEmpty { fail("obliges to nothing") }
            if rule.effect == .permit, rule.when.purposes.bits == 0 {
                fail("a permit without a purpose")
            }
            for country in rule.jurisdictions where !Jurisdiction.isCode(country) {
                fail("`\(country)` is no country code")
            }
        }
        return found
    }

    private static func twice(
        _ content: PolicyContent,
        all: [PolicyContent]
    ) -> [PolicyProblem] {
        content.obligations.enumerated().compactMap { place, entry in
            let earlier = content.obligations[..<place].contains { $0.0.code == entry.0.code }
            let elsewhere = all.contains { other in
                other.file < content.file
                    && other.obligations.contains { $0.0.code == entry.0.code }
            }
            guard earlier || elsewhere else { return nil }
            return PolicyProblem(
                file: content.file,
                line: entry.line,
                column: 1,
                what: "obligation `\(entry.0.code)` is defined twice"
            )
        }
    }
}
