import Consent
import Foundation
import Guard
import GuardLink
import MerkleLog
import Sealing
import Testing
import VaultCore

@testable import patientvault

/// A demo vault whose Guard runs as a process of its own.
final class GuardedVault {
    let tool: Tool
    let scratch: Scratch
    private(set) var serving: Tool.Running?

    init() throws {
        (tool, scratch) = try DemoVault.copy()
    }

    /// Another vault than the demo's.
    init(_ plain: PlainVault) {
        (tool, scratch) = (plain.tool, plain.scratch)
        // A Guard's process takes no passphrase that others can read.
        chmod(scratch.path("pass"), 0o600)
    }

    deinit { serving?.process.terminate() }

    var socket: String { scratch.path("s") }

    /// Starts the Guard and waits until it listens; `nil` where it ended instead.
    func serve(_ more: String..., passphrase: Bool = false) throws -> Tool.Run? {
        var tool = tool
        if !passphrase { tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = nil }
        let running = try tool.start(["guard", "serve", "--socket", socket] + more)
        running.closeInput()
        serving = running
        while (try? UnixTransport(path: socket)) == nil {
            if !running.process.isRunning {
                serving = nil
                return running.finish()
            }
            usleep(20_000)
        }
        return nil
    }

    /// Ends the Guard by a signal and answers how it ended.
    func end(_ signal: Int32 = SIGTERM) -> Tool.Run? {
        guard let running = serving else { return nil }
        kill(running.process.processIdentifier, signal)
        serving = nil
        return running.finish()
    }

    /// A command that goes to the running Guard.
    func ask(_ arguments: String..., as persona: String? = nil) throws -> Tool.Run {
        var tool = tool
        tool.environment["PATIENTVAULT_PASSPHRASE_FILE"] = nil
        tool.environment["PATIENTVAULT_GUARD"] = socket
        return try tool.run(
            arguments + (persona.map { ["--as", DemoVault.key($0)] } ?? [])
        )
    }

    /// Waits until the Guard's process has become another, sealed one.
    func isSealed() throws -> Bool {
        let process = serving?.process.processIdentifier ?? 0
        for _ in 0..<500 {
            // The old one answers that it is sealed too, for a moment.
            let line = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            let state = try? KeeperClient(UnixTransport(path: socket)).look()
            if line?.contains("--stay-sealed") == true, state?.isSealed == true { return true }
            usleep(20_000)
        }
        return false
    }
}

// One at a time: a child keeps the pipes of children that were started beside it, until it ends.
@Suite(.serialized) struct GuardProcessTests {
    @Test func `a Guard starts sealed, answers when unsealed, and no more when sealed`() throws {
        let vault = try GuardedVault()
        #expect(try vault.serve() == nil)
        let sealed = try vault.ask("request", "margaret", "--purpose", "PATRQT", as: "margaret")
        #expect(sealed.status == 69)
        #expect(try vault.ask("status", "--json").object["sealed"] as? Bool == true)
        let wrong = try vault.scratch.write("wrong", "not the passphrase\n")
        let refused = try vault.tool(
            "guard",
            "unseal",
            "--socket",
            vault.socket,
            "--passphrase-file",
            wrong
        )
        #expect(refused.status == 77)
        let unsealed = try vault.tool("guard", "unseal", "--socket", vault.socket, "--json")
        #expect(unsealed.object["sealed"] as? Bool == false)
        let asked = try vault.ask(
            "request",
            "margaret",
            "--purpose",
            "PATRQT",
            "--json",
            as: "margaret"
        )
        #expect(asked.status == 0)
        #expect(asked.object["released"] as? Int ?? 0 > 0)
        // The same through the Guard in this process, afterwards.
        #expect(try vault.tool("guard", "seal", "--socket", vault.socket).status == 0)
        #expect(try vault.isSealed())
        #expect(try vault.ask("find", "--name", "x", as: "okafor").status == 69)
        #expect(vault.end()?.status == 0)
        #expect(try vault.ask("status").status == 69)
        let verified = try vault.tool("verify", "--json")
        #expect(verified.object["ok"] as? Bool == true)
    }

    @Test func `through a socket every command needs a person`() throws {
        let vault = try GuardedVault()
        #expect(try vault.serve(passphrase: true) == nil)
        #expect(try vault.ask("principal", "list").status == 77)
        #expect(try vault.ask("principal", "list", "--json", as: "margaret").status == 0)
        #expect(try vault.ask("verify", as: "margaret").status == 77)
        #expect(try vault.ask("audit", "list", as: "okafor").status == 77)
        #expect(vault.end()?.status == 0)
    }

