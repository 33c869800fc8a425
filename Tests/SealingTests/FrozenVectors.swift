import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Our own vectors, frozen: what was sealed once opens for ever, and every mutation named is refused.
///
/// `RECORD_VECTORS=1` writes missing files anew and fails the run; existing ones are never overwritten.
struct FrozenVectors: Codable {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Vectors")

    /// A sealed version, where it belongs, and what must not open.
    struct Sealed: Codable {
        var name: String
        var writeKey: String
        var vault: String
        var patient: String
        var segment: String
        var epoch: String
        var record: String
        var version: UInt32
        var salt: String
        var codec: UInt8
        var plaintext: String
        var sealed: String
        var mutations: [Mutation]
    }

    /// A change, made once for every place from `from` to `to`, and the error that each must give.
    struct Mutation: Codable {
        var mutation: String
        var from: Int?
        var to: Int?
        var expect: String
    }

    var about: String
    var versions: [Sealed]

    static func load() throws -> FrozenVectors {
        let data = try Data(contentsOf: folder.appending(path: "sealed-versions.json"))
        return try JSONDecoder().decode(FrozenVectors.self, from: data)
    }

    /// Every mutation that a vector of this length must withstand.
    static func mutations(of count: Int) -> [Mutation] {
        let last = count - 1
        let refused = "authenticationFailed"
        return [
            Mutation(mutation: "flip byte", from: 0, to: 0, expect: "unsupportedVersion"),
            Mutation(mutation: "flip byte", from: 1, to: last, expect: refused),
            Mutation(mutation: "truncate to", from: 0, to: last, expect: refused),
            Mutation(mutation: "append zero bytes", from: 1, to: 20, expect: refused),
        ]
            + ["vault", "patient", "segment", "epoch", "record", "version", "write key"].map {
                Mutation(mutation: "change \($0)", expect: refused)
            }
    }
}

extension FrozenVectors.Sealed {
    func location() throws -> RecordLocation {
        RecordLocation(
            vault: try #require(VaultID(bytes: try bytes(vault))),
            patient: try #require(PatientPseudonym(bytes: try bytes(patient))),
            segment: try #require(SegmentTag(bytes: try bytes(segment))),
            epoch: try #require(Epoch(bytes: try bytes(epoch))),
            record: try #require(RecordTag(bytes: try bytes(record))),
            version: version
        )
    }

