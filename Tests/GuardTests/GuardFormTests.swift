import Consent
import FHIRModel
import MerkleLog
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// Small forms that the Guard keeps: each reads back what it wrote and refuses everything else.
struct GuardFormTests {
    @Test func `a manifest's text names exactly its items`() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<300 {
            let items = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Manifest.Item(
                    number: .random(in: 0...30, using: &random),
                    version: .random(in: 1...3, using: &random)
                )
            }
            let manifest = Manifest(items)
            #expect(Set(manifest.items) == Set(items))
            #expect(manifest.items == manifest.items.sorted())
            #expect(Manifest(manifest.description) == manifest)
        }
        for text in [
            "-", "1-", "-1", "2-1", "1v", "1v0", "v1", "a", "1-2-3", "1v1v1", " 1", "1 ",
            "0-4294967295", "4294967296", "1v4294967296",
        ] {
            #expect(Manifest(text) == nil, "\(text)")
        }
    }

    @Test func `a catalogue and a patient's state refuse every cut and every added byte`() throws {
        var catalogue = Catalogue()
        for number in 0..<5 as Range<UInt32> {
            catalogue.items.append(
                Catalogue.Item(
                    tag: UInt64(number) &* 77,
                    content: .max - UInt64(number),
                    version: number + 1,
                    segment: number * 100,
                    isDeleted: number == 3
                )
            )
        }
        var patient = PatientState(reference: "Patient/a", shard: 3)
        patient.lastEntry = 0
        patient.entryCount = 1 << 40
        patient.segments = [Segment(category: .conditions, labels: .none, namesOthers: true)]
        #expect(try Catalogue(decoding: catalogue.encoded()) == catalogue)
        #expect(try PatientState(decoding: patient.encoded()) == patient)
        let catalogueBytes = catalogue.encoded()
        for cut in catalogueBytes.indices {
            #expect((try? Catalogue(decoding: Array(catalogueBytes[..<cut]))) == nil)
        }
        let patientBytes = patient.encoded()
        for cut in patientBytes.indices {
            #expect((try? PatientState(decoding: Array(patientBytes[..<cut]))) == nil)
        }
        #expect((try? Catalogue(decoding: catalogueBytes + [0])) == nil)
        #expect((try? PatientState(decoding: patientBytes + [0])) == nil)
    }

    @Test func `an intent's rows read back, and no cut or added byte is taken for them`() throws {
        var random = SeededRandom.forTest()
        var rows = IntentRows()
        rows.segments = [
            Segment(category: .laboratory, labels: [.hiv, .std]),
            Segment(category: .notes, labels: .none, namesOthers: true),
        ]
        let ids = [
            "0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "0C3151BD-1cbf-4d64-b04d-cd9187a4c6e0",
            "a.b-C9", "0c3151bd01cbf-4d64-b04d-cd9187a4c6e0", "0c3151bd-1cbf-4d64-b04d-cd9187a4c6e",
        ]
        for number in 0..<20 as Range<UInt32> {
            let name = number % 6 == 5 ? nil : "Observation/\(ids[Int(number) % 6 % 5])"
            let hash = try #require(MerkleHash(random.bytes(32)))
            rows.records.append(
                IntentRows.Record(
                    number: number * 1_000,
                    version: number + 1,
                    id: name.flatMap { RecordID($0) },
                    segment: Int(number % 2),
                    content: .random(in: 0...UInt64.max, using: &random),
                    sealed: hash,
                    isDeletion: number % 7 == 0,
                    node: LabelNodes.Node(
                        category: number % 3 == 0 ? .laboratory : .notes,
                        namesOthers: number % 4 == 0,
                        own: number % 2 == 0 ? [.hiv] : .none,
                        coded: number % 4 == 0 ? [.hiv] : .none,
                        links: (0..<Int(number % 4)).map { .init(to: UInt64($0) << 60, .about) }
                    ),
                    bases: number % 5 == 0 ? ["hiv: a", "std: b"] : []
                )
            )
        }
        let bytes = rows.encoded
        #expect(try IntentRows(decoding: bytes) == rows)
        for cut in bytes.indices {
            #expect((try? IntentRows(decoding: Array(bytes[..<cut]))) == nil, "\(cut)")
        }
        #expect((try? IntentRows(decoding: bytes + [0])) == nil)
        var nodes = LabelNodes()
        nodes.nodes = rows.records.map(\.node)
        let encoded = nodes.encoded()
        #expect(try LabelNodes(decoding: encoded) == nodes)
        for cut in encoded.indices {
            #expect((try? LabelNodes(decoding: Array(encoded[..<cut]))) == nil, "\(cut)")
        }
    }

    @Test func `random bytes are refused by every reader and crash none`() {
        var random = SeededRandom.forTest()
        for _ in 0..<3_000 {
            var bytes = random.bytes(Int.random(in: 0...60, using: &random))
            if Bool.random(using: &random), !bytes.isEmpty { bytes[0] = 1 }
            _ = try? Catalogue(decoding: bytes)
            _ = try? PatientState(decoding: bytes)
            _ = try? LabelNodes(decoding: bytes)
            _ = try? CachedFacts(decoding: bytes)
            if Bool.random(using: &random), !bytes.isEmpty { bytes[0] = 2 }
            _ = try? LabelNodes(decoding: bytes)
            _ = try? IntentRows(decoding: bytes)
            _ = Manifest(String(decoding: bytes, as: UTF8.self))
            _ = Segment(name: String(decoding: bytes, as: UTF8.self))
            _ = PatientDesignation(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `a segment's name reads back and no other name is taken for it`() {
        var names: Set<String> = []
        for category in DataCategory.allCases {
            for labels in [LabelSet.none, .all, [.mentalHealth], [.hiv, .mentalHealth]]
                as [LabelSet]
            {
                for isShared in [false, true] {
                    let segment = Segment(
                        category: category,
                        labels: labels,
                        namesOthers: isShared
                    )
                    #expect(Segment(name: segment.name) == segment)
                    names.insert(segment.name)
                }
            }
        }
        #expect(names.count == DataCategory.allCases.count * 8)
        for name in [
            "", "|", "conditions", "conditions||", "conditions|none|x", "x|", "conditions|x",
        ] {
            #expect(Segment(name: name) == nil, "\(name)")
        }
    }

    @Test func `a token of the blind index is shared by at least two rows and at most their root`()
    {
        for rows in [4, 5, 16, 100, 1_000, 65_536, 1_000_000] {
            let share = Double(rows) / Double(1 << BlindIndex.bits(forRows: rows))
            #expect(share >= 2, "\(rows)")
            #expect(share <= max(4, Double(rows).squareRoot()), "\(rows)")
        }
    }

    @Test func `names are found whatever their case, accents and order`() {
        let same: [(String, String)] = [
            ("BJØRNSTAD Marit", "marit bjørnstad"), ("José", "JOSE\u{301}"),
            ("Girdėnis", "girdenis"), ("정하은", "\u{110C}\u{1165}\u{11BC}하은"),
            ("பூங்கொடி", "பூங்கொடி"), ("O'Neill", "o neill"),
        ]
        for (left, right) in same {
            #expect(Set(SearchText.words(left)) == Set(SearchText.words(right)), "\(left)")
        }
        // The short way for ASCII gives what the long one gives.
        for text in ["O'Neill-Smith 3rd", "A  b\tC.d,", "", "--", "MRN 00-12/x_Y", "(555) 01"] {
            #expect(SearchText.words(text) + ["a"] == SearchText.words(text + " å"))
            #expect(SearchText.compact(text) + "a" == SearchText.compact(text + "å"))
        }
        // Vowel signs tell Tamil names apart.
        #expect(SearchText.words("பூ") != SearchText.words("பு"))
        #expect(SearchText.compact("010-1234 5678") == SearchText.compact("01012345678"))
    }

    @Test func `a signature is over one request of one vault and nothing else`() throws {
        let principal = try #require(PrincipalID("a"))
        let one = try #require(VaultID(bytes: [UInt8](repeating: 1, count: 16)))
        let two = try #require(VaultID(bytes: [UInt8](repeating: 2, count: 16)))
        let time = Instant(microseconds: 5)
        var messages: Set<[UInt8]> = []
        for vault in [one, two] {
            for body in [["kind": "session"], ["kind": "find"]] as [JSONValue] {
                for nonce in [[UInt8](repeating: 0, count: 16), [UInt8](repeating: 1, count: 16)] {
                    messages.insert(
                        SignedStatement.message(
                            vault: vault,
                            principal: principal,
                            time: time,
                            nonce: nonce,
                            body: body
                        )
                    )
                }
            }
        }
        #expect(messages.count == 8)
    }

    @Test func `every field of a request is part of what is signed`() throws {
        let base = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["TREAT"]
        )
        let edits: [(inout ReleaseRequest) -> Void] = [
            { $0.patient = .identifier(system: "s", value: "v") }, { $0.purposes = ["HPAYMT"] },
            { $0.purposes = [] }, { $0.action = "export" }, { $0.types = ["Patient"] },
            { $0.categories = ["billing"] }, { $0.record = RecordID("Condition/1") },
            { $0.since = PartialDate("2020") }, { $0.until = PartialDate("2020") },
            { $0.claim = "1" }, { $0.breakGlass = BreakGlass(reason: "x") },
            { $0.breakGlass = BreakGlass(reason: "x", note: "y") },
        ]
        var texts: Set<[UInt8]> = [base.json.bytes]
        for edit in edits {
            var request = base
            edit(&request)
            texts.insert(request.json.bytes)
        }
        #expect(texts.count == edits.count + 1)
    }
}
