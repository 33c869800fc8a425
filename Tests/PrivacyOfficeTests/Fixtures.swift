@testable import Guard
import PrivacyOffice
import VaultCore

/// Entries of a made-up log; only the fields that the tests are about differ.
struct LogFixture {
    private(set) var entries: [LoggedEntry] = []
    private static let start = Instant(seconds: 1_790_000_000)

    /// An hour between entries.
    static func time(_ index: Int) -> Instant {
        start.advanced(by: .seconds(Int64(index) * 3_600))
    }

    @discardableResult
    mutating func add(
        _ kind: String,
        by actor: String,
        _ actorKind: String = "clinician",
        patient: String? = "Patient/1",
        part: JSONValue = [:],
        header: [String: JSONValue] = [:],
        at time: Instant? = nil
    ) -> Int {
        let index = entries.count
        var members: [JSONValue.Member] = [
            .init("actor", .string(actor)), .init("actorKind", .string(actorKind)),
        ]
        for (key, value) in header.sorted(by: { $0.key < $1.key }) {
            members.append(.init(key, value))
        }
        let bytes = [UInt8](repeating: 1, count: 16)
        let parts = patient.flatMap { reference in
            PatientPseudonym(bytes: bytes).map {
                [LoggedEntry.Part(pseudonym: $0, reference: reference, body: part)]
            }
        }
        entries.append(
            LoggedEntry(
                index: UInt64(index),
                kind: kind,
                time: time ?? Self.time(index),
                header: .object(members),
                parts: parts ?? []
            )
        )
        return index
    }

    /// A permitted read whose manifest stands in the decision.
    mutating func saw(
        _ actor: String,
        _ kind: String = "clinician",
        rules: [String] = ["provider-treatment"],
        purpose: String = "TREAT",
        records: Int64 = 3,
        header more: [String: JSONValue] = [:],
        at time: Instant? = nil
    ) {
        var header: [String: JSONValue] = [
            "decision": "permit", "rules": .strings(rules), "purpose": .strings([purpose]),
            "categories": ["visits"], "breakGlassReason": "none",
        ]
        header.merge(more) { $1 }
        add(
            "decision",
            by: actor,
            kind,
            part: ["manifest": "0-2", "released": .int(records)],
            header: header,
            at: time
        )
    }
}
