internal import VaultCore

/// Which events cannot come before which.
enum EventOrder {
    /// What makes a date impossible.
    private static let impossible: [(BreachEvent, [BreachEvent])] = [
        (
            .occurred,
            BreachEvent.allCases.filter { ![.occurred, .yearEnd, .requestReceived].contains($0) }
        ),
        (.suspected, [.determined, .assessedNotifiable]),
        (
            .discovered,
            [
                .determined, .scopeIdentified, .assessedNotifiable, .regulatorNotified,
                .hhsNotified, .individualsNotified,
            ]
        ),
    ]

    /// What two people can see differently, and one of them wrongly.
    private static let doubtful: [(BreachEvent, [BreachEvent])] = [
        (.discovered, [.aware]), (.shouldHaveKnown, [.discovered]),
        (.aware, [.assessedNotifiable, .regulatorNotified]),
    ]

    /// Days without a time count as in order where any reading of them is.
    static func check(_ events: [BreachEvent: ZonedTime]) throws(BreachResponseError) {
        for (first, others) in impossible {
            for other in others where isReversed(first, other, events) {
                throw .outOfOrder(earlier: first.rawValue, later: other.rawValue)
            }
        }
    }

    /// Contradictions that somebody should look at again.
    static func doubts(_ events: [BreachEvent: ZonedTime]) -> [String] {
        doubtful.flatMap { first, others in
            others.filter { isReversed(first, $0, events) }.map {
                "`\($0.rawValue)` lies before `\(first.rawValue)`: check both"
            }
        }
    }

    private static func isReversed(
        _ first: BreachEvent,
        _ other: BreachEvent,
        _ events: [BreachEvent: ZonedTime]
    ) -> Bool {
        guard let start = events[first], let time = events[other] else { return false }
        return time.latest < start.instant
    }
}
