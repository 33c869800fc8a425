import Foundation
import Testing

/// Shares for custodians: made, given back, made to count, and used.
extension CommandLineTests {
    private func split(_ plain: PlainVault, into folder: String) throws -> [String] {
        let run = try plain.tool(
            "keys",
            "split",
            "--shares",
            "3",
            "--threshold",
            "2",
            "--out",
            folder,
            "--json"
        )
        #expect(run.status == 0, "\(run.all)")
        #expect(run.object["shares"] as? [String] == (1...3).map { "\(folder)/share-\($0)" })
        return (1...3).map { plain.scratch.path("\(folder)/share-\($0)") }
    }

    private func combine(_ plain: PlainVault, _ arguments: [String]) throws -> Tool.Run {
        try plain.tool.run(["keys", "combine"] + arguments + ["--json"])
    }

    @Test func `new shares count when all came back, and old ones then open nothing`() throws {
        let plain = try PlainVault()
        let first = try split(plain, into: "one")
        let mode = try FileManager.default.attributesOfItem(atPath: first[0])[.posixPermissions]
        #expect(mode as? Int == 0o600)
        // Nothing has changed yet, and two of three are not all.
        #expect(try plain.tool("status").status == 0)
        let some = try combine(plain, Array(first.prefix(2)))
        #expect(some.status == 65 && some.isOneComplaint, "\(some.all)")
        let twice = try combine(plain, [first[0], first[0], first[1]])
        #expect(twice.status == 65, "\(twice.all)")
        let altered = try String(contentsOfFile: first[2], encoding: .utf8)
            .replacingOccurrences(of: "any 2", with: "any 3")
        let wrong = try combine(
            plain,
            Array(first.prefix(2)) + [try plain.scratch.write("altered", altered)]
        )
        #expect(wrong.status == 65, "\(wrong.all)")
        #expect(try combine(plain, first).status == 0)
        let again = try combine(plain, first)
        #expect(again.status == 65 && again.isOneComplaint, "\(again.all)")
        #expect(try plain.tool("status").status == 0)

        let second = try split(plain, into: "two")
        let mixed = try combine(plain, [first[0], second[1], second[2]])
        #expect(mixed.status != 0, "\(mixed.all)")
        // The first set still opens the vault: the second does not count yet.
        let word = try plain.scratch.write("pass2", "another passphrase\n")
        let early = try combine(plain, second + ["--new-passphrase-file", word])
        #expect(early.status == 77 && early.isOneComplaint, "\(early.all)")
        #expect(try combine(plain, second).status == 0)
        let dead = try combine(plain, first + ["--new-passphrase-file", word])
        #expect(dead.status == 77, "\(dead.all)")
        #expect(try plain.tool("status").status == 0)

        // The passphrase is lost: any two set another.
        let renewed = try combine(
            plain,
            [second[0], second[2], "--new-passphrase-file", word]
        )
        #expect(renewed.status == 0, "\(renewed.all)")
        #expect(try plain.tool("status").status == 77)
        var tool = plain.tool
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = word
        #expect(try tool("status").status == 0)
        let verified = try tool("verify", "--json")
        #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
        // No share and no key is left lying about by the program.
        for file in try plain.scratch.files()
        where !file.path.contains("share-") && file.path != "altered" {
            #expect(!file.bytes.contains("patientvault-share/1"), "\(file.path)")
        }
    }
}

extension Data {
    fileprivate func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
