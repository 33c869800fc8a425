import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// The passphrase file; Argon2id at its interactive cost.
struct PassphraseFileTests {
    private static let vaultBytes = [UInt8](repeating: 0xA1, count: 16)

    private struct Made {
        let file: PassphraseFile
        let rootKey: SecretKey
        let vault: VaultID
        let stretched: SecretKey
    }

    private static func make() throws -> Made {
        let vault = try #require(VaultID(bytes: vaultBytes))
        let rootKey = try SecretKey.random()
        let passphrase = try SecretBytes(copying: "correct horse")
        let file = try PassphraseFile(
            sealing: rootKey,
            passphrase: passphrase,
            vault: vault,
            cost: .interactive,
            random: SystemRandom()
        )
        let stretched = try PassphraseFile.stretch(
            passphrase,
            passes: file.passes,
            memory: file.memory,
            salt: file.salt
        )
        return Made(file: file, rootKey: rootKey, vault: vault, stretched: stretched)
    }

    @Test func `the right passphrase opens the root key, another one does not`() throws {
        let made = try Self.make()
        let file = try PassphraseFile(parsing: made.file.text)
        #expect(file.vault == made.vault)
        let opened = try file.open(
            passphrase: SecretBytes(copying: "correct horse"),
            vault: made.vault
        )
        #expect(opened == made.rootKey)
        for wrong in ["correct hors", "Correct horse", ""] {
            #expect(throws: SealingError.authenticationFailed) {
                try file.open(passphrase: SecretBytes(copying: wrong), vault: made.vault)
            }
        }
    }

    @Test func `a file of another vault is refused before any work`() throws {
        let made = try Self.make()
        let other = try #require(VaultID(bytes: [UInt8](repeating: 2, count: 16)))
        #expect(throws: SealingError.otherVault) {
            try made.file.open(passphrase: SecretBytes(copying: "correct horse"), vault: other)
        }
    }

    @Test func `any altered byte of the file is refused`() throws {
        let made = try Self.make()
        let text = Array(made.file.text.utf8)
        var accepted: [Int] = []
        for place in text.indices {
            for change: UInt8 in [1, 2, 0x20, 0x40] {
                var altered = text
                altered[place] ^= change
                guard
                    let file = try? PassphraseFile(
                        parsing: String(decoding: altered, as: UTF8.self)
                    )
                else { continue }
                // The salt and cost feed the stretching: another salt gives another key.
                let isSameWork =
                    file.salt == made.file.salt && file.passes == made.file.passes
                    && file.memory == made.file.memory
                let key = isSameWork ? made.stretched : try SecretKey.random()
                if (try? file.open(stretched: key)) != nil { accepted.append(place) }
                if file.vault == made.vault, (try? file.open(stretched: made.stretched)) != nil {
                    accepted.append(place)
                }
            }
        }
        #expect(accepted.isEmpty)
    }

    @Test func `anything but the one canonical form is malformed`() throws {
        let text = try Self.make().file.text
        let forms = [
            "", "\n", text + "\n", String(text.dropLast()), text.replacing("\n", with: "\r\n"),
            text.replacing("passes=2", with: "passes=02"),
            text.replacing("passes=2", with: "passes=+2"), text.replacing(" ", with: "  "),
            text.replacing("a1a1", with: "A1A1"), text.replacing("keyfile/1", with: "keyfile/2"),
            text.replacing("argon2id13", with: "argon2i13"), " " + text,
        ]
        for form in forms {
            #expect(throws: SealingError.malformedKeyFile) { try PassphraseFile(parsing: form) }
        }
        for count in 0..<text.utf8.count {
            let cut = String(decoding: Array(text.utf8)[..<count], as: UTF8.self)
            if (try? PassphraseFile(parsing: cut)) != nil { Issue.record("cut at \(count)") }
        }
    }

    @Test func `hostile costs are refused before memory is asked for`() throws {
        let text = try Self.make().file.text
        let forms = [
            text.replacing("passes=2", with: "passes=0"),
            text.replacing("passes=2", with: "passes=4294967295"),
            text.replacing("memory=67108864", with: "memory=8192"),
            text.replacing("memory=67108864", with: "memory=1099511627776"),
        ]
        for form in forms {
            #expect(throws: SealingError.keyFileTooCostly) { try PassphraseFile(parsing: form) }
        }
        #expect(throws: SealingError.malformedKeyFile) {
            try PassphraseFile(
                parsing: text.replacing("passes=2", with: "passes=99999999999999999999999")
            )
        }
    }
}
