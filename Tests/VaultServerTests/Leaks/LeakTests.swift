import Consent
import FHIRModel
import Foundation
import Guard
import Synchronization
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// The thirty ways in which FHIR servers are known to leak (docs/design/fhir-server.md lists them); each has
/// a test here or is named there as a path that this server does not have.
struct LeakTests {
    let m: Margaret
    let h: ServerHarness
    let token: String

    init() throws {
        m = try Margaret()
        h = m.harness
        token = try h.token(m.doctor)
    }

    func get(_ target: String, _ token: String? = nil) -> HTTPReply {
        h.call("GET", "/fhir/\(target)", token: token ?? self.token)
    }

    /// Whether anything of the hidden note, or of another patient, is in a reply.
    func isClean(_ reply: HTTPReply) -> Bool {
        let id = Margaret.hidden.split(separator: "/")[1]
        return !reply.text.contains("\"id\":\"\(id)") && !reply.text.contains("marit-")
            && !reply.text.contains(Margaret.hidden)
    }

    @Test func `L1: inclusions bring nothing hidden and nobody else's`() {
        for target in [
            "Encounter?patient=margaret&_revinclude=DocumentReference:encounter&_count=200",
            "DocumentReference?patient=margaret&_include=DocumentReference:*&_count=200",
            "Patient?_id=margaret&_revinclude:iterate=DocumentReference:subject&_count=200",
            "Patient?_id=margaret&_include:iterate=Patient:link",
        ] {
            let reply = get(target)
            #expect(reply.status == 200, "\(target)")
            #expect(isClean(reply), "\(target)")
        }
        let included = get("Condition?patient=margaret&_include=Condition:subject").ids("include")
        #expect(included == ["Patient/margaret"])
    }

    @Test func `L2: chains and reverse chains see only what the reader sees`() throws {
        let note = Margaret.hidden.split(separator: "/")[1]
        let chained = get("Patient?_id=margaret&_has:DocumentReference:subject:_id=\(note)")
        #expect(chained.total == 0)
        // The doctor reaches the diagnosis of a visit by a chain; her daughter sees the visit alone.
        try m.consent("margaret-daughter")
        let daughter = try h.token(m.daughter)
        let visit = "Encounter?_id=margaret-enc-2021-annual&patient=margaret"
        #expect(get(visit, daughter).total == 1)
        let query = "\(visit)&_has:Condition:encounter:_id=margaret-cond-8"
        #expect(get(query).total == 1)
        #expect(get(query, daughter).total == 0)
        // Another patient's values cannot be reached by a chain either.
        #expect(get("Condition?patient=margaret&subject:Patient.family=Bjørnstad").total == 0)
    }