    /// `noise:SEED:COUNT` stands for that many seeded bytes; anything else for its UTF-8.
    func plaintextBytes() throws -> [UInt8] {
        let parts = plaintext.split(separator: ":")
        guard parts.count == 3, parts[0] == "noise" else { return Array(plaintext.utf8) }
        var random = SeededRandom(seed: try #require(UInt64(parts[1])))
        return random.bytes(try #require(Int(parts[2])))
    }

    func sealedBytes() throws -> [UInt8] { try #require(Base64.decode(sealed)) }
}

struct FrozenVectorTests {
    @Test func `frozen sealed versions open to what was sealed`() throws {
        var codecs: Set<UInt8> = []
        for vector in try FrozenVectors.load().versions {
            let key = try SecretKey(copying: try bytes(vector.writeKey))
            let (plain, sealed) = (try vector.plaintextBytes(), try vector.sealedBytes())
            let opened = try RecordOpener(writeKey: key).open(sealed, at: try vector.location())
            #expect(opened == plain, "\(vector.name)")
            codecs.insert(vector.codec)
            // What zstd makes of a text may change with its version; what encryption makes may not.
            guard vector.codec == RecordContents.stored else { continue }
            let (location, salt) = (try vector.location(), try bytes(vector.salt))
            let again = try plain.withUnsafeBytes {
                try RecordSealer(writeKey: key).seal(
                    $0,
                    at: location,
                    salt: salt,
                    codec: vector.codec
                )
            }
            #expect(again == sealed, "\(vector.name)")
        }
        #expect(codecs == Set(0...RecordDictionary.newest))
    }

    @Test func `every named mutation of a frozen version gives the error it names`() throws {
        var count = 0
        for vector in try FrozenVectors.load().versions {
            #expect(vector.mutations.count == 11, "\(vector.name)")
            let sealed = try vector.sealedBytes()
            for mutation in vector.mutations {
                let moved = try Self.moved(vector, mutation.mutation)
                let key = try SecretKey(copying: try bytes(moved.writeKey))
                let (opener, location) = (try RecordOpener(writeKey: key), try moved.location())
                var wrong: [Int] = []
                for place in (mutation.from ?? 0)...(mutation.to ?? 0) {
                    for form in Self.forms(of: sealed, mutation.mutation, place) {
                        let code = Self.code(opener, form, location)
                        if code != "sealing.\(mutation.expect)" { wrong.append(place) }
                        count += 1
                    }
                }
                #expect(wrong.isEmpty, "\(vector.name): \(mutation.mutation)")
            }
            // The vector itself says that nothing was left out.
            let last = sealed.count - 1
            #expect(vector.mutations[1].to == last && vector.mutations[2].to == last)
        }
        #expect(count > 35_000)
    }

    /// The code of the error, or `opened`.
    private static func code(
        _ opener: RecordOpener,
        _ sealed: [UInt8],
        _ location: RecordLocation
    ) -> String {
        do throws(SealingError) {
            _ = try opener.open(sealed, at: location)
            return "opened"
        } catch { return error.code }
    }

    /// The sealed bytes under a mutation at a place; unchanged where it is the location that changes.
    private static func forms(
        of sealed: [UInt8],
        _ mutation: String,
        _ place: Int
    ) -> [[UInt8]] {
        switch mutation {
        case "flip byte":
            // One way is enough where there are many places.
            (sealed.count > 2000 ? [0x10] : [1, 0x80, 0xFF] as [UInt8]).map { change in
                var form = sealed
                form[place] ^= change
                return form
            }
        case "truncate to": [Array(sealed[..<place])]
        case "append zero bytes": [sealed + [UInt8](repeating: 0, count: place)]
        default: [sealed]
        }
    }

    /// The vector under a mutation of its location or key.
    private static func moved(
        _ vector: FrozenVectors.Sealed,
        _ mutation: String
    ) throws -> FrozenVectors.Sealed {
        var vector = vector
        switch mutation {
        case "flip byte", "truncate to", "append zero bytes": break
        case "change vault": vector.vault = flipped(vector.vault)
        case "change patient": vector.patient = flipped(vector.patient)
        case "change segment": vector.segment = flipped(vector.segment)
        case "change epoch": vector.epoch = flipped(vector.epoch)
        case "change record": vector.record = flipped(vector.record)
        case "change version": vector.version += 1
        case "change write key": vector.writeKey = flipped(vector.writeKey)
        default: throw MalformedVector()
        }
        return vector
    }

    private static func flipped(_ hex: String) -> String {
        String(hex.dropLast()) + (hex.last == "0" ? "1" : "0")
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["RECORD_VECTORS"] == "1"))
    func `missing vectors are written anew`() throws {
        let url = FrozenVectors.folder.appending(path: "sealed-versions.json")
        let isThere = FileManager.default.fileExists(atPath: url.path)
        try #require(!isThere, "delete the file by hand first")
        let compact =
            #"{"resourceType":"Observation","id":"bp-1","status":"final","code":{"coding":"#
            + #"[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}]},"#
            + #""subject":{"reference":"Patient/p1"},"valueQuantity":{"value":1.50,"unit":"mm[Hg]"}}"#
        let indented = """
            {
                    "resourceType": "Condition",
                    "id": "c-1",
                    "clinicalStatus": {
                      "coding": [
                        {
                          "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                          "code": "active"
                        }
                      ]
                    },
                    "code": { "text": "நீரிழிவு 당뇨병" },
                    "subject": { "reference": "Patient/p1" }
                  }
            """
        let rows: [(String, UInt8, String)] = [
            ("empty, stored", 0, ""), ("short, stored", 0, "{}"),
            ("compact text, zstd", 1, compact), ("compact text, dictionary 2", 2, compact),
            ("indented text, dictionary 3", 3, indented),
            ("two chunks of noise, stored", 0, "noise:5:17000"),
        ]
        var made = FrozenVectors(about: "Sealed versions of format 1; never changed.", versions: [])
        for (index, (name, codec, plaintext)) in rows.enumerated() {
            made.versions.append(try Self.record(name, codec, plaintext, seed: UInt64(index + 100)))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(made).write(to: url)
        Issue.record("vectors written; read them, then run again")
    }

    private static func record(
        _ name: String,
        _ codec: UInt8,
        _ plaintext: String,
        seed: UInt64
    ) throws -> FrozenVectors.Sealed {
        var random = SeededRandom(seed: seed)
        var vector = FrozenVectors.Sealed(
            name: name,
            writeKey: Hex.encode(random.bytes(32)),
            vault: Hex.encode(random.bytes(16)),
            patient: Hex.encode(random.bytes(16)),
            segment: Hex.encode(random.bytes(16)),
            epoch: Hex.encode(random.bytes(16)),
            record: Hex.encode(random.bytes(16)),
            version: UInt32(truncatingIfNeeded: random.next()) >> 16,
            salt: Hex.encode(random.bytes(24)),
            codec: codec,
            plaintext: plaintext,
            sealed: "",
            mutations: []
        )
        let key = try SecretKey(copying: try bytes(vector.writeKey))
        let (location, salt) = (try vector.location(), try bytes(vector.salt))
        let sealed = try vector.plaintextBytes().withUnsafeBytes {
            try RecordSealer(writeKey: key).seal($0, at: location, salt: salt, codec: codec)
        }
        vector.sealed = Base64.encode(sealed)
        vector.mutations = FrozenVectors.mutations(of: sealed.count)
        return vector
    }
}
