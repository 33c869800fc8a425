import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// FHIR's RESTful interactions, as an integration that treats the patient uses them.
struct RESTTests {
    private let h: ServerHarness
    private let token: String

    init() throws {
        h = try ServerHarness()
        try h.take([
            #"{"resourceType":"Practitioner","id":"d","identifier":[{"system":"urn:npi","value":"1"}]}"#,
            #"{"resourceType":"Patient","id":"a","name":[{"family":"A"}],"birthDate":"1980-01-02","#
                + #""identifier":[{"system":"urn:mrn","value":"7"}],"#
                + #""generalPractitioner":[{"reference":"Practitioner/d"}]}"#,
        ])
        let client = try h.enrol(
            "d",
            Guard_Requester(kind: .clinician, references: ["Practitioner/d"]),
            purposes: ["TREAT"]
        )
        token = try h.token(client)
    }

    private func send(
        _ method: String,
        _ target: String,
        _ body: String = "",
        headers: [(name: String, value: String)] = []
    ) -> HTTPReply {
        h.call(method, "/fhir\(target)", token: token, headers: headers, body: body)
    }

    private func observation(_ status: String = "final", id: String? = nil) -> String {
        #"{"resourceType":"Observation",\#(id.map { "\"id\":\"\($0)\"," } ?? "")"status":"\#(status)","#
            + #""code":{"text":"pulse"},"subject":{"reference":"Patient/a"},"category":[{"coding":[{"system":"#
            + #""http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"#
            + #""valueQuantity":{"value":72.50}}"#
    }

    private func create() throws -> String {
        let reply = send("POST", "/Observation", observation())
        #expect(reply.status == 201)
        return try #require(reply.location)
    }

