import FHIRModel
import Testing
import VaultCore

/// Bundles, NDJSON and single resources, read in two passes.
struct FHIRFileTests {
    static let uuid = "0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"

    @Test func `references to entries become literal and nothing else changes`() throws {
        let text = """
            {"resourceType":"Bundle","type":"transaction","entry":[
             {"fullUrl":"urn:uuid:\(Self.uuid)","resource":{"resourceType":"Patient","id":"p1"},
              "request":{"method":"POST","url":"Patient"}},
             {"resource":{"id":"o1", "resourceType":"Observation","valueQuantity":{"value":1.50},
               "subject":{"reference":"urn:uuid:\(Self.uuid)","display":"urn:uuid:\(Self.uuid)"},
               "performer":[{"reference":"Practitioner?identifier=x|1"},{"reference":"#c"}]},
              "request":{"method":"PUT","url":"Observation/o1"}}]}
            """
        let read = try readAll(text)
        #expect(read.map(\.name) == ["Patient/p1", "Observation/o1"])
        #expect(read.map(\.isRewritten) == [false, true])
        let stored = """
            {"id":"o1", "resourceType":"Observation","valueQuantity":{"value":1.50},
               "subject":{"reference":"Patient/p1","display":"urn:uuid:\(Self.uuid)"},
               "performer":[{"reference":"Practitioner?identifier=x|1"},{"reference":"#c"}]}
            """
        #expect(read.last?.text == stored)
        #expect(read.last?.owner == "Patient/p1")
    }

    @Test func `an entry without id is stored under its uuid, in bundles of every type`() throws {
        for type in BundleType.allCases where type != .history {
            let request =
                type == .transaction || type == .batch
                ? #","request":{"method":"POST","url":"Patient"}"# : ""
            let text = """
                {"type":"\(type.rawValue)","resourceType":"Bundle","entry":[{
                "resource":{ "resourceType":"Patient"},"fullUrl":"urn:uuid:\(Self.uuid)"\(request)},
                {"fullUrl":"http://a.example/fhir/Flag/f","resource":{"resourceType":"Flag","id":"f",
                "subject":{"reference":"urn:uuid:\(Self.uuid)"},"author":{"reference":"http://a.example/fhir/Flag/f/_history/3"}}
                \(request.replacing("Patient", with: "Flag"))}]}
                """
            let read = try readAll(text)
            #expect(read.first?.text == #"{"id":"\#(Self.uuid)", "resourceType":"Patient"}"#)
            #expect(read.last?.owner == "Patient/\(Self.uuid)")
            #expect(read.last?.text.contains(#""reference":"Flag/f/_history/3""#) == true)
        }
    }

