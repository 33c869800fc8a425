import Consent
import FHIRModel
import Foundation
import Guard
import PrivacyOffice
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// Bulk Data: what an export carries, when it carries nothing any more, and what the log knows of it.
struct ExportTests {
    private let h: ServerHarness
    private let token: String
    private let client: TestClient

    init() throws {
        h = try ServerHarness()
        let doctor = #""generalPractitioner":[{"reference":"Practitioner/d"}]"#
        try h.take([
            #"{"resourceType":"Practitioner","id":"d","identifier":[{"system":"urn:npi","value":"1"}]}"#,
            #"{"resourceType":"Patient","id":"a",\#(doctor)}"#,
            #"{"resourceType":"Patient","id":"b",\#(doctor)}"#,
            #"{"resourceType":"Patient","id":"c"}"#,
            Self.observation("o1", "a"), Self.observation("o2", "a"), Self.observation("o3", "b"),
            Self.observation("o4", "c"),
            #"{"resourceType":"Group","id":"g","type":"person","actual":true,"member":"#
                + #"[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/b"}}]}"#,
            #"{"resourceType":"Group","id":"mixed","type":"person","actual":true,"member":"#
                + #"[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/c"}}]}"#,
        ])
        client = try h.enrol(
            "d",
            Guard_Requester(kind: .clinician, references: ["Practitioner/d"]),
            purposes: ["TREAT"]
        )
        token = try h.token(client)
    }

    private static func observation(
        _ id: String,
        _ patient: String,
        _ status: String = "final"
    )
        -> String
    {
        #"{"resourceType":"Observation","id":"\#(id)","status":"\#(status)","code":{"text":"pulse"},"#
            + #""subject":{"reference":"Patient/\#(patient)"},"valueQuantity":{"value":72.50}}"#
    }

    private func lines(_ export: ExportClient) throws -> [String] {
        try export.files().values.flatMap(\.lineIDs).sorted()
    }

