import FHIRModel
import Testing
import VaultCore

struct ResourceSummaryTests {
    @Test func `codings are found wherever they stand, quantities are not codings`() throws {
        let (document, summary) = try summarise(
            """
            {"resourceType":"Observation","meta":{"security":[{"system":"l","code":"R"}],
              "tag":[{"system":"t","code":"T"}]},
             "contained":[{"resourceType":"Medication","code":{"coding":[{"system":"m","code":"1"}]}}],
             "extension":[{"url":"u","valueCoding":{"system":"e","code":"2"}},
               {"url":"v","valueCodeableConcept":{"coding":[{"code":"3"}],"text":"only text"}}],
             "status":"final","code":{"coding":[{"system":"s","code":"4","display":"d"}]},
             "valueQuantity":{"value":1,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"},
             "component":[{"code":{"coding":[{"system":"s","code":"5"}]},"valueString":"words"}]}
            """
        )
        #expect(summary.securityLabels.map { document.string($0.code) } == ["R"])
        #expect(summary.codings.map { document.string($0.code) } == ["T", "1", "2", "3", "4", "5"])
        #expect(summary.codes.map { document.string($0.code) } == ["4"])
        #expect(
            summary.codings.map(\.place.isContained) == [false, true, false, false, false, false]
        )
        #expect(
            summary.codings.map(\.place.isInExtension) == [false, false, true, true, false, false]
        )
        #expect(summary.codings.first?.place.isInMeta == true)
        #expect(summary.codings.last?.place.top == .component)
        #expect(summary.codings.last?.concept == .code)
        #expect(summary.containedTypes == [.medication])
        #expect(document.equals(summary.status, "final"))
        let texts = summary.texts.map { document.string($0.text) }
        #expect(texts == ["only text", "d", "words"])
    }

    @Test func `a key written with escapes hides nothing`() throws {
        let (document, summary) = try summarise(
            #"""
            {"\u0072esourceType":"Condition","subj\u0065ct":{"r\u0065ference":"Patient/\u0031"},
            "code":{"c\u006fding":[{"syst\u0065m":"s","co\u0064e":"F32\u002e9"}]}}
            """#
        )
        #expect(summary.codings.map { document.string($0.code) } == ["F32.9"])
        #expect(summary.references.map { document.string($0.reference) } == ["Patient/1"])
        guard case .patient = summary.ownership(in: document) else {
            Issue.record("no owner")
            return
        }
    }

    @Test func `names and addresses of persons are no text, all other strings are`() throws {
        let (document, summary) = try summarise(
            """
            {"resourceType":"Patient","id":"p","name":[{"text":"Gay Smith","family":"Smith"}],
             "address":[{"text":"1 Drug Lane","line":["1 Drug Lane"]}],
             "contact":[{"name":{"text":"A Pot"}}],
             "text":{"status":"generated","div":"<div>narrative</div>"},
             "extension":[{"url":"x","valueMarkdown":"*hidden*"}],"unheardOf":"freetext"}
            """
        )
        let texts = summary.texts.map { document.string($0.text) }
        #expect(texts == ["<div>narrative</div>", "*hidden*", "freetext"])
    }

    @Test func `attachments are found with their type, signatures are not attachments`() throws {
        let (document, summary) = try summarise(
            """
            {"resourceType":"DocumentReference","status":"current",
             "content":[{"attachment":{"contentType":"text/plain","data":"SGk="}},
               {"attachment":{"data":"QQ==","title":"scan"}},
               {"attachment":{"url":"Binary/7"}}],
             "extension":[{"url":"u","valueSignature":{"sigFormat":"x","data":"QUE="}}]}
            """
        )
        #expect(summary.attachments.map { document.string($0.data) } == ["SGk=", "QQ=="])
        #expect(summary.attachments.map { document.string($0.contentType) } == ["text/plain", ""])
        #expect(summary.attachmentLinks.map { document.string($0.text) } == ["Binary/7"])
        let (binary, other) = try summarise(
            #"{"resourceType":"Binary","data":"SGk=","contentType":"text/html"}"#
        )
        #expect(other.attachments.map { binary.string($0.contentType) } == ["text/html"])
    }

    @Test func `references carry their path, identifier and display`() throws {
        let (document, summary) = try summarise(
            """
            {"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},
             "subject":{"type":"Patient","identifier":{"system":"s","value":"v"},"display":"D"},
             "participant":[{"individual":{"reference":"Practitioner/1"}}],
             "serviceProvider":{"display":"Clinic"},
             "location":[{"location":{"reference":"Location/1"},"period":{"start":"2020-01-02"}}]}
            """
        )
        #expect(
            summary.references.map(\.place.leaf) == [
                .subject, .individual, .serviceProvider, .location,
            ]
        )
        #expect(
            summary.references.map(\.place.top) == [
                .subject, .participant, .serviceProvider, .location,
            ]
        )
        #expect(summary.authors.map { document.string($0.reference) } == ["Practitioner/1"])
        let subject = try #require(summary.references.first)
        #expect(document.string(subject.value) == "v")
        #expect(document.string(subject.system) == "s")
        #expect(subject.targetType(in: document) == .patient)
        #expect(summary.codings.map { document.string($0.code) } == ["AMB"])
    }

    @Test(arguments: [
        (
            #""effectiveDateTime":"2020-05-01T10:00:00Z","issued":"2021-01-01T00:00:00Z""#,
            "2020-05-01T10:00:00Z"
        ),
        (
            #""effectivePeriod":{"start":"2020-05-01T10:00:00Z","end":"2020-05-01T10:00:00Z"}"#,
            "2020-05-01T10:00:00Z"
        ),
        (#""issued":"2021-01-01T00:00:00Z""#, "2021-01-01T00:00:00Z"),
        (
            #""identifier":[{"period":{"start":"1999"}}],"issued":"2021-01-01T00:00:00Z""#,
            "2021-01-01T00:00:00Z"
        ),
        (
            #""extension":[{"url":"x","valuePeriod":{"start":"1999"}}],"issued":"2021-01-01T00:00:00Z""#,
            "2021-01-01T00:00:00Z"
        ),
    ])
    func `clinical dates go before recorded ones`(members: String, expected: String) throws {
        let (_, summary) = try summarise(#"{"resourceType":"Observation",\#(members)}"#)
        let time = try #require(summary.clinicalTime)
        let instant = try #require(Instant(rfc3339: expected))
        #expect(time.earliest == instant)
        #expect(time.end == instant.advanced(by: .microseconds(1)))
        #expect(!summary.hasUnreadableTime)
    }

    @Test func `a date that cannot be read may mean any time`() throws {
        let (_, summary) = try summarise(
            #"{"resourceType":"Condition","onsetDateTime":"1 May 2020"}"#
        )
        #expect(summary.clinicalTime == .unknown)
        #expect(summary.hasUnreadableTime)
    }

    @Test(arguments: [
        "2020", "2020-02", "2020-12", "2020-02-29", "2021-02-29", "2020-13", "2020-00-01", "0000",
        "9999", "9999-12-31", "2020-01-01T00:00:00Z", "2020-01-01T23:59:60+14:00", "20200101",
        "2020-01-01T00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00.1234567-05:30",
        "2020-01-01T24:00:00Z", "1969-12-31T23:59:59.5Z", "0001-01-01", "2020-1-1", "", "2020-",
    ])
    func `dates mean what PartialDate says`(text: String) throws {
        let (_, summary) = try summarise(
            #"{"resourceType":"Condition","onsetDateTime":"\#(text)"}"#
        )
        let known = PartialDate(text)
        #expect(summary.hasUnreadableTime == (known == nil))
        if let known {
            #expect(summary.happened == TimeSpan(earliest: known.earliest, end: known.end))
        }
    }

    @Test(arguments: [
        #"{"resourceType":"Observation","subject":[{"reference":"Patient/1"}]}"#,
        #"{"resourceType":"Observation","subject":"Patient/1"}"#,
        #"{"resourceType":"Observation","subject":null}"#,
        #"{"resourceType":"Claim","patient":7}"#,
        #"{"resourceType":"Observation","subject":{"reference":["Patient/1"]}}"#,
        #"{"resourceType":"Observation","subject":{"reference":null}}"#,
        #"{"resourceType":"Appointment","participant":{"actor":{"reference":"Patient/1"}}}"#,
        #"{"resourceType":"Observation","code":{"coding":{"code":"1"}}}"#,
        #"{"resourceType":"Observation","code":{"coding":["1"]}}"#,
        #"{"resourceType":"Observation","meta":[]}"#,
        #"{"resourceType":"Observation","meta":{"security":"R"}}"#,
        #"{"resourceType":"Observation","contained":{"resourceType":"Patient"}}"#,
        #"{"resourceType":"Observation","note":"text"}"#,
        #"{"resourceType":"Observation","effectiveDateTime":{"start":"2020"}}"#,
    ])
    func `an element of the wrong JSON type refuses the resource`(text: String) {
        #expect(code(of: text) == "fhir.resource.wrongType")
    }

    @Test(arguments: [
        ("[]", "fhir.resource.notAnObject"), ("1", "fhir.resource.notAnObject"),
        ("{}", "fhir.resource.missingResourceType"),
        (#"{"resourceType":7}"#, "fhir.resource.missingResourceType"),
        (#"{"resourceType":"patient"}"#, "fhir.resource.unknownResourceType"),
        (#"{"resourceType":"DomainResource"}"#, "fhir.resource.unknownResourceType"),
        (#"{"resourceType":"Patient","id":""}"#, "fhir.resource.badID"),
        (#"{"resourceType":"Patient","id":"\u0061"}"#, "fhir.resource.badID"),
        (#"{"resourceType":"Flag","contained":[{"id":"a"}]}"#, "fhir.resource.missingResourceType"),
        (
            #"{"resourceType":"Flag","contained":[{"resourceType":"X"}]}"#,
            "fhir.resource.unknownResourceType"
        ),
    ])
    func `what is no resource is refused`(text: String, expected: String) {
        #expect(code(of: text) == expected)
    }

    @Test func `no message holds a word of the input`() {
        for text in [
            #"{"resourceType":"CANARY"}"#, #"{"resourceType":"Flag","subject":"CANARY"}"#,
            #"{"resourceType":"Patient","id":"CANARY!"}"#,
        ] {
            var parser = JSONParser()
            var summary = ResourceSummary()
            do throws(FHIRModelError) {
                try summary.gather(try parser.parse(Array(text.utf8)).root)
                Issue.record("accepted")
            } catch {
                let all = "\(error) \(error.message) \(error.hint) \(error.code)"
                #expect(!all.contains("CANARY"))
            }
        }
    }

    @Test func `an array is reused without remembering the resource before`() throws {
        var parser = JSONParser()
        var summary = ResourceSummary()
        let first = #"{"resourceType":"Flag","id":"1","status":"active","code":{"text":"a"}}"#
        try summary.gather(try parser.parse(Array(first.utf8)).root)
        try summary.gather(try parser.parse(Array(#"{"resourceType":"Basic"}"#.utf8)).root)
        #expect(summary.id.isEmpty && summary.status.isEmpty && summary.texts.isEmpty)
        #expect(summary.type == .basic)
    }

    private func summarise(_ text: String) throws -> (JSONDocument, ResourceSummary) {
        var parser = JSONParser()
        let document = try parser.parse(Array(text.utf8))
        var summary = ResourceSummary()
        try summary.gather(document.root)
        return (document, summary)
    }

    private func code(of text: String) -> String? {
        do {
            _ = try summarise(text)
            return nil
        } catch {
            return (error as? FHIRModelError)?.code
        }
    }
}