    @Test func `a created entry without any id gets the one the caller gives`() throws {
        let text = """
            {"resourceType":"Bundle","type":"transaction","entry":[
            {"fullUrl":"http://a.example/Patient/9","resource":{"resourceType":"Patient"},
            "request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=s|1"}},
            {"fullUrl":"http://a.example/Flag/8","resource":{"resourceType":"Flag","id":"8",
            "subject":{"reference":"Patient/9"}},"request":{"method":"PUT","url":"Flag/8"}}]}
            """
        var file = try FHIRFile(MemorySource(Array(text.utf8)))
        #expect(file.entriesWithoutID == [0])
        #expect(file.conditions == [0: "identifier=s|1"])
        var other = file
        other.leaveOut(entry: 0, existing: try #require(FHIRID("old")))
        #expect(other.entriesWithoutID.isEmpty)
        var only = FHIRFileReader(other, MemorySource(Array(text.utf8)))
        let kept = try #require(try only.nextResource())
        #expect(kept.document.root["subject"]?["reference"]?.string == "Patient/old")
        #expect(try only.nextResource() == nil)
        file.assign(try #require(FHIRID("new")), toEntry: 0)
        var reader = FHIRFileReader(file, MemorySource(Array(text.utf8)))
        #expect(try reader.nextResource()?.record.description == "Patient/new")
        let flag = try #require(try reader.nextResource())
        #expect(flag.document.root["subject"]?["reference"]?.string == "Patient/new")
    }

    @Test func `a rewritten resource has the tape that parsing it would give`() throws {
        func shape(_ node: JSONNode) -> [String] {
            let own = "\(node.kind) \(node.byteRange) \(node.isEscaped) \(node.string ?? "")"
            let members = node.members.flatMap { shape($0.key) + shape($0.value) }
            return [own] + members + node.elements.flatMap { shape($0) }
        }
        let texts = [
            #"{"resourceType":"Flag","a":{"reference":"A"},"b":[{"reference":"B"},{"reference":"C"},1]}"#,
            #"{ "a" : [ {"reference" : "A\u0041" , "x" : [ ] } ] , "z" : { } , "n" : -1.0 , "t":true}"#,
            #"{"a":{"reference":"keep"},"c":{"b":{"reference":"AA"}},"d":{"reference":""},"e":"é"}"#,
        ]
        for text in texts {
            for id in [nil, FHIRID("an-id")] {
                var parser = JSONParser()
                var rewriter = ReferenceRewriter()
                let document = try parser.parse(Array(text.utf8))
                let new = rewriter.rewrite(document, insertingID: id) { text, _, output in
                    if text.elementsEqual("keep".utf8) || text.isEmpty { return false }
                    output += String(repeating: "long", count: text.count).utf8
                    return true
                }
                let rewritten = try #require(new)
                var again = JSONParser()
                let parsed = try again.parse(rewritten.withBytes { Array($0) })
                #expect(shape(rewritten.root) == shape(parsed.root))
                #expect(rewritten.root["id"]?.string == id?.text)
            }
        }
    }

    @Test func `a conditional reference that is found becomes literal`() throws {
        let text =
            #"{"resourceType":"Flag","id":"1","subject":{"reference":"Patient?identifier=s|1"}}"#
        let source = MemorySource(Array(text.utf8))
        let file = try FHIRFile(source)
        var reader = FHIRFileReader(file, source) {
            $0 == "Patient?identifier=s|1" ? RecordID("Patient/77") : nil
        }
        let found = try #require(try reader.nextResource())
        #expect(found.document.root["subject"]?["reference"]?.string == "Patient/77")
        #expect(try reader.nextResource() == nil)
    }

    @Test func `lines may be blank or end in CRLF, and hold one resource each`() throws {
        let line = #"{"resourceType":"Patient","id":"a"}"#
        let other = #"{"id":"b","resourceType":"Patient"}"#
        let names = try readAll("\n\(line)\r\n\r\n  \(other)\n\n").map(\.name)
        #expect(names == ["Patient/a", "Patient/b"])
        #expect(try FHIRFile(MemorySource(Array("\(line)\n\(other)".utf8))).format == .ndjson)
        #expect(fault("\(line) \(other)") == "fhir.bundle.malformedLine")
        #expect(
            fault("\(line)\n{\"resourceType\":\n\"Patient\",\"id\":\"c\"}")
                == "fhir.bundle.malformedLine"
        )
        #expect(fault("\(line)\n\(other)]") == "fhir.bundle.malformedLine")
        #expect(
            fault("\(line)\n{\"resourceType\":\"Patient\"}\n\(other)") == "fhir.resource.missingID"
        )
        #expect(fault("\(line)\n[1]\n") == "fhir.resource.notAnObject")
    }

