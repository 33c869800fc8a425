import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

struct EntryTests {
    private let log: SampleLog

    init() throws {
        log = try SampleLog.filled()
    }

    @Test func `an entry is decoded to what was sealed and back to the same bytes`() throws {
        for entry in log.entries {
            let bytes = entry.bytes
            let decoded = try EntryCodec.decode(bytes)
            #expect(decoded == entry && decoded.bytes == bytes)
            #expect(try EntryCodec.frame(ofStored: bytes) == entry.frame)
        }
    }

    @Test func `the fast leaf hash is the hash of the leaf data`() throws {
        for entry in log.entries {
            let slow = TreeHasher.leafHash(entry.leafData)
            #expect(try EntryCodec.leafHash(ofStored: entry.bytes) == slow)
        }
    }

    @Test func `what is written on the way is what the finished entry says`() throws {
        let key = try SampleLog.patientKey("anna")
        let routing = try SampleLog.routing(7)
        let part: JSONValue = ["patient": "anna", "note": "a \"quote\"\n", "n": 7]
        for header in Self.headers {
            let sealed = try SectionSealer(random: SeededBytes(seed: 5)).seal(
                header: header,
                headerRouting: routing,
                headerKey: key,
                parts: [SectionSealer.Part(json: part, routing: routing, key: key)]
            )
            let entry = try EntryCodec.decode(sealed.bytes)
            #expect(sealed.leaf == TreeHasher.leafHash(entry.leafData))
            let first = try SectionSealer.open(section: 0, of: entry, key: key)
            #expect(first.part == header.json.bytes)
            #expect(try EntryHeader(try #require(first.json)).json == header.json)
            let second = try SectionSealer.open(section: 1, of: entry, key: key)
            #expect(second.part == part.bytes)
        }
    }

    /// Nothing known; everything known; texts that need escapes, and further members.
    private static var headers: [EntryHeader] {
        let empty = EntryHeader(kind: .system, time: SampleLog.start)
        var full = EntryHeader(kind: .decision, time: SampleLog.start)
        for path in texts { full[keyPath: path] = "x" }
        for path in lists { full[keyPath: path] = ["a", "b"] }
        full.automated = .machine
        full.scopeAsked = ["types": [], "claim": false]
        full.decision = .permit
        full.consent = [EntryHeader.ConsentVersion(id: "c1", version: "2")]
        full.accountable = true
        var odd = EntryHeader(kind: .fact, time: SampleLog.start)
        for path in texts { odd[keyPath: path] = "\u{1}\"\\ å 한\n" }
        for path in lists { odd[keyPath: path] = [] }
        odd.consent = []
        odd.accountable = false
        odd.more = [
            .init("kind", "dropped"), .init("headsCount", 3), .init("a \"name\"", ["b": .null]),
        ]
        return [empty, full, odd]
    }

    private static var texts: [WritableKeyPath<EntryHeader, String?>] {
        [
            \.actor, \.actorKind, \.role, \.organization, \.onBehalfOf, \.authMethod, \.credential,
            \.session, \.client, \.sourceAddress, \.device, \.recordServer, \.guard, \.action,
            \.policyDigest, \.reason, \.breakGlassReason, \.verification, \.grant,
        ]
    }

    private static var lists: [WritableKeyPath<EntryHeader, [String]?>] {
        [\.purpose, \.categories, \.origin, \.rules, \.legalBasis, \.obligations]
    }

    @Test func `an entry cut anywhere or with bytes left over is refused`() throws {
        let bytes = log.entries[6].bytes
        var accepted = 0
        for count in 0..<bytes.count
        where (try? EntryCodec.leafHash(ofStored: Array(bytes[..<count]))) != nil {
            accepted += 1
        }
        #expect(accepted == 0)
        #expect(throws: MerkleLogError.malformedEntry) { try EntryCodec.decode(bytes + [0]) }
    }

