import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct HostileJSONTests {
    /// Accepted by the grammar, refused here: a key twice in one object has no safe meaning.
    static let refusedDuplicates: Set = [
        "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
    ]

    @Test(.enabled(if: SharedData.isExpected))
    func `JSONTestSuite: every y is accepted, every n refused, nothing crashes`() throws {
        let files = try SharedData.files(
            below: "hostile-json/JSONTestSuite/test_parsing",
            suffix: ".json"
        )
        var wrong: [String] = []
        var counts = (yes: 0, no: 0, either: 0)
        var parser = JSONParser()
        for file in files {
            let name = file.lastPathComponent
            let fault = fault(of: Array(try Data(contentsOf: file)), by: &parser)
            switch name.prefix(2) {
            case "y_" where Self.refusedDuplicates.contains(name):
                counts.no += 1
                if fault != .duplicateKey { wrong.append(name) }
            case "y_":
                counts.yes += 1
                if fault != nil { wrong.append(name) }
            case "n_":
                counts.no += 1
                if fault == nil { wrong.append(name) }
            default: counts.either += 1
            }
        }
        print("JSONTestSuite: \(counts)")
        #expect(wrong.isEmpty)
        #expect(counts.yes + counts.no + counts.either > 300)
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `every prefix of a valid text is refused`() throws {
        let bytes = try SharedData.bytes("hostile-json/blns/blns.json")
        var parser = JSONParser()
        #expect(fault(of: bytes, by: &parser) == nil)
        var accepted = 0
        let body = bytes[..<(bytes.lastIndex(of: 0x5D) ?? 0)]
        for length in stride(from: 0, to: body.count, by: 7) {
            let fault = fault(of: Array(body[..<length]), by: &parser)
            if fault != .truncated { accepted += 1 }
        }
        #expect(accepted == 0)
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `the naughty strings come out as Foundation reads them`() throws {
        for name in ["blns.json", "blns.base64.json"] {
            let bytes = try SharedData.bytes("hostile-json/blns/\(name)")
            var parser = JSONParser()
            let ours = try parser.parse(bytes).root.elements.compactMap { $0.string }
            let theirs = try JSONDecoder().decode([String].self, from: Data(bytes))
            let same = zip(ours, theirs).count { $0.utf8.elementsEqual($1.utf8) }
            #expect(ours.count > 400 && ours.count == theirs.count)
            #expect(same == theirs.count)
        }
    }

    @Test func `nesting is allowed up to the limit and refused beyond it`() {
        var parser = JSONParser()
        let limit = Limits.maximumJSONDepth
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth)
        }
        #expect(fault(of: nested(limit), by: &parser) == nil)
        #expect(fault(of: nested(limit + 1), by: &parser) == .tooDeep)
        #expect(fault(of: [UInt8](repeating: 0x5B, count: 1_000_000), by: &parser) == .tooDeep)
    }

    @Test func `an object of many keys is checked for duplicates without taking for ever`() {
        var parser = JSONParser()
        var text = "{"
        for index in 0..<200_000 { text += "\"key-with-equal-ends-\(index)-equal-ends\":0," }
        let unique = text + "\"last\":0}"
        let twice = text + "\"key-with-equal-ends-77-equal-ends\":0}"
        #expect(fault(of: Array(unique.utf8), by: &parser) == nil)
        #expect(fault(of: Array(twice.utf8), by: &parser) == .duplicateKey)
    }

    @Test func `random damage never crashes and never passes what Foundation refuses`() throws {
        var random = SeededRandom.forTest()
        let text = Array(
            #"{"a":[1,-2.5e+7,"x\u00e9\ud83d\ude00é","\\"],"bb":{"c":null,"d":true},"e":"日本"}"#.utf8
        )
        var parser = JSONParser()
        #expect(fault(of: text, by: &parser) == nil)
        var wrong = 0
        for _ in 0..<20_000 {
            var damaged = text
            for _ in 0...Int.random(in: 0...2, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            let accepted = fault(of: damaged, by: &parser) == nil
            let known = try? JSONSerialization.jsonObject(
                with: Data(damaged),
                options: .fragmentsAllowed
            )
            if accepted && known == nil { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    private func fault(of bytes: [UInt8], by parser: inout JSONParser) -> JSONFault? {
        do {
            _ = try parser.parse(bytes)
            return nil
        } catch .json(let fault, let offset) {
            #expect(offset >= 0 && offset <= bytes.count)
            return fault
        } catch {
            Issue.record("another error: \(error)")
            return nil
        }
    }
}
