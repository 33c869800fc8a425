import FHIRModel
import Testing
import VaultTestSupport

struct OwnershipTests {
    @Test(arguments: [
        (#"{"resourceType":"Patient","id":"1"}"#, "itself"),
        (#"{"resourceType":"Observation","subject":{"reference":"Patient/1"}}"#, "Patient/1"),
        (
            #"{"resourceType":"Observation","subject":{"reference":"Patient/1/_history/4"}}"#,
            "Patient/1/_history/4"
        ),
        (
            #"{"resourceType":"Observation","subject":{"reference":"http://a.example/Patient/1"}}"#,
            "http://a.example/Patient/1"
        ),
        (
            #"{"resourceType":"Observation","subject":{"reference":"Patient?identifier=a|b"}}"#,
            "Patient?identifier=a|b"
        ),
        (#"{"resourceType":"Observation","subject":{"reference":"Group/1"}}"#, "notAPatient"),
        (##"{"resourceType":"Observation","subject":{"reference":"#p"}}"##, "contained"),
        (#"{"resourceType":"Observation","subject":{"reference":"urn:uuid:x"}}"#, "unresolved"),
        (#"{"resourceType":"Observation","subject":{"display":"Ann"}}"#, "nameOnly"),
        (#"{"resourceType":"Observation","subject":{}}"#, "missing"),
        (#"{"resourceType":"Observation"}"#, "missing"),
        (#"{"resourceType":"Observation","performer":[{"reference":"Patient/1"}]}"#, "missing"),
        (
            #"{"resourceType":"Observation","extension":[{"url":"u","subject":{"reference":"Patient/1"}}]}"#,
            "missing"
        ),
        (
            #"{"resourceType":"Coverage","subscriber":{"reference":"Patient/2"},"beneficiary":{"reference":"Patient/1"}}"#,
            "Patient/1"
        ),
        (
            #"{"resourceType":"Appointment","participant":[{"actor":{"reference":"Practitioner/1"}},{"actor":{"reference":"Patient/1"}}]}"#,
            "Patient/1"
        ),
        (
            #"{"resourceType":"Account","subject":[{"reference":"Device/1"},{"reference":"Patient/1"}]}"#,
            "Patient/1"
        ),
        (#"{"resourceType":"Provenance","target":[{"reference":"Observation/1"}]}"#, "follows"),
        (
            #"{"resourceType":"Provenance","target":[{"reference":"Observation/1"},{"reference":"Patient/1"}]}"#,
            "Patient/1"
        ),
        (
            #"{"resourceType":"Task","for":{"reference":"Patient/1"},"focus":{"reference":"Claim/1"}}"#,
            "Patient/1"
        ),
        (#"{"resourceType":"Task","focus":{"reference":"Claim/1"}}"#, "follows"),
        (#"{"resourceType":"List","entry":[{"item":{"reference":"Condition/1"}}]}"#, "follows"),
        (#"{"resourceType":"Group","member":[{"entity":{"reference":"Patient/1"}}]}"#, "Patient/1"),
        (
            #"{"resourceType":"Group","member":[{"entity":{"reference":"Practitioner/1"}}]}"#,
            "shared"
        ),
        (#"{"resourceType":"Device"}"#, "shared"),
        (#"{"resourceType":"Device","patient":{"reference":"Patient/1"}}"#, "Patient/1"),
        (#"{"resourceType":"Device","patient":{"reference":"urn:uuid:x"}}"#, "unresolved"),
        (#"{"resourceType":"Organization"}"#, "shared"),
        (
            #"{"resourceType":"Organization","extension":[{"url":"u","valueReference":{"reference":"Patient/1"}}]}"#,
            "Patient/1"
        ),
        (
            #"{"resourceType":"Practitioner","contained":[{"resourceType":"Patient","id":"p"}]}"#,
            "contained"
        ),
        (#"{"resourceType":"ValueSet"}"#, "shared"),
        (#"{"resourceType":"Parameters"}"#, "notARecord"),
        (#"{"resourceType":"Binary","securityContext":{"reference":"Patient/1"}}"#, "Patient/1"),
        (#"{"resourceType":"Binary"}"#, "missing"),
        (
            #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Flag","subject":{"reference":"Patient/1"}}}]}"#,
            "Patient/1"
        ),
        (
            #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Flag","subject":{"reference":"Patient/1"}}},{"resource":{"resourceType":"Patient","id":"2"}}]}"#,
            "severalOwners"
        ),
        (#"{"resourceType":"Bundle","type":"collection"}"#, "noEntryOwner"),
        (
            #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Bundle"}}]}}]}"#,
            "noEntryOwner"
        ),
    ])
    func `the owner is the patient of the subject element and nobody else`(
        text: String,
        expected: String
    ) throws {
        let (document, summary) = try summarise(text)
        #expect(name(summary.ownership(in: document), document) == expected)
    }

    @Test(
        arguments: [
            (
                #"{"resourceType":"Coverage","subscriber":{"reference":"Patient/2"},"beneficiary":{"reference":"Patient/1"}}"#,
                ["Patient/2"]
            ),
            (
                #"{"resourceType":"Flag","subject":{"reference":"Patient/1"},"author":{"reference":"Patient/1/_history/2"}}"#,
                []
            ),
            (
                #"{"resourceType":"Patient","id":"1","link":[{"other":{"reference":"Patient/2"}}]}"#,
                ["Patient/2"]
            ),
            (
                #"{"resourceType":"Flag","subject":{"reference":"Patient/1"},"extension":[{"url":"u","valueReference":{"reference":"Patient/3"}}]}"#,
                ["Patient/3"]
            ),
            (
                #"{"resourceType":"Flag","subject":{"reference":"Patient/1"},"contained":[{"resourceType":"Coverage","beneficiary":{"reference":"Patient/4"}}]}"#,
                ["Patient/4"]
            ),
            (
                #"{"resourceType":"Flag","subject":{"reference":"Patient/1"},"author":{"reference":"http://b.example/Patient/1"}}"#,
                ["http://b.example/Patient/1"]
            ),
        ] as [(String, [String])]
    )
    func `other patients are mentioned`(text: String, expected: [String]) throws {
        let (document, summary) = try summarise(text)
        let owner = summary.ownership(in: document)
        let found = summary.mentionedPatients(in: document, besides: owner)
        #expect(found.map { document.string($0.reference) } == expected)
    }

    @Test(arguments: [
        (
            "Observation", #""category":[{"coding":[{"code":"survey"},{"code":"laboratory"}]}]"#,
            DataCategory.laboratory
        ),
        (
            "Observation",
            #""category":[{"coding":[{"code":"sdoh"}]},{"coding":[{"code":"survey"}]}]"#,
            .socialHistory
        ),
        ("Observation", #""category":[{"coding":[{"code":"vital-signs"}]}]"#, .vitalSigns),
        ("Observation", #""category":[{"coding":[{"code":"imaging"}]}]"#, .imaging),
        ("Observation", #""category":[{"coding":[{"code":"??"}]}]"#, .other),
        ("Observation", #""code":{"coding":[{"code":"laboratory"}]}"#, .other),
        ("DiagnosticReport", #""category":[{"coding":[{"code":"LAB"}]}]"#, .laboratory),
        ("DiagnosticReport", #""category":[{"coding":[{"code":"GE"}]}]"#, .genomics),
        ("DiagnosticReport", #""category":[{"coding":[{"code":"34117-2"}]}]"#, .notes),
        (
            "DiagnosticReport", #""presentedForm":[{"contentType":"text/plain","data":"QQ=="}]"#,
            .notes
        ),
        ("DocumentReference", #""category":[{"coding":[{"code":"clinical-note"}]}]"#, .notes),
        ("DocumentReference", #""type":{"coding":[{"code":"34895-3"}]}"#, .education),
        ("DocumentReference", #""type":{"coding":[{"code":"1"}]}"#, .documents),
        ("Communication", #""topic":{"text":"x"}"#, .messages),
        ("Communication", #""category":[{"coding":[{"code":"instruction"}]}]"#, .messages),
        ("Communication", #""category":[{"coding":[{"code":"education"}]}]"#, .education),
        ("Communication", #""category":[{"coding":[{"code":"feedback"}]}]"#, .feedback),
        ("Communication", #""category":[{"coding":[{"code":"billing"}]}]"#, .billing),
        ("Communication", #""about":[{"reference":"Invoice/1"}]"#, .billing),
        ("Task", #""focus":{"reference":"Invoice/1"}"#, .disputes),
        ("Task", #""focus":{"reference":"Condition/1"}"#, .tasks),
        ("Task", #""code":{"coding":[{"code":"dispute"}]}"#, .disputes),
        ("Media", #""content":{"contentType":"image/png","data":"QQ=="}"#, .imaging),
        ("List", #""code":{"coding":[{"code":"48765-2"}]}"#, .allergies),
        ("List", #""title":"x""#, .other), ("Basic", #""id":"1""#, .other),
        ("Practitioner", #""id":"1""#, .directory), ("ChargeItem", #""id":"1""#, .billing),
    ])
    func `the category follows type and codes`(
        type: String,
        members: String,
        expected: DataCategory
    ) throws {
        let (document, summary) = try summarise(#"{"resourceType":"\#(type)",\#(members)}"#)
        #expect(summary.category(in: document) == expected)
    }

    /// FHIR's own list of what is in a patient's compartment, read from the definition.
    @Test(.enabled(if: SharedData.isExpected))
    func `no type of FHIR's patient compartment counts as directory`() throws {
        var parser = JSONParser()
        let bytes = try SharedData.bytes("fhir-r4/compartmentdefinition-patient.json")
        let definition = try parser.parse(bytes).root
        var wrong: [String] = []
        var types = 0
        for resource in definition["resource"]?.elements ?? definition.elements {
            let name = resource["code"]?.string ?? ""
            guard let type = ResourceType(rawValue: name) else {
                wrong.append(name)
                continue
            }
            types += 1
            let isLinked = resource["param"] != nil
            if isLinked, DataCategory(type) == .directory { wrong.append(name) }
            let (document, summary) = try summarise(#"{"resourceType":"\#(name)"}"#)
            let mayBeShared: Set<ResourceType> = [.group, .schedule]
            if isLinked, !mayBeShared.contains(type), summary.ownership(in: document) == .shared {
                wrong.append("\(name) shared")
            }
        }
        #expect(wrong.isEmpty)
        #expect(types == 145 && ResourceType.allCases.count == 146)
    }

    private func summarise(_ text: String) throws -> (JSONDocument, ResourceSummary) {
        var parser = JSONParser()
        let document = try parser.parse(Array(text.utf8))
        var summary = ResourceSummary()
        try summary.gather(document.root)
        return (document, summary)
    }

    private func name(_ owner: Ownership, _ document: JSONDocument) -> String {
        switch owner {
        case .itself: "itself"
        case .patient(let span): document.string(span.reference)
        case .follows: "follows"
        case .shared: "shared"
        case .unowned(let reason): reason.rawValue
        }
    }
}
