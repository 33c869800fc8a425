import Consent
import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// What a released record may not say of records that stay behind.
struct RedactionTests {
    private static func redact(
        _ text: String,
        isMarked: Bool = false,
        keepsUnknown: Bool = false,
        hold: Set<String> = ["Coverage", "Organization", "Condition"],
        name: @escaping (RecordID) -> Bool = { $0.id.text.hasPrefix("ok") }
    ) throws -> String {
        var parser = JSONParser()
        let document = try parser.parse(Array(text.utf8))
        let rules = RedactionRules(
            view: RedactionView(isMarked: isMarked, keepsUnknown: keepsUnknown),
            mayName: name,
            mayHold: { hold.contains($0["resourceType"]?.string ?? "") }
        )
        guard let bytes = Redactor.redact(document, rules) else { return text }
        #expect((try? parser.parse(bytes)) != nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a Patient names another as linked to it only where that one permits too`() throws {
        let text = """
            {"resourceType":"Patient","id":"p","link":[{"other":{"reference":"Patient/q","display":\
            "Q"},"type":"seealso"},{"other":{"identifier":{"value":"MRN-9"}},"type":"seealso"},\
            {"other":{"reference":"RelatedPerson/ok-1"},"type":"seealso"}]}
            """
        var parser = JSONParser()
        let document = try parser.parse(Array(text.utf8))
        func told(_ permitted: Set<String>) throws -> String {
            let rules = RedactionRules(
                view: RedactionView(isMarked: false, keepsUnknown: true),
                mayName: { _ in true },
                mayHold: { _ in true },
                mayLink: { permitted.contains($0.description) }
            )
            return String(decoding: try #require(Redactor.redact(document, rules)), as: UTF8.self)
        }
        let alone = try told([])
        #expect(!alone.contains("Patient/q") && !alone.contains("\"Q\""))
        #expect(!alone.contains("MRN-9") && alone.contains("RelatedPerson/ok-1"))
        let both = try told(["Patient/q"])
        #expect(both.contains("Patient/q") && !both.contains("MRN-9"))
    }

    @Test func `a reference goes with its display, identifier and type`() throws {
        let text = """
            {"resourceType":"Observation","id":"o","status":"final","hasMember":[{"reference":\
            "Observation/hidden","identifier":{"value":"HIV-7"},"display":"HIV test"},\
            {"reference":"Observation/ok-1","display":"Weight"}],"valueQuantity":{"value":1.0}}
            """
        let told = try Self.redact(text)
        #expect(!told.contains("hidden") && !told.contains("HIV"))
        #expect(told.contains("Observation/ok-1") && told.contains("1.0"))
    }

    @Test func `an element that needs the reference goes whole`() throws {
        let told = try Self.redact(
            """
            {"resourceType":"Encounter","id":"e","status":"finished","diagnosis":[{"condition":\
            {"reference":"Condition/hidden"},"use":{"text":"depression"},"rank":1}]}
            """
        )
        #expect(told == #"{"resourceType":"Encounter","id":"e","status":"finished"}"#)
    }

    @Test func `what must stay says that it is masked`() throws {
        let told = try Self.redact(
            """
            {"resourceType":"Provenance","id":"p","target":[{"reference":"Condition/hidden"}],\
            "agent":[{"who":{"reference":"Patient/a"}}]}
            """
        )
        #expect(told.contains(#""target":[{"extension":["#) && told.contains("masked"))
        #expect(!told.contains("hidden") && told.contains("Patient/a"))
    }

    @Test func `a narrative and a section's text go where a part of them goes`() throws {
        let told = try Self.redact(
            """
            {"resourceType":"Composition","id":"c","text":{"status":"generated","div":\
            "<div>psychosis</div>"},"section":[{"title":"Problems","text":{"div":"psychosis"},\
            "entry":[{"reference":"Condition/hidden"},{"reference":"Condition/ok-1"}]},\
            {"title":"Other","text":{"div":"asthma"},"entry":[{"reference":"Condition/ok-2"}]}]}
            """
        )
        #expect(!told.contains("psychosis") && told.contains("asthma"))
        #expect(told.contains("Condition/ok-1"))
    }

    @Test func `the numbers of a bill's lists have no gap`() throws {
        let told = try Self.redact(
            """
            {"resourceType":"Claim","id":"c","diagnosis":[{"sequence":1,"diagnosisReference":\
            {"reference":"Condition/hidden"}},{"sequence":2,"diagnosisReference":{"reference":\
            "Condition/ok-1"}}],"item":[{"sequence":1,"diagnosisSequence":[1,2]},\
            {"sequence":2,"diagnosisSequence":[1]}]}
            """
        )
        #expect(
            told.contains(#"[{"sequence":1,"diagnosisReference":{"reference":"Condition/ok-1"}}]"#)
        )
        #expect(told.contains(#"[{"sequence":1,"diagnosisSequence":[1]},{"sequence":2}]"#))
    }

    @Test func `contained resources go by their kind, and with the last reference to them`() throws
    {
        let told = try Self.redact(
            """
            {"resourceType":"Claim","id":"c","contained":[{"resourceType":"Coverage","id":"cov"},\
            {"resourceType":"Observation","id":"obs"},{"resourceType":"Organization","id":"org"}],\
            "insurance":[{"coverage":{"reference":"#cov"}}],"procedure":[{"sequence":1,"udi":\
            [{"reference":"#org"}],"procedureReference":{"reference":"Procedure/hidden"}}],\
            "supportingInfo":[{"sequence":1,"valueReference":{"reference":"#obs"}}]}
            """
        )
        #expect(told.contains("#cov") && !told.contains("obs") && !told.contains("org"))
    }

    @Test func `an attachment that stays behind keeps its kind alone`() throws {
        let told = try Self.redact(
            """
            {"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"contentType":\
            "text/plain","url":"Binary/hidden","title":"HIV","size":5,"hash":"aa"}}]}
            """
        )
        #expect(told.contains(#"{"attachment":{"contentType":"text/plain"}}"#))
    }

    @Test func `escapes hide nothing and logical references name only people and places`() throws {
        let told = try Self.redact(
            """
            {"resourceType":"Observation","id":"o","focus":[{"reference":"Condition\\/hidden"}],\
            "derivedFrom":[{"ref\\u0065rence":"Condition/hidden"}],"basedOn":[{"identifier":\
            {"system":"s","value":"HIV-1"}}],"performer":[{"identifier":{"value":"lab"}}]}
            """
        )
        #expect(!told.contains("hidden") && !told.contains("HIV-1") && told.contains("lab"))
    }

    @Test func `a marked view has the same marks whether or not something is taken out`() throws {
        let full =
            #"{"resourceType":"Encounter","id":"e","meta":{"tag":[{"code":"x"}]},"class":{}}"#
        let part = """
            {"resourceType":"Encounter","id":"e","meta":{"tag":[{"code":"x"}]},"class":{},\
            "reasonReference":[{"reference":"Condition/hidden"}],"text":{"div":"x"}}
            """
        let told = try Self.redact(full, isMarked: true)
        #expect(try Self.redact(part, isMarked: true) == told)
        #expect(told.contains("SUBSETTED") && told.contains("REDACTED"))
    }

    @Test func `a withheld, a deleted and an unknown target are told alike`() throws {
        let text = { (id: String) in
            #"{"resourceType":"Encounter","id":"e","reasonReference":[{"reference":"\#(id)"}]}"#
        }
        let hidden = try Self.redact(text("Condition/hidden"))
        #expect(try Self.redact(text("Condition/never")) == hidden)
        #expect(try Self.redact(text("http://other.example/Condition/never")) == hidden)
        #expect(try Self.redact(text("urn:uuid:0")) == hidden)
    }

    @Test func `relatives and insurers never learn where the patient can be reached`() throws {
        var parser = JSONParser()
        let text = """
            {"resourceType":"Patient","id":"p","address":[{"city":"X"}],"telecom":[{"value":"1"}],\
            "contact":[{"name":{"text":"Y"},"address":{"city":"X"}}],"birthDate":"1970-01-01"}
            """
        let document = try parser.parse(Array(text.utf8))
        for kind in [RequesterKind.family, .insurer, .clinician] {
            let request = AccessRequest(
                requester: Requester(kind: kind),
                patient: RecordID(type: "Patient", id: try #require(FHIRID("p"))),
                purposes: [kind == .clinician ? "TREAT" : "HPAYMT"],
                now: Instant(seconds: 0)
            )
            let rules = RedactionRules(
                view: RedactionView(request),
                mayName: { _ in true },
                mayHold: { _ in true }
            )
            let told = Redactor.redact(document, rules).map { String(decoding: $0, as: UTF8.self) }
            let isClosed = told.map { !$0.contains("city") && !$0.contains("telecom") } ?? false
            #expect(isClosed == (kind != .clinician), "\(kind)")
            #expect(told?.contains("1970-01-01") ?? true)
        }
    }

    @Test func `the quick look never passes what the redactor would change`() throws {
        for text in [
            #"{"resourceType":"Encounter","id":"e","partOf":{"reference":"Encounter/hidden"}}"#,
            #"{"resourceType":"Encounter","id":"e","partOf":{"reference":"Encounter\/hidden"}}"#,
            #"{"resourceType":"Encounter","id":"e","partOf":{"identifier" : {"value":"1"}}}"#,
            #"{"resourceType":"Media","id":"e","content":{"url":"Binary/hidden"}}"#,
        ] {
            let rules = RedactionRules(
                view: RedactionView(isMarked: false, keepsUnknown: false),
                mayName: { _ in false },
                mayHold: { _ in false }
            )
            #expect(!QuickLook.isClean(Array(text.utf8), rules))
        }
    }
}

/// The redactor beside a slow one that works on trees, over real records.
struct RedactionOracleTests {
    private static func isKept(_ text: String, _ seed: Int) -> Bool {
        if text.hasPrefix("Patient/") { return true }
        var hash = UInt64(truncatingIfNeeded: seed &+ 1_469)
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return hash >> 17 & 3 != 0
    }

    private static func resources() throws -> [[String: Any]] {
        var found: [[String: Any]] = []
        let folders = [
            "synthea/dev/smart", "synthea/tietai-dev", "fhir-r4-examples/dev", "us-core",
        ]
        for folder in folders {
            for url in try SharedData.files(below: folder, suffix: ".json").prefix(40) {
                let data = try Data(contentsOf: url)
                guard let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
                else { continue }
                let entries = json["entry"] as? [[String: Any]] ?? []
                let inner = entries.compactMap { $0["resource"] as? [String: Any] }
                let isRecord = json["resourceType"] as? String != "Bundle"
                found += (isRecord ? [json] : []) + inner.prefix(120)
            }
        }
        return found
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `both redactors agree on real records, and nothing of a withheld target remains`() throws {
        var changed = 0
        var differing: [String] = []
        var leaked: [String] = []
        let resources = try Self.resources()
        for (number, resource) in resources.enumerated() {
            guard let type = resource["resourceType"] as? String, type != "Bundle" else { continue }
            let isMarked = number % 2 == 0
            let bytes = Array(try JSONSerialization.data(withJSONObject: resource))
            var parser = JSONParser()
            guard let document = try? parser.parse(bytes) else { continue }
            var withheld: Set<String> = []
            let rules = RedactionRules(
                view: RedactionView(isMarked: isMarked, keepsUnknown: false),
                mayName: { record in
                    let isKept = Self.isKept(record.description, number)
                    if !isKept { withheld.insert(record.description) }
                    return isKept
                },
                mayHold: { Self.isKept($0["resourceType"]?.string ?? "", number) }
            )
            let oracle = RedactionOracle(
                mayRefer: { text in
                    text.withCString { _ in rules.mayRefer(toText: text, inside: []) }
                },
                mayHold: { Self.isKept($0, number) },
                isMarked: isMarked
            )
            let told = Redactor.redact(document, rules) ?? bytes
            if told != bytes { changed += 1 }
            let text = String(decoding: told, as: UTF8.self)
            for target in withheld where text.contains("\"\(target)\"") {
                leaked.append("\(type) \(target)")
            }
            let mine = try JSONSerialization.jsonObject(with: Data(told)) as? NSDictionary
            let other = oracle.redact(resource) as NSDictionary
            if mine != other { differing.append("\(type)/\(resource["id"] ?? "?")") }
        }
        print("redaction: \(resources.count) records, \(changed) changed")
        #expect(differing.isEmpty, "\(differing.count): \(differing.prefix(12))")
        #expect(leaked.isEmpty, "\(leaked.count): \(leaked.prefix(8))")
        #expect(changed > 500)
    }
}
