import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct CodecTests {
    @Test func `base64 is what Foundation writes and reads back`() {
        var random = SeededRandom.forTest()
        for length in 0..<200 {
            let bytes = random.bytes(length)
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.decode(text) == bytes)
        }
    }

    @Test(arguments: [
        "A", "AA", "AAA", "A===", "AB==", "AAB=", "AA==AA==", "AA\n==", "AA=A", "A-_=",
    ])
    func `base64 in another form than the one we write is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `hexadecimal reads both cases and refuses the rest`() {
        #expect(Hex.encode([0, 255, 16]) == "00ff10")
        #expect(Hex.decode("00FF10") == [0, 255, 16])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
    }

    @Test(arguments: [
        ("Patient/1", true), ("Patient/", false), ("/1", false), ("patient/1", false),
        ("Patient/1/2", false), ("Patient/a b", false),
        ("Patient/\(String(repeating: "x", count: 64))", true),
        ("Patient/\(String(repeating: "x", count: 65))", false), ("Pat1ent/1", false),
    ])
    func `a record id is a type and an id that FHIR allows`(text: String, isID: Bool) {
        #expect((RecordID(text) != nil) == isID)
    }

    @Test func `a redacted value shows nowhere but where it is revealed`() {
        let secret = Redacted("canary-7f3a")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
            #expect(!text.contains("canary"))
        }
        #expect(secret.reveal() == "canary-7f3a")
    }
}
