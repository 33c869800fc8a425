/// The state machine of docs/breach-response.md, as data.
public enum IncidentTable {
    private static let open = Set(IncidentState.allCases).subtracting([.ready, .closed])
    /// From the declaration on; the fast lane may file from triage on.
    private static let afterTriage = open.subtracting([.reported])
    private static let anybody = Set(IncidentRole.allCases)
    private static let officers: Set<IncidentRole> = [
        .privacyOfficer, .commander, .counsel, .reviewer,
    ]

    /// All rows.
    public static let rules: [IncidentRule] = beginning + middle + end + beside

    private static let declaration = [
        IncidentArtefact("codename"), IncidentArtefact("roster", .filled),
        IncidentArtefact("needToKnow", .filled), IncidentArtefact("retentionFreeze", .confirmed),
    ]

    private static let beginning: [IncidentRule] = [
        IncidentRule(
            .report,
            from: [.ready],
            to: .reported,
            by: [anybody],
            [
                IncidentArtefact("report"), IncidentArtefact("knownSince", .past),
                IncidentArtefact("shouldHaveKnownSince", .past),
            ],
            why: "the discovery clock starts with the earliest knowledge of anybody"
        ),
        IncidentRule(
            .triage,
            from: [.reported, .reopened],
            to: .triaged,
            by: [[.privacyOfficer]],
            [
                IncidentArtefact("reason"),
                IncidentArtefact("severity", .choice(["low", "medium", "high"])),
                IncidentArtefact("dataKinds", .choices(BreachDataKind.allCases.map(\.rawValue))),
                IncidentArtefact("estimate", .count),
            ],
            why: "one business day from the report"
        ),
        IncidentRule(
            .dismiss,
            from: [.reported, .triaged],
            to: .closed,
            by: [[.privacyOfficer]],
            [IncidentArtefact("reason"), IncidentArtefact("proof", .filled)],
            why: "a false alarm is closed with reasons and what was looked at"
        ),
        IncidentRule(
            .declare,
            from: [.triaged, .preserved, .reopened],
            to: .declared,
            by: [[.commander]],
            declaration,
            why: "roles are filled, and nothing is deleted from here on"
        ),
        IncidentRule(
            .declare,
            from: [.scoped, .assessed, .decided, .notifying, .reportedOut, .remediating],
            lanes: [.fast],
            to: .declared,
            by: [[.commander]],
            declaration,
            why: "a further scope found more patients than the fast lane takes"
        ),
        IncidentRule(
            .contain,
            from: [.declared],
            to: .contained,
            by: [[.securityEngineer]],
            [
                IncidentArtefact("actions", .filled), IncidentArtefact("before"),
                IncidentArtefact("after"), IncidentArtefact("vectorClosed", .confirmed),
                IncidentArtefact("patientSafety"),
            ],
            why: "keys, sessions and tokens are ended, and care goes on"
        ),
    ]

    private static let evidence = [
        IncidentArtefact("checkpoint"), IncidentArtefact("manifest", .filled),
        IncidentArtefact("custody", .filled), IncidentArtefact("gaps", .list),
    ]

    private static let middle: [IncidentRule] = [
        IncidentRule(
            .preserve,
            from: [.contained],
            lanes: [.full],
            to: .preserved,
            by: [[.scribe], [.securityEngineer]],
            evidence,
            why: "head anchored, hashes taken, a custody line for each item"
        ),
        IncidentRule(
            .preserve,
            from: [.triaged],
            lanes: [.fast],
            to: .preserved,
            by: [[.privacyOfficer], [.securityEngineer, .scribe]],
            evidence,
            why: "the fast lane leaves out declaration and containment, never the evidence"
        ),
        IncidentRule(
            .scope,
            from: [
                .preserved, .scoped, .assessed, .decided, .notifying, .reportedOut, .remediating,
                .reopened,
            ],
            to: .scoped,
            by: [[.privacyOfficer], [.securityEngineer, .reviewer]],
            [
                IncidentArtefact("certificate", .digest), IncidentArtefact("rerun", .digest),
                IncidentArtefact("query"), IncidentArtefact("coverage"),
                IncidentArtefact("accessed", .count), IncidentArtefact("couldHave", .count),
                IncidentArtefact("notAccessed", .count),
            ],
            why: "the query is saved, and a second person got the same digest"
        ),
        IncidentRule(
            .assess,
            from: [.scoped],
            to: .assessed,
            by: [[.privacyOfficer]],
            [IncidentArtefact("assessment", .filled)],
            why: "four factors with evidence, exceptions tested, risk level"
        ),
        IncidentRule(
            .decide,
            from: [.assessed],
            to: .decided,
            by: [[.privacyOfficer], [.counsel]],
            [IncidentArtefact("decisions", .filled)],
            why: "two signatures; no notice demands the documented proof"
        ),
    ]