    @Test func `a reader can ask for JSON on lines of its own, numbers and texts as they were`() {
        let plain = #"{"a":[1.50,{"b":"x,\"{} "}],"c":{},"d":[ ],"e":null}"#
        let indented = String(decoding: IndentedJSON.bytes(of: Array(plain.utf8)), as: UTF8.self)
        #expect(
            indented == """
                {
                  "a": [
                    1.50,
                    {
                      "b": "x,\\"{} "
                    }
                  ],
                  "c": {},
                  "d": [],
                  "e": null
                }
                """
        )
        let reply = h.call("GET", "/fhir/metadata?_pretty=true")
        #expect(reply.text.hasPrefix("{\n  \"resourceType\": \"CapabilityStatement\",\n"))
        #expect(reply.json == h.call("GET", "/fhir/metadata").json)
    }

    @Test func `create gives an id, a version and a place`() throws {
        let reply = send("POST", "/Observation", observation(id: "mine"))
        #expect(reply.status == 201)
        #expect(reply.header("etag") == "W/\"1\"")
        let id = try #require(reply.location)
        #expect(id != "mine")
        let read = send("GET", "/Observation/\(id)")
        #expect(read.status == 200)
        #expect(read.text.contains("72.50"))
        #expect(read.header("etag") == "W/\"1\"")
        #expect(read.header("last-modified")?.hasSuffix("GMT") == true)
        let unchanged = send(
            "GET",
            "/Observation/\(id)",
            headers: [("if-none-match", "W/\"1\"")]
        )
        #expect(unchanged.status == 304 && unchanged.body.isEmpty)
    }

    @Test func `update makes a version, and a stale one is refused`() throws {
        let id = try create()
        let body = observation("amended", id: id)
        let updated = send("PUT", "/Observation/\(id)", body, headers: [("if-match", "W/\"1\"")])
        #expect(updated.status == 200)
        #expect(updated.header("etag") == "W/\"2\"")
        let stale = send("PUT", "/Observation/\(id)", body, headers: [("if-match", "W/\"1\"")])
        #expect(stale.status == 412)
        #expect(send("GET", "/Observation/\(id)/_history/1").text.contains("\"final\""))
        #expect(send("GET", "/Observation/\(id)/_history/2").text.contains("\"amended\""))
        #expect(send("GET", "/Observation/\(id)/_history/3").status == 404)
        #expect(send("GET", "/Observation/\(id)/_history").total == 2)
        #expect(send("PUT", "/Observation/other", body).status == 400)
        #expect(send("PUT", "/Condition/\(id)", body).status == 400)
        #expect(send("PUT", "/Observation/new", observation(id: "new")).status == 405)
    }

    @Test func `a patch changes what it says, all of it or nothing`() throws {
        let id = try create()
        let media = [(name: "content-type", value: "application/json-patch+json")]
        let patched = send(
            "PATCH",
            "/Observation/\(id)",
            #"[{"op":"test","path":"/status","value":"final"},"#
                + #"{"op":"replace","path":"/status","value":"amended"},"#
                + #"{"op":"add","path":"/note","value":[{"text":"n"}]},"#
                + #"{"op":"copy","from":"/note/0","path":"/note/-"}]"#,
            headers: media
        )
        #expect(patched.status == 200)
        let read = send("GET", "/Observation/\(id)")
        #expect(read.text.contains("amended") && read.text.contains("72.50"))
        for bad in [
            #"[{"op":"test","path":"/status","value":"final"}]"#,
            #"[{"op":"remove","path":"/nothing"}]"#,
            #"[{"op":"replace","path":"/id","value":"x"}]"#,
            #"[{"op":"add","path":"/note/9","value":1}]"#, #"{"op":"add"}"#,
            #"[{"op":"replace","path":"/status","value":"done"}]"#,
        ] {
            let reply = send("PATCH", "/Observation/\(id)", bad, headers: media)
            #expect([400, 422].contains(reply.status), "\(bad)")
        }
        #expect(send("GET", "/Observation/\(id)").header("etag") == "W/\"2\"")
        #expect(send("PATCH", "/Observation/\(id)", #"{"status":"final"}"#).status == 415)
    }

    @Test func `a deleted resource is gone, its past is not, and verify is content`() throws {
        let id = try create()
        #expect(send("DELETE", "/Observation/\(id)").status == 204)
        #expect(send("GET", "/Observation/\(id)").status == 410)
        #expect(send("GET", "/Observation?patient=a").total == 0)
        let history = send("GET", "/Observation/\(id)/_history")
        #expect(history.total == 2)
        #expect(history.text.contains("\"DELETE\""))
        #expect(send("GET", "/Observation/\(id)/_history/1").status == 200)
        #expect(send("DELETE", "/Observation/\(id)").status == 404)
        #expect(try h.vault.verify().problems.isEmpty)
    }

    @Test func `conditional create finds what is there`() throws {
        let body =
            #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"#
            + #""subject":{"reference":"Patient/a"},"identifier":[{"system":"urn:o","value":"1"}]}"#
        let condition = [(name: "if-none-exist", value: "patient=a&identifier=urn:o|1")]
        #expect(send("POST", "/Observation", body, headers: condition).status == 201)
        #expect(send("POST", "/Observation", body, headers: condition).status == 200)
        #expect(send("GET", "/Observation?patient=a").total == 1)
        #expect(send("POST", "/Observation", body).status == 201)
        #expect(send("POST", "/Observation", body, headers: condition).status == 412)
    }

    @Test func `Prefer says how much comes back`() {
        let minimal = send(
            "POST",
            "/Observation",
            observation(),
            headers: [("prefer", "return=minimal")]
        )
        #expect(minimal.status == 201 && minimal.body.isEmpty)
        let outcome = send(
            "POST",
            "/Observation",
            observation(),
            headers: [("prefer", "return=OperationOutcome")]
        )
        #expect(outcome.text.contains("OperationOutcome"))
    }

    @Test(arguments: [
        ("{", 400), ("[]", 400), (#"{"resourceType":"Patient"}"#, 400),
        (#"{"resourceType":"Observation","status":"final","status":"x"}"#, 400),
        (#"{"resourceType":"Observation","code":{"text":"x"}}"#, 422),
        (#"{"resourceType":"Observation","status":"done","code":{"text":"x"}}"#, 422),
        (#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"foo":1}"#, 400),
        (#"{"resourceType":"Observation","status":"final","code":{"text":"x"}}"#, 422),
        (
            #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"#
                + #""subject":{"reference":"Patient/nobody"}}"#, 422
        ),
    ])
    func `a body that cannot be taken is told so without repeating it`(body: String, status: Int) {
        let reply = send("POST", "/Observation", body)
        #expect(reply.status == status)
        #expect(reply.text.contains("OperationOutcome"))
        #expect(!reply.text.contains("done") && !reply.text.contains("nobody"))
    }

    @Test func `deep nesting is refused`() {
        let deep = String(repeating: #"{"extension":["#, count: 10_000)
        #expect(send("POST", "/Observation", deep).status == 400)
    }

    @Test func `media types and methods that are not known are refused with the right status`() {
        let text = [(name: "content-type", value: "text/plain")]
        #expect(send("POST", "/Observation", observation(), headers: text).status == 415)
        #expect(send("GET", "/Patient/a", headers: [("accept", "application/xml")]).status == 406)
        #expect(send("GET", "/Patient/a?_format=xml").status == 406)
        #expect(h.call("GET", "/fhir/metadata?_format=application/xml").status == 406)
        #expect(send("GET", "/Patient/a?_format=json").status == 200)
        let trace = send("TRACE", "/Patient/a")
        #expect(trace.status == 405)
        #expect(trace.header("allow")?.contains("GET") == true)
        #expect(send("GET", "/Foo").status == 404)
        #expect(send("GET", "/Patient/$foo").status == 404)
    }

    @Test func `a transaction is one write, and its references follow`() throws {
        let bundle =
            #"{"resourceType":"Bundle","type":"transaction","entry":["#
            + #"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Encounter","status":"finished","#
            + #""class":{"code":"AMB"},"subject":{"reference":"Patient/a"}},"#
            + #""request":{"method":"POST","url":"Encounter"}},"#
            + #"{"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"#
            + #""subject":{"reference":"Patient?identifier=urn:mrn|7"},"#
            + #""performer":[{"reference":"Practitioner?identifier=urn:npi|1"}],"#
            + #""encounter":{"reference":"urn:uuid:1"}},"request":{"method":"POST","url":"Observation"}},"#
            + #"{"request":{"method":"GET","url":"Encounter?patient=a"}}]}"#
        let reply = send("POST", "", bundle)
        #expect(reply.status == 200, "\(reply.text)")
        let found = send("GET", "/Observation?patient=a&_include=Observation:encounter")
        #expect(found.ids().count == 1)
        #expect(found.ids("include").first?.hasPrefix("Encounter/") == true)
        #expect(found.text.contains("Practitioner/d"))
        let bad = bundle.replacing(#""status":"final""#, with: #""status":"done""#)
        #expect(send("POST", "", bad).status == 422)
        #expect(send("GET", "/Encounter?patient=a").total == 1)
    }

    @Test func `a batch answers each entry for itself`() {
        let reply = send(
            "POST",
            "",
            #"{"resourceType":"Bundle","type":"batch","entry":["#
                + #"{"request":{"method":"GET","url":"Patient/a"}},"#
                + #"{"request":{"method":"GET","url":"Patient/none"}},"#
                + #"{"request":{"method":"GET","url":"metadata"}},"#
                + #"{"resource":\#(observation()),"request":{"method":"POST","url":"Observation"}}]}"#
        )
        #expect(reply.status == 200)
        let statuses = reply.text.matches(of: /"status":"(\d\d\d)"/).map { String($0.1) }
        #expect(statuses == ["200", "404", "404", "201"])
    }

    @Test func `validate finds problems and stores nothing`() {
        let good = send("POST", "/Observation/$validate", observation())
        #expect(good.text.contains("informational"))
        let bad = send("POST", "/Observation/$validate", observation("done"))
        #expect(bad.status == 200)
        #expect(bad.text.contains("code-invalid"))
        #expect(send("GET", "/Observation?patient=a").total == 0)
    }

    @Test func `a search needs its patient, and finds one by identifier or by name`() {
        #expect(send("GET", "/Observation").status == 400)
        #expect(send("GET", "/Patient").status == 400)
        for target in [
            "/Patient?identifier=urn:mrn|7", "/Patient?_id=a",
            "/Patient?family=A&birthdate=1980-01-02",
            "/Patient?name=A",
        ] {
            #expect(send("GET", target).ids() == ["Patient/a"], "\(target)")
        }
        #expect(send("GET", "/Patient?identifier=urn:mrn|8").total == 0)
        #expect(send("GET", "/Practitioner?identifier=urn:npi|1").ids() == ["Practitioner/d"])
        #expect(send("GET", "/Practitioner/d").status == 200)
        #expect(send("GET", "/Patient?_id=a&foo=1").total == 1)
        let strict = send("GET", "/Patient?_id=a&foo=1", headers: [("prefer", "handling=strict")])
        #expect(strict.status == 400)
        let count = send("GET", "/Patient?_id=a&_count=0&_totalMethod=count")
        #expect(count.total == 1 && count.ids().isEmpty)
    }

    @Test func `elements and summaries are marked as parts`() {
        let part = send("GET", "/Patient?_id=a&_elements=name")
        #expect(part.text.contains("SUBSETTED") && !part.text.contains("birthDate"))
        let read = send("GET", "/Patient/a?_summary=true")
        #expect(read.text.contains("SUBSETTED"))
    }

    @Test func `what is public is made from the tables`() throws {
        let metadata = h.call("GET", "/fhir/metadata")
        #expect(metadata.text.contains("\"fhirVersion\":\"4.0.1\""))
        #expect(metadata.text.contains("/auth/token"))
        let smart = h.call("GET", "/fhir/.well-known/smart-configuration")
        #expect(
            smart.json["token_endpoint"]?.string == "\(ServerHarness.origin)/auth/token"
        )
        let api = h.call("GET", "/openapi.json").json
        #expect(api["paths"]?.object?.count == Set(Route.all.map(\.pattern)).count)
    }
}

extension HTTPReply {
    /// The id in `Location`.
    var location: String? {
        header("location").flatMap { text in
            let parts = text.split(separator: "/")
            return parts.count > 3 ? String(parts[parts.count - 3]) : nil
        }
    }
}