    @Test func `every flipped byte changes the leaf or is refused, and opens nothing`() throws {
        let entry = log.entries[3]
        let bytes = entry.bytes
        let leaf = try EntryCodec.leafHash(ofStored: bytes)
        let key = try SampleLog.patientKey("anna")
        var same: [Int] = []
        var opened: [Int] = []
        let second = EntryFrame.byteCount + 4 + 60 + entry.sections[0].sealed.count
        let third = second + 4 + 60 + entry.sections[1].sealed.count
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x20
            guard let other = try? EntryCodec.decode(changed) else { continue }
            if try EntryCodec.leafHash(ofStored: changed) == leaf { same.append(place) }
            // Anna's section is the second; the others' bytes are not its business, the frame is.
            if place < EntryFrame.byteCount || (place >= second && place < third),
                (try? SectionSealer.open(section: 1, of: other, key: key)) != nil
            {
                opened.append(place)
            }
        }
        #expect(same.isEmpty && opened.isEmpty, "same \(same), opened \(opened)")
    }

    @Test func `a section opens under its own key, place and entry only`() throws {
        let entry = log.entries[6]
        let key = try SampleLog.patientKey("anna")
        #expect(throws: Never.self) { try SectionSealer.open(section: 2, of: entry, key: key) }
        #expect(throws: MerkleLogError.sectionNotOpened) {
            try SectionSealer.open(section: 1, of: entry, key: key)
        }
        #expect(throws: MerkleLogError.outOfRange) {
            try SectionSealer.open(section: 4, of: entry, key: key)
        }
        let swapped = StoredEntry(
            frame: entry.frame,
            sections: [entry.sections[0], entry.sections[2], entry.sections[1], entry.sections[3]]
        )
        #expect(throws: MerkleLogError.sectionNotOpened) {
            try SectionSealer.open(section: 1, of: swapped, key: key)
        }
    }

    @Test func `routing tags are read without taking the entry apart`() throws {
        var seen: [[UInt8]] = []
        try log.entries[6].bytes.withUnsafeBytes { bytes in
            try EntryCodec.forEachRouting(ofStored: bytes) { section, routing in
                #expect(section == seen.count)
                seen.append(Array(routing))
            }
        }
        #expect(seen == log.entries[6].sections.map(\.routing.bytes))
    }

    @Test func `a frame of another version or kind is refused`() throws {
        var bytes = log.entries[0].bytes
        bytes[0] = 2
        #expect(throws: MerkleLogError.unsupportedVersion(2)) { try EntryCodec.decode(bytes) }
        bytes[0] = 1
        for kind in [0, 14, 255] as [UInt8] {
            bytes[1] = kind
            #expect(throws: MerkleLogError.malformedEntry) { try EntryCodec.decode(bytes) }
        }
        // A time that has no text must not reach whoever prints it.
        for micros in [Int64.min, -62_135_596_800_000_001, 253_402_300_800_000_000, .max] {
            let time = Instant(microseconds: micros)
            let late = EntryFrame(kind: .system, time: time, sectionCount: 1).bytes
            #expect(throws: MerkleLogError.malformedEntry) {
                try EntryCodec.frame(ofStored: late)
            }
        }
        #expect(EntryKind.allCases.map(\.rawValue) == Array(1...13))
        #expect(EntryKind.allCases.allSatisfy { EntryKind(name: $0.name) == $0 })
        let frame = EntryFrame(kind: .policy, time: Instant(microseconds: -1), sectionCount: 3)
        #expect(frame.bytes.count == EntryFrame.byteCount)
        #expect(try frame.bytes.withUnsafeBytes { try EntryFrame($0) } == frame)
    }

    @Test func `a header says unknown of every field that nobody filled in`() throws {
        let header = EntryHeader(kind: .system, time: SampleLog.start)
        let members = try #require(header.json.object)
        #expect(members.map(\.key) == HeaderField.allCases.map(\.rawValue))
        let unknown = members.filter { $0.value == .string("unknown") }.count
        #expect(unknown == HeaderField.allCases.count - 2)
        #expect(try EntryHeader(header.json) == header)
    }

    @Test func `a full header is read back and a field left out is refused`() throws {
        var header = EntryHeader(kind: .decision, time: SampleLog.start)
        for path in [
            \EntryHeader.actor, \.actorKind, \.role, \.organization, \.onBehalfOf, \.authMethod,
            \.credential, \.session, \.client, \.sourceAddress, \.device, \.recordServer, \.guard,
            \.action, \.policyDigest, \.reason, \.breakGlassReason, \.verification, \.grant,
        ] {
            header[keyPath: path] = "text \u{1F469}\u{200D}\u{2695} \"\\\n"
        }
        for path in [
            \EntryHeader.purpose, \.categories, \.origin, \.rules, \.legalBasis, \.obligations,
        ] {
            header[keyPath: path] = ["a", ""]
        }
        header.automated = .machine
        header.scopeAsked = ["types": ["Condition"], "since": .null]
        header.decision = .deny
        header.consent = [.init(id: "c1", version: "3")]
        header.accountable = false
        header.more = [.init("count", 3)]
        #expect(try EntryHeader(header.json) == header)
        let members = try #require(header.json.object)
        for field in HeaderField.allCases {
            let rest = members.filter { $0.key != field.rawValue }
            #expect(throws: MerkleLogError.malformedPart) { try EntryHeader(.object(rest)) }
            let wrong = members.map {
                $0.key == field.rawValue ? JSONValue.Member($0.key, [1]) : $0
            }
            if field != .scopeAsked {
                #expect(throws: MerkleLogError.malformedPart) { try EntryHeader(.object(wrong)) }
            }
        }
    }

    @Test func `a patient part whose previous and count contradict each other is refused`() throws {
        let first = PatientPart(patient: "p", previous: nil, count: 1, body: [.init("n", 1)])
        let later = PatientPart(patient: "p", previous: 4, count: 2, body: [])
        #expect(try PatientPart(first.json) == first && PatientPart(later.json) == later)
        let wrong: [JSONValue] = [
            ["patient": "p", "previous": 4, "count": 1],
            ["patient": "p", "previous": .null, "count": 2],
            ["patient": "p", "previous": -1, "count": 2], ["patient": "p", "count": 1],
            ["patient": "p", "previous": .null, "count": 0], ["previous": .null, "count": 1], [],
        ]
        for json in wrong {
            #expect(throws: MerkleLogError.malformedPart) { try PatientPart(json) }
        }
    }

    @Test func `nothing secret is printed`() throws {
        let key = try #require(SectionKey([UInt8](repeating: 0x5A, count: 32)))
        var text = "\(key)"
        dump(key, to: &text)
        dump(log.key, to: &text)
        let opening = try log.openings(index: 3, section: 1, patient: "anna")[1]
        text += "\(opening)"
        #expect(!text.contains("5a5a") && !text.contains("90") && !text.contains("anna"))
    }
}
