import BreachResponse
import Testing
import VaultCore
import VaultTestSupport

struct IncidentTests {
    private func scoped() -> IncidentStory {
        var story = IncidentStory()
        story.go(.report, .triage, .declare, .contain, .preserve, .scope)
        return story
    }

    private func closed() -> IncidentStory {
        var story = scoped()
        story.go(.assess, .decide, .notify, .deliver, .reportOut, .remediate, .close)
        return story
    }

    @Test func `a case goes from report to close and back from its records`() throws {
        let story = closed()
        #expect(story.incident.state == .closed)
        #expect(story.incident.records.count == 13)
        #expect(try Incident(records: story.incident.records) == story.incident)
        let texts = try story.incident.records.map { try #require(JSONValue(parsing: $0.bytes)) }
        #expect(texts == story.incident.records)
    }

    @Test func `a changed, missing or swapped record breaks the history`() throws {
        let records = closed().incident.records
        for index in records.indices {
            var missing = records
            missing.remove(at: index)
            if index < records.count - 1 {
                #expect(throws: BreachResponseError.self) { try Incident(records: missing) }
            }
            var changed = records
            guard case .object(var members) = changed[index] else { continue }
            for place in members.indices {
                let old = members[place].value
                members[place].value = old == .int(99) ? .int(98) : .int(99)
                changed[index] = .object(members)
                #expect(throws: BreachResponseError.self, "\(index) \(members[place].key)") {
                    try Incident(records: changed)
                }
                members[place].value = old
            }
        }
        var swapped = records
        swapped.swapAt(4, 5)
        #expect(throws: BreachResponseError.self) { try Incident(records: swapped) }
    }

    @Test func `nothing skips preservation and scope`() {
        var story = IncidentStory()
        story.go(.report, .triage, .declare, .contain)
        for event in [
            IncidentEvent.scope, .assess, .decide, .notify, .deliver, .reportOut, .remediate,
            .close,
        ] {
            let reasons = story.tryStep(story.request(event))
            guard case .notFromHere(.contained, _)? = reasons.first else {
                Issue.record("\(event) was not refused: \(reasons)")
                continue
            }
        }
        story.go(.preserve)
        #expect(!story.tryStep(story.request(.assess)).isEmpty)
    }

    @Test func `no path reaches a decision without preserve and scope before it`() {
        // Breadth first over the bare table: the states a case can be in, with what it has behind it.
        struct Place: Hashable {
            var state: IncidentState
            var lane: IncidentLane
            var isPreserved: Bool
            var isScoped: Bool
        }
        var open: [Place] = IncidentLane.allCases.map {
            Place(state: .ready, lane: $0, isPreserved: false, isScoped: false)
        }
        var seen = Set(open)
        while let place = open.popLast() {
            let beyond: Set<IncidentState> = [.decided, .notifying, .reportedOut, .remediating]
            #expect(!beyond.contains(place.state) || (place.isPreserved && place.isScoped))
            for rule in IncidentTable.rules
            where rule.from.contains(place.state) && rule.lanes.contains(place.lane) {
                if rule.event == .scope, !place.isPreserved { continue }
                var next = place
                next.state = rule.to ?? place.state
                next.isPreserved = place.isPreserved || rule.event == .preserve
                next.isScoped = place.isScoped || rule.event == .scope
                if seen.insert(next).inserted { open.append(next) }
            }
        }
        #expect(seen.contains { $0.state == .closed && $0.isScoped })
    }

    @Test func `two signatures are two persons, whatever their roles`() {
        var story = IncidentStory()
        story.go(.report, .triage, .declare, .contain)
        let alone = story.request(.preserve, by: [("sven", .securityEngineer)])
        #expect(story.tryStep(alone).contains(.samePerson))
        let twice = story.request(
            .preserve,
            by: [("sven", .scribe), ("sven", .securityEngineer)]
        )
        #expect(story.tryStep(twice).contains(.samePerson))
        let swapped = story.request(
            .preserve,
            by: [("sven", .securityEngineer), ("stella", .scribe)]
        )
        #expect(story.tryStep(swapped).isEmpty)
    }

    @Test func `the roster, not the claim, gives the roles after the declaration`() {
        var story = IncidentStory()
        story.go(.report, .triage, .declare)
        let stranger = story.request(.contain, by: [("eve", .securityEngineer)])
        let reasons = story.tryStep(stranger)
        #expect(reasons.contains { if case .notOnRoster = $0 { true } else { false } })
        let wrong = story.request(.contain, by: [("petra", .securityEngineer)])
        #expect(story.tryStep(wrong) == [.roleMissing(anyOf: [.securityEngineer])])
        let reader = story.request(.note, by: [("dora", .reporter)])
        #expect(story.tryStep(reader).isEmpty)
    }

