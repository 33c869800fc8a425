internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachReady: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ready",
        abstract: "What is missing before a real day: roles, contacts, drill, words, witnesses.",
        discussion: """
            Contacts are a JSON object `{"authorities": {"HHS": "…"}, "media": "…", "counsel": "…"}` in \
            a file beside the vault's folder, its name with `.contacts.json`, or in `--contacts`.
            """
    )

    @Option(help: ArgumentHelp("The contacts.", valueName: "file")) var contacts: String?
    @OptionGroup var options: VaultOptions

    private struct Item {
        var name: String
        var isReady: Bool
        var detail: String
    }

    func run() throws {
        let templates = try LetterFiles.shipped().templates
        let cards = try BreachCard.languages().map { try BreachCard.card($0) }
        let rules = try BreachClocksCommand.rules()
        try options.withPerson("breach ready") { open, person in
            let now = try open.core.incidentTime()
            let history = try Self.drills(in: open, by: person)
            var items = try Self.roles(
                try open.core.principals(by: try open.caller(for: GuardRequest.principals))
            )
            items.append(try contact(rules, open.folder))
            items.append(Self.drill(history, now))
            items.append(Self.checks(history, now))
            items.append(
                Item(
                    name: "letters reviewed",
                    isReady: templates.unreviewed.isEmpty,
                    detail: templates.unreviewed.isEmpty
                        ? "every language"
                        : "not yet: " + templates.unreviewed.joined(separator: ", ")
                )
            )
            let unread = cards.filter { $0.reviewedBy == nil }.map(\.language)
            items.append(
                Item(
                    name: "cards reviewed",
                    isReady: unread.isEmpty,
                    detail: unread.isEmpty
                        ? "every language" : "not yet: " + unread.joined(separator: ", ")
                )
            )
            items.append(Self.law(rules))
            items.append(Self.witness(try open.folder.witnessedCheckpoint()))
            show(items)
        }
    }

    // MARK: Items

    private static func roles(_ principals: [Principal]) throws -> [Item] {
        let active = principals.filter { !$0.isDisabled }
        return IncidentRole.allCases.filter { $0 != .reporter }.map { role in
            let who = active.filter { $0.incidentRoles.contains(role.rawValue) }.map(\.id.text)
            return Item(
                name: "role \(role.rawValue)",
                isReady: who.count >= 2,
                detail: who.isEmpty
                    ? "nobody"
                    : who.count == 1 ? "\(who[0]), no deputy" : who.joined(separator: ", ")
            )
        }
    }

    private func contact(_ rules: ClockRuleSet, _ folder: VaultFolder) throws -> Item {
        let path = contacts ?? folder.path + ".contacts.json"
        guard contacts != nil || Files.exists(path) else {
            return Item(name: "contacts", isReady: false, detail: "there is no `\(path)`")
        }
        guard let document = JSONValue(parsing: try Files.read(path)) else {
            throw BreachResponseError.notJSON(document: "contacts")
        }
        let known = Set((document["authorities"]?.object ?? []).map(\.key))
        let wanted = Set(rules.rules.flatMap { $0.authority.values })
        let strange = known.subtracting(wanted).sorted()
        let missing = ["media", "counsel"].filter { document[$0]?.string?.isEmpty != false }
        let isReady = !known.isEmpty && missing.isEmpty && strange.isEmpty
        var parts = ["\(known.count) authorities"]
        if !missing.isEmpty { parts.append("missing: " + missing.joined(separator: ", ")) }
        if !strange.isEmpty { parts.append("no rule names: " + strange.joined(separator: ", ")) }
        return Item(name: "contacts", isReady: isReady, detail: parts.joined(separator: "; "))
    }

    /// First records of all drill cases, with their times.
    private static func drills(
        in open: OpenVault,
        by person: KeyPerson
    ) throws -> [(time: Instant, things: JSONValue)] {
        let listed = try open.core.incidents(by: try person.caller(for: ["kind": "incidents"]))
        return try listed.filter(\.isDrill).compactMap { found in
            guard let incident = try open.service.incident(found.id, by: person),
                let things = incident.records.first?["artefacts"]
            else { return nil }
            return (found.time, things)
        }
    }

    private static let yearDayCount: Int64 = 365

    private static func drill(
        _ history: [(time: Instant, things: JSONValue)],
        _ now: Instant
    ) -> Item {
        let last = history.filter { $0.things["scenario"] != nil }.max { $0.time < $1.time }
        guard let last else {
            return Item(
                name: "drill",
                isReady: false,
                detail: "none; `breach drill --all --as KEY`"
            )
        }
        let days = (now.microseconds - last.time.microseconds) / 86_400_000_000
        let isPassed = last.things["passed"] == true
        return Item(
            name: "drill",
            isReady: days < yearDayCount && isPassed,
            detail: "\(last.things["scenario"]?.string ?? ""), \(days) days ago, "
                + (isPassed ? "passed" : "not passed")
        )
    }

    private static func checks(
        _ history: [(time: Instant, things: JSONValue)],
        _ now: Instant
    ) -> Item {
        let limit = now.microseconds - yearDayCount * 86_400_000_000
        let passed = Set(
            history.filter { $0.things["passed"] == true && $0.time.microseconds > limit }
                .compactMap { $0.things["cardRole"]?.string }
        )
        let missing = FirstHourCard.Role.allCases.map(\.rawValue).filter { !passed.contains($0) }
        return Item(
            name: "first-hour cards checked",
            isReady: missing.isEmpty,
            detail: missing.isEmpty
                ? "every role within a year"
                : "not within a year: " + missing.joined(separator: ", ")
        )
    }

    private static func law(_ rules: ClockRuleSet) -> Item {
        let open = rules.rules.filter { $0.isUnverified || !$0.unverifiedParts.isEmpty }
        return Item(
            name: "law confirmed",
            isReady: open.isEmpty,
            detail: open.isEmpty
                ? "every rule"
                : "\(open.count) of \(rules.rules.count) rules have parts that nobody confirmed"
        )
    }

    private static func witness(_ checkpoint: String?) -> Item {
        // One line of signature is the log's own; every further one is a witness's.
        let lines = (checkpoint ?? "").split(separator: "\n").filter { $0.hasPrefix("\u{2014} ") }
        return Item(
            name: "witnesses",
            isReady: lines.count > 1,
            detail: lines.count > 1
                ? "\(lines.count - 1) cosigned the newest checkpoint"
                : "nobody outside has cosigned the newest checkpoint"
        )
    }

    private func show(_ items: [Item]) {
        let terminal = options.terminal
        let missing = items.filter { !$0.isReady }
        if terminal.isJSON {
            return terminal.answer([
                "ready": .bool(missing.isEmpty), "missing": .strings(missing.map(\.name)),
                "items": .array(
                    items.map {
                        [
                            "name": .string($0.name), "ready": .bool($0.isReady),
                            "detail": .string($0.detail),
                        ]
                    }
                ),
            ])
        }
        for item in items {
            let mark =
                item.isReady ? terminal.paint.green("ok     ") : terminal.paint.red("missing")
            terminal.say("\(mark)  \(item.name): \(Words.printable(item.detail))")
        }
        terminal.say(missing.isEmpty ? "ready" : "not ready: \(missing.count) things are missing")
    }
}