    @Test func `shares given one by one unseal it, in any order, wrong ones do not`() throws {
        let vault = try GuardedVault()
        let file = try PassphraseFile(
            parsing: try String(
                contentsOfFile: vault.scratch.path("demo/root.key"),
                encoding: .utf8
            )
        )
        let words = try String(
            contentsOfFile: vault.scratch.path("demo.passphrase"),
            encoding: .utf8
        )
        let root = try file.open(
            passphrase: try SecretBytes(copying: String(words.split(separator: "\n")[0])),
            vault: file.vault
        )
        let shares = try KeyShares.split(
            root,
            vault: file.vault,
            count: 5,
            threshold: 3,
            random: SystemRandom()
        )
        for share in shares { try vault.scratch.write("share-\(share.number)", share.text) }
        #expect(try vault.serve() == nil)
        func offer(_ name: String) throws -> Tool.Run {
            try vault.tool(
                "guard",
                "unseal",
                "--socket",
                vault.socket,
                "--share",
                vault.scratch.path(name),
                "--json"
            )
        }
        #expect(try offer("share-4").object["sharesGiven"] as? Int == 1)
        #expect(try offer("share-4").object["sharesGiven"] as? Int == 1)
        try vault.scratch.write(
            "altered",
            shares[0].text.replacingOccurrences(of: "of 5", with: "of 6")
        )
        #expect(try offer("altered").status == 65)
        #expect(try offer("share-1").object["sharesGiven"] as? Int == 2)
        #expect(try offer("share-5").object["sealed"] as? Bool == false)
        #expect(try vault.ask("status", "--json", as: "okafor").object["sealed"] as? Bool == false)
    }

    @Test func `what is not safe to start does not start`() throws {
        let open = try GuardedVault()
        chmod(open.scratch.path("demo/guard.sqlite"), 0o644)
        #expect(try open.serve(passphrase: true)?.status == 77)
        let unseen = try GuardedVault()
        try FileManager.default.removeItem(atPath: unseen.scratch.path("demo.checkpoint"))
        #expect(try unseen.serve(passphrase: true)?.status == 4)
        // An older copy of the Guard's file beside a newer checkpoint.
        let older = try GuardedVault()
        let file = older.scratch.path("demo/guard.sqlite")
        try FileManager.default.copyItem(atPath: file, toPath: older.scratch.path("old"))
        #expect(
            try older.tool.run([
                "request", "margaret", "--purpose", "PATRQT", "--as", DemoVault.key("margaret"),
            ]).status == 0
        )
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.moveItem(atPath: older.scratch.path("old"), toPath: file)
        #expect(try older.serve(passphrase: true)?.status == 4)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can read another process"))
    func `after a seal no key and no passphrase is left in the process`() throws {
        let vault = try GuardedVault()
        // The demo's passphrase stands in the program itself; this one stands nowhere.
        let word = "\(UUID().uuidString)\n"
        let file = try vault.scratch.write("canary", word)
        let rotated = try vault.tool("keys", "rotate", "root", "--new-passphrase-file", file)
        #expect(rotated.status == 0, "\(rotated.all)")
        try Data(word.utf8).write(to: URL(filePath: vault.scratch.path("demo.passphrase")))
        #expect(try vault.serve(passphrase: true) == nil)
        let process = try #require(vault.serving?.process.processIdentifier)
        let key = try KeyFile(reading: DemoVault.key("margaret"))
        let remote = try RemoteGuard(UnixTransport(path: vault.socket))
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("margaret")),
            purposes: ["PATRQT"]
        )
        let statement = try key.statement(request.json, vault: remote.vault)
        guard case .granted(let grant) = try remote.release(request, by: .signed(statement)) else {
            Issue.record("not granted")
            return
        }
        var canaries = grant.segments.map { $0.readKey.withBytes { Data($0) } }
        let words = try Data(contentsOf: URL(filePath: vault.scratch.path("demo.passphrase")))
        canaries.append(words.prefix { $0 != 0x0A })
        #expect(canaries.count > 2)
        let before = try ProcessMemory(process).count(of: canaries)
        kill(process, SIGUSR1)
        #expect(try vault.isSealed())
        let memory = try ProcessMemory(process)
        #expect(memory.count(of: canaries) == 0, "before: \(before)")
        #expect(memory.byteCount > 1 << 20)
        // The scan finds what is there: the program's own words.
        #expect(memory.count(of: [Data("patientvault".utf8)]) > 0)
        #expect(vault.end()?.status == 0)
    }

    @Test func `killed at random moments under load it loses nothing that was acknowledged`() throws
    {
        let isLong = ProcessInfo.processInfo.environment["VAULT_LONG_TESTS"] == "1"
        let vault = try GuardedVault()
        var acknowledged: [UInt64: String] = [:]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<(isLong ? 200 : 4) {
            #expect(try vault.serve(passphrase: true) == nil)
            let load = try Load(vault.socket)
            usleep(UInt32.random(in: 20_000...400_000, using: &random))
            _ = vault.end(SIGKILL)
            acknowledged.merge(load.finish()) { $1 }
        }
        #expect(acknowledged.count > 10)
        let verified = try vault.tool("verify", "--json")
        #expect(verified.object["ok"] as? Bool == true, "\(verified.all)")
        #expect(try vault.serve(passphrase: true) == nil)
        let officer = try KeyFile(reading: DemoVault.key("officer"))
        let remote = try RemoteGuard(UnixTransport(path: vault.socket))
        let session = try Acting.principal(officer).session(of: remote, context: CallContext())
        // The log is read so often a minute only: the newest entries, which a crash would lose first, and others.
        let sample =
            acknowledged.keys.sorted().suffix(50) + acknowledged.keys.shuffled().prefix(100)
        for index in Set(sample) {
            let proof = try remote.proof(ofEntry: index, patient: nil, by: session)
            let finding = try GuardCore.check(Array(proof.utf8), verifierKey: remote.verifierKey)
            #expect(finding.problems == [] && finding.entries == [index])
            let proved = try ProofBundle(parsing: Array(proof.utf8)).entry.leafHash
            #expect(Hex.encode(proved.bytes) == acknowledged[index])
        }
        #expect(vault.end()?.status == 0)
    }
}

