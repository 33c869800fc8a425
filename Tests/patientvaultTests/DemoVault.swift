import Foundation

/// A folder of one test, removed with it.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "patientvault-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return path(name)
    }

    /// Every regular file below, with its bytes.
    func files() throws -> [(path: String, bytes: Data)] {
        let walk = FileManager.default.enumerator(atPath: url.path)
        return try (walk?.compactMap { $0 as? String } ?? []).sorted().compactMap { name in
            var isFolder: ObjCBool = false
            let full = path(name)
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder),
                !isFolder.boolValue
            else { return nil }
            return (name, try Data(contentsOf: URL(filePath: full)))
        }
    }
}

/// The demo's vault, made once by the real command and copied for each test that changes it.
enum DemoVault {
    /// What the demo printed, and the folder it left.
    static let made: Result<(transcript: Tool.Run, scratch: Scratch), any Error> = Result {
        let scratch = try Scratch()
        let run = try Tool(in: scratch.url)("demo", "demo")
        return (run, scratch)
    }

    /// A copy and a tool that works on it.
    static func copy() throws -> (tool: Tool, scratch: Scratch) {
        let source = try made.get().scratch
        let scratch = try Scratch()
        for name in ["demo", "demo.checkpoint", "demo.passphrase", "demo.admin.key"] {
            try FileManager.default.copyItem(atPath: source.path(name), toPath: scratch.path(name))
        }
        var tool = Tool(in: scratch.url)
        tool.environment["PATIENTVAULT_HOME"] = "demo"
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = "demo.passphrase"
        tool.scratch = scratch
        return (tool, scratch)
    }

    static func key(_ persona: String) -> String {
        Tool.repository.appending(path: "keys-example/\(persona).key").path
    }
}

/// A new vault that is no demo.
struct PlainVault {
    let scratch: Scratch
    let tool: Tool

    init() throws {
        scratch = try Scratch()
        var tool = Tool(in: scratch.url)
        try scratch.write("pass", "a passphrase for tests\n")
        tool.environment["PATIENTVAULT_HOME"] = "v"
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = "pass"
        let made = try tool("init", "--json")
        guard made.status == 0 else { throw Failed(run: made.all) }
        tool.scratch = scratch
        self.tool = tool
    }

    struct Failed: Error {
        let run: String
    }

    /// Waits until a child has the vault open; `false` where it ended first.
    func isHeld(by child: Tool.Running) throws -> Bool {
        let held = scratch.path("v/records.sqlite-shm")
        while child.process.isRunning {
            if FileManager.default.fileExists(atPath: held) { return true }
        }
        return false
    }

    /// Registers a clinician and gives the path of its key.
    func clinician(_ id: String = "doctor") throws -> String {
        let key = scratch.path("\(id).key")
        let made = try tool(
            "principal",
            "new",
            "--kind",
            "clinician",
            "--id",
            id,
            "--name",
            "A doctor",
            "--fhir",
            "Practitioner/p1",
            "--out",
            key
        )
        guard made.status == 0 else { throw Failed(run: made.all) }
        return key
    }
}

extension CommandLineTests {
    /// A patient with a visit by `Practitioner/p1`, and words that must never be seen elsewhere.
    static func patientFile(
        id: String = "p",
        canary: String = "Plain",
        doctor: String = "p1"
    ) -> String {
        """
        {"resourceType":"Bundle","type":"collection","entry":[
        {"resource":{"resourceType":"Patient","id":"\(id)","identifier":[{"system":"urn:mrn","value":"MRN\(canary)"}],"name":[{"family":"Family\(canary)","given":["Given\(canary)"]}],"birthDate":"1970-05-01","address":[{"country":"US"}],"generalPractitioner":[{"reference":"Practitioner/\(doctor)"}]}},
        {"resource":{"resourceType":"Condition","id":"c-\(id)","subject":{"reference":"Patient/\(id)"},"code":{"text":"Condition\(canary)"},"note":[{"text":"Note\(canary)"}]}}]}
        """
    }
}
