import BreachResponse
import Testing
import VaultCore

/// What is attached must be what its name says: times that have come, words of the table, no slip accepted.
struct ArtefactTests {
    /// A story up to a state from which the event can be tried.
    private func story(before event: IncidentEvent) -> IncidentStory {
        var story = IncidentStory()
        switch event {
        case .report: break
        case .triage: story.go(.report)
        case .reopen: story.go(.report, .dismiss)
        case .deliver:
            story.go(.report, .triage, .declare, .contain, .preserve, .scope, .assess, .decide)
            story.go(.notify)
        default: story.go(.report, .triage)
        }
        return story
    }

    private static let slips: [(event: IncidentEvent, name: String, value: JSONValue)] = [
        (.report, "knownSince", "yesterday"), (.report, "knownSince", "2026-02-30"),
        (.report, "shouldHaveKnownSince", "2036-01-01T00:00:00Z"),
        (.report, "from", "2027-02-03T00:00:00Z"), (.report, "until", "soon"),
        (.triage, "severity", "very"), (.triage, "dataKinds", ["medikal"]),
        (.triage, "dataKinds", ["medical", 4]), (.triage, "estimate", -1),
        (.triage, "lane", "quick"), (.reopen, "knownSince", "yesterday"),
        (.reopen, "knownSince", "2026-05-30"), (.hold, "form", "verbal"),
        (.hold, "statementDate", "soon"), (.hold, "statementDate", "2026-06-30"),
        (.hold, "until", "never"), (.evidence, "hash", "12"), (.deliver, "outcome", "lost"),
        (.deliver, "letters", ["0001-en", "0001-en"]),
    ]

    @Test(arguments: ArtefactTests.slips.indices)
    func `a slip is refused by name, with what is wanted and an example`(_ index: Int) throws {
        let (event, name, value) = Self.slips[index]
        var story = story(before: event)
        let reasons = story.tryStep(story.request(event, [name: value]))
        let found = reasons.compactMap { reason -> IncidentArtefact? in
            if case .artefactUnfit(let artefact) = reason { artefact } else { nil }
        }
        #expect(found.map(\.name) == [name], "\(event) \(name): \(reasons)")
        #expect(reasons.count == 1, "\(reasons)")
        let message = try #require(reasons.first?.message)
        #expect(message.contains("`\(name)` is not") && message.contains("`\(name)="), "\(message)")
        // Without the slip the same step is taken.
        story.go(event)
    }

    @Test func `a clock may be a little ahead, and a day may have begun elsewhere`() {
        func isTaken(_ time: String) -> Bool {
            var story = IncidentStory()
            return story.tryStep(story.request(.report, ["knownSince": .string(time)])).isEmpty
        }
        // The story begins at 20:26:40Z on 28 May.
        #expect(isTaken("2026-05-28T20:31:40Z"))
        #expect(!isTaken("2026-05-28T20:31:41Z"))
        #expect(isTaken("2026-05-29"))
        #expect(!isTaken("2026-05-30"))
    }

    @Test func `times of a report and of a hold stand in an order that can be`() {
        func reasons(_ change: [String: JSONValue]) -> [IncidentRefusal] {
            var story = IncidentStory()
            return story.tryStep(story.request(.report, change))
        }
        #expect(
            reasons(["from": "2026-05-20T00:00:00Z", "until": "2026-05-19T00:00:00Z"])
                == [.outOfOrder(earlier: "from", later: "until")]
        )
        #expect(
            reasons(["from": "2026-05-28T11:00:00Z"]) == [
                .outOfOrder(earlier: "from", later: "shouldHaveKnownSince"),
                .outOfOrder(earlier: "from", later: "knownSince"),
            ]
        )
        var held = story(before: .hold)
        #expect(
            held.tryStep(held.request(.hold, ["until": "2026-05-20"]))
                == [.outOfOrder(earlier: "statementDate", later: "until")]
        )
    }

    @Test(arguments: [("occurred", "2036-01-01"), ("occured", "2026-01-01")])
    func `an event that any step states has come, and is one that the clocks know`(
        _ name: String,
        _ time: String
    ) {
        var story = story(before: .note)
        let events: JSONValue = .object([.init(name, .string(time))])
        let reasons = story.tryStep(story.request(.note, ["events": events]))
        guard case .artefactUnfit(let artefact)? = reasons.first else {
            Issue.record("taken: \(reasons)")
            return
        }
        #expect(artefact.name == "events.\(name)" && reasons.count == 1)
        story.go(.note, change: ["events": ["occurred": "2026-01-01"]])
    }
}
