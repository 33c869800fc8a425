import FHIRModel
import Testing

struct JSONNodeTests {
    @Test func `members and elements keep their order, numbers their text`() throws {
        var parser = JSONParser()
        let document = try parser.parse(
            Array(#" {"b":1.50,"a":[10,"x",{"z":null}],"t":true,"f":false,"n":-0} "#.utf8)
        )
        let root = document.root
        #expect(root.members.map { $0.key.string } == ["b", "a", "t", "f", "n"])
        #expect(root["b"]?.numberText == "1.50")
        #expect(root["b"]?.integer == nil)
        #expect(root["a"]?[0]?.integer == 10)
        #expect(root["a"]?[1]?.utf8Equals("x") == true)
        #expect(root["a"]?[2]?["z"]?.kind == .null)
        #expect(root["a"]?[3] == nil)
        #expect(root["a"]?.count == 3)
        #expect(root["t"]?.boolean == true)
        #expect(root["f"]?.boolean == false)
        #expect(root["n"]?.integer == 0)
        #expect(root["absent"] == nil)
        #expect(root.member(named: "a")?.kind == .array)
        #expect(root.byteRange.lowerBound == 0)
        #expect(root["b"]?.withBytes { Array($0) } == Array("1.50".utf8))
    }

    @Test func `escapes are undone in keys and strings`() throws {
        var parser = JSONParser()
        let text = #"{"\u0061b":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","c":"a\u0000b"}"#
        let root = try parser.parse(Array(text.utf8)).root
        #expect(root["ab"]?.string == "\"\\/\u{8}\u{c}\n\r\té😀")
        #expect(root["ab"]?.isEscaped == true)
        #expect(root["c"]?.string == "a\u{0}b")
        #expect(root["c"]?.utf8Equals("a\u{0}b") == true)
    }

    @Test(arguments: [
        (#"{"a":1,"a":1}"#, JSONFault.duplicateKey), (#"{"a":1,"\u0061":1}"#, .duplicateKey),
        (#"{"x":{"k":1,"b":2,"k":3}}"#, .duplicateKey), (#"{"":1,"":2}"#, .duplicateKey),
        (#"{"a":{"k":1},"b":{"k":1}}"#, nil), (#"{"a":1,"A":1}"#, nil),
        ("\u{FEFF}{}", .byteOrderMark), ("{} {}", .trailingData), ("{}\u{0}", .trailingData),
        (#""\ud800""#, .loneSurrogate), (#""\udc00""#, .loneSurrogate),
        (#""\ud800\u0041""#, .loneSurrogate), (#""\x""#, .badEscape), (#""\u12g4""#, .badEscape),
        ("\"a\tb\"", .controlCharacter), ("01", .trailingData), ("1.", .truncated),
        ("[1.]", .badNumber), ("[-]", .badNumber), ("[+1]", .unexpectedByte),
        ("[1,]", .unexpectedByte), ("{,}", .unexpectedByte), ("[1 2]", .unexpectedByte),
        ("{\"a\" 1}", .unexpectedByte), ("nul", .truncated), ("nulx", .unexpectedByte),
        ("", .truncated), ("  ", .truncated), ("[1}", .unexpectedByte), ("//", .unexpectedByte),
    ])
    func `what is refused is refused for its reason`(text: String, expected: JSONFault?) {
        var parser = JSONParser()
        var found: JSONFault?
        do throws(FHIRModelError) {
            _ = try parser.parse(Array(text.utf8))
        } catch {
            if case .json(let fault, _) = error { found = fault }
        }
        #expect(found == expected)
    }

    @Test(
        arguments: [
            [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22],
            [0x22, 0xE0, 0x9F, 0xBF, 0x22], [0x22, 0xFF, 0x22],
        ] as [[UInt8]]
    )
    func `malformed UTF-8 is refused`(bytes: [UInt8]) {
        var parser = JSONParser()
        #expect(throws: FHIRModelError.json(.invalidUTF8, byteOffset: 1)) {
            try parser.parse(bytes)
        }
    }

    @Test func `a node stays valid while its parser reads on`() throws {
        var parser = JSONParser()
        let first = try parser.parse(Array(#"{"a":"first"}"#.utf8)).root
        let second = try parser.parse(Array(#"{"a":"second, and longer"}"#.utf8)).root
        #expect(first["a"]?.string == "first")
        #expect(second["a"]?.string == "second, and longer")
    }
}