/// Clients that ask as fast as they are answered, until nobody answers.
private final class Load {
    private let results: [Drain]

    private final class Drain: @unchecked Sendable {
        // SAFETY: written by its thread before `done` is signalled, read after.
        var acknowledged: [UInt64: String] = [:]
        let done = DispatchSemaphore(value: 0)
    }

    init(_ socket: String) throws {
        results = try (0..<4).map { _ in
            let drain = Drain()
            let key = try KeyFile(reading: DemoVault.key("margaret"))
            let remote = try RemoteGuard(UnixTransport(path: socket))
            let patient = try #require(PatientDesignation("margaret"))
            Thread.detachNewThread {
                let request = ReleaseRequest(patient: patient, purposes: ["PATRQT"])
                while let statement = try? key.statement(request.json, vault: remote.vault),
                    case .granted(let grant)? = try? remote.release(
                        request,
                        by: .signed(statement)
                    )
                {
                    drain.acknowledged[grant.receipt.index] = Hex.encode(grant.receipt.leafHash)
                }
                drain.done.signal()
            }
            return drain
        }
    }

    func finish() -> [UInt64: String] {
        results.reduce(into: [:]) { found, drain in
            drain.done.wait()
            found.merge(drain.acknowledged) { $1 }
        }
    }
}

/// Everything that a process has in memory, read from outside.
private struct ProcessMemory {
    private var parts: [Data] = []

    init(_ process: Int32) throws {
        let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        let memory = open("/proc/\(process)/mem", O_RDONLY)
        try #require(memory >= 0)
        defer { close(memory) }
        for line in maps.split(separator: "\n") where line.split(separator: " ")[1].hasPrefix("r") {
            let ends = line.split(separator: " ")[0].split(separator: "-")
            guard ends.count == 2, let from = UInt64(ends[0], radix: 16),
                let to = UInt64(ends[1], radix: 16), to - from < 1 << 30
            else { continue }
            var part = Data(count: Int(to - from))
            let read = part.withUnsafeMutableBytes {
                pread(memory, $0.baseAddress, $0.count, Int(bitPattern: UInt(from)))
            }
            if read > 0 { parts.append(part.prefix(read)) }
        }
    }

    var byteCount: Int { parts.reduce(0) { $0 + $1.count } }

    func count(of canaries: [Data]) -> Int {
        canaries.reduce(0) { sum, canary in
            sum + parts.count { $0.range(of: canary) != nil }
        }
    }
}
