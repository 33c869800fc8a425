import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// L13 to L22: whose records, and what there is at all.
extension LeakTests {
    @Test func `L13: a search by POST is the search by GET, and a body cannot widen it`() {
        let form = [(name: "content-type", value: "application/x-www-form-urlencoded")]
        let posted = h.call(
            "POST",
            "/fhir/DocumentReference/_search",
            token: token,
            headers: form,
            body: "patient=margaret&_count=200"
        )
        #expect(posted.ids() == get("DocumentReference?patient=margaret&_count=200").ids())
        let both = h.call(
            "POST",
            "/fhir/DocumentReference/_search?patient=margaret",
            token: token,
            headers: form,
            body: "patient=marit-bjornstad"
        )
        #expect(both.total == 0)
    }

    @Test func `L14: each patient of a mixed answer is decided alone`() throws {
        // The doctor treats Margaret and not Marit.
        let reply = get("Condition?patient=margaret,marit,margaret&_count=200")
        #expect(reply.ids() == get("Condition?patient=margaret&_count=200").ids())
        let patients = get("Patient?_id=marit,margaret")
        #expect(patients.ids() == ["Patient/margaret"])
    }

    @Test
    func `L15: what is public says nothing of anybody, and there is no way to read labels alone`() {
        for path in ["/fhir/metadata", "/health", "/ready", "/openapi.json"] {
            let reply = h.call("GET", path)
            #expect(reply.status == 200)
            #expect(!reply.text.contains("argaret"))
        }
        #expect(get("\(Margaret.hidden)/$meta").status == 404)
    }

