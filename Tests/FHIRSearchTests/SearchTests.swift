import FHIRModel
import Testing

@testable import FHIRSearch

/// A few resources in memory; what is not in it does not exist.
struct MemoryScope: SearchScope {
    private var documents: [(type: ResourceType, id: String, document: JSONDocument)] = []

    init(_ resources: [String]) throws {
        for text in resources {
            var parser = JSONParser()
            let document = try parser.parse(Array(text.utf8))
            let type = try #require(
                document.root["resourceType"]?.string.flatMap { ResourceType(named: $0) }
            )
            documents.append((type, document.root["id"]?.string ?? "", document))
        }
    }

    func places(of type: ResourceType) -> [Int] {
        documents.indices.filter { documents[$0].type == type }
    }

    func root(at place: Int) throws -> JSONNode { documents[place].document.root }

    func place(type: ResourceType, id: String) throws -> Int? {
        documents.firstIndex { $0.type == type && $0.id == id }
    }
}

struct SearchTests {
    private static let patient = """
        {"resourceType":"Patient","id":"p","name":[{"family":"Bjørnstad","given":["Marit","Anne"]}],
        "gender":"female","birthDate":"1958-03-04","identifier":[{"system":"urn:mrn","value":"A,1"}],
        "telecom":[{"system":"phone","value":"555"},{"system":"email","value":"m@example.org"}],
        "deceasedBoolean":false,"generalPractitioner":[{"reference":"Practitioner/d"}]}
        """
    private static let condition = """
        {"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"},
        "clinicalStatus":{"coding":[{"system":"http://c","code":"active"}]},
        "code":{"coding":[{"system":"http://snomed.info/sct","code":"44054006","display":"Diabetes"}]},
        "onsetDateTime":"2013-05","recordedDate":"2013-06-07"}
        """
    private static let observation = """
        {"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p"},
        "code":{"coding":[{"code":"718-7"}]},"effectiveDateTime":"2020-01-02T10:00:00+01:00",
        "valueQuantity":{"value":5.40,"unit":"mg","system":"http://u","code":"mg"}}
        """
    private let scope: MemoryScope

    init() throws {
        scope = try MemoryScope([Self.patient, Self.condition, Self.observation])
    }

    private func ids(_ type: ResourceType, _ pairs: [(String, String)]) throws -> [String] {
        var reader = SearchQueryReader(type: type)
        let query = try reader.read(pairs.map { QueryPair($0.0, $0.1) })
        #expect(query.ignored.isEmpty, "\(pairs)")
        return try SearchEvaluator(scope).matches(query).compactMap {
            try scope.root(at: $0)["id"]?.string
        }
    }

    @Test(arguments: [
        ("Patient", "name", "BJØRNST", true), ("Patient", "family", "Bjørnstad", true),
        ("Patient", "name", "nstad", false), ("Patient", "name:contains", "NSTAD", true),
        ("Patient", "given:exact", "Marit", true), ("Patient", "given:exact", "marit", false),
        ("Patient", "gender", "female", true), ("Patient", "gender:not", "female", false),
        ("Patient", "identifier", "urn:mrn|A\\,1", true), ("Patient", "identifier", "A\\,1", true),
        ("Patient", "identifier", "|A\\,1", false), ("Patient", "identifier", "urn:mrn|", true),
        ("Patient", "email", "m@example.org", true), ("Patient", "phone", "m@example.org", false),
        ("Patient", "birthdate", "1958", true), ("Patient", "birthdate", "gt1958-03-04", false),
        ("Patient", "birthdate", "ge1958-03-04", true), ("Patient", "deceased", "false", true),
        ("Patient", "deceased", "true", false), ("Patient", "_id", "p", true),
        ("Patient", "_id", "p,q", true), ("Patient", "death-date:missing", "true", true),
        ("Patient", "general-practitioner", "Practitioner/d", true),
        ("Condition", "code", "44054006", true),
        ("Condition", "code", "http://snomed.info/sct|44054006", true),
        ("Condition", "code", "|44054006", false), ("Condition", "code:text", "diab", true),
        ("Condition", "onset-date", "2013", true), ("Condition", "onset-date", "lt2013", false),
        ("Condition", "patient", "p", true), ("Condition", "patient", "Patient/p", true),
        ("Condition", "subject", "https://x.example/fhir/Patient/p", true),
        ("Condition", "subject:Patient", "p", true), ("Condition", "patient", "q", false),
        ("Condition", "patient.gender", "female", true),
        ("Condition", "subject:Patient.name", "other", false),
        ("Observation", "code", "|718-7", true), ("Observation", "value-quantity", "5.4", true),
        ("Observation", "value-quantity", "5.40|http://u|mg", true),
        ("Observation", "value-quantity", "5.5", false),
        ("Observation", "value-quantity", "gt5", true),
        ("Observation", "date", "2020-01-02T09:00Z", true),
        ("Observation", "date", "sa2020-01-02", false),
        ("Observation", "date", "eb2020-01-03", true),
        ("Patient", "_has:Observation:patient:code", "718-7", true),
        ("Patient", "_has:Observation:patient:code", "1", false),
    ])
    func `a parameter finds what it should and nothing else`(
        type: String,
        name: String,
        value: String,
        isFound: Bool
    ) throws {
        let type = try #require(ResourceType(named: type))
        #expect(try ids(type, [(name, value)]).isEmpty != isFound)
    }