    @Test func `patients, group and system carry the patients who permit it`() throws {
        let patients = try ExportClient(h, token, "Patient/$export")
        #expect(
            try lines(patients) == [
                "Group/g", "Observation/o1", "Observation/o2", "Observation/o3", "Patient/a",
                "Patient/b",
            ]
        )
        let group = try ExportClient(h, token, "Group/g/$export?_type=Observation")
        #expect(try lines(group) == ["Observation/o1", "Observation/o2", "Observation/o3"])
        let system = try ExportClient(h, token, "$export?_type=Patient,Practitioner")
        #expect(try lines(system) == ["Patient/a", "Patient/b", "Practitioner/d"])
        // A Group names all its patients: one who does not permit it keeps it back, as if it were not there.
        func kickOff(_ id: String) -> HTTPReply {
            h.call(
                "GET",
                "/fhir/Group/\(id)/$export",
                token: token,
                headers: [("prefer", "respond-async")]
            )
        }
        #expect(kickOff("mixed").shape == kickOff("none").shape)
        #expect(kickOff("mixed").status == 404)
    }

    @Test func `a Group whose members the client was given leaves out who does not permit it`()
        throws
    {
        let group = try #require(FHIRID("attributed"))
        let members = try ["a", "c", "b", "nobody"].map { try #require(PatientDesignation($0)) }
        func give(_ members: [PatientDesignation]) throws -> Int {
            try h.vault.guard.state(
                rosterOf: group,
                members: members,
                for: client.id,
                by: .operator,
                context: CallContext()
            )
        }
        #expect(try give(members + members) == 4)
        let target = "Group/attributed/$export?_type=Patient,Observation"
        let export = try ExportClient(h, token, target)
        let own = [
            "Observation/o1", "Observation/o2", "Observation/o3", "Patient/a", "Patient/b",
        ]
        #expect(try lines(export) == own)
        // Nothing tells of the others: not in the manifest, and not by a type of problem.
        let manifest = try export.manifest()
        #expect(manifest["error"]?.array?.isEmpty == true)
        #expect(!export.status().text.contains("nobody"))
        // A client that was not given it is answered as for a Group that is not there.
        let other = TestClient("other-app")
        try h.register(other, for: "d", purposes: ["TREAT"], scopes: ["system/*.rs"])
        func kickOff(_ id: String, _ token: String) -> HTTPReply {
            h.call(
                "GET",
                "/fhir/Group/\(id)/$export",
                token: token,
                headers: [("prefer", "respond-async")]
            )
        }
        let stranger = try h.token(other, scope: "system/*.rs")
        #expect(kickOff("attributed", stranger).shape == kickOff("none", stranger).shape)
        // A new registration keeps it; a roster of nobody takes it away; the log says all of it.
        try h.register(client, for: "d", purposes: ["TREAT"], scopes: ["system/*.cruds"])
        let renewed = try h.token(client)
        #expect(try lines(try ExportClient(h, renewed, target)) == own)
        #expect(try give([]) == 0)
        #expect(kickOff("attributed", renewed).status == 404)
        #expect(try h.vault.guard.audit().problems.isEmpty)
        let text = try h.vault.guard.entries(LogQuery(), by: .operator)
            .filter { $0["action"] == "state-roster" }.map { "\($0.header)" }.joined()
        #expect(!text.isEmpty && !text.contains("Patient/"))
    }

    @Test func `a type filter carries what one of its searches finds, and other types whole`()
        throws
    {
        try h.take([
            Self.observation("o5", "b", "amended"), Self.observation("o6", "a", "registered"),
        ])
        func filtered(_ query: String) throws -> [String] {
            try lines(try ExportClient(h, token, "Patient/$export?\(query)"))
        }
        let amended = "Observation%3Fstatus%3Damended"
        #expect(
            try filtered("_type=Patient,Observation&_typeFilter=\(amended)") == [
                "Observation/o5", "Patient/a", "Patient/b",
            ]
        )
        // Several searches of one type are joined; commas inside of one are its own.
        let both =
            "_type=Observation&_typeFilter=\(amended),Observation%3Fsubject%3DPatient/a"
            + "%26status%3Dregistered,cancelled"
        #expect(try filtered(both) == ["Observation/o5", "Observation/o6"])
        let directory = try ExportClient(
            h,
            token,
            "$export?_type=Practitioner&_typeFilter=Practitioner%3Fidentifier%3Durn:npi|2"
        )
        #expect(try lines(directory).isEmpty)
    }

    @Test func `an erased patient leaves no file that counted the record`() throws {
        for (name, kind) in [("root", RequesterKind.administrator), ("po", .privacyOfficer)] {
            try h.enrol(name, Guard_Requester(kind: kind), purposes: ["HCOMPL"])
        }
        let export = try ExportClient(h, token, "Patient/$export?_type=Observation")
        let address = try #require(try export.addresses().first)
        #expect(export.fetch(address).status == 200)
        _ = try h.vault.erase(
            .id(try #require(FHIRID("a"))),
            reason: "asked for",
            basis: "gdpr-art-17",
            by: try h.session("root"),
            second: try h.session("po"),
            context: CallContext()
        )
        let after = export.fetch(address)
        #expect(after.status == 410 && !after.text.contains("72.50"))
    }

    @Test func `the manifest counts what the files have, and numbers stay as written`() throws {
        let export = try ExportClient(h, token, "Patient/$export?_type=Observation")
        let manifest = try export.manifest()
        #expect(manifest["requiresAccessToken"]?.bool == true)
        #expect(manifest["transactionTime"]?.string.flatMap { Instant(rfc3339: $0) } != nil)
        #expect(
            manifest["request"]?.string
                == "\(ServerHarness.origin)/fhir/Patient/$export?_type=Observation"
        )
        for file in manifest["output"]?.array ?? [] {
            let url = try #require(file["url"]?.string)
            let reply = export.fetch(
                url.replacing("\(ServerHarness.origin)/fhir/", with: "")
            )
            #expect(reply.header("content-type") == "application/fhir+ndjson")
            #expect(Int64(reply.lineIDs.count) == file["count"]?.int)
            #expect(reply.text.contains("72.50") && reply.text.hasSuffix("}\n"))
        }
        #expect(export.status().header("expires")?.hasSuffix("GMT") == true)
    }

    @Test func `since brings what changed later, and what was deleted`() throws {
        let start = h.clock.now()
        #expect(
            h.call(
                "PUT",
                "/fhir/Observation/o1",
                token: token,
                body: Self.observation("o1", "a", "amended")
            ).status == 200
        )
        #expect(h.call("DELETE", "/fhir/Observation/o3", token: token).status == 204)
        let since = "_since=\(start.description)"
        let export = try ExportClient(h, token, "Patient/$export?\(since)")
        #expect(try lines(export) == ["Observation/o1"])
        let deleted = try export.addresses("deleted")
        #expect(deleted.count == 1)
        let bundle = export.fetch(try #require(deleted.first))
        #expect(bundle.status == 200)
        #expect(bundle.text.contains(#""method":"DELETE","url":"Observation/o3""#))
        #expect(try ExportClient(h, token, "Patient/$export").addresses("deleted").isEmpty)
    }

    @Test func `what ends between kick-off and download leaves no file behind`() throws {
        try h.enrol(
            "a",
            Guard_Requester(kind: .patient, references: ["Patient/a"]),
            purposes: ["PATRQT"]
        )
        let export = try ExportClient(h, token, "Patient/$export?_type=Observation")
        let address = try #require(try export.addresses().first)
        #expect(export.fetch(address).status == 200)
        _ = try h.vault.restrict(
            .id(try #require(FHIRID("a"))),
            RestrictionStatement(kind: .blockedPersonAlways, person: "Practitioner/d"),
            by: try h.session("a"),
            context: CallContext()
        )
        let after = export.fetch(address)
        #expect(after.status == 410 && !after.text.contains("72.50"))
        // The other patient's are exported anew, alone.
        #expect(
            try lines(try ExportClient(h, token, "Patient/$export?_type=Observation")) == [
                "Observation/o3"
            ]
        )
    }

    @Test func `a file is one entry that lists each patient's share, and no download is free`()
        throws
    {
        let export = try ExportClient(h, token, "Patient/$export?_type=Observation")
        let address = try #require(try export.addresses().first)
        func disclosures() throws -> [LoggedEntry] {
            try h.vault.guard.entries(LogQuery(), by: .operator).filter { $0.kind == "disclosure" }
        }
        #expect(try disclosures().isEmpty)
        for fetched in 1...2 {
            #expect(export.fetch(address).status == 200)
            #expect(try disclosures().count == fetched)
        }
        let entry = try #require(try disclosures().last)
        #expect(entry["action"] == "export")
        #expect(entry.parts.map { $0.body["released"]?.int } == [2, 1])
        let events = LogEvent.events([entry])
        #expect(events.map(\.kind) == [.saw, .saw] && events.allSatisfy { !$0.rules.isEmpty })
        // A Guard that cannot write it lets no file go.
        try h.vault.guard.seal()
        #expect(export.fetch(address).status == 503)
    }

    @Test func `a job is its client's alone, lasts an hour, and is gone when it is deleted`() throws
    {
        let export = try ExportClient(h, token, "Patient/$export")
        let address = try #require(try export.addresses().first)
        let other = TestClient("other-app")
        try h.register(other, for: "d", purposes: ["TREAT"], scopes: ["system/*.rs"])
        let stranger = try h.token(other, scope: "system/*.rs")
        #expect(export.fetch(address, stranger).status == 404)
        #expect(h.call("DELETE", "/fhir/\(export.job)", token: stranger).status == 404)
        h.clock.move(by: .seconds(400))
        let later = try h.token(client)
        #expect(export.fetch(address, later).status == 200)
        #expect(h.call("DELETE", "/fhir/\(export.job)", token: later).status == 202)
        #expect(export.fetch(address, later).status == 404)
        let next = try ExportClient(h, later, "Patient/$export")
        let file = try #require(try next.addresses().first)
        h.clock.move(by: .seconds(3_601))
        #expect(next.fetch(file, try h.token(client)).status == 404)
    }

    @Test func `what is not asked for as Bulk Data wants it does not begin`() throws {
        func kickOff(_ query: String, _ headers: [(name: String, value: String)]) -> Int {
            h.call("GET", "/fhir/Patient/$export\(query)", token: token, headers: headers).status
        }
        let prefer = [(name: "prefer", value: "respond-async")]
        #expect(kickOff("", []) == 400)
        #expect(kickOff("?_outputFormat=csv", prefer) == 400)
        #expect(kickOff("?_since=yesterday", prefer) == 400)
        for filter in [
            "x", "Nothing%3Fa%3Db", "Observation%3F", "Observation%3Ffoo%3D1",
            "Observation%3F_sort%3Ddate", "Observation%3Fdate%3Dyesterday",
        ] {
            #expect(kickOff("?_typeFilter=\(filter)", prefer) == 400, "\(filter)")
        }
        let other = "?_type=Patient&_typeFilter=Observation%3Fstatus%3Dfinal"
        #expect(kickOff(other, prefer) == 400)
        #expect(kickOff("?_type=Nothing", prefer) == 400)
        let lenient = [(name: "prefer", value: "respond-async, handling=lenient")]
        #expect(kickOff("?patient=a", lenient) == 202)
        #expect(kickOff("?patient=a", prefer) == 400)
        for elements in ["", ",", "Nothing.id", "Patient.", "Patient.name.given", "na%20me", "a.b"]
        {
            #expect(kickOff("?_elements=\(elements)", prefer) == 400, "\(elements)")
        }
        #expect(kickOff("?_elements=Nothing.id", lenient) == 400)
        let narrow = TestClient("narrow-app")
        try h.register(narrow, for: "d", purposes: ["TREAT"], scopes: ["system/Patient.rs"])
        let part = try h.token(narrow, scope: "system/Patient.rs")
        #expect(
            try lines(try ExportClient(h, part, "Patient/$export")) == ["Patient/a", "Patient/b"]
        )
        let wide = h.call(
            "GET",
            "/fhir/Patient/$export?_type=Observation",
            token: part,
            headers: prefer
        )
        #expect(wide.status == 403)
        for _ in 0..<20 { _ = kickOff("", prefer) }
        #expect(kickOff("", prefer) == 429)
    }
}
