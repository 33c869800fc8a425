internal import ArgumentParser
internal import Consent
internal import Guard
internal import Vault
internal import VaultCore

struct Request: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One disclosure: decided, logged, and only then opened.",
        discussion: "Unknown, hidden and denied patients answer alike: exit 3 and one entry."
    )

    @Argument(help: "FHIR id, or SYS|VAL.") var patient: String
    @Option(help: ArgumentHelp("v3 PurposeOfUse: TREAT, HPAYMT, PATRQT, …", valueName: "code"))
    var purpose: [String] = []
    @Option(
        name: .customLong("type"),
        help: ArgumentHelp("Only this resource type.", valueName: "t")
    )
    var types: [String] = []
    @Option(
        name: .customLong("category"),
        help: ArgumentHelp("Only this data category.", valueName: "c")
    )
    var categories: [String] = []
    @Option(help: ArgumentHelp("Only this record: Type/id.", valueName: "ref"))
    var record: String?
    @Option(help: ArgumentHelp("Only data of this time or later.", valueName: "d"))
    var since: String?
    @Option(help: ArgumentHelp("Only data of this time or earlier.", valueName: "d"))
    var until: String?
    @Option(help: ArgumentHelp("The claim in question, for a health plan.", valueName: "id"))
    var claim: String?
    @Option(
        name: .customLong("break-glass"),
        help: ArgumentHelp("An emergency, with its coded reason.", valueName: "reason")
    )
    var breakGlass: String?
    @Option(
        help: ArgumentHelp("A note for the officer; never shown to the patient.", valueName: "text")
    )
    var note: String?
    @Option(help: ArgumentHelp("Where to write the Bundle; `-` is stdout.", valueName: "file"))
    var out: String?
    @OptionGroup var options: VaultOptions

    func run() throws {
        guard !(options.output.isJSON && out == "-") else {
            throw Complaint.usage(
                "`--json` and `--out -` both want stdout",
                hint: "leave one of them out"
            )
        }
        var request = try releaseRequest()
        try options.withVault(principalFor: "request") { vault in
            request.context = vault.context
            let outcome = try vault.service.request(
                request,
                by: try vault.caller(for: request.json)
            )
            let checkpoint = try vault.core.checkpoint()
            let answer = RequestAnswer(checkpoint: checkpoint, terminal: options.terminal)
            switch outcome {
            case .denied(let denial):
                answer.show(denial)
                throw ExitCode(ExitStatus.refused.rawValue)
            case .released(let disclosure): try answer.show(disclosure, out: out)
            }
        }
    }

    private func releaseRequest() throws -> ReleaseRequest {
        var request = ReleaseRequest(
            patient: try Designation.patient(patient),
            purposes: try Designation.purposes(purpose)
        )
        request.types = try Designation.types(types)
        request.categories = try Designation.categories(categories)
        request.since = try Designation.date(since, option: "--since")
        request.until = try Designation.date(until, option: "--until")
        request.claim = claim
        if let record {
            guard let id = RecordID(record) else {
                throw Complaint.usage(
                    "`--record` takes a reference such as `Condition/1`",
                    hint: "check type and id"
                )
            }
            request.record = id
        }
        if let breakGlass {
            guard EmergencyOverride.reasons.contains(breakGlass) else {
                throw Complaint.badInput(
                    "there is no such break-glass reason",
                    hint: "one of " + EmergencyOverride.reasons.sorted().joined(separator: ", ")
                )
            }
            request.breakGlass = BreakGlass(reason: breakGlass, note: note)
        } else if note != nil {
            throw Complaint.usage(
                "`--note` belongs to `--break-glass`",
                hint: "give both or neither"
            )
        }
        guard (note?.utf8.count ?? 0) <= Limits.maximumReasonByteCount else {
            throw Complaint.usage(
                "the note is longer than \(Limits.maximumReasonByteCount) bytes",
                hint: "shorten it"
            )
        }
        return request
    }
}

/// Shows how a request ended, in both forms.
struct RequestAnswer {
    let checkpoint: String
    let terminal: Terminal

    func show(_ denial: Denial) {
        if terminal.isJSON {
            return terminal.answer([
                "decision": "deny", "receipt": receipt(denial.receipt),
                "reason": .string(denial.reason),
            ])
        }
        terminal.say("\(terminal.paint.yellow("refused")): \(denial.reason)")
        terminal.say("  log entry \(denial.receipt.index)")
        terminal.note(
            "hint: in an emergency a clinician gives `--break-glass REASON`; "
                + "else ask the patient or a privacy officer"
        )
    }

    func show(_ disclosure: Disclosure, out: String?) throws {
        let bundle = disclosure.bundle()
        if let out { try Files.deliver(bundle, to: out) }
        if out == "-" { return }
        if terminal.isJSON {
            var head: JSONValue = [
                "decision": "permit", "released": .int(Int64(disclosure.releasedCount)),
                "receipt": receipt(disclosure.receipt),
                "obligations": .array(disclosure.decision.obligations.map(\.json)),
            ]
            if let out { head.set("out", .string(out)) }
            var answer = head.bytes
            // The records go out byte for byte, so the Bundle is joined as text.
            answer.removeLast()
            answer += ",\"bundle\":".utf8
            answer += out == nil ? bundle : Array("null".utf8)
            answer += "}\n".utf8
            return terminal.emit(answer)
        }
        say(disclosure, out: out)
    }

    private func say(_ disclosure: Disclosure, out: String?) {
        let paint = terminal.paint
        terminal.say(
            "\(paint.green("released")): \(Words.count(disclosure.releasedCount, "record")), "
                + "log entry \(disclosure.receipt.index)"
        )
        var counts: [String: Int] = [:]
        for record in disclosure.records where !record.isIncluded {
            counts[record.record.type, default: 0] += 1
        }
        for (type, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            terminal.say("  \(Words.padded(Words.number(count), 6))\(type)")
        }
        for obligation in disclosure.decision.obligations {
            terminal.say(
                "  \(paint.yellow("due")): \(obligation.code)"
                    + (obligation.text.map { ": \($0)" } ?? "")
            )
        }
        if let out { terminal.say("  written to `\(out)`") }
    }

    private func receipt(_ receipt: Receipt) -> JSONValue {
        var json = receipt.json
        json.set("checkpoint", .string(checkpoint))
        return json
    }
}

extension Obligation {
    var json: JSONValue {
        ["code": .string(code), "text": text.map { .string($0) } ?? .null]
    }
}
