internal import BreachResponse
internal import VaultCore

/// What `breach run` asks for each step; what the table demands is asked in the table's order.
enum GuideQuestions {
    static let report = [
        GuideQuestion(ask: "What was noticed?", option: "summary"),
        GuideQuestion(
            ask: "When did anybody here first know? RFC 3339; the law counts from it.",
            option: "known-since",
            isTime: true,
            isOptional: true
        ),
        GuideQuestion(
            ask: "When did it begin, as far as you know?",
            option: "from",
            isTime: true,
            isOptional: true
        ),
    ]

    static func questions(for rule: IncidentRule, in incident: Incident) -> [GuideQuestion] {
        switch rule.event {
        case .contain: contain
        case .preserve:
            [
                GuideQuestion(
                    ask: "A file that is evidence; it stays where it is.",
                    option: "file",
                    isOptional: true
                )
            ]
        case .scope: scope(incident)
        case .notify: notify(incident)
        case .close:
            [
                GuideQuestion(
                    ask: words["afterAction"] ?? "",
                    option: "",
                    artefact: rule.artefacts.first { $0.name == "afterAction" }
                ),
                GuideQuestion(
                    ask: "Where to write the sealed case file?",
                    option: "out",
                    proposal: "\(incident.id).case.json"
                ),
            ]
        default:
            rule.artefacts.map { artefact in
                GuideQuestion(
                    ask: words[artefact.name] ?? "\(artefact.name)?",
                    option: "",
                    artefact: artefact
                )
            }
        }
    }

    private static let contain = [
        GuideQuestion(
            ask: "Which principal is to be stopped?",
            option: "principal",
            isOptional: true
        ),
        GuideQuestion(
            ask: "Which device is to be sealed?",
            option: "seal-device",
            isOptional: true
        ),
        GuideQuestion(
            ask: "Which organization is to be sealed?",
            option: "seal-organization",
            isOptional: true
        ),
        GuideQuestion(
            ask: "Patient safety: how does care go on without what is closed?",
            option: "patient-safety"
        ),
        GuideQuestion(ask: "Is the way in closed by this? yes or no", option: "vector-closed!"),
    ]

    private static func scope(_ incident: Incident) -> [GuideQuestion] {
        let report = incident.records.first?["artefacts"]
        let suspect = report?["suspects"]?.stringArray?.first
        return [
            GuideQuestion(
                ask: "Which principal is suspected?",
                option: "principal",
                proposal: suspect,
                isOptional: true
            ),
            GuideQuestion(ask: "Or which device?", option: "device", isOptional: true),
            GuideQuestion(ask: "Or which record server?", option: "server", isOptional: true),
            GuideQuestion(
                ask: "From when? RFC 3339",
                option: "from",
                isTime: true,
                proposal: report?["from"]?.string
            ),
            GuideQuestion(
                ask: "Until when? RFC 3339, or now",
                option: "until",
                isTime: true,
                proposal: "now"
            ),
            GuideQuestion(
                ask: "Where to write the certificate?",
                option: "out",
                proposal: "\(incident.id).scope.json"
            ),
        ]
    }

    private static func notify(_ incident: Incident) -> [GuideQuestion] {
        [
            GuideQuestion(
                ask: "The scope certificate?",
                option: "certificate",
                proposal: "\(incident.id).scope.json"
            ),
            GuideQuestion(
                ask: "A new folder for the letters?",
                option: "out",
                proposal: "\(incident.id).letters"
            ),
            GuideQuestion(ask: "Who writes?", option: "sender"),
            GuideQuestion(ask: "Whom can a patient ask? Address, telephone.", option: "contact"),
        ]
    }

    private static let words: [String: String] = [
        "reason": "Why do you think so?",
        "severity": "How bad: low, medium, high?",
        "dataKinds": "Which kinds of data: medical, contact, insurance, ssn, …?",
        "estimate": "How many persons, as a first guess?",
        "codename": "A codename that tells nothing?",
        "roster": "Who has which role, as JSON: {\"privacy-officer\": \"po\", …} for all eight?",
        "needToKnow": "Who else may see the case?",
        "retentionFreeze": "Is it ordered that nothing is deleted? yes or no",
        "assessment": "The four factors with evidence, as JSON (docs/breach-response.md)?",
        "decisions": "One decision a law, as JSON (docs/breach-response.md)?",
        "receipts": "Receipts of the authorities?",
        "openLetters": "How many letters are open?",
        "returnedMail": "What became of returned mail?",
        "addenda": "Addenda still to be filed, with dates; `none`?",
        "actions": "What was done?",
        "tests": "Which tests show it?",
        "afterAction": "After-action report: what was learned?",
    ]
}
