import BreachResponse
import Testing
import VaultCore

struct ClockSemanticsTests {
    private let safe = #""secured": {"encrypted": true, "keysTaken": false}"#

    @Test func `encryption helps only where the law says so`() throws {
        let rules = try Clocks.rules()
        let everywhere =
            "US-TX 900, US-CA 900, US-NY 900, US-FL 900, US-CO 900, US-WA 900, US-ME 9, US-OR 900, "
            + "NO 9, GB 9, KR 9, MY 9, IN 9, SG 900, AU 9, CA-ON 9"
        let facts = ClockRowTable.facts(
            "covered-entity",
            "discovered 2027-06-02, aware 2027-06-02, detected 2027-06-02",
            everywhere,
            safe
        )
        let found = try Clocks.answer(facts, rules)
        let relieved = [
            "hipaa-individual", "hipaa-hhs", "hipaa-media", "us-tx-individual", "us-tx-ag",
            "us-ca-individual", "us-ca-ag", "us-ny-individual", "us-ny-hipaa-ag",
            "us-fl-individual",
            "us-co-ag", "us-wa-ag", "us-me-ag", "us-or-ag", "gdpr-individual", "uk-gdpr-individual",
            "sg-pdpa-individual",
        ]
        for rule in relieved {
            let deadline = try #require(found[rule], "\(rule)")
            #expect(!deadline.isRequired, "\(rule)")
            #expect(deadline.why.contains("not required: "), "\(rule)")
        }
        let kept = [
            "us-ca-facility-individual", "gdpr-authority", "gdpr-register", "kr-pipa-individual",
            "my-pdpa-commissioner", "my-pdpa-individual", "in-dpdp-individual", "in-dpdp-board",
            "in-cert-in", "sg-pdpa-commission", "au-privacy-individual", "ca-on-phipa-individual",
        ]
        for rule in kept { #expect(found[rule]?.isRequired == true, "\(rule)") }
    }

    @Test func `a taken or unknown key or session leaves nothing secured`() throws {
        let rules = try Clocks.rules()
        for more in [
            #"{"encrypted": true, "keysTaken": true}"#, #"{"encrypted": true}"#,
            #"{"encrypted": true, "keysTaken": false, "sessionTaken": true}"#,
            #"{"keysTaken": false}"#,
        ] {
            let facts = ClockRowTable.entity(
                "discovered 2026-05-05",
                "US-CA 1",
                #""secured": \#(more)"#
            )
            #expect(try Clocks.answer(facts, rules)["hipaa-individual"]?.isRequired == true)
        }
    }

    @Test func `a claim without evidence takes nothing away, and helps only its own law`() throws {
        let rules = try Clocks.rules()
        func required(
            _ claim: String,
            _ rule: String,
            role: String = "covered-entity"
        ) throws
            -> Bool?
        {
            let facts = ClockRowTable.facts(role, "discovered 2026-05-05", "US-MA 1", claim)
            return try Clocks.answer(facts, rules)[rule]?.isRequired
        }
        #expect(try required(#""lowProbability": true"#, "hipaa-individual") == false)
        #expect(
            try required(#""lowProbability": {"evidence": ["E1"]}"#, "hipaa-individual") == false
        )
        #expect(try required(#""lowProbability": {"evidence": []}"#, "hipaa-individual") == true)
        #expect(try required(#""lowProbability": false"#, "hipaa-individual") == true)
        #expect(
            try required(#""lowProbability": true"#, "ftc-individual", role: "phr-vendor") == true
        )
        #expect(
            try required(#""noAcquisition": true"#, "ftc-individual", role: "phr-vendor") == false
        )
        #expect(try required(#""exception": "not-retained""#, "hipaa-individual") == false)
    }

    @Test func `a hold moves what it may move and no more`() throws {
        let rules = try Clocks.rules()
        func due(_ hold: String, _ rule: String) throws -> String? {
            let facts = ClockRowTable.entity(
                "discovered 2026-05-05, aware 2026-05-05",
                "US-CA 800, NO 3",
                #""lawEnforcementHold": \#(hold)"#
            )
            return try Clocks.answer(facts, rules)[rule]?.due?.rfc3339
        }
        let long = #"{"until": "2026-08-15"}"#
        #expect(try due(long, "hipaa-individual") == "2026-08-15T23:59:59Z")
        #expect(try due(long, "hipaa-hhs") == "2026-08-15T23:59:59Z")
        #expect(try due(long, "hipaa-media") == "2026-08-15T23:59:59Z")
        #expect(try due(long, "gdpr-authority") == "2026-05-08T00:00:00Z")
        #expect(
            try due(#"{"until": "2026-05-30T12:00:00-07:00"}"#, "hipaa-individual")
                == "2026-07-04T23:59:59Z"
        )
        #expect(
            try due(
                #"{"form": "oral", "statementDate": "2026-06-10", "until": "2026-12-31"}"#,
                "hipaa-individual"
            ) == "2026-07-10T23:59:59Z"
        )
        #expect(
            try due(
                #"{"form": "written", "statementDate": "2026-06-10", "until": "2026-12-31"}"#,
                "hipaa-individual"
            ) == "2026-12-31T23:59:59Z"
        )
    }

    @Test func `the earliest required deadline governs, per recipient and per residence`() throws {
        let rules = try Clocks.rules()
        let document = try #require(
            JSONValue(
                parsing: ClockRowTable.entity(
                    "discovered 2026-03-02",
                    "US-MA 700, US-NY 10, NO 3"
                )
            )
        )
        let facts = try BreachFactsReader(document, codes: rules.codes).facts
        let answer = BreachClocks(rules: rules).answer(facts)
        let governing = answer.governing
        func rule(_ recipient: NoticeRecipient, _ code: String) -> String? {
            governing.first { $0.recipient == recipient && $0.jurisdiction == code }?.rule
        }
        #expect(rule(.individual, "*") == "us-ny-individual")
        #expect(rule(.individual, "US-MA") == "hipaa-individual")
        #expect(rule(.individual, "US-NY") == "us-ny-individual")
        #expect(rule(.authority, "*") == "gdpr-authority")
        #expect(rule(.authority, "US-MA") == "hipaa-hhs")
        #expect(rule(.media, "*") == "hipaa-media")
        let marked = answer.deadlines.filter { $0.governs && $0.rule.recipient == .authority }
        #expect(marked.map(\.rule.id) == ["gdpr-authority"])
        #expect(answer.uncovered == ["US-MA"])
        #expect(answer.asks["risk"] != nil)
    }

    @Test func `warnings stand at half, four fifths and all of the time`() throws {
        let rules = try Clocks.rules()
        let facts = ClockRowTable.facts("controller", "aware 2026-03-02T00:00:00Z", "NO 1")
        let deadline = try #require(try Clocks.answer(facts, rules)["gdpr-authority"])
        #expect(
            deadline.warnings.map(\.at.rfc3339) == [
                "2026-03-03T12:00:00Z", "2026-03-04T09:36:00Z", "2026-03-05T00:00:00Z",
            ]
        )
        let half = try #require(Instant(rfc3339: "2026-03-03T12:00:00Z"))
        #expect(deadline.warning(at: half) == 50)
        #expect(deadline.warning(at: half.advanced(by: .seconds(-1))) == 0)
        #expect(deadline.warning(at: half.advanced(by: .seconds(200_000))) == 100)
    }

    @Test func `substitute notice changes at ten bad addresses`() throws {
        let rules = try Clocks.rules()
        for (count, notice) in [(0, "none"), (9, "alternative"), (10, "page-or-media")] {
            let facts = ClockRowTable.entity(
                "discovered 2026-05-05",
                "US-NY 700",
                #""badAddresses": \#(count)"#
            )
            let answer = try BreachClocksLine.answer(facts: Array(facts.utf8), rules: rules)
            #expect(answer["substitute"]?.string == notice)
        }
    }

    @Test func `bad facts are refused by name`() throws {
        let rules = try Clocks.rules()
        let cases: [(String, String)] = [
            ("[", "breach.notJSON"), (#"{"role": 1.5}"#, "breach.notJSON"),
            (#"{"events": {"discovered": "2026-01-01"}, "residents": {}}"#, "breach.malformed"),
            (#"{"role": "covered-entity", "residents": {}}"#, "breach.malformed"),
            (ClockRowTable.facts("king", "discovered 2026-03-02", "US-MA 1"), "breach.unknownName"),
            (ClockRowTable.entity("discovered 2026-02-29", "US-MA 1"), "breach.impossibleDate"),
            (
                ClockRowTable.entity("discovered 2026-03-02T25:00:00Z", "US-MA 1"),
                "breach.impossibleDate"
            ),
            (
                ClockRowTable.entity("discovered 2026-03-02T10:00:00", "US-MA 1"),
                "breach.impossibleDate"
            ),
            (ClockRowTable.entity("discoverd 2026-03-02", "US-MA 1"), "breach.unknownName"),
            (ClockRowTable.entity("discovered 2026-03-02", "US-XX 1"), "breach.unknownName"),
            (ClockRowTable.entity("discovered 2026-03-02", "XX 1"), "breach.unknownName"),
            (ClockRowTable.entity("discovered 2026-03-02", "US-MA -1"), "breach.malformed"),
            (
                ClockRowTable.entity("discovered 2026-03-02", "US-MA 5", #""total": 4"#),
                "breach.malformed"
            ),
            (
                ClockRowTable.entity("occurred 2026-03-03, discovered 2026-03-02", "US-MA 1"),
                "breach.eventsOutOfOrder"
            ),
            (
                ClockRowTable.entity("discovered 2026-03-03, determined 2026-03-02", "US-MA 1"),
                "breach.eventsOutOfOrder"
            ),
            (
                ClockRowTable.entity(
                    "discovered 2026-03-03",
                    "US-MA 1",
                    #""lawEnforcementHold": {"form": "oral"}"#
                ),
                "breach.malformed"
            ),
            (
                ClockRowTable.entity("discovered 2026-03-03", "US-MA 1", #""exception": "minor""#),
                "breach.unknownName"
            ),
        ]
        for (facts, code) in cases {
            do {
                _ = try BreachClocksLine.answer(facts: Array(facts.utf8), rules: rules)
                Issue.record("accepted: \(facts)")
            } catch {
                #expect(error.code == code && error.kind == .badInput, "\(facts): \(error.code)")
            }
        }
    }

    @Test func `days without a time are in order where any reading of them is`() throws {
        let rules = try Clocks.rules()
        let facts = ClockRowTable.entity(
            "occurred 2026-03-02T10:00:00-05:00, discovered 2026-03-02",
            "US-MA 1"
        )
        #expect(try Clocks.answer(facts, rules)["hipaa-individual"]?.isRequired == true)
    }

    @Test func `contradictions that make no date impossible are named`() throws {
        let rules = try Clocks.rules()
        let facts = ClockRowTable.entity("discovered 2026-03-05, aware 2026-03-02", "NO 1")
        let answer = try BreachClocksLine.answer(facts: Array(facts.utf8), rules: rules)
        #expect(answer["doubts"]?.stringArray?.count == 1)
    }

    @Test func `null says nothing`() throws {
        let rules = try Clocks.rules()
        let nulls = ["secured", "lowProbability", "lawEnforcementHold", "badAddresses", "risk"]
            .map { "\"\($0)\": null" }.joined(separator: ", ")
        let facts = ClockRowTable.entity("discovered 2026-03-02", "US-MA 1", nulls)
        #expect(try Clocks.answer(facts, rules)["hipaa-individual"]?.isRequired == true)
    }

    @Test func `members nobody asks for are named, not used`() throws {
        let rules = try Clocks.rules()
        let facts = ClockRowTable.entity("discovered 2026-03-02", "US-MA 1", #""colour": "red""#)
        let answer = try BreachClocksLine.answer(facts: Array(facts.utf8), rules: rules)
        #expect(answer["ignored"]?.stringArray == ["colour"])
        let first = try #require(answer["deadlines"]?.array?.first)
        for key in ["rule", "recipient", "jurisdiction", "required", "due", "unit", "start", "why"]
        {
            #expect(first[key] != nil, "\(key)")
        }
        #expect(first["start"]?.string == "discovered")
    }

    @Test func `an unknown number counts as many`() throws {
        let rules = try Clocks.rules()
        let facts = #"{"role": "covered-entity", "events": {"discovered": "2026-03-02"}}"#
        let found = try Clocks.answer(facts, rules)
        #expect(found["hipaa-hhs"]?.isRequired == true)
        #expect(found["hipaa-hhs-annual"]?.isRequired == false)
    }

    @Test func `rule files that contradict themselves are refused`() throws {
        let files = try Clocks.files()
        func refused(_ name: String, _ change: (String) -> String) -> Bool {
            let changed = files.map { file in
                file.name == name
                    ? (
                        name: name,
                        bytes: Array(change(String(decoding: file.bytes, as: UTF8.self)).utf8)
                    )
                    : file
            }
            return (try? ClockRuleSet(files: changed)) == nil
        }
        #expect(!refused("us-tx.json") { $0 })
        #expect(refused("us-tx.json") { $0.replacing("us-tx-individual", with: "individual") })
        #expect(refused("us-tx.json") { $0.replacing("2023-08-31", with: "2023-09-01") })
        #expect(refused("us-tx.json") { $0.replacing("\"determined\"", with: "\"guessed\"") })
        #expect(refused("us-tx.json") { $0.replacing("\"exempt\"", with: "\"exemt\"") })
        #expect(refused("us-ca.json") { $0.replacing("\"us-ca\"", with: "\"us-cal\"") })
        #expect(refused("us-ny.json") { $0.replacing("hipaa-hhs\"", with: "hipaa-hss\"") })
        #expect(refused("us-ny.json") { String($0.dropLast(3)) })
    }
}

struct BusinessCalendarTests {
    @Test func `holidays fall where the federal government keeps them`() throws {
        let rules = try Clocks.rules()
        let calendar = try #require(rules.calendars["us-federal"])
        let kept = [
            "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03",
            "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25", "2021-12-31",
            "2023-01-02",
        ]
        for text in kept {
            let day = try #require(PartialDate(text)).date
            #expect(!calendar.isBusinessDay(day), "\(text)")
        }
        for text in ["2026-07-06", "2026-11-27", "2020-06-19", "2026-03-31"] {
            let day = try #require(PartialDate(text)).date
            #expect(calendar.isBusinessDay(day), "\(text)")
        }
    }
}