    @Test func `all conditions must hold`() throws {
        #expect(try ids(.patient, [("given", "Marit"), ("given", "Anne")]) == ["p"])
        #expect(try ids(.patient, [("given", "Marit"), ("given", "Ola")]) == [])
    }

    /// `Scripts/fuzz` found that a name of one dot ended the process.
    @Test(arguments: [
        ".", ".a", ":.a", ".:", "a..b", "_has:", "_has::::", ":", "patient.", "patient:.x",
    ])
    func `a name made of nothing but separators is unknown or refused`(name: String) throws {
        for type in [ResourceType.patient, .observation] {
            var reader = SearchQueryReader(type: type)
            let query = try? reader.read([QueryPair(name, "x")])
            #expect(query?.criteria.isEmpty ?? true)
        }
    }

    @Test(arguments: [
        ("birthdate", "2020-13-40"), ("birthdate", "soon"), ("_count", "-1"), ("_sort", "nonsense"),
        ("name:above", "x"), ("gender:contains", "f"), ("_include", "Patient"),
        ("_include", "Foo:bar"), ("_summary", "some"), ("birthdate:missing", "perhaps"),
        ("general-practitioner.name", "x"),
    ])
    func `what cannot be evaluated is refused, not ignored`(name: String, value: String) {
        var reader = SearchQueryReader(type: .patient)
        #expect(throws: SearchProblem.self) { try reader.read([QueryPair(name, value)]) }
    }

    @Test func `a composite asks for its parts in one element`() throws {
        let pressure =
            #"{"resourceType":"Observation","id":"bp","status":"final","#
            + #""code":{"coding":[{"code":"85354-9"}]},"component":["#
            + #"{"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":141,"unit":"mmHg"}},"#
            + #"{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":88,"unit":"mmHg"}}]}"#
        let scope = try MemoryScope([Self.observation, pressure])
        func found(_ code: String, _ value: String) throws -> [String] {
            var reader = SearchQueryReader(type: .observation)
            let query = try reader.read([QueryPair(code, value)])
            #expect(query.ignored.isEmpty)
            return try SearchEvaluator(scope).matches(query).compactMap {
                try scope.root(at: $0)["id"]?.string
            }
        }
        #expect(try found("code-value-quantity", "718-7$5.40") == ["o"])
        #expect(try found("code-value-quantity", "718-7$gt6").isEmpty)
        #expect(try found("component-code-value-quantity", "8480-6$gt140") == ["bp"])
        // The other component has that value, and this one has not.
        #expect(try found("component-code-value-quantity", "8462-4$gt140").isEmpty)
        #expect(try found("combo-code-value-quantity", "8462-4$88,718-7$5.40") == ["o", "bp"])
        for value in ["718-7", "718-7$x", "a$b$c", "$"] {
            #expect(throws: SearchProblem.badValue(parameter: "code-value-quantity")) {
                _ = try found("code-value-quantity", value)
            }
        }
        #expect(throws: SearchProblem.unsupported(parameter: "code-value-quantity")) {
            _ = try found("code-value-quantity:missing", "true")
        }
        #expect(throws: SearchProblem.unsupported(parameter: "_sort")) {
            _ = try found("_sort", "code-value-quantity")
        }
    }

    @Test func `an unknown parameter is named as ignored`() throws {
        var reader = SearchQueryReader(type: .patient)
        let query = try reader.read([QueryPair("foo", "1"), QueryPair("gender", "female")])
        #expect(query.ignored == ["foo"])
        #expect(query.understood == [QueryPair("gender", "female")])
    }

    @Test func `matches are sorted by the key asked for, missing values last`() throws {
        let scope = try MemoryScope([
            #"{"resourceType":"Condition","id":"a","recordedDate":"2020-01-01"}"#,
            #"{"resourceType":"Condition","id":"b"}"#,
            #"{"resourceType":"Condition","id":"c","recordedDate":"2019-01-01"}"#,
        ])
        for (sort, expected) in [
            ("recorded-date", ["c", "a", "b"]), ("-recorded-date", ["a", "c", "b"]),
        ] {
            var reader = SearchQueryReader(type: .condition)
            let query = try reader.read([QueryPair("_sort", sort)])
            let found = try SearchEvaluator(scope).matches(query).compactMap {
                try scope.root(at: $0)["id"]?.string
            }
            #expect(found == expected)
        }
    }

    @Test func `inclusions follow references forwards and backwards, inside the scope only`() throws
    {
        var reader = SearchQueryReader(type: .condition)
        let query = try reader.read([
            QueryPair("_include", "Condition:subject"),
            QueryPair("_revinclude:iterate", "Observation:patient"),
        ])
        let evaluator = SearchEvaluator(scope)
        let matches = try evaluator.matches(query)
        let included = try evaluator.included(by: query.inclusions, for: matches, limit: 10)
        #expect(included == [0, 2])
        #expect(try evaluator.included(by: query.inclusions, for: matches, limit: 1) == [0])
    }

    @Test func `every line of the tables is understood`() {
        let table = SearchParameterTable.standard
        #expect(table.types.count == 66)
        for type in table.types {
            for parameter in table.parameters(of: type) {
                // A composite's own elements may be the resource itself; its parts never are.
                let isComposite = parameter.kind == .composite
                #expect(isComposite == (parameter.parts.count >= 2))
                #expect(!parameter.paths.isEmpty)
                for one in isComposite ? parameter.parts : [parameter] {
                    #expect(!one.paths.isEmpty && one.paths.allSatisfy { !$0.steps.isEmpty })
                }
            }
        }
        #expect(ElementTable.standard.elements(of: .observation).count == 24)
        #expect(table.parameter("date", of: .observation)?.kind == .date)
    }
}