    @Test func `L3: what is hidden cannot be filtered or sorted by`() {
        let note = Margaret.hidden.split(separator: "/")[1]
        #expect(get("DocumentReference?patient=margaret&_id=\(note)").total == 0)
        #expect(isClean(get("DocumentReference?patient=margaret&_sort=-date&_count=200")))
        #expect(
            get("DocumentReference?patient=margaret&_security=PSYTHPN").text.contains("\"total\":0")
        )
    }

    @Test func `L4: totals count what is visible, whatever is asked for`() throws {
        let all = get("DocumentReference?patient=margaret&_count=200")
        let visible = all.ids().count
        #expect(all.total == visible)
        for query in ["_summary=count", "_total=accurate&_count=1", "_count=0"] {
            #expect(get("DocumentReference?patient=margaret&\(query)").total == visible)
        }
        let plan = try h.token(m.plan)
        let fewer = try #require(get("DocumentReference?patient=margaret", plan).total)
        #expect(fewer < visible)
        for query in ["_summary=count", "_total=accurate&_count=1", "_count=0"] {
            #expect(get("DocumentReference?patient=margaret&\(query)", plan).total == fewer)
        }
    }

    @Test func `L5: pages are full but the last, and their links end with the visible`() throws {
        let total = try #require(get("DocumentReference?patient=margaret").total)
        var target: String? = "DocumentReference?patient=margaret&_count=2"
        var seen: [String] = []
        while let next = target {
            let reply = get(next)
            let ids = reply.ids()
            seen += ids
            target = reply.next
            #expect(ids.count == 2 || target == nil)
            #expect(!ids.isEmpty)
        }
        #expect(seen.count == total && Set(seen).count == total)
    }

    @Test func `L6: a page belongs to who asked for it, and dies with nobody else's token`() throws
    {
        let next = try #require(get("DocumentReference?patient=margaret&_count=2").next)
        #expect(!next.contains("margaret"))
        for other in [m.stranger, m.patient, m.plan] {
            let reply = get(next, try h.token(other))
            #expect(reply.status == 410)
        }
        let again = try h.token(m.doctor)
        #expect(get(next, again).status == 200)
        #expect(get("DocumentReference?_page=guess").status == 410)
        #expect(get("Condition?_page=\(next.split(separator: "=").last ?? "")").status == 410)
    }

    @Test func `L7: everything is everything of this patient that the reader may see`() {
        let reply = get("Patient/margaret/$everything")
        #expect(reply.status == 200)
        #expect(isClean(reply))
        #expect(reply.ids().contains(Margaret.visible))
        let stranger = try? h.token(m.stranger)
        #expect(get("Patient/margaret/$everything", stranger).status == 404)
    }

    @Test func `L8: a revoked consent and a new restriction bind the very next answer`() throws {
        try m.consent("margaret-daughter")
        let token = try h.token(m.daughter)
        let before = get("Encounter?patient=margaret", token)
        #expect((before.total ?? 0) > 0)
        _ = try h.vault.revokeConsent(
            try #require(FHIRID("margaret-consent-daughter")),
            by: try h.session("margaret"),
            context: CallContext()
        )
        #expect(get("Encounter?patient=margaret", token).total == 0)
        if let next = before.next { #expect(get(next, token).total == 0) }
    }

    @Test func `L9: old versions are decided by what they were and by what the record is now`()
        throws
    {
        let before = get("Condition/margaret-cond-8")
        #expect(before.status == 200)
        #expect(get("Condition/margaret-cond-8/_history/1").status == 200)
        // The record becomes a psychotherapy note's equal: from now on its past is hidden too.
        #expect(get("\(Margaret.hidden)/_history").status == 404)
        #expect(get("\(Margaret.hidden)/_history/1").status == 404)
        #expect(
            get("\(Margaret.hidden)/_history/1").shape
                == get("DocumentReference/none/_history/1").shape
        )
        #expect(
            get("\(Margaret.hidden)/_history").shape == get("DocumentReference/none/_history").shape
        )
    }

    @Test func `L10: an export carries what a search would show, of whom it would show it`() throws
    {
        let export = try ExportClient(h, token, "Patient/$export")
        let files = try export.files()
        #expect(!files.isEmpty)
        for (name, reply) in files {
            #expect(reply.status == 200, "\(name)")
            #expect(isClean(reply), "\(name)")
        }
        let exported = Set(files.values.flatMap(\.lineIDs))
        let shown = get("Patient/margaret/$everything")
        #expect(exported == Set(shown.ids()))
        // Nobody else's: not the job, not its files, not by a guess.
        let stranger = try h.token(m.stranger)
        for target in [export.job] + files.keys.sorted() {
            #expect(get(target, stranger).shape == get("bulk/none", stranger).shape, "\(target)")
        }
        let none = try ExportClient(h, stranger, "Patient/$export")
        #expect(try none.files().isEmpty)
    }

    /// Keeps what would be sent.
    private final class Kept: NotificationSender {
        let bodies = Mutex<[String]>([])

        func post(_ body: [UInt8], to target: TargetURL, headers: [String]) -> Bool {
            bodies.withLock { $0.append(String(decoding: body, as: UTF8.self)) }
            return true
        }
    }

    @Test func `L11: a subscriber is told of nothing that it could not read, and L12: no GraphQL`()
        throws
    {
        #expect(get("$graphql").status == 404)
        var client = try #require(try h.vault.guard.clients().first { $0.id == m.doctor.id })
        client.targets = ["https://app.example:443"]
        try h.vault.guard.register(client, by: .operator, context: CallContext())
        let renewed = try h.token(m.doctor)
        let made = h.call(
            "POST",
            "/fhir/Subscription",
            token: renewed,
            body: SubscriptionTests.resource(
                "https://app.example/hook",
                filter: "DocumentReference"
            )
        )
        #expect(made.status == 201, "\(made.text)")
        let kept = Kept()
        let work = SubscriptionWork(server: h.server, sender: kept, caller: .operator)
        try work.run()
        // The hidden note and an open one are stored anew, each with another word in it.
        for id in [Margaret.hidden, "DocumentReference/margaret-doc-cardiology"] {
            let url = ServerHarness.project.appending(
                path: "Examples/en-margaret-whitfield.json"
            )
            var parser = JSONParser()
            let entries = try parser.parse(Array(try Data(contentsOf: url))).root["entry"]
            let found = entries?.elements.compactMap { $0["resource"] }.first {
                "\($0["resourceType"]?.string ?? "")/\($0["id"]?.string ?? "")" == id
            }
            let bytes = try #require(found).withBytes { String(decoding: $0, as: UTF8.self) }
            let text = bytes.split(whereSeparator: \.isNewline).joined()
            try h.take([text.replacing("\"current\"", with: "\"superseded\"")])
        }
        try work.run()
        let told = kept.bodies.withLock { $0 }
        #expect(told.count == 2)
        #expect(told.last?.contains("margaret-doc-cardiology") == true)
        #expect(told.last?.contains(Margaret.hidden) == false)
        let events = h.call(
            "GET",
            "/fhir/Subscription/\(made.json["id"]?.string ?? "")/$events",
            token: renewed
        )
        #expect(events.status == 200 && isClean(events))
    }
}

extension HTTPReply {
    /// Target of the next page, below the FHIR base.
    var next: String? {
        var parser = JSONParser()
        let root = try? parser.parse(body).root
        let link = root?["link"]?.elements.first { $0["relation"]?.string == "next" }
        return link?["url"]?.string.map {
            $0.replacing("\(ServerHarness.origin)/fhir/", with: "")
        }
    }
}