    @Test func `L16: hidden, absent, unknown and denied are one answer`() throws {
        let absent = get("DocumentReference/none")
        #expect(absent.status == 404)
        #expect(get(Margaret.hidden).shape == absent.shape)
        #expect(get("Condition/marit-cond-1").shape == get("Condition/none").shape)
        let stranger = try h.token(m.stranger)
        for target in ["Patient/margaret", "Patient/marit", "Patient/nobody"] {
            #expect(get(target, stranger).shape == get("Patient/none", stranger).shape)
        }
        let unknown = get("Condition?patient=nobody", stranger)
        let denied = get("Condition?patient=margaret", stranger)
        #expect(
            unknown.text.replacing("nobody", with: "margaret") == denied.text
        )
        for method in ["PUT", "PATCH", "DELETE"] {
            let media = method == "PATCH" ? "application/json-patch+json" : "application/fhir+json"
            func reply(_ id: String) -> HTTPReply {
                h.call(
                    method,
                    "/fhir/DocumentReference/\(id)",
                    token: token,
                    headers: [("content-type", media)],
                    body: method == "PATCH"
                        ? "[]"
                        : #"{"resourceType":"DocumentReference","id":"\#(id)","status":"current","#
                            + #""content":[{"attachment":{"title":"t"}}]}"#
                )
            }
            let id = String(Margaret.hidden.split(separator: "/")[1])
            #expect(reply(id).shape == reply("none").shape, "\(method)")
        }
    }

    @Test func `L16: every miss costs exactly one entry`() throws {
        func entries(_ work: () -> Void) throws -> UInt64 {
            let before = try h.vault.guard.status().logSize
            work()
            return try h.vault.guard.status().logSize - before
        }
        _ = get(Margaret.visible)
        let stranger = try h.token(m.stranger)
        for (target, token) in [
            (Margaret.hidden, token), ("DocumentReference/none", token),
            ("Condition/marit-cond-1", token), ("Patient/margaret", stranger),
            ("Patient/none", stranger), (Margaret.hidden, stranger),
        ] {
            #expect(try entries { _ = get(target, token) } == 1, "\(target)")
            #expect(try entries { _ = get("\(target)/_history", token) } == 1, "\(target)")
            #expect(try entries { _ = get("\(target)/_history/1", token) } == 1, "\(target)")
            // A token that has opened nothing yet pays no more.
            let fresh = try h.token(token == stranger ? m.stranger : m.doctor)
            #expect(try entries { _ = get(target, fresh) } == 1, "\(target)")
        }
    }

    @Test func `L16: a deleted record is gone for its readers, and absent for the rest`() throws {
        let target = "Condition/margaret-cond-8"
        #expect(h.call("DELETE", "/fhir/\(target)", token: token).status == 204)
        #expect(get(target).status == 410)
        let stranger = try h.token(m.stranger)
        let before = try h.vault.guard.status().logSize
        #expect(get(target, stranger).shape == get("Condition/none", stranger).shape)
        #expect(try h.vault.guard.status().logSize == before + 2)
    }

    @Test func `L17: a resource inside another is decided with it`() throws {
        try h.take([
            #"{"resourceType":"Patient","id":"c"}"#,
            #"{"resourceType":"CarePlan","id":"cp","status":"active","intent":"plan","#
                + #""subject":{"reference":"Patient/c"},"contained":[{"resourceType":"Condition","id":"x","#
                + #""subject":{"reference":"Patient/c"},"code":{"coding":[{"system":"#
                + #""http://hl7.org/fhir/sid/icd-10-cm","code":"B20"}]}}]}"#,
        ])
        _ = try h.enrol(
            "c-family",
            Guard_Requester(kind: .family),
            purposes: ["FAMRQT"]
        )
        let labels = try h.vault.guard.patients(
            holding: RecordID(type: "CarePlan", id: try #require(FHIRID("cp"))),
            by: .operator
        )
        #expect(labels.map(\.description) == ["Patient/c"])
        #expect(get("CarePlan/cp").status == 404)
    }

    @Test func `L19: a reference to what the reader cannot see is masked, hidden and absent alike`()
        throws
    {
        let plan = try h.token(m.plan)
        let claims = get("Claim?patient=margaret", plan)
        let everything = get("Patient/margaret/$everything")
        for reply in [claims, everything] {
            var parser = JSONParser()
            let root = try parser.parse(reply.body).root
            let ids = Set(reply.ids() + reply.ids("include"))
            for reference in references(in: root) {
                guard let record = RecordID(literal: reference),
                    ResourceType(named: record.type)?.mayBeShared != true,
                    record.description != "Patient/margaret"
                else { continue }
                #expect(ids.contains(record.description), "\(reference)")
            }
        }
    }

    private func references(in node: JSONNode) -> [String] {
        switch node.kind {
        case .object:
            return node.members.flatMap { key, value -> [String] in
                if key.string == "reference", let text = value.string { return [text] }
                return references(in: value)
            }
        case .array: return node.elements.flatMap { references(in: $0) }
        default: return []
        }
    }

    @Test func `L20: attachments have no address of their own`() {
        #expect(get("Binary/none").status == 404)
        #expect(h.call("GET", "/files/x", token: token).status == 404)
    }

    @Test func `L21: a linked patient is another patient`() throws {
        let practitioner = #""generalPractitioner":[{"reference":"Practitioner/prac-us-okafor"}]"#
        try h.take([
            #"{"resourceType":"Patient","id":"twin",\#(practitioner),"link":[{"other":"#
                + #"{"reference":"Patient/margaret"},"type":"seealso"}]}"#,
            #"{"resourceType":"Patient","id":"single",\#(practitioner)}"#,
        ])
        func client(_ name: String) throws -> String {
            let client = try h.enrol(
                name,
                Guard_Requester(kind: .patient, references: ["Patient/\(name)"]),
                purposes: ["PATRQT"]
            )
            return try h.token(client)
        }
        // Who treats both gets the one, and no word of the other with it.
        let reply = get("Patient/twin")
        #expect(reply.status == 200)
        #expect(!reply.text.contains("Patient/margaret"))
        #expect(get("Patient?_id=twin&_include=Patient:link").ids("include").isEmpty)
        // A Patient belongs to itself; the link opens nothing, and is not told to who may not see its target.
        let twin = try client("twin")
        let own = get("Patient/twin", twin)
        #expect(own.status == 200)
        #expect(!own.text.contains("argaret"))
        #expect(get("Patient/twin/$everything", twin).ids() == ["Patient/twin"])
        #expect(get("Patient?link=Patient/margaret&_id=twin", twin).total == 0)
        #expect(get("Patient/margaret", twin).shape == get("Patient/none", twin).shape)
        #expect(get("Patient?_id=twin&_include=Patient:link", twin).ids("include").isEmpty)
        let single = try client("single")
        #expect(get("Patient/single", single).status == 200)
        #expect(get("Patient/twin", single).status == 404)
    }

    @Test func `L22: a mention makes no membership`() throws {
        try h.take([
            #"{"resourceType":"Patient","id":"x"}"#,
            #"{"resourceType":"Observation","id":"focus","status":"final","code":{"text":"t"},"#
                + #""subject":{"reference":"Patient/x"},"focus":[{"reference":"Patient/margaret"}]}"#,
        ])
        #expect(get("Observation/focus").status == 404)
        #expect(!get("Observation?patient=margaret&_count=500").ids().contains("Observation/focus"))
        #expect(isClean(get("Patient/margaret/$everything")))
    }
}