    @Test func `a history is read from its oldest version to its newest`() throws {
        func entry(_ version: Int) -> String {
            """
            {"fullUrl":"http://a.example/Patient/1","resource":{"resourceType":"Patient","id":"1",
            "meta":{"versionId":"\(version)"}},"request":{"method":"PUT","url":"Patient/1"}}
            """
        }
        let text =
            #"{"resourceType":"Bundle","type":"history","entry":[\#(entry(2)),\#(entry(1))]}"#
        let versions = try readAll(text).map { $0.text.contains(#""versionId":"1""#) }
        #expect(versions == [true, false])
    }

    @Test(arguments: [
        (#"[{"resourceType":"Patient"}]"#, "fhir.bundle.unknownFormat"),
        ("hello", "fhir.bundle.unknownFormat"), ("", "fhir.json.truncated"),
        ("\u{FEFF}{}", "fhir.json.byteOrderMark"), ("{}", "fhir.resource.missingResourceType"),
        (#"{"resourceType":"Bundle"}"#, "fhir.bundle.unknownBundleType"),
        (#"{"resourceType":"Bundle","type":"pile"}"#, "fhir.bundle.unknownBundleType"),
        (#"{"resourceType":"Patience","id":"1"}"#, "fhir.resource.unknownResourceType"),
        (#"{"resourceType":"Patient"}"#, "fhir.resource.missingID"),
        (#"{"resourceType":"Patient","id":"a b"}"#, "fhir.resource.badID"),
        (#"{"resourceType":"Patient","id":7}"#, "fhir.resource.wrongType"),
        (#"{"resourceType":"Patient","id":"1","id":"1"}"#, "fhir.json.duplicateKey"),
        (#"{"resourceType":"Patient","id":"1"}x"#, "fhir.json.trailingData"),
        (#"{"resourceType":"Bundle","type":"batch","entry":{}}"#, "fhir.bundle.malformedEntry"),
        (#"{"resourceType":"Bundle","type":"batch","entry":[1]}"#, "fhir.bundle.malformedEntry"),
        (#"{"resourceType":"Bundle","type":"batch","type":"batch"}"#, "fhir.json.duplicateKey"),
        (
            #"{"resourceType":"Bundle","type":"batch","entry":[],"entry":[]}"#,
            "fhir.json.duplicateKey"
        ),
        (#"{"resourceType":"Bundle","type":"batch","entry":[{}]"#, "fhir.json.truncated"),
        (#"{"resourceType":"Bundle","type":"batch","entry":[{},]}"#, "fhir.json.unexpectedByte"),
        (#"{"resourceType":"Bundle","type":"batch"} ]"#, "fhir.json.trailingData"),
    ])
    func `what is no import is refused for its reason`(text: String, code: String) {
        #expect(fault(text) == code)
        #expect(fault(text, windowByteCount: 1) == code)
    }

    @Test(arguments: [
        (#"{"resource":{"resourceType":"Patient","id":"1"}}"#, "fhir.bundle.missingRequest"),
        (#"{"request":{"method":"DELETE","url":"Patient/1"}}"#, "fhir.bundle.unsupportedMethod"),
        (#"{"request":{"method":"GET","url":"Patient/1"}}"#, "fhir.bundle.unsupportedMethod"),
        (
            #"{"resource":{"resourceType":"Parameters"},"request":{"method":"PATCH","url":"Patient/1"}}"#,
            "fhir.bundle.unsupportedMethod"
        ),
        (#"{"request":{"method":"PUT","url":"Patient/1"}}"#, "fhir.bundle.emptyEntry"),
        (
            #"{"resource":{"resourceType":"Patient","id":"2"},"request":{"method":"PUT","url":"Patient/1"}}"#,
            "fhir.bundle.requestMismatch"
        ),
        (
            #"{"resource":{"resourceType":"Patient","id":"2"},"request":{"method":"POST","url":"Flag"}}"#,
            "fhir.bundle.requestMismatch"
        ),
        (
            #"{"resource":{"resourceType":"Flag","id":"2","subject":[{"reference":"Patient/1"}]},"request":{"method":"POST","url":"Flag"}}"#,
            "fhir.resource.wrongType"
        ),
        (
            #"{"fullUrl":7,"resource":{"resourceType":"Flag","id":"2"},"request":{"method":"POST","url":"Flag"}}"#,
            "fhir.bundle.malformedEntry"
        ),
    ])
    func `an entry that cannot be imported refuses the whole file`(entry: String, code: String) {
        let good =
            #"{"resource":{"resourceType":"Patient","id":"9"},"request":{"method":"PUT","url":"Patient/9"}}"#
        let text = #"{"resourceType":"Bundle","type":"transaction","entry":[\#(good),\#(entry)]}"#
        #expect(fault(text) == code)
    }

    @Test func `one id for two different resources is refused, the same bytes twice are not`()
        throws
    {
        func bundle(_ type: String, _ first: String, _ second: String) -> String {
            let entries = [first, second].map {
                #"{"resource":\#($0),"request":{"method":"PUT","url":"Patient/1"}}"#
            }
            return
                #"{"resourceType":"Bundle","type":"\#(type)","entry":[\#(entries[0]),\#(entries[1])]}"#
        }
        let one = #"{"resourceType":"Patient","id":"1"}"#
        let two = #"{"resourceType":"Patient","id":"1","active":true}"#
        #expect(fault(bundle("batch", one, two)) == "fhir.bundle.conflictingResources")
        #expect(fault(bundle("collection", one, two)) == "fhir.bundle.conflictingResources")
        #expect(fault(bundle("transaction", one, one)) == "fhir.bundle.conflictingResources")
        #expect(fault(bundle("batch", one, one)) == nil)
        #expect(try readAll(bundle("collection", one, one)).count == 2)
    }

    @Test func `one fullUrl for two resources is refused`() {
        let text = """
            {"resourceType":"Bundle","type":"collection","entry":[
            {"fullUrl":"urn:uuid:\(Self.uuid)","resource":{"resourceType":"Patient","id":"1"}},
            {"fullUrl":"urn:uuid:\(Self.uuid)","resource":{"resourceType":"Patient","id":"2"}}]}
            """
        #expect(fault(text) == "fhir.bundle.duplicateFullURL")
    }

    @Test func `a source that fails is reported with its place`() {
        struct Broken: ByteSource {
            let byteCount = 10
            func read(
                at offset: Int,
                into buffer: UnsafeMutableRawBufferPointer
            ) throws(FHIRModelError) -> Int {
                throw .unreadable(byteOffset: offset)
            }
        }
        #expect(throws: FHIRModelError.unreadable(byteOffset: 0)) { try FHIRFile(Broken()) }
    }

    struct Read: Equatable {
        var name: String
        var text: String
        var isRewritten: Bool
        var place: Range<Int>
        var owner: String?
    }

    /// Reads a file in two passes, and once more kept in memory and cut into parts: all must agree.
    private func readAll(_ text: String) throws -> [Read] {
        let source = MemorySource(Array(text.utf8))
        let file = try FHIRFile(source)
        let found = try read(file, source)
        let kept = try FHIRFile(source, keepingUpTo: .max)
        let cut = kept.entryCount / 2
        var again = try read(kept, source, part: kept.isKept ? 0..<cut : nil)
        if kept.isKept { again += try read(kept, source, part: cut..<kept.entryCount) }
        #expect(again == found)
        #expect(kept.resourceCount == file.resourceCount)
        return found
    }

    private func read(
        _ file: FHIRFile,
        _ source: MemorySource,
        part: Range<Int>? = nil
    ) throws -> [Read] {
        var reader = FHIRFileReader(file, source, part: part)
        var found: [Read] = []
        while let resource = try reader.nextResource() {
            let document = resource.document
            var read = Read(
                name: resource.record.description,
                text: document.withBytes { String(decoding: $0, as: UTF8.self) },
                isRewritten: resource.isRewritten,
                place: resource.fileRange
            )
            if case .patient(let span) = reader.summary.ownership(in: document) {
                read.owner = document.string(span.reference)
            }
            found.append(read)
        }
        return found
    }

    /// The code of what is wrong with a file; the same whether it is kept or read twice.
    private func fault(_ text: String, windowByteCount: Int = 1 << 20) -> String? {
        let source = MemorySource(Array(text.utf8))
        let twice = error { () throws(FHIRModelError) in
            _ = try FHIRFile(source, windowByteCount: windowByteCount)
        }
        let kept = error { () throws(FHIRModelError) in
            let file = try FHIRFile(source, keepingUpTo: .max)
            var reader = FHIRFileReader(file, source)
            while file.isKept, try reader.nextResource() != nil {}
        }
        #expect(kept == twice, "\(text)")
        return twice?.code
    }

    private func error(_ body: () throws(FHIRModelError) -> Void) -> FHIRModelError? {
        do throws(FHIRModelError) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