    @Test func `identity must be fresh`() throws {
        var story = IncidentStory()
        var request = story.request(.report)
        let old = story.now.advanced(by: .seconds(-901))
        let nurse = try #require(PrincipalID("nurse"))
        request.signatories = [
            IncidentSignatory(principal: nurse, roles: [.reporter], reauthenticated: old)
        ]
        #expect(story.tryStep(request) == [.reauthenticate(nurse)])
    }

    @Test func `every artefact that the table asks for is asked for`() {
        var story = IncidentStory()
        let way: [IncidentEvent] = [
            .report, .triage, .declare, .contain, .preserve, .scope, .assess, .decide, .notify,
            .deliver, .reportOut, .remediate, .close, .reopen,
        ]
        for event in way {
            let rule = IncidentTable.rules.first {
                $0.event == event && $0.from.contains(story.incident.state)
                    && $0.lanes.contains(story.incident.lane)
            }
            for artefact in rule?.artefacts ?? [] {
                let reasons = story.tryStep(story.request(event, [artefact.name: .null]))
                #expect(
                    reasons.contains(.artefactMissing(artefact)),
                    "\(event) without \(artefact.name)"
                )
            }
            story.go(event)
        }
    }

    @Test func `a second run with another digest is refused`() {
        var story = IncidentStory()
        story.go(.report, .triage, .declare, .contain, .preserve)
        let other = JSONValue.string(String(repeating: "cd", count: 32))
        #expect(story.tryStep(story.request(.scope, ["rerun": other])) == [.digestsDiffer])
    }

    @Test func `the fast lane takes two patients and leaves out no evidence`() {
        var story = IncidentStory()
        story.go(.report)
        let fast: [String: JSONValue] = ["lane": "fast", "estimate": 3]
        #expect(story.tryStep(story.request(.triage, fast)) == [.tooManyForFastLane(3)])
        story.go(.triage, change: ["lane": "fast", "estimate": 2])
        #expect(!story.tryStep(story.request(.scope)).isEmpty)
        let pair: [(String, IncidentRole)] = [
            ("petra", .privacyOfficer), ("sven", .securityEngineer),
        ]
        #expect(story.tryStep(story.request(.preserve, by: pair)).isEmpty)
        let many = story.request(.scope, ["couldHave": 2])
        #expect(story.tryStep(many) == [.tooManyForFastLane(3)])
        var grown = story
        grown.go(.declare, .contain, .preserve, .scope)
        #expect(grown.incident.lane == .full)
        story.go(.scope, .assess, .decide, .notify)
        #expect(story.incident.state == .notifying)
    }

    @Test func `a hold pauses the letters and nothing else`() throws {
        var story = scoped()
        story.go(.assess, .decide, .hold)
        let end = try #require(Instant(rfc3339: "2026-12-31T23:59:59Z"))
        #expect(story.tryStep(story.request(.notify)) == [.held(until: end)])
        story.go(.file, .evidence, .note)
        var later = story
        later.minute = (end.microseconds - IncidentStory.start.microseconds) / 60_000_000 + 1
        later.go(.notify)
        story.go(.release, .notify)
        #expect(story.incident.maySend(at: story.now))
        story.go(.hold)
        #expect(!story.incident.maySend(at: story.now))
    }

    @Test func `an oral hold lasts thirty days`() throws {
        var story = scoped()
        story.go(.hold, change: ["form": "oral"])
        #expect(story.incident.holdEnd?.description == "2026-06-27T23:59:59Z")
        #expect(!story.tryStep(story.request(.hold, ["statementDate": "2026-02-30"])).isEmpty)
    }

    @Test func `a drill runs the same way and never sends`() {
        var story = IncidentStory(isDrill: true)
        story.go(.report, .triage, .declare, .contain, .preserve, .scope, .assess, .decide)
        #expect(story.tryStep(story.request(.notify, ["sent": 2])) == [.drillNeverSends])
        #expect(story.tryStep(story.request(.notify, ["channel": "post"])) == [.drillNeverSends])
        story.go(.notify, change: ["channel": "drill", "sent": 0])
        #expect(!story.incident.maySend(at: story.now))
        #expect(story.tryStep(story.request(.deliver)) == [.drillNeverSends])
        story.go(.reportOut, .remediate, .close)
        #expect(story.incident.records.allSatisfy { $0["drill"] == .bool(true) })
    }

    @Test func `no notice goes past the letters only with proof`() {
        var story = scoped()
        story.go(.assess)
        var decision = NoticeDecision(
            rule: "hipaa-individual",
            jurisdiction: "US",
            notifies: false,
            reason: "low",
            ground: .lowProbability,
            proof: []
        )
        let bare: [String: JSONValue] = ["decisions": .array([decision.document])]
        #expect(!story.tryStep(story.request(.decide, bare)).isEmpty)
        decision.proof = ["E9"]
        let strange: [String: JSONValue] = ["decisions": .array([decision.document])]
        #expect(!story.tryStep(story.request(.decide, strange)).isEmpty)
        decision.proof = ["E1"]
        story.go(.decide, change: ["decisions": .array([decision.document])])
        #expect(story.tryStep(story.request(.notify)) == [.nothingToNotify])
        story.go(.remediate)
    }

    @Test func `a decision to notify cannot be walked around`() {
        var story = scoped()
        story.go(.assess, .decide)
        #expect(story.tryStep(story.request(.remediate)) == [.noticeOutstanding])
    }

    @Test func `new facts make a new version that is assessed again`() {
        var story = closed()
        let outsider = story.request(.reopen, by: [("nurse", .reporter)])
        #expect(!story.tryStep(outsider).isEmpty)
        story.go(.reopen)
        #expect(!story.tryStep(story.request(.scope)).isEmpty)
        story.go(.scope, change: ["newFacts": "second session", "difference": "one more"])
        #expect(story.incident.scopeVersion == 2)
        #expect(!story.tryStep(story.request(.decide)).isEmpty)
        story.go(.assess, .decide, .notify)
    }

    @Test func `letters are of the newest scope, and each queue has its own outcomes`() {
        var story = closed()
        story.go(.reopen)
        let second = JSONValue.string(String(repeating: "cd", count: 32))
        story.go(
            .scope,
            change: [
                "certificate": second, "rerun": second, "newFacts": "second session",
                "difference": "one more",
            ]
        )
        story.go(.assess, .decide)
        #expect(story.tryStep(story.request(.notify)) == [.anotherScope])
        story.go(.notify, change: ["certificate": second])
        #expect(DeliveryLedger(story.incident).openCount == 2)
        #expect(story.tryStep(story.request(.reportOut)) == [.lettersOpen(2)])
        story.go(.deliver, .reportOut)
    }

    @Test func `a fast case that grows is declared from where it stands`() {
        var story = IncidentStory()
        story.go(.report)
        story.go(.triage, change: ["lane": "fast", "estimate": 2])
        let pair: [(String, IncidentRole)] = [
            ("petra", .privacyOfficer), ("sven", .securityEngineer),
        ]
        #expect(story.tryStep(story.request(.preserve, by: pair)).isEmpty)
        story.go(.scope)
        let grown: [String: JSONValue] = [
            "couldHave": 2, "newFacts": "a second fax", "difference": "one more",
        ]
        #expect(story.tryStep(story.request(.scope, grown)) == [.tooManyForFastLane(3)])
        story.go(.declare, .contain, .preserve)
        story.go(.scope, change: grown)
        #expect(story.incident.lane == .full && story.incident.scopeVersion == 2)
    }

    @Test func `a dismissed case starts at triage again`() {
        var story = IncidentStory()
        story.go(.report, .dismiss, .reopen)
        #expect(!story.tryStep(story.request(.scope)).isEmpty)
        story.go(.triage, .declare)
    }

    @Test(arguments: [
        "yesterday", "now", "", "2026", "2026-05", "2026-02-30", "2026-05-29T10:00:00",
        "2031-01-01", "2031-01-01T00:00:00Z",
    ])
    func `a reopening knows since a day that has been`(since: String) {
        var story = IncidentStory()
        story.go(.report, .dismiss)
        let request = story.request(.reopen, ["knownSince": .string(since)])
        let reasons = story.tryStep(request)
        switch reasons.first {
        case .artefactMissing(let artefact)?, .artefactUnfit(let artefact)?:
            #expect(artefact.name == "knownSince" && reasons.count == 1)
        default: Issue.record("\(reasons)")
        }
        story.go(.reopen)
    }

    @Test func `correction leaves the record and says what is right`() {
        var story = scoped()
        let before = story.incident.records
        story.go(.correct)
        #expect(Array(story.incident.records.prefix(before.count)) == before)
        #expect(story.incident.corrections[1]?.count == 1)
        #expect(story.tryStep(story.request(.correct, ["record": 99])) == [.nothingThere])
    }

    @Test func `time never runs backwards`() {
        var story = scoped()
        story.minute = 0
        #expect(story.tryStep(story.request(.note)).contains(.timeRanBackwards))
    }

    @Test func `random wishes never break the rules`() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<30 {
            var story = IncidentStory(isDrill: Bool.random(using: &random))
            for _ in 0..<60 {
                let event = try #require(IncidentEvent.allCases.randomElement(using: &random))
                _ = story.tryStep(story.request(event))
            }
            if !story.incident.records.isEmpty {
                #expect(try Incident(records: story.incident.records) == story.incident)
            }
            let events = story.incident.records.compactMap { $0["event"]?.string }
            if let decided = events.firstIndex(of: "decide") {
                #expect(events[..<decided].contains("preserve"))
                #expect(events[..<decided].contains("scope"))
            }
        }
    }
}

