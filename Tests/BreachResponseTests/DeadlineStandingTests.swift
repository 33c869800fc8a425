import BreachResponse
import Testing
import VaultCore

/// Each duty is met by its own act and by no other.
struct DeadlineStandingTests {
    private static func time(_ text: String) -> Instant {
        Instant(rfc3339: text) ?? Instant(microseconds: 0)
    }

    /// A day after the case began.
    private let now = time("2026-05-29T21:00:00Z")

    private func standing(
        _ rule: String,
        _ incident: Incident,
        at moment: Instant? = nil
    ) throws -> DeadlineStanding {
        let deadlines = try Clocks.answer(
            """
            {"role":["covered-entity"],"residents":{"US-MA":600,"NO":3},"risk":"high",
            "events":{"discovered":"2026-05-28T10:00:00Z","aware":"2026-05-28T10:00:00Z"}}
            """,
            try Clocks.rules()
        )
        return DeadlineStanding(
            try #require(deadlines[rule], "\(rule)"),
            in: incident,
            at: moment ?? now
        )
    }

    private func triaged() -> IncidentStory {
        var story = IncidentStory()
        story.go(.report, .triage)
        return story
    }

    @Test func `what one authority was told meets nothing at another`() throws {
        var told = triaged()
        told.go(.file, change: ["rule": "hipaa-hhs", "authority": "HHS"])
        #expect(try standing("hipaa-hhs", told.incident).state == .met)
        #expect(try standing("gdpr-authority/NO", told.incident).state == .open)
        var other = triaged()
        other.go(.file, change: ["rule": "gdpr-authority", "authority": "Datatilsynet"])
        #expect(try standing("gdpr-authority/NO", other.incident).state == .met)
        #expect(try standing("hipaa-hhs", other.incident).state == .open)
        var elsewhere = triaged()
        elsewhere.go(.file, change: ["rule": "gdpr-authority", "jurisdiction": "LT"])
        #expect(try standing("gdpr-authority/NO", elsewhere.incident).state == .open)
    }

    @Test func `an acknowledgement counts for the authority that it names`() throws {
        func reported(_ receipts: JSONValue) -> Incident {
            var story = triaged()
            story.go(
                .declare,
                .contain,
                .preserve,
                .scope,
                .assess,
                .decide,
                .notify,
                .deliver
            )
            story.go(.reportOut, change: ["receipts": receipts])
            return story.incident
        }
        let told = reported(["HHS 2026-17", ["authority": "Datatilsynet", "receipt": "A-1"]])
        #expect(try standing("hipaa-hhs", told).state == .met)
        #expect(try standing("gdpr-authority/NO", told).state == .met)
        let vague = reported(["HHSX 4", "sent to all of them"])
        #expect(try standing("hipaa-hhs", vague).state == .open)
        #expect(try standing("gdpr-authority/NO", vague).state == .open)
    }

    @Test func `after the deadline it is late, and without any word it is missed`() throws {
        var late = triaged()
        late.minute = 6_000
        late.go(.file, change: ["rule": "gdpr-authority"])
        #expect(try standing("gdpr-authority/NO", late.incident).state == .late)
        let silent = try standing(
            "gdpr-authority/NO",
            triaged().incident,
            at: Self.time("2026-07-01T00:00:00Z")
        )
        #expect(silent.state == .missed && silent.doneAt == nil)
    }

    @Test func `persons are told when no letter is open`() throws {
        var story = triaged()
        story.go(.declare, .contain, .preserve, .scope, .assess, .decide, .notify)
        story.go(.deliver, change: ["letters": ["0001-en"]])
        #expect(try standing("hipaa-individual", story.incident).state == .open)
        story.go(.deliver, change: ["letters": ["0002-ta"]])
        #expect(try standing("hipaa-individual", story.incident).state == .met)
        story.go(.deliver, change: ["letters": ["0002-ta"], "outcome": "returned"])
        #expect(try standing("hipaa-individual", story.incident).state == .open)
        story.go(.deliver, change: ["letters": ["0002-ta"], "outcome": "substitute"])
        // Whom a further scope finds has not been told by the letters of the scope before.
        story.go(.scope, change: ["newFacts": "second session", "difference": "one more"])
        #expect(try standing("hipaa-individual", story.incident).state == .open)
    }
    private static func closed(_ steps: IncidentEvent...) -> IncidentStory {
        var story = IncidentStory()
        for step in steps { story.go(step) }
        return story
    }

    private static func events(_ story: IncidentStory) -> JSONValue? {
        CaseFacts(story.incident).document["events"]
    }

    @Test func `new facts after the letters have a clock of their own`() throws {
        var story = Self.closed(
            .report,
            .triage,
            .declare,
            .contain,
            .preserve,
            .scope,
            .assess,
            .decide,
            .notify,
            .deliver
        )
        story.go(.file, change: ["rule": "hipaa-hhs", "authority": "HHS"])
        story.go(.reportOut, .remediate, .close)
        #expect(try standing("hipaa-hhs", story.incident).state == .met)
        story.go(.reopen, change: ["knownSince": "2026-05-28T20:25:00Z"])
        let events = try #require(Self.events(story))
        #expect(events["discovered"] == "2026-05-28T20:25:00Z")
        #expect(events["aware"] == "2026-05-28T20:25:00Z")
        for name in ["should_have_known", "individuals_notified", "scope_identified"] {
            #expect(events[name] == nil, "\(name)")
        }
        #expect(try standing("hipaa-hhs", story.incident).state == .open)
        story.go(.file, change: ["rule": "hipaa-hhs", "authority": "HHS"])
        #expect(try standing("hipaa-hhs", story.incident).state == .met)
    }

    @Test func `a case dismissed by mistake keeps its first clock`() throws {
        var story = Self.closed(.report, .dismiss)
        let before = try #require(Self.events(story))
        story.go(.reopen, change: ["knownSince": "2026-05-28T20:25:00Z"])
        #expect(story.incident.renewal == nil)
        #expect(Self.events(story)?["discovered"] == before["discovered"])
    }
}
