import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// `$import`: who may, that a file is stored whole or not at all, and what its client learns.
struct ImportTests {
    private let h: ServerHarness
    private let registrar: TestClient

    init() throws {
        h = try ServerHarness()
        registrar = try h.enrol(
            "desk",
            Guard_Requester(kind: .registrar),
            purposes: ["PATADMIN"]
        )
    }

    private static let file = [
        #"{"resourceType":"Practitioner","id":"d","identifier":[{"system":"urn:npi","value":"1"}]}"#,
        #"{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/d"}]}"#,
        #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"pulse"},"#
            + #""subject":{"reference":"Patient/a"},"valueQuantity":{"value":72.50}}"#,
    ].joined(separator: "\n")

    private func send(
        _ body: String,
        _ client: TestClient,
        scope: String = "system/*.cruds",
        media: String = "application/fhir+ndjson",
        prefer: String = "respond-async"
    ) throws -> (HTTPReply, String) {
        let token = try h.token(client, scope: scope)
        let reply = h.call(
            "POST",
            "/fhir/$import",
            token: token,
            headers: [("content-type", media), ("prefer", prefer)],
            body: body
        )
        return (reply, token)
    }

    /// What the status says once it is no longer on its way.
    private func outcome(_ sent: (HTTPReply, String)) throws -> HTTPReply {
        #expect(sent.0.status == 202, "\(sent.0.text)")
        let place = try #require(sent.0.header("content-location"))
        let path = place.replacing(ServerHarness.origin, with: "")
        for _ in 0..<2_000 {
            let reply = h.call("GET", path, token: sent.1)
            if reply.status != 202 { return reply }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("the import does not end")
        return sent.0
    }

    @Test func `a registrar brings in a file, and facts in it count`() throws {
        let reply = try outcome(try send(Self.file, registrar))
        #expect(reply.status == 200, "\(reply.text)")
        let told = try #require(reply.json["outcome"]?.array?.first)
        #expect(told["resources"]?.int == 3 && told["stored"]?.int == 3)
        #expect(told["patients"]?.int == 1)
        #expect(reply.json["request"]?.string == "\(ServerHarness.origin)/fhir/$import")
        let doctor = try h.enrol(
            "d",
            Guard_Requester(kind: .clinician, references: ["Practitioner/d"]),
            purposes: ["TREAT"]
        )
        let read = h.call("GET", "/fhir/Observation/o", token: try h.token(doctor))
        #expect(read.status == 200 && read.text.contains("72.50"))
        // The same again is nothing new; a changed record is a new version.
        let again = try outcome(try send(Self.file, registrar))
        #expect(again.json["outcome"]?.array?.first?["stored"]?.int == 0)
        let changed = Self.file.replacing("final", with: "amended")
        #expect(
            try outcome(try send(changed, registrar)).json["outcome"]?.array?.first?["stored"]?.int
                == 1
        )
        #expect(
            h.call("GET", "/fhir/Observation/o", token: try h.token(doctor)).header("etag")
                == "W/\"2\""
        )
        #expect(try h.vault.verify().problems.isEmpty)
    }

    @Test func `a file with one bad line is refused whole, in words that say nothing of it`() throws
    {
        let bad = Self.file + "\n" + #"{"resourceType":"Observation","id":"x","secret":"Smith"}"#
        let reply = try outcome(try send(bad, registrar))
        #expect([400, 422].contains(reply.status), "\(reply.status)")
        #expect(reply.text.contains("OperationOutcome") && !reply.text.contains("Smith"))
        #expect(try h.vault.guard.status(by: .operator).patients == 0)
        #expect(try h.vault.verify().problems.isEmpty)
    }

    @Test func `only whose work it is, with a scope for all of it, as Bulk Data asks`() throws {
        let doctor = try h.enrol("d", Guard_Requester(kind: .clinician), purposes: ["TREAT"])
        let program = try h.enrol("p", Guard_Requester(kind: .integration), purposes: ["TREAT"])
        #expect(try send(Self.file, doctor).0.status == 403)
        #expect(try send(Self.file, program).0.status == 403)
        for scope in ["system/*.rs", "system/*.c", "system/Patient.cu", "system/*.cs"] {
            #expect(try send(Self.file, registrar, scope: scope).0.status == 403, "\(scope)")
        }
        #expect(try send(Self.file, registrar, media: "application/fhir+json").0.status == 415)
        #expect(try send(Self.file, registrar, prefer: "return=minimal").0.status == 400)
        #expect(try send("", registrar).0.status == 400)
        #expect(try h.vault.guard.status(by: .operator).patients == 0)
    }

    @Test func `an import is its client's alone, and what it stored stays`() throws {
        let sent = try send(Self.file, registrar)
        #expect(try outcome(sent).status == 200)
        let path = try #require(sent.0.header("content-location"))
            .replacing(ServerHarness.origin, with: "")
        let other = TestClient("other-desk")
        try h.register(other, for: "desk", purposes: ["PATADMIN"], scopes: ["system/*.cruds"])
        #expect(h.call("GET", path, token: try h.token(other)).status == 404)
        #expect(h.call("DELETE", path, token: sent.1).status == 202)
        #expect(h.call("GET", path, token: sent.1).status == 404)
        #expect(try h.vault.guard.status(by: .operator).patients == 1)
    }
}
