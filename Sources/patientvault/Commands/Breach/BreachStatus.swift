internal import ArgumentParser
internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

struct BreachStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "All cases, or one: where it stands, what was done, what can be done next."
    )

    @Option(help: ArgumentHelp("One case.", valueName: "id")) var incident: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        try options.withPerson("breach status") { open, person in
            if let incident {
                guard let found = try open.service.incident(incident, by: person) else {
                    throw CaseOptions.unknownCase
                }
                return show(found)
            }
            let caller = try person.caller(for: ["kind": "incidents"])
            show(try open.core.incidents(by: caller))
        }
    }

    private func show(_ incident: Incident) {
        let terminal = options.terminal
        if terminal.isJSON { return terminal.answer(incident.summary) }
        let kind = incident.isDrill ? "drill" : "case"
        terminal.say("\(kind) \(incident.id): \(terminal.paint.bold(incident.state.rawValue))")
        var table = Table(["", "time", "step", "to", "by"])
        for record in incident.records {
            let people = (record["by"]?.array ?? []).compactMap { $0["principal"]?.string }
            table.add([
                "\(record["record"]?.int ?? 0)", record["time"]?.string ?? "",
                record["event"]?.string ?? "", record["to"]?.string ?? "",
                Words.printable(people.joined(separator: ", ")),
            ])
        }
        for line in table.lines(paint: terminal.paint) { terminal.say(line) }
        let possible = incident.possible.map(\.rawValue)
        terminal.say("possible: \(possible.joined(separator: ", "))")
    }

    private func show(_ cases: [IncidentSummary]) {
        let terminal = options.terminal
        if terminal.isJSON {
            return terminal.answer([
                "cases": .array(
                    cases.map {
                        [
                            "incident": .string($0.id), "state": .string($0.state),
                            "drill": .bool($0.isDrill), "records": .int(Int64($0.records)),
                            "time": .string($0.time.description),
                        ]
                    }
                )
            ])
        }
        if cases.isEmpty { terminal.say("no case has been reported") }
        for found in cases {
            terminal.say("\(found.id): \(found.state)\(found.isDrill ? " (drill)" : "")")
        }
    }
}

extension Incident {
    /// A case as one document: its state and every record, in order.
    var summary: JSONValue {
        [
            "incident": .string(id), "state": .string(state.rawValue), "drill": .bool(isDrill),
            "lane": .string(lane.rawValue), "scopeVersion": .int(scopeVersion),
            "possible": .strings(possible.map(\.rawValue)),
            "letters": DeliveryLedger(self).document, "records": .array(records),
        ]
    }
}
