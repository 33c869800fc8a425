import Foundation
import Testing
import VaultTestSupport

/// Input and surroundings that are wrong: one line, a hint, an exit code, nothing half written.
extension CommandLineTests {
    @Test func `a record beyond the largest size is refused before anything is stored`() throws {
        let vault = try PlainVault()
        let long = String(repeating: "x", count: (64 << 20) + 64)
        try vault.scratch.write(
            "f.json",
            "{\"resourceType\":\"Patient\",\"id\":\"x\",\"language\":\"\(long)\"}"
        )
        let run = try vault.tool("import", "f.json")
        #expect(run.status == 65 && run.isOneComplaint, "\(run.status)")
        #expect(run.all.utf8.count < 1_000)
        try vault.expectEmpty()
    }

    @Test func `a reference into another patient's record refuses the file`() throws {
        let vault = try PlainVault()
        let foreign =
            #"{"resource":{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/p"},"evidence":[{"detail":[{"reference":"Observation/CANARY"}]}]}}"#
        let others = """
            {"resource":{"resourceType":"Patient","id":"q"}},
            {"resource":{"resourceType":"Observation","id":"CANARY","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/q"}}}
            """
        let patient = #"{"resource":{"resourceType":"Patient","id":"p"}}"#
        for entries in [[patient, foreign, others], [patient, others, foreign]] {
            try vault.scratch.write(
                "f.json",
                #"{"resourceType":"Bundle","type":"collection","entry":["#
                    + entries.joined(separator: ",\n") + "]}"
            )
            let run = try vault.tool("import", "f.json")
            #expect(run.status == 65 && run.isOneComplaint, "\(run.all)")
            #expect(run.err.contains("another patient's record") && !run.all.contains("CANARY"))
        }
        try vault.expectEmpty()
    }

    @Test(arguments: [
        ("expired", #""period":{"end":"2001-01-01"},"type":"permit""#),
        ("contradictory", #""period":{"start":"2030-01-01","end":"2020-01-01"},"type":"permit""#),
        ("malformed", #""period":"always","type":"permit""#),
        ("unknown", #""type":"perhaps""#),
    ])
    func `a consent that is expired, contradictory or malformed permits nothing`(
        name: String,
        provision: String
    ) throws {
        let (tool, scratch) = try DemoVault.copy()
        try scratch.write(
            "c.json",
            """
            {"resourceType":"Consent","id":"bad-\(name)","status":"active",
            "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
            "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
            "patient":{"reference":"Patient/margaret"},
            "policy":[{"uri":"urn:ietf:rfc:3986"}],
            "provision":{\(provision),"purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HRESCH"}]}}
            """
        )
        let added = try tool("consent", "add", "c.json", "--as", DemoVault.key("margaret"))
        #expect(added.status == 65 ? added.isOneComplaint : added.status == 0, "\(added.all)")
        let asked = try tool(
            "request",
            "margaret",
            "--purpose",
            "HRESCH",
            "--as",
            DemoVault.key("researcher")
        )
        #expect(asked.status == 3, "\(asked.all)")
        #expect(try tool("verify").status == 0)
    }

    @Test func `a disk without room undoes the import, and later there is room`() throws {
        let vault = try PlainVault()
        let entries = (0..<600).map { number in
            // Digits that no compressor shortens to nothing.
            var digit = UInt64(number)
            let text = (0..<60).map { _ in
                digit = digit &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return String(digit, radix: 36)
            }.joined()
            return
                #"{"resource":{"resourceType":"Condition","id":"c\#(number)","subject":{"reference":"Patient/p"},"note":[{"text":"\#(text)"}]}}"#
        }
        try vault.scratch.write(
            "f.json",
            #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"p"}},"#
                + entries.joined(separator: ",") + "]}"
        )
        // A limit of 200 KB on every file stands for a full disk; without the signal a write fails.
        let run = try vault.tool.limited("ulimit -f 200; trap '' XFSZ", ["import", "f.json"])
        #expect(run.status == 74 && run.isOneComplaint, "\(run.status) \(run.all)")
        try vault.expectEmpty()
        let again = try vault.tool("import", "f.json", "--json")
        #expect(again.object["stored"] as? Int == 601, "\(again.all)")
        #expect(try vault.tool("verify").status == 0)
    }

    @Test func `a folder that cannot be written is told and left alone`() throws {
        let vault = try PlainVault()
        try vault.scratch.write("f.json", Self.patientFile())
        let folder = vault.scratch.path("v")
        let chmod = { (mode: String) in
            try Tool.shell("chmod -R \(mode) '\(folder)'", in: vault.scratch.url)
        }
        // Root may write everywhere, so the file system itself has to refuse.
        let isRoot = getuid() == 0
        _ = try isRoot ? Tool.shell("chown -R 65534:65534 .", in: vault.scratch.url) : chmod("u+w")
        defer { _ = try? chmod("u+w") }
        _ = try chmod("a-w")
        let line = ["import", "f.json"]
        let run =
            try isRoot
            ? vault.tool.limited("", line, by: "setpriv --reuid=65534 --regid=65534 --clear-groups")
            : vault.tool.run(line)
        #expect(run.status == 74 && run.isOneComplaint, "\(run.status) \(run.all)")
        _ = try chmod("u+w")
        if isRoot { _ = try Tool.shell("chown -R 0:0 .", in: vault.scratch.url) }
        try vault.expectEmpty()
    }
}

extension PlainVault {
    /// Nothing was stored, nothing is open, and the vault is whole.
    func expectEmpty() throws {
        let status = try tool("status", "--json")
        #expect(status.object["records"] as? Int == 0, "\(status.all)")
        #expect(status.object["openWrites"] as? Int == 0, "\(status.all)")
        let verified = try tool("verify")
        #expect(verified.status == 0, "\(verified.all)")
    }
}

extension Tool {
    /// Runs the program from a shell that has set limits first, and perhaps under another user.
    func limited(_ setting: String, _ arguments: [String], by user: String = "") throws -> Run {
        let quoted = ([Tool.program.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let started = try Running(
            ["-c", "\(setting.isEmpty ? ":" : setting); exec \(user) \(quoted)"],
            in: folder,
            environment: environment,
            program: URL(filePath: "/bin/bash")
        )
        started.closeInput()
        return started.finish()
    }

    /// Runs a line in a shell.
    static func shell(_ line: String, in folder: URL) throws -> Run {
        let started = try Running(
            ["-c", line],
            in: folder,
            environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
            program: URL(filePath: "/bin/bash")
        )
        started.closeInput()
        return started.finish()
    }
}
