import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// L23 to L30: switches, syntax, and the log.
extension LeakTests {
    @Test func `L23: no header and no client's label switches anything off`() throws {
        let plain = get(Margaret.hidden)
        for header in [
            "x-suppress-unclassified-tag", "cds-redaction-enabled", "x-forwarded-user", "x-patient",
            "x-security-context",
        ] {
            let reply = h.call(
                "GET",
                "/fhir/\(Margaret.hidden)",
                token: token,
                headers: [(header, "false")]
            )
            #expect(reply.shape == plain.shape)
        }
        // A label that an update leaves out stays.
        let old = get("Condition/margaret-cond-6")
        #expect(old.status == 200)
        var tree = JSONTree(try parsed(old))
        tree["meta"] = nil
        let put = h.call(
            "PUT",
            "/fhir/Condition/margaret-cond-6",
            token: token,
            body: String(decoding: tree.bytes, as: UTF8.self)
        )
        if put.status == 200 {
            #expect(get("Condition/margaret-cond-6").text.contains("v3-Confidentiality"))
        } else {
            #expect(put.status == 422)
        }
    }

    private func parsed(_ reply: HTTPReply) throws -> JSONNode {
        var parser = JSONParser()
        return try parser.parse(reply.body).root
    }

    @Test func `L24: a Guard that cannot answer discloses nothing`() throws {
        _ = get(Margaret.visible)
        try h.vault.guard.seal()
        for target in [
            Margaret.visible, "Condition?patient=margaret", "Patient/margaret/$everything",
        ] {
            let reply = get(target)
            #expect(reply.status == 503, "\(target)")
            #expect(reply.header("retry-after") != nil)
            #expect(isClean(reply) && !reply.text.contains("Diabetes"))
        }
        #expect(h.call("GET", "/ready").status == 503)
        #expect(h.call("GET", "/health").status == 200)
    }

    @Test func `L25: a code that no table knows is not taken for harmless`() throws {
        try h.take([
            #"{"resourceType":"Condition","id":"odd","subject":{"reference":"Patient/margaret"},"#
                + #""code":{"coding":[{"system":"urn:unheard-of","code":"7"}]}}"#
        ])
        try m.consent("margaret-daughter")
        let token = try h.token(m.daughter)
        #expect(get("Condition/odd", token).status == 404)
    }

    @Test(arguments: [
        "system/*", "system/Patient.sr", "system/Patient.rs?category:not=x", "patient/Patient.rs",
        "system/Patient%2FObservation.rs", "system/Patient.rs?_id=1", "system/Patient.rs?a.b=c",
        "system/Patient/x.rs", "system/.rs", "System/Patient.rs", "system/Patient.rs?category=%20",
    ])
    func `L26: a scope that is not exactly one is none`(scope: String) throws {
        let claims = m.doctor.claims(
            audience: "\(ServerHarness.origin)/auth/token",
            now: h.clock.now()
        )
        let reply = h.tokenReply(try m.doctor.assertion(claims), scope: scope)
        #expect(reply.status == 400)
    }

    @Test(arguments: [
        "/fhir/Patient%2Fmargaret", "/fhir/Patient/..%2FPatient", "/fhir/../fhir/Patient/margaret",
        "/fhir//Patient/margaret", "/fhir/Patient/margaret%00", "/fhir/patient/margaret",
        "/FHIR/Patient/margaret", "/fhir/Patient/margaret\\x", "/fhir/Patient/%",
    ])
    func `L26: a path that plays tricks leads nowhere`(path: String) {
        #expect(h.call("GET", path, token: token).status == 404)
    }

    @Test func `L27: every answer with records has its entry with exactly these records`() throws {
        for target in [
            Margaret.visible, "\(Margaret.visible)/_history/1", "\(Margaret.visible)/_history",
            "Condition?patient=margaret", "Patient/margaret/Condition",
            "Patient/margaret/$everything", "Patient?_id=margaret&_revinclude=Condition:subject",
        ] {
            let before = try h.vault.guard.status().logSize
            let reply = get(target)
            #expect(reply.status == 200)
            let entries = try h.vault.guard.entries(LogQuery(), by: .operator)
                .filter { $0.index >= before && $0.kind == "disclosure" }
            var parser = JSONParser()
            let root = try parser.parse(reply.body).root
            let bundled = root["entry"]?.elements.compactMap {
                $0["resource"]?["resourceType"]?.string
            }
            let own = bundled.map { types in
                types.count { ResourceType(named: $0)?.mayBeShared != true }
            }
            let listed = entries.reduce(0) { sum, entry in
                sum + entry.parts.reduce(0) { $0 + Int($1.body["released"]?.int ?? 0) }
            }
            #expect(entries.count == 1, "\(target)")
            #expect(listed == (own ?? 1), "\(target)")
        }
    }

