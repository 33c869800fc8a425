import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Derivation, tags, wrapping and the passphrase file give the same bytes for ever.
///
/// The rows of `keys.json` are reproduced from the documented formats alone by a second program, in
/// another language (see Vectors/README.md).
struct FrozenKeyTests {
    private struct File: Decodable {
        let key: String
        let derived: [Row]
        let tags: [Row]
        let wrapped: Wrapped
        let passphraseFile: String
        let passphrase: String
        let rootKey: String
    }

    private struct Row: Decodable {
        let label: String
        let parts: [String]
        let bytes: String
    }

    private struct Wrapped: Decodable {
        let context: String
        let key: String
        let bytes: String
    }

    private static func load() throws -> File {
        let data = try Data(contentsOf: FrozenVectors.folder.appending(path: "keys.json"))
        return try JSONDecoder().decode(File.self, from: data)
    }

    @Test func `derived keys are the frozen ones`() throws {
        let file = try Self.load()
        let key = try SecretKey(copying: try bytes(file.key))
        #expect(file.derived.count == 4)
        for row in file.derived {
            let context = try bytes(row.parts.first)
            let made =
                switch row.label {
                case "segment": try KeyHierarchy.readKey(segment: context, patientKey: key)
                case "epoch":
                    try KeyHierarchy.writeKey(
                        epoch: try #require(Epoch(bytes: context)),
                        readKey: key
                    )
                case "x": try KeyDerivation.derive(from: key, label: "x", context: context)
                default: throw MalformedVector()
                }
            #expect(try made == SecretKey(copying: try bytes(row.bytes)))
        }
    }

    @Test func `tags are the frozen ones`() throws {
        let file = try Self.load()
        let tagger = try Tagger(key: SecretKey(copying: try bytes(file.key)))
        #expect(file.tags.count == 3)
        for row in file.tags {
            let parts = try row.parts.map { try bytes($0) }
            let made =
                switch row.label {
                case "record": tagger.tag16(label: "record", parts: parts)
                case "": tagger.tag16(label: "", parts: parts)
                default: throw MalformedVector()
                }
            #expect(made == (try bytes(row.bytes)))
        }
    }

    @Test func `the frozen wrapped key unwraps`() throws {
        let file = try Self.load()
        let key = try KeyWrap.unwrap(
            try bytes(file.wrapped.bytes),
            under: SecretKey(copying: try bytes(file.key)),
            context: try bytes(file.wrapped.context)
        )
        #expect(try key == SecretKey(copying: try bytes(file.wrapped.key)))
    }

    @Test func `the frozen passphrase file opens`() throws {
        let file = try Self.load()
        let parsed = try PassphraseFile(parsing: file.passphraseFile)
        let key = try parsed.open(
            passphrase: SecretBytes(copying: file.passphrase),
            vault: parsed.vault
        )
        #expect(try key == SecretKey(copying: try bytes(file.rootKey)))
    }
}
