import Consent
import FHIRModel
import FHIRSearch
import Foundation
import Guard
import GuardSimulation
import MerkleLog
import Sealing
import VaultCore

/// The parsers that read from outside, by name.
enum FuzzTarget {
    /// Each takes any bytes and traps where something that must hold does not.
    nonisolated(unsafe) static let all: [String: ([UInt8]) -> Void] = [
        "note": { bytes in same(bytes) { try SignedNote(parsing: $0).bytes } },
        "checkpoint": { bytes in sameText(bytes) { try Checkpoint(text: $0).text } },
        "note-key": { bytes in sameText(bytes) { try NoteVerifierKey($0).description } },
        "add-checkpoint": { bytes in same(bytes) { try AddCheckpoint(parsing: $0).bytes } },
        "entry-proof": { bytes in same(bytes) { try ProofBundle(parsing: $0).bytes } },
        "history-proof": { bytes in same(bytes) { try PatientHistoryProof(parsing: $0).bytes } },
        "not-accessed-proof": { bytes in same(bytes) { try NotAccessedProof(parsing: $0).bytes } },
        "checkpoint-chain": { bytes in same(bytes) { try CheckpointChain(parsing: $0).bytes } },
        "entry": { bytes in same(bytes) { try EntryCodec.decode($0).bytes } },
        "share": { bytes in sameText(bytes) { try KeyShare(parsing: $0).text } },
        "key-file": { bytes in sameText(bytes) { try PassphraseFile(parsing: $0).text } },
        "backup-chunk": { bytes in
            guard bytes.count > 1_120,
                var opener = try? StreamOpener(
                    with: custodian,
                    encapsulated: Array(bytes[..<1_120]),
                    context: []
                )
            else { return }
            if let chunk = try? opener.open(Array(bytes[1_120...]), isLast: true) {
                hold(chunk.count + 16 == bytes.count - 1_120)
            }
        },
        "json": { bytes in
            guard let value = JSONValue(parsing: bytes) else { return }
            hold(JSONValue(parsing: value.bytes) == value)
        },
        "fhir-json": { bytes in
            var parser = JSONParser()
            if let document = try? parser.parse(bytes) { _ = document.root["resourceType"]?.string }
        },
        "encodings": { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            if let read = Base64.decode(text) { hold(Base64.encode(read) == text) }
            if let read = Base64URL.decode(text) { hold(Base64URL.encode(read) == text) }
            if let read = Hex.decode(text) { hold(Hex.encode(read) == text.lowercased()) }
            if let time = Instant(rfc3339: text) {
                hold(Instant(rfc3339: time.description) == time)
            }
            if let url = TargetURL(text) { hold(TargetURL(url.description) == url) }
            if let scope = ClientScope(text) { hold(ClientScope(scope.description) == scope) }
        },
        "web-token": { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            if let token = CompactToken(text) { hold(text.utf8.starts(with: token.signed)) }
            if let json = JSONValue(parsing: bytes) {
                for key in WebKey.set(json, of: .provider) ?? [] {
                    hold(WebKey(json: key.json, of: .provider) == key)
                    hold(!key.isValid([], for: bytes))
                }
            }
        },
        "search": { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            let pairs = text.split(separator: "&").map { word in
                let sides = word.split(separator: "=", maxSplits: 1)
                return QueryPair(String(sides.first ?? ""), sides.count > 1 ? String(sides[1]) : "")
            }
            for type in [ResourceType.patient, .observation] {
                var reader = SearchQueryReader(type: type)
                _ = try? reader.read(pairs)
            }
        },
        "policy": { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            _ = try? PolicySet(files: [PolicySet.File(name: "fuzz.yaml", text: text)])
        },
        "guard": { bytes in
            // Whoever is at the other end of the socket and has proved nothing gets an answer or none, and no key.
            _ = GuardDispatch.answer(bytes, from: standing)
        },
    ]

    private static let custodian: CustodyPrivateKey = {
        guard let seed = try? SecretKey(copying: [UInt8](repeating: 7, count: 32)),
            let key = try? CustodyPrivateKey(seed: seed)
        else { fatalError("no key to open backups with") }
        return key
    }()

    private static let standing: GuardCore = {
        do { return try StandingGuard.make(policies: URL(filePath: "Policies")) } catch {
            fatalError("no Guard to talk to: run it from the project's folder")
        }
    }()

    /// What has one text only is written back as it was read.
    private static func same(_ bytes: [UInt8], _ again: ([UInt8]) throws -> [UInt8]) {
        if let written = try? again(bytes) { hold(written == bytes) }
    }

    private static func sameText(_ bytes: [UInt8], _ again: (String) throws -> String) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        // Swift's `==` takes canonically equal texts for the same.
        if let written = try? again(text) { hold(Array(written.utf8) == bytes) }
    }

    private static func hold(_ condition: Bool) { precondition(condition, "it does not hold") }
}