struct ElementTests {
    private func root(_ text: String) throws -> JSONNode {
        var parser = JSONParser()
        return try parser.parse(Array(text.utf8)).root
    }

    @Test(arguments: [
        (#"{"resourceType":"Patient","foo":1}"#, "structure Patient.foo"),
        (#"{"resourceType":"Patient","birthDate":"2020-13-40"}"#, "value Patient.birthDate"),
        (#"{"resourceType":"Patient","name":{"family":"x"}}"#, "structure Patient.name"),
        (#"{"resourceType":"Patient","active":"yes"}"#, "structure Patient.active"),
        (
            #"{"resourceType":"Observation","code":{"text":"x"}}"#, "required Observation.status"
        ),
        (
            #"{"resourceType":"Observation","status":"done","code":{"text":"x"}}"#,
            "code-invalid Observation.status"
        ),
    ])
    func `a problem of structure is found and named without the value`(
        text: String,
        expected: String
    ) throws {
        let problems = StructureCheck.problems(of: try root(text))
        #expect(problems.map { "\($0.kind.rawValue) \($0.expression)" } == [expected])
    }

    @Test func `a sound resource has no problem`() throws {
        let text =
            #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"#
            + #""valueQuantity":{"value":1},"_status":{"id":"s"},"component":[{"code":{"text":"y"}}]}"#
        #expect(StructureCheck.problems(of: try root(text)).isEmpty)
    }

    @Test func `a projection keeps what must be there and says that it is one`() throws {
        let node = try root(
            #"{"resourceType":"Observation","id":"o","meta":{"versionId":"1"},"status":"final","#
                + #""code":{"text":"x"},"note":[{"text":"secret"}],"valueString":"v"}"#
        )
        let elements = try #require(ResourceProjection(mode: .false, elements: ["value"]))
        let part = try root(String(decoding: elements.bytes(of: node), as: UTF8.self))
        #expect(part["note"] == nil && part["status"] != nil && part["valueString"] != nil)
        #expect(part["meta"]?["tag"]?[0]?["code"]?.string == "SUBSETTED")
        #expect(part["meta"]?["versionId"]?.string == "1")
        let summary = try #require(ResourceProjection(mode: .true, elements: []))
        let short = try root(String(decoding: summary.bytes(of: node), as: UTF8.self))
        #expect(short["note"] == nil && short["code"] != nil && short["valueString"] != nil)
        #expect(ResourceProjection(mode: .false, elements: []) == nil)
    }
}
