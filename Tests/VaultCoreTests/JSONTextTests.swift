import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct JSONTextTests {
    @Test func `what is written is read back as the same value`() {
        var random = SeededRandom.forTest()
        for _ in 0..<500 {
            let value = Self.value(&random, depth: 0)
            let bytes = value.bytes
            if JSONValue(parsing: bytes) != value { Issue.record("not the same value") }
            if JSONValue(parsing: value.prettyText) != value { Issue.record("not pretty") }
            if bytes.contains(0x0A) { Issue.record("a raw line break") }
        }
    }

    @Test func `every character is written so that it comes back`() {
        var scalars = String.UnicodeScalarView()
        for code in UInt32(0)...0x3000 {
            if let scalar = Unicode.Scalar(code) { scalars.append(scalar) }
        }
        let text = String(scalars) + "\u{1F469}\u{10FFFF}"
        let value = JSONValue.string(text)
        let back = JSONValue(parsing: value.bytes)?.string
        #expect(back?.utf8.elementsEqual(text.utf8) == true)
        #expect(JSONValue.string("\u{1}\"\\\n\r\t\u{1F}é").text == #""\u0001\"\\\n\r\t\u001fé""#)
    }

    @Test func `what is not exactly such a document is refused`() {
        let wrong = [
            "", " ", "{", "[1,]", "{\"a\":1,\"a\":2}", "1.0", "1e3", "-0", "01", "+1", "nul",
            "[1] 2",
            "9223372036854775808", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
            "\"abc", "'a'", "{a:1}", "NaN", String(repeating: "[", count: 65),
            String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
        ]
        for text in wrong { #expect(JSONValue(parsing: text) == nil, "\(text)") }
        #expect(JSONValue(parsing: [0x22, 0xC3, 0x22]) == nil)
        #expect(JSONValue(parsing: [0x22, 0x61, 0xFF, 0x22]) == nil)
        #expect(JSONValue(parsing: " {\"a\" : [ -9223372036854775808 , null ] } ") != nil)
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `the hostile files are refused, and the good ones that have no fractions accepted`() throws
    {
        var refused = 0
        var accepted = 0
        for file in try SharedData.files(below: "hostile-json", suffix: ".json") {
            let name = file.lastPathComponent
            let value = JSONValue(parsing: Array(try Data(contentsOf: file)))
            if name.hasPrefix("n_") {
                #expect(value == nil, "\(name)")
                refused += 1
            } else if name.hasPrefix("y_"), !Self.isBeyondOurs(name) {
                #expect(value != nil, "\(name)")
                accepted += 1
            }
        }
        #expect(refused > 150 && accepted > 60)
    }

    /// Valid JSON that the vault's own documents never hold: fractions, exponents, duplicate keys.
    private static func isBeyondOurs(_ name: String) -> Bool {
        ["number", "real", "duplicated_key"].contains { name.contains($0) }
    }

    private static func value(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch random.next() % (depth > 4 ? 5 : 7) {
        case 0: .null
        case 1: .bool(random.next() & 1 == 0)
        case 2: .int(Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
        case 3, 4:
            .string(String(decoding: random.bytes(Int(random.next() % 20)), as: UTF8.self))
        case 5: .array((0..<random.next() % 5).map { _ in value(&random, depth: depth + 1) })
        default:
            .object(
                (0..<random.next() % 5).map {
                    JSONValue.Member("\($0)\u{0}é", value(&random, depth: depth + 1))
                }
            )
        }
    }
}
