import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// Words that nobody else uses are planted everywhere and must be found nowhere on disk.
struct CanaryTests {
    private static let words = [
        "Zqxfamilyzqx", "zqxgivenzqx", "ZQXMRN4711", "zqxnotetextzqx", "zqxsearchzqx",
        "zqxbreakglasszqx", "zqxclaimzqx", "zqxerasereasonzqx", "zqxrestrictedzqx",
        "zqxconditionzqx", "zqxstreetzqx", "555867530900", "zqxpurposezqx", "zqxtypezqx",
    ]

    private func fill(_ hard: HardVault, _ messages: inout [String]) throws {
        let more =
            #","telecom":[{"system":"phone","value":"555867530900"}],"address":[{"line":["zqxstreetzqx"]}]"#
        try hard.take([
            Small.practitioner,
            Small.patient("zqxidzqx", family: "Zqxfamilyzqx", more: more)
                .replacing("MRN-zqxidzqx", with: "ZQXMRN4711")
                .replacing("Test", with: "zqxgivenzqx"),
            Small.patient("b"),
            Small.condition("c", of: "zqxidzqx", more: #","note":[{"text":"zqxconditionzqx"}]"#),
            Small.note("d", of: "zqxidzqx", text: "zqxnotetextzqx depression"),
        ])
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/zqxidzqx"])
        )
        let officers = try ["one", "two"].map {
            try hard.register($0, Requester(kind: .privacyOfficer))
        }
        #expect(try hard.request(patient, "zqxidzqx", "PATRQT").released != nil)
        _ = try hard.request(clinician, "zqxidzqx", "TREAT", "zqxpurposezqx")
        _ = try hard.request(clinician, "zqxidzqx", "TREAT") {
            $0.breakGlass = BreakGlass(reason: "zqxbreakglasszqx", note: "zqxbreakglasszqx")
            $0.claim = "zqxclaimzqx"
            $0.types = ["zqxtypezqx"]
        }
        var query = FindQuery(name: "zqxsearchzqx Zqxfamilyzqx")
        _ = try hard.vault.guard.find(query, by: try hard.session(clinician))
        query = FindQuery()
        query.identifier = ("urn:mrn", "ZQXMRN4711")
        #expect(
            try hard.vault.guard.find(query, by: try hard.session(clinician)).patients.count == 1
        )
        _ = try hard.vault.restrict(
            .id(try #require(FHIRID("zqxidzqx"))),
            RestrictionStatement(kind: .blockedPerson, person: "Practitioner/zqxrestrictedzqx"),
            by: try hard.session(patient),
            context: CallContext()
        )
        _ = try hard.vault.erase(
            .id(try #require(FHIRID("b"))),
            reason: "zqxerasereasonzqx",
            basis: "zqxerasereasonzqx",
            by: try hard.session(officers[0]),
            second: try hard.session(officers[1]),
            context: CallContext()
        )
        for text in [
            "zqxnotetextzqx", #"{"resourceType":"zqxtypezqx"}"#,
            #"{"resourceType":"Condition","id":"zqxconditionzqx"}"#,
            Small.condition("zqxconditionzqx", of: "zqxunknownzqx"),
            #"{"resourceType":"Patient","id":"zqx","name":[{"family":"zqxfamilyzqx","family":"x"}]}"#,
            #"{"resourceType":"Patient","id":"zqx idzqx"}"#,
        ] {
            do {
                _ = try hard.vault.importFile(
                    MemorySource(Array(text.utf8)),
                    by: .operator,
                    context: CallContext()
                )
            } catch { messages += texts(of: error) }
        }
        for body in [#"{"resourceType":"Consent","status":"zqxtypezqx"}"#, "zqxnotetextzqx"] {
            do {
                _ = try hard.vault.addConsent(
                    Array(body.utf8),
                    by: try hard.session(patient),
                    context: CallContext(),
                    now: hard.clock.now()
                )
            } catch { messages += texts(of: error) }
        }
    }

    private func texts(of error: any Error) -> [String] {
        var texts = ["\(error)", String(reflecting: error), error.localizedDescription]
        if let failure = error as? any Failure {
            texts += [failure.message, failure.hint, failure.code]
        }
        return texts
    }

    private func search(_ hard: HardVault, _ when: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: hard.folder.path)
        #expect(names.contains("guard.sqlite") && names.contains("records.sqlite"))
        for name in names {
            let data = try Data(contentsOf: hard.folder.appending(path: name))
            for word in Self.words + ["zqxidzqx", "MRN", "resourceType", "Condition"] {
                for form in [word, word.lowercased(), word.uppercased()] {
                    var utf16: [UInt8] = []
                    for unit in form.utf16 { utf16 += [UInt8(truncatingIfNeeded: unit), 0] }
                    let base64 = String(Data(form.utf8).base64EncodedString().dropLast(4))
                    #expect(data.range(of: Data(form.utf8)) == nil, "\(word) in \(name) \(when)")
                    #expect(data.range(of: Data(utf16)) == nil, "\(word) in \(name) \(when)")
                    #expect(data.range(of: Data(base64.utf8)) == nil, "\(word) in \(name) \(when)")
                }
            }
        }
    }

    @Test func `no planted word reaches a file of the vault, open or closed, nor a message`() throws
    {
        let hard = try HardVault()
        var messages: [String] = []
        try fill(hard, &messages)
        try search(hard, "open")
        try hard.close()
        try search(hard, "closed")
        #expect(messages.count >= 20)
        for message in messages {
            #expect(!message.lowercased().contains("zqx"), "\(message)")
        }
    }

    @Test func `no problem of a damaged vault names anybody`() throws {
        let hard = try HardVault()
        var messages: [String] = []
        try fill(hard, &messages)
        try hard.close()
        try hard.alter(hard.recordPath, "UPDATE record_version SET sealed = randomblob(90)")
        try hard.alter(
            hard.guardPath,
            "UPDATE entries SET bytes = randomblob(300) WHERE idx % 3 = 0; DELETE FROM items WHERE kind IN (6, 9)"
        )
        do {
            try hard.reopen()
            messages = try hard.problems().map(\.detail)
            #expect(!messages.isEmpty)
        } catch { messages = texts(of: error) }
        for message in messages {
            #expect(!message.lowercased().contains("zqx"), "\(message)")
        }
    }

    @Test func `what the Guard hands out does not print its keys`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a")])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        let outcome = try hard.vault.guard.release(
            request,
            by: try hard.signed(patient, request.json)
        )
        guard case .granted(let grant) = outcome else { throw GuardError.grantEnded }
        var dumped = ""
        dump(grant.segments, to: &dumped)
        dumped += "\(grant)" + String(reflecting: grant.segments)
        let key = grant.segments[0].readKey.withBytes { Array($0) }
        #expect(!dumped.contains(Hex.encode(key)) && !dumped.contains(Base64.encode(key)))
        #expect(!dumped.contains("\(Array(key.prefix(4)))".dropFirst().dropLast()))
    }
}
