import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct FHIRFileRealDataTests {
    @Test(.enabled(if: SharedData.isExpected))
    func `every Synthea file is read, every record has its owner, every byte is kept`() throws {
        var tally: [String: Int] = [:]
        var unowned: [String: Int] = [:]
        var wrong: [String] = []
        var again = JSONParser()
        var afresh = ResourceSummary()
        let json = try SharedData.files(below: "synthea", suffix: ".json")
        let lines = try SharedData.files(below: "synthea", suffix: ".ndjson")
        for (number, url) in (json + lines).enumerated() {
            let bytes = Array(try Data(contentsOf: url))
            // A window far smaller than the file, so that entries cross its edges.
            let source = SlowSource(bytes: bytes, step: 10_007)
            // The oracle is slow; every fifth file and all that have no ids go through it.
            let isProved = number % 5 == 0 || url.path.contains("carebundle")
            let links = Links(file: isProved ? bytes : [])
            let file = try FHIRFile(source, windowByteCount: 20_000)
            var reader = FHIRFileReader(file, source, windowByteCount: 20_000)
            while let resource = try reader.nextResource() {
                tally["resources", default: 0] += 1
                let stored = resource.document.withBytes { Array($0) }
                if resource.isRewritten { tally["rewritten", default: 0] += 1 }
                let received = bytes[resource.fileRange]
                let expected =
                    resource.isRewritten
                    ? links.rewritten(received, resource.record) : Array(received)
                if isProved || !resource.isRewritten, stored != expected {
                    wrong.append("\(url.lastPathComponent) \(resource.entry)")
                }
                // The tape of a rewritten resource is moved, not parsed; it must be the same tape.
                try afresh.gather(try again.parse(stored).root)
                if !isSame(afresh, reader.summary) { wrong.append("tape \(url.lastPathComponent)") }
                if case .unowned(let reason) = reader.summary.ownership(in: resource.document) {
                    unowned["\(resource.record.type) \(reason)", default: 0] += 1
                }
                for span in reader.summary.references {
                    let form = span.parsed(in: resource.document).form
                    if form == .uuid { tally["dangling", default: 0] += 1 }
                }
            }
        }
        print("synthea: \(json.count + lines.count) files, \(tally), unowned \(unowned)")
        #expect(wrong.isEmpty)
        #expect(unowned.isEmpty)
        #expect(tally["dangling"] == nil)
        #expect((tally["resources"] ?? 0) > 18_000)
    }

    private func isSame(_ one: ResourceSummary, _ other: ResourceSummary) -> Bool {
        one.id == other.id && one.status == other.status && one.versionID == other.versionID
            && one.codings == other.codings && one.references == other.references
            && one.texts == other.texts && one.attachments == other.attachments
            && one.happened == other.happened && one.recorded == other.recorded
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `the HL7 examples are taken or refused for a reason`() throws {
        for folder in ["fhir-r4-examples", "us-core", "hostile-json/fhir-test-cases-valid-r4"] {
            var accepted = 0
            var refused: [String: Int] = [:]
            for url in try SharedData.files(below: folder, suffix: ".json") {
                let source = MemorySource(Array(try Data(contentsOf: url)))
                do throws(FHIRModelError) {
                    var file = try FHIRFile(source)
                    for entry in file.entriesWithoutID {
                        if let id = FHIRID("given-\(entry)") { file.assign(id, toEntry: entry) }
                    }
                    var reader = FHIRFileReader(file, source)
                    while try reader.nextResource() != nil {}
                    accepted += 1
                } catch {
                    refused["\(url.lastPathComponent): \(error.message)", default: 0] += 1
                }
            }
            print("\(folder): accepted \(accepted), refused \(refused)")
            #expect(accepted > 60)
        }
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `no hostile file crashes, and none that is no JSON is accepted`() throws {
        var accepted: [String] = []
        for url in try SharedData.files(below: "hostile-json/JSONTestSuite", suffix: ".json") {
            let bytes = Array(try Data(contentsOf: url))
            for window in [1, 1 << 20] {
                if (try? FHIRFile(MemorySource(bytes), windowByteCount: window)) != nil {
                    accepted.append(url.lastPathComponent)
                }
            }
        }
        #expect(accepted.isEmpty)
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `HL7's validator inputs: what is no JSON is refused, what is valid accepted`() throws {
        let index = try SharedData.bytes("hostile-json/fhir-test-cases/INDEX.csv")
        var verdicts: [String: String] = [:]
        for line in String(decoding: index, as: UTF8.self).split(whereSeparator: \.isNewline)
            .dropFirst()
        {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count > 4, let verdict = cells.last else { continue }
            let name = String(cells[0])
            verdicts[name] = cells[3] == "json-error" ? "json-error" : String(verdict)
        }
        var wrong: [String] = []
        var report: [String: [String]] = [:]
        for url in try SharedData.files(below: "hostile-json/fhir-test-cases", suffix: ".json") {
            let name = url.lastPathComponent
            let code = fault(Array(try Data(contentsOf: url)))
            let verdict = verdicts[name] ?? "unlisted"
            if verdict == "json-error", code?.hasPrefix("fhir.json") != true { wrong.append(name) }
            report["\(verdict): \(code ?? "accepted")", default: []].append(name)
        }
        for (outcome, names) in report.sorted(by: { $0.key < $1.key }) {
            print("\(outcome) \(names.count): \(names.sorted().prefix(12))")
        }
        #expect(wrong.isEmpty)
    }

    private func fault(_ bytes: [UInt8]) -> String? {
        do throws(FHIRModelError) {
            _ = try FHIRFile(MemorySource(bytes))
            return nil
        } catch {
            return error.code
        }
    }
}

/// Slow and obvious: every reference that is an entry's fullUrl becomes its type and id, and what has no id
/// gets the uuid of its fullUrl.
struct Links {
    private var targets: [String: String] = [:]
    private var withoutID: Set<String> = []

    init(file: [UInt8]) {
        let json = try? JSONSerialization.jsonObject(with: Data(file)) as? [String: Any]
        for entry in json?["entry"] as? [[String: Any]] ?? [] {
            let resource = entry["resource"] as? [String: Any]
            guard let url = entry["fullUrl"] as? String,
                let type = resource?["resourceType"] as? String
            else { continue }
            let id = resource?["id"] as? String ?? String(url.dropFirst("urn:uuid:".count))
            targets[url] = "\(type)/\(id)"
            if resource?["id"] == nil { withoutID.insert("\(type)/\(id)") }
        }
    }

    func rewritten(_ bytes: ArraySlice<UInt8>, _ record: RecordID) -> [UInt8] {
        let parts = bytes.split(separator: 0x22, omittingEmptySubsequences: false)
        let changed = parts.enumerated().map { place, part in
            // An identifier may have the same value as a fullUrl; only `"reference" : "…"` is a link.
            let isLink = place >= 2 && parts[place - 2].elementsEqual("reference".utf8)
            guard isLink else { return part }
            let text = String(decoding: part, as: UTF8.self)
            return targets[text].map { Array($0.utf8)[...] } ?? part
        }
        let whole = Array(changed.joined(separator: [0x22]))
        guard withoutID.contains(record.description) else { return whole }
        return Array("{\"id\":\"\(record.id.text)\",".utf8) + whole.dropFirst()
    }
}

/// Gives fewer bytes than asked for, as a pipe or network file system may.
struct SlowSource: ByteSource {
    let bytes: [UInt8]
    let step: Int
    var byteCount: Int { bytes.count }

    func read(
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FHIRModelError) -> Int {
        let count = min(step, buffer.count, bytes.count - offset)
        if count > 0 { buffer.copyBytes(from: bytes[offset..<offset + count]) }
        return count
    }
}
