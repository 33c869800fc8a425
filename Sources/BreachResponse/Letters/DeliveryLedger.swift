public import VaultCore

/// What became of the letters of a case, folded from its `deliver` records; nothing is ever taken back.
public struct DeliveryLedger: Sendable, Hashable {
    /// What happened to a letter.
    public enum Outcome: String, Sendable, Hashable, CaseIterable {
        /// Handed to the carrier, with its proof.
        case sent
        /// Received, with its proof.
        case delivered
        /// Came back: open again until it is sent anew or a substitute notice is made.
        case returned
        /// Told in another way that the law allows: telephone, other writing, home page, media.
        case substitute

        /// Whether the letter needs nothing more.
        public var isSettled: Bool { self != .returned }
    }

    /// One letter's story.
    public struct Entry: Sendable, Hashable {
        /// What happened last.
        public var outcome: Outcome
        /// By which channel.
        public var channel: String
        /// The proof of it.
        public var proof: String
        /// When it was recorded.
        public var time: String
        /// How often it was sent.
        public var tries: Int64
        /// How often it came back.
        public var returns: Int64
    }

    /// Letters of the newest queue.
    public let letterCount: Int64
    /// Version of the scope whose persons the newest queue writes to; 0 where there is none.
    public let scopeVersion: Int64
    /// What became of each letter of the newest queue that anything was recorded of.
    public let entries: [String: Entry]

    /// Folds a case.
    ///
    /// - Parameter incident: The case.
    public init(_ incident: Incident) {
        var count: Int64 = 0
        var version: Int64 = 0
        var entries: [String: Entry] = [:]
        for record in incident.records {
            let things = record["artefacts"]
            switch record["event"]?.string {
            case IncidentEvent.notify.rawValue:
                // Names repeat from queue to queue: what became of an earlier letter says nothing here.
                count = things?["letters"]?.int ?? 0
                version = record["scopeVersion"]?.int ?? 0
                entries = [:]
            case IncidentEvent.deliver.rawValue:
                guard let outcome = things?["outcome"]?.string.flatMap(Outcome.init(rawValue:))
                else { continue }
                for letter in things?["letters"]?.stringArray ?? [] {
                    let before = entries[letter]
                    entries[letter] = Entry(
                        outcome: outcome,
                        channel: things?["channel"]?.string ?? "",
                        proof: things?["proof"]?.string ?? "",
                        time: record["time"]?.string ?? "",
                        tries: (before?.tries ?? 0) + (outcome == .sent ? 1 : 0),
                        returns: (before?.returns ?? 0) + (outcome == .returned ? 1 : 0)
                    )
                }
            default: break
            }
        }
        letterCount = count
        scopeVersion = version
        self.entries = entries
    }

    /// Letters that nothing was recorded of, or that came back.
    public var openCount: Int64 {
        letterCount - Int64(entries.values.count(where: \.outcome.isSettled))
    }

    /// Letters that came back last time.
    public var returned: [String] {
        entries.filter { $0.value.outcome == .returned }.keys.sorted()
    }

    /// The ledger as a document, letters by name.
    public var document: JSONValue {
        let rows = entries.sorted { $0.key < $1.key }.map { name, entry -> JSONValue in
            [
                "letter": .string(name), "outcome": .string(entry.outcome.rawValue),
                "channel": .string(entry.channel), "proof": .string(entry.proof),
                "time": .string(entry.time), "tries": .int(entry.tries),
                "returns": .int(entry.returns),
            ]
        }
        return [
            "letters": .int(letterCount), "open": .int(openCount),
            "returned": .strings(returned), "entries": .array(rows),
        ]
    }
}
