import Foundation
import Testing
import VaultTestSupport

extension CommandLineTests {
    @Test func `init makes a private folder and refuses to do so twice`() throws {
        let scratch = try Scratch()
        var tool = Tool(in: scratch.url)
        try scratch.write("pass", "secret words\n")
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = "pass"
        let made = try tool("init", "--vault", "v", "--json")
        #expect(made.status == 0 && made.err.isEmpty, "\(made.err)")
        #expect((made.object["vaultID"] as? String)?.count == 32)
        // The vault's first entry, its administrator, and the heads before the checkpoint.
        #expect((made.object["checkpoint"] as? String)?.contains("\n3\n") == true)
        #expect((made.object["publicKey"] as? String)?.hasPrefix("patientvault.example/") == true)
        for (path, mode) in [("v", 0o700), ("v.admin.key", 0o600), ("v/root.key", 0o600)] {
            let found = try FileManager.default.attributesOfItem(atPath: scratch.path(path))
            #expect((found[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.path("v/v.admin.key")))
        let before = try scratch.files().map(\.bytes)
        let again = try tool("init", "--vault", "v")
        #expect(again.status == 73 && again.isOneComplaint)
        #expect(try scratch.files().map(\.bytes) == before)
    }

    @Test func `one line feed after the passphrase does not count`() throws {
        let vault = try PlainVault()
        try vault.scratch.write("bare", "a passphrase for tests")
        try vault.scratch.write("two", "a passphrase for tests\n\n")
        #expect(try vault.tool("status", "--passphrase-file", "bare").status == 0)
        let wrong = try vault.tool("status", "--passphrase-file", "two")
        #expect(wrong.status == 77 && wrong.isOneComplaint, "\(wrong.all)")
    }

    @Test func `without a passphrase the status is sealed and nothing else is told`() throws {
        let vault = try PlainVault()
        var tool = vault.tool
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = nil
        let status = try tool("status", "--json")
        #expect(status.status == 0 && status.object["sealed"] as? Bool == true)
        #expect(status.object["patients"] is NSNull)
        #expect(try tool("verify").status == 77)
    }

    @Test func `a key of another vault is not accepted`() throws {
        let one = try PlainVault()
        let other = try PlainVault()
        let key = try other.clinician()
        let run = try one.tool("find", "--name", "x", "--as", key)
        #expect(run.status == 77 && run.isOneComplaint, "\(run.all)")
    }

    @Test func `example keys work in a demo vault only`() throws {
        let vault = try PlainVault()
        let asked = try vault.tool("find", "--name", "x", "--as", DemoVault.key("okafor"))
        #expect(asked.status == 77 && asked.err.contains("example keys"), "\(asked.all)")
        let text = try String(
            contentsOf: Tool.repository.appending(path: "keys-example/personas.json"),
            encoding: .utf8
        )
        let personas = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        )
        #expect(personas.count >= 10)
        for persona in personas.prefix(3) {
            let key = try #require(persona["publicKey"] as? String)
            let run = try vault.tool(
                "principal",
                "new",
                "--kind",
                "clinician",
                "--id",
                "x",
                "--name",
                "x",
                "--public-key",
                key
            )
            #expect(run.status == 77 && run.err.contains("example keys"), "\(run.all)")
        }
        let (tool, _) = try DemoVault.copy()
        #expect(
            try tool("find", "--name", "whitfield", "--as", DemoVault.key("okafor")).status == 0
        )
    }

    @Test func `a vault in use by another process is left alone`() throws {
        let vault = try PlainVault()
        let importing = try vault.tool.start(["import", "-"])
        try importing.write("{\"resourceType\":")
        #expect(try vault.isHeld(by: importing))
        let busy = try vault.tool("status")
        importing.closeInput()
        let ended = importing.finish()
        #expect(busy.status == 69 && busy.isOneComplaint, "\(busy.all)")
        #expect(ended.status == 65, "\(ended.all)")
    }

    @Test func `Ctrl-C in the middle of an import leaves nothing of it`() throws {
        let vault = try PlainVault()
        let importing = try vault.tool.start(["import", "-"])
        try importing.write(String(Self.patientFile().dropLast(20)))
        #expect(try vault.isHeld(by: importing))
        importing.process.interrupt()
        let ended = importing.finish()
        importing.closeInput()
        #expect(ended.status == 130, "\(ended.all)")
        #expect(ended.err.split(separator: "\n").count == 1)
        let status = try vault.tool("status", "--json")
        #expect(status.object["records"] as? Int == 0)
        #expect(try vault.tool("verify").status == 0)
    }

    @Test func `a byte altered in any file of the folder is found by verify`() throws {
        let (tool, scratch) = try DemoVault.copy()
        let files = try scratch.files().filter {
            $0.path.hasPrefix("demo/") && !$0.bytes.isEmpty && !$0.path.hasSuffix(".sqlite")
        }
        #expect(files.count > 20)
        // Rules and tables are many and checked alike: each sixth of them, and the two others.
        let chosen = files.enumerated().filter {
            $0.offset % 6 == 0 || !$0.element.path.contains("/policies/")
        }
        for (_, file) in chosen {
            let (path, bytes) = file
            var altered = bytes
            altered[bytes.count / 3] ^= 1
            let place = URL(filePath: scratch.path(path))
            try altered.write(to: place)
            let run = try tool("verify", "--json")
            #expect(run.status == 4, "\(path): \(run.all)")
            #expect(run.object["ok"] as? Bool == false, "\(path): \(run.all)")
            try bytes.write(to: place)
        }
        let clean = try tool("verify", "--json")
        #expect(clean.status == 0 && clean.object["ok"] as? Bool == true, "\(clean.all)")
    }

    @Test func `an older copy of the folder is refused`() throws {
        let vault = try PlainVault()
        let old = vault.scratch.path("old")
        try FileManager.default.copyItem(atPath: vault.scratch.path("v"), toPath: old)
        _ = try vault.clinician()
        try FileManager.default.removeItem(atPath: vault.scratch.path("v"))
        try FileManager.default.moveItem(atPath: old, toPath: vault.scratch.path("v"))
        let status = try vault.tool("status")
        #expect(status.status == 4 && status.isOneComplaint, "\(status.all)")
        let verify = try vault.tool("verify", "--json")
        #expect(verify.status == 4 && verify.object["ok"] as? Bool == false)
    }
}