struct RiskAssessmentTests {
    @Test func `an assessment reads back as written`() throws {
        var full = IncidentStory.assessment
        full.exception = RiskAssessment.ClaimedException(
            kind: .goodFaithAccess,
            reason: "covering colleague",
            evidence: ["E1"],
            noFurtherUse: true
        )
        full.risk = .high
        full.encryption = EncryptionFinding(
            cipher: "AES-256-GCM",
            moduleIsValidated: false,
            keys: .sealed,
            plaintextPassed: false,
            reasons: ["key file elsewhere"]
        )
        #expect(try RiskAssessment(full.document) == full)
        #expect(full.problems(evidence: ["E1"]).isEmpty)
    }

    @Test func `each gap is named`() {
        let good = IncidentStory.assessment
        var few = good
        few.findings.removeLast()
        var twice = good
        twice.findings.append(good.findings[0])
        var raising = good
        raising.findings[2].weight = .raises
        var bare = good
        bare.findings[0].evidence = []
        var mute = good
        mute.conclusion = ""
        var further = good
        further.exception = RiskAssessment.ClaimedException(
            kind: .inadvertentDisclosure,
            reason: "same team",
            evidence: ["E1"],
            noFurtherUse: false
        )
        for assessment in [few, twice, raising, bare, mute, further] {
            #expect(assessment.problems(evidence: ["E1"]).count == 1)
        }
        #expect(good.problems(evidence: []).count == 4)
    }

