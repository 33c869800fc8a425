import FHIRModel
import Foundation
import Guard
import Testing
import VaultCore

@testable import VaultServer

/// What a consent would show, and conditions on writes: both see what their asker sees.
struct PreviewTests {
    private let m: Margaret
    private let h: ServerHarness

    init() throws {
        m = try Margaret()
        h = m.harness
    }

    private func preview(_ client: TestClient, bundle: Bool = false) throws -> HTTPReply {
        h.call(
            "POST",
            "/fhir/Consent/$preview",
            token: try h.token(client),
            body: Margaret.preview(
                "margaret-daughter",
                of: "RelatedPerson/rp-margaret-daughter",
                wantsBundle: bundle
            )
        )
    }

    private func number(_ reply: HTTPReply, _ name: String) -> Int? {
        var parser = JSONParser()
        let root = try? parser.parse(reply.body).root
        return root?["parameter"]?.elements.first { $0["name"]?.string == name }?["valueInteger"]?
            .integer
    }

    @Test func `the patient sees each record that the other would get, and nothing is stated`()
        throws
    {
        let reply = try preview(m.patient, bundle: true)
        #expect(reply.status == 200)
        let released = try #require(number(reply, "released"))
        #expect(released > 0 && (number(reply, "withheld") ?? 0) > 0)
        #expect(reply.text.contains("\"reference\":\"Encounter/"))
        var parser = JSONParser()
        let bundle = try parser.parse(reply.body).root["parameter"]?.elements
            .first { $0["name"]?.string == "return" }?["resource"]
        #expect(bundle?["entry"]?.count == released)
        let visits = h.call(
            "GET",
            "/fhir/Encounter?patient=margaret",
            token: try h.token(m.daughter)
        )
        #expect(visits.total == 0)
        // The consent in force shows what was foreseen.
        try m.consent("margaret-daughter")
        let token = try h.token(m.daughter)
        let everything = h.call("GET", "/fhir/Patient/margaret/$everything", token: token)
        #expect(everything.total == released)
    }

    @Test func `an officer sees categories only, and everybody else nothing`() throws {
        let officer = try preview(m.officer, bundle: true)
        #expect(officer.status == 200)
        #expect(!officer.text.contains("\"reference\"") && !officer.text.contains("\"return\""))
        for client in [m.doctor, m.daughter, m.plan, m.integration, m.researcher, m.stranger] {
            #expect(try preview(client).status == 403, "\(client.id)")
        }
        let part = TestClient("part-app")
        try h.register(
            part,
            for: "margaret",
            purposes: ["PATRQT"],
            scopes: ["system/Consent.cruds"]
        )
        let reply = h.call(
            "POST",
            "/fhir/Consent/$preview",
            token: try h.token(part, scope: "system/Consent.cruds"),
            body: Margaret.preview("margaret-daughter", of: "RelatedPerson/rp-margaret-daughter")
        )
        #expect(reply.status == 403)
    }

    // MARK: Conditions

    private func condition(_ text: String, id: String? = nil) -> String {
        #"{"resourceType":"Condition",\#(id.map { "\"id\":\"\($0)\"," } ?? "")"#
            + #""identifier":[{"system":"urn:t","value":"\#(text)"}],"code":{"text":"\#(text)"},"#
            + #""subject":{"reference":"Patient/margaret"}}"#
    }

    @Test func `a condition finds one to replace or delete, or makes one, or is refused`() throws {
        let token = try h.token(m.doctor)
        let query = "/fhir/Condition?patient=margaret&identifier=urn:t%7Cone"
        func put(_ body: String, _ target: String) -> HTTPReply {
            h.call("PUT", target, token: token, body: body)
        }
        let made = put(condition("one"), query)
        #expect(made.status == 201)
        let again = put(condition("one"), query)
        #expect(again.status == 200 && again.location == made.location)
        #expect(put(condition("one", id: "other"), query).status == 400)
        #expect(
            put(condition("two", id: "other"), query.replacing("one", with: "two")).status == 405
        )
        #expect(put(condition("one"), "/fhir/Condition?patient=margaret").status == 412)
        #expect(put(condition("one"), "/fhir/Condition").status == 400)
        #expect(h.call("DELETE", "/fhir/Condition?patient=margaret", token: token).status == 412)
        #expect(h.call("DELETE", query, token: token).status == 204)
        let gone = h.call("DELETE", query, token: token)
        #expect(gone.status == 404)
    }

    @Test func `a condition that only hidden records meet finds none`() throws {
        let token = try h.token(m.doctor)
        let id = Margaret.hidden.split(separator: "/")[1]
        func delete(_ id: some StringProtocol) -> HTTPReply {
            h.call("DELETE", "/fhir/DocumentReference?patient=margaret&_id=\(id)", token: token)
        }
        #expect(delete(id).shape == delete("none").shape)
        #expect(delete(id).status == 404)
        let other = h.call("DELETE", "/fhir/Condition?patient=marit", token: token)
        #expect(other.shape == h.call("DELETE", "/fhir/Condition?patient=none", token: token).shape)
    }
}
