public import VaultCore

/// The document form of ``BreachClocks``: what `breach clocks --facts FILE` reads and writes.
public enum BreachClocksLine {
    /// Answers a facts document.
    ///
    /// - Parameters:
    ///   - facts: The file's bytes.
    ///   - rules: The law.
    /// - Returns: `{deadlines, governing, substitute, asks, uncovered, ignored, doubts, rules}`.
    /// - Throws: ``BreachResponseError``, always of kind `badInput`.
    public static func answer(
        facts: [UInt8],
        rules: ClockRuleSet
    ) throws(BreachResponseError) -> JSONValue {
        guard let document = JSONValue(parsing: facts) else { throw .notJSON(document: "facts") }
        let reader = try BreachFactsReader(document, codes: rules.codes)
        let answer = BreachClocks(rules: rules).answer(reader.facts)
        return .object(
            members(answer) + [
                .init("ignored", .strings(reader.ignored)),
                .init("doubts", .strings(reader.doubts)), .init("rules", .string(rules.digest)),
            ]
        )
    }

    /// The members of an answer.
    ///
    /// - Parameter answer: From ``BreachClocks/answer(_:)``.
    /// - Returns: Members for an object.
    public static func members(_ answer: BreachClocksAnswer) -> [JSONValue.Member] {
        let asks = answer.asks.sorted { $0.key < $1.key }.map { fact, rules -> JSONValue in
            ["fact": .string(fact), "rules": .strings(rules)]
        }
        return [
            .init("deadlines", .array(answer.deadlines.map(document))),
            .init("governing", .array(answer.governing.map(document))),
            .init("substitute", .string(answer.substitute.rawValue)),
            .init("asks", .array(asks)), .init("uncovered", .strings(answer.uncovered)),
        ]
    }

    /// One deadline as a document.
    ///
    /// - Parameter deadline: From an answer.
    /// - Returns: `{rule, recipient, jurisdiction, required, due, unit, start, why, …}`.
    public static func document(_ deadline: BreachDeadline) -> JSONValue {
        let rule = deadline.rule
        let warnings = deadline.isRequired ? deadline.warnings : []
        var members: [JSONValue.Member] = [
            .init("rule", .string(rule.id)), .init("recipient", .string(rule.recipient.rawValue)),
            .init("jurisdiction", .string(deadline.jurisdiction)),
            .init("required", .bool(deadline.isRequired)),
            .init("due", text(deadline.due?.rfc3339)), .init("unit", .string(rule.period.unit)),
            .init("length", rule.period.length.map { .int($0) } ?? .null),
            .init("start", .string(name(deadline))),
            .init("startAt", text(deadline.startAt?.rfc3339)), .init("why", .string(deadline.why)),
            .init("governs", .bool(deadline.governs)),
            .init("provisional", .bool(deadline.isProvisional)),
            .init("unverified", .bool(rule.isUnverified)),
            .init("unverifiedParts", .strings(rule.unverifiedParts)),
            .init("title", .string(rule.title)), .init("law", .string(rule.law)),
            .init("row", .int(rule.row)), .init("authority", text(deadline.authority)),
            .init("affected", deadline.affected.map { .int($0) } ?? .null),
        ]
        members.append(
            .init(
                "warnings",
                .array(
                    warnings.map { ["percent": .int($0.percent), "at": .string($0.at.rfc3339)] }
                )
            )
        )
        if let note = rule.note { members.append(.init("note", .string(note))) }
        return .object(members)
    }

    private static func document(_ governing: GoverningDeadline) -> JSONValue {
        [
            "recipient": .string(governing.recipient.rawValue),
            "jurisdiction": .string(governing.jurisdiction), "rule": .string(governing.rule),
            "due": .string(governing.due.rfc3339), "why": .string(governing.why),
        ]
    }

    private static func name(_ deadline: BreachDeadline) -> String {
        deadline.rule.start.mode == .yearEnd ? BreachEvent.yearEnd.rawValue : deadline.start
    }

    private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
}
