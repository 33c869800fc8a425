import Consent
import Foundation
import Testing
import VaultTestSupport

/// The table of docs/peer-cases.md: every case of a peer, what they say, what we say, and why we differ.
///
/// `PEER_TABLE_WRITE=1` writes the page; without it the page must be what this test would write.
struct PeerTableTests {
    /// Why we differ on purpose, by peer and case; a reason without a difference is a fault as well.
    private static let reasons: [String: String] = [
        "HL7 R4 `notThem`: another clinician":
            "a root without a type under `OPTIN` may be an exception or a rule: it denies what it names",
        "HL7 R4 `notThis`: another item":
            "a root without a type under `OPTIN` may be an exception or a rule: it denies what it names",
        "HL7 R4 `grantor`: the recipient named":
            "a rule without a type opens nothing, and the opt-out above it stands",
        "HL7 R4 `Emergency`: emergency treatment":
            "the rule without a type opens nothing; emergencies are declared with a reason",
        "SHIFT AB 352 `Example`: a record labelled ABORTION": place,
        "SHIFT AB 352 `Example`: a record labelled CONTRACEPTION": place,
        "SHIFT AB 352 `Example2`: a record labelled ABORTION": place,
        "SHIFT AB 352 `Example4`: a record labelled ABORTION": place,
        "LEAP: leap-r4-37": purposes, "LEAP: leap-r5-38": purposes,
    ]
    private static let place = "where the data goes cannot be verified, so a place opens nothing"
    private static let purposes =
        "they permit when any purpose asked for is consented; data given for two is used for both"

    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/peer-cases.md")

    private struct Row {
        let peer: String
        let name: String
        let they: String
        let we: String
        let by: String

        var key: String { "\(peer): \(name)" }
        var differs: Bool { they != we }
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `every difference from a peer is on purpose, and the page tells all of them`() throws {
        var rows = try (PeerCase.hl7() + PeerCase.shift()).map { item in
            let answer = try decide(item.line)
            return Row(
                peer: item.peer,
                name: item.name,
                they: item.they,
                we: answer.decision,
                by: answer.rules.joined(separator: " ")
            )
        }
        rows += try Self.leap()
        let (ihe, alike) = try Self.ihe()
        let differing = Set(rows.filter(\.differs).map(\.key))
        #expect(differing == Set(Self.reasons.keys))
        #expect(ihe == alike)
        let text = Self.text(rows, ihe: ihe)
        if ProcessInfo.processInfo.environment["PEER_TABLE_WRITE"] == "1" {
            try text.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == text)
    }

    private static func leap() throws -> [Row] {
        let bytes = try SharedData.bytes("consent/leap/decision-cases-dev.jsonl")
        return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { row in
            let value = try JSONSerialization.jsonObject(with: Data(row.utf8))
            let item = value as? [String: Any] ?? [:]
            let wanted = (item["expect"] as? [String: Any])?["decision"] as? String
            let answer = try decide(try LEAPCaseTests.line(item))
            return Row(
                peer: "LEAP",
                name: item["id"] as? String ?? "?",
                they: wanted == "CONSENT_PERMIT" ? "permit" : "deny",
                we: answer.decision,
                by: answer.rules.joined(separator: " ")
            )
        }
    }

    /// Rows of IHE's matrix, and those that are decided as its notes say.
    private static func ihe() throws -> (rows: Int, alike: Int) {
        let bytes = try SharedData.bytes("consent/ihe-pcf/decision-matrix-dev.csv")
        var files = IHEMatrixTests.Files()
        var counts = (rows: 0, alike: 0)
        for row in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .dropFirst()
        {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                .map { String($0).trimmingCharacters(in: .whitespacesAndNewlines) }
            let answer = try decide(try IHEMatrixTests.line(fields, &files))
            counts.rows += 1
            if answer.decision == (fields[5] == "permit" ? "permit" : "deny") { counts.alike += 1 }
        }
        return counts
    }

    private static func text(_ rows: [Row], ihe: Int) -> String {
        let differing = rows.count { $0.differs }
        var lines = [
            "# Peers' own cases",
            "",
            "Written by `Tests/ConsentTests/Peers/PeerTableTests.swift`, which fails where this page and the",
            "decisions differ. The cases are HL7's, IHE's, LEAP's and SHIFT's own; their files are not part of",
            "this repository.",
            "",
            "- IHE Privacy Consent on FHIR: \(ihe) rows of its consents, requesters, purposes and resources, all",
            "  decided as its notes say; rows that the notes leave open are denied.",
            "- HL7, LEAP and SHIFT: \(rows.count) cases, \(differing) decided otherwise on purpose.",
            "",
            "| peer | case | they | we | decided by | why we differ |",
            "| ---- | ---- | ---- | -- | ---------- | ------------- |",
        ]
        for row in rows {
            let why = row.differs ? reasons[row.key] ?? "" : ""
            lines.append(
                "| \(row.peer) | \(row.name) | \(row.they) | \(row.we) | `\(row.by)` | \(why) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