    @Test func `L28: an answer whose entry cannot be written does not leave`() throws {
        let view = get("Condition?patient=margaret")
        #expect(view.status == 200)
        try h.vault.guard.seal()
        #expect(get("Condition?patient=margaret").status == 503)
    }

    @Test
    func `L29: the log as AuditEvents is for officers and the patient, without clinical words`()
        throws
    {
        _ = get("Condition?patient=margaret")
        for (client, status) in [
            (m.officer, 200), (m.patient, 200), (m.doctor, 403), (m.stranger, 403), (m.plan, 403),
            (m.integration, 403),
        ] {
            let reply = get("AuditEvent?patient=margaret", try h.token(client))
            #expect(reply.status == status, "\(client.id)")
            for word in ["Diabetes", "44054006", "Whitfield", "code="] {
                #expect(!reply.text.contains(word), "\(client.id) \(word)")
            }
        }
        let other = get("AuditEvent?patient=marit", try h.token(m.patient))
        #expect(other.status == 403)
        for method in ["PUT", "DELETE"] {
            let reply = h.call(
                method,
                "/fhir/AuditEvent/entry-1",
                token: try h.token(m.officer),
                body: method == "PUT" ? #"{"resourceType":"AuditEvent","id":"entry-1"}"# : ""
            )
            #expect(reply.status == 405)
        }
    }

    @Test func `L29: a page of the log that cannot be is refused`() throws {
        let token = try h.token(m.officer)
        for query in ["_count=-1", "_page=-1", "_count=x", "_page=9223372036854775808"] {
            #expect(get("AuditEvent?patient=margaret&\(query)", token).status == 400, "\(query)")
        }
        #expect(get("AuditEvent?patient=margaret&_count=0&_page=9", token).status == 200)
    }

    @Test
    func `L30: breaking the glass needs a clinician and a coded reason, and opens one patient`()
        throws
    {
        let token = try h.token(m.emergency, purpose: ["ETREAT"])
        #expect(get("Patient/margaret", token).status == 404)
        func broken(_ target: String, _ token: String, _ reason: String) -> HTTPReply {
            h.call(
                "GET",
                "/fhir/\(target)",
                token: token,
                headers: [("x-break-glass", reason)]
            )
        }
        #expect(broken("Patient/margaret", token, "because").status == 404)
        #expect(broken("Patient/margaret", token, "unconscious").status == 200)
        // The emergency goes on for a while, for this patient alone.
        #expect(get("Patient/marit", token).status == 404)
        #expect(broken(Margaret.hidden, token, "unconscious").status == 404)
        // An export asks for many patients: what one emergency opened does not count in it.
        #expect(try ExportClient(h, token, "Patient/$export").addresses().isEmpty)
        // Another clinician's emergency it is not, and nobody's after four hours.
        #expect(get("Patient/margaret", try h.token(m.stranger)).status == 404)
        #expect(get("Patient/margaret", token).status == 200)
        let notes = try h.vault.guard.entries(LogQuery(), by: .operator).filter {
            $0.kind == "decision" && $0.header["breakGlassReason"]?.string == "unconscious"
        }
        #expect(notes.count >= 2 && notes.allSatisfy { !$0.parts.isEmpty })
        // Where it adds nothing it is answered, and noted, like everywhere else.
        let doctor = try h.token(m.doctor)
        #expect(broken(Margaret.visible, doctor, "unconscious").status == 200)
        h.clock.move(by: .seconds(4 * 3_600 + 1))
        let later = try h.token(m.emergency, purpose: ["ETREAT"])
        #expect(get("Patient/margaret", later).status == 404)
        for client in [m.plan, m.daughter, m.integration, m.researcher] {
            let other = try h.token(client)
            #expect(
                broken("Patient/margaret", other, "unconscious").status
                    == get("Patient/margaret", other).status
            )
        }
    }
}