    @Test func `encryption secures only where cipher, place and state allow it`() {
        func secured(
            _ cipher: String,
            _ keys: EncryptionFinding.KeyState,
            _ plaintext: Bool
        ) -> Bool {
            EncryptionFinding(
                cipher: cipher,
                moduleIsValidated: false,
                keys: keys,
                plaintextPassed: plaintext,
                reasons: ["checked"]
            ).isSecured
        }
        #expect(secured("AES-256-GCM", .elsewhere, false))
        #expect(secured("AES-256-GCM", .sealed, false))
        #expect(!secured("AES-256-GCM", .open, false))
        #expect(!secured("AES-256-GCM", .unknown, false))
        #expect(!secured("AES-256-GCM", .elsewhere, true))
        #expect(!secured("ROT13", .elsewhere, false))
    }

    @Test func `a ground needs the finding that bears it`() {
        let assessment = IncidentStory.assessment
        for ground in NoticeDecision.Ground.allCases {
            let decision = NoticeDecision(
                rule: "r",
                jurisdiction: "US",
                notifies: false,
                reason: "because",
                ground: ground,
                proof: ["E1"]
            )
            let problems = decision.problems(assessment: assessment, evidence: ["E1"])
            let borne: Set<NoticeDecision.Ground> = [
                .lowProbability, .belowThreshold, .noHarm, .notApplicable,
            ]
            #expect(problems.isEmpty == borne.contains(ground), "\(ground)")
        }
    }

    @Test func `every required notice must be decided`() throws {
        let rules = try Clocks.rules()
        let document = try #require(
            JSONValue(parsing: ClockRowTable.entity("discovered 2026-03-02", "US-TX 300"))
        )
        let facts = try BreachFactsReader(document, codes: rules.codes).facts
        let deadlines = BreachClocks(rules: rules).answer(facts).deadlines
        let open = NoticeDecision.undecided([IncidentStory.notify], of: deadlines)
        #expect(
            Set(open) == ["hipaa-hhs-annual/US", "us-tx-individual/US-TX", "us-tx-ag/US-TX"]
        )
    }
}