    private static let end: [IncidentRule] = [
        IncidentRule(
            .notify,
            from: [.decided],
            to: .notifying,
            by: [[.communications]],
            [
                IncidentArtefact("certificate", .digest), IncidentArtefact("queue", .digest),
                IncidentArtefact("letters", .count),
            ],
            why: "one letter a person, in their language, to the address they asked for"
        ),
        IncidentRule(
            .reportOut,
            from: [.notifying],
            to: .reportedOut,
            by: [[.privacyOfficer]],
            [
                IncidentArtefact("receipts", .filled), IncidentArtefact("openLetters", .count),
                IncidentArtefact("returnedMail"), IncidentArtefact("addenda", .list),
            ],
            why: "acknowledgements filed, no letter open, returned mail handled"
        ),
        IncidentRule(
            .remediate,
            from: [.decided, .reportedOut],
            to: .remediating,
            by: [[.systemOwner]],
            [IncidentArtefact("actions", .filled), IncidentArtefact("tests", .filled)],
            why: "actions are done and tested; sanctions are kept apart"
        ),
        IncidentRule(
            .close,
            from: [.remediating],
            to: .closed,
            by: [[.commander], [.reviewer]],
            [
                IncidentArtefact("afterAction"), IncidentArtefact("metrics", .filled),
                IncidentArtefact("caseFile", .digest),
            ],
            why: "the after-action report within 30 days, lessons turned into tests"
        ),
        IncidentRule(
            .reopen,
            from: [.closed],
            to: .reopened,
            by: [officers],
            [IncidentArtefact("newFacts"), IncidentArtefact("knownSince", .past)],
            why: "new facts on a closed case; new persons have a new clock"
        ),
    ]

    private static let beside: [IncidentRule] = [
        IncidentRule(
            .hold,
            from: afterTriage,
            to: nil,
            by: [[.counsel]],
            [
                IncidentArtefact("statement"),
                IncidentArtefact("form", .choice(LawEnforcementHold.Form.allCases.map(\.rawValue))),
                IncidentArtefact("statementDate", .past), IncidentArtefact("official"),
            ],
            why: "a statement by law enforcement; oral counts 30 days"
        ),
        IncidentRule(
            .release,
            from: afterTriage,
            to: nil,
            by: [[.counsel]],
            [IncidentArtefact("reason")],
            why: "the hold ends before its time"
        ),
        IncidentRule(
            .roster,
            from: afterTriage.subtracting([.triaged]),
            to: nil,
            by: [[.commander]],
            [IncidentArtefact("roster", .filled), IncidentArtefact("reason")],
            why: "people change, the record stays"
        ),
        IncidentRule(
            .evidence,
            from: open,
            to: nil,
            by: [anybody],
            [
                IncidentArtefact("item"), IncidentArtefact("hash", .digest),
                IncidentArtefact("where"), IncidentArtefact("reason"),
            ],
            why: "who, what, when, where, why, hash"
        ),
        IncidentRule(
            .file,
            from: afterTriage,
            to: nil,
            by: [[.privacyOfficer]],
            [
                IncidentArtefact("rule"), IncidentArtefact("authority"),
                IncidentArtefact("receipt"), IncidentArtefact("phase"),
            ],
            why: "72 hours do not wait for the scope; a hold does not stop them"
        ),
        IncidentRule(
            .deliver,
            from: [.notifying, .reportedOut, .remediating],
            to: nil,
            by: [[.communications]],
            [
                IncidentArtefact("letters", .names),
                IncidentArtefact(
                    "outcome",
                    .choice(DeliveryLedger.Outcome.allCases.map(\.rawValue))
                ),
                IncidentArtefact("channel"), IncidentArtefact("proof"),
            ],
            why: "sent, delivered, returned or told in another way, each with its proof"
        ),
        IncidentRule(
            .note,
            from: open.union([.closed]),
            to: nil,
            by: [anybody],
            [IncidentArtefact("text")],
            why: "what is remembered can be proved"
        ),
        IncidentRule(
            .correct,
            from: open.union([.closed]),
            to: nil,
            by: [officers],
            [
                IncidentArtefact("record", .count), IncidentArtefact("wrong"),
                IncidentArtefact("right"), IncidentArtefact("reason"),
            ],
            why: "undo does not exist; correction does"
        ),
    ]
}
