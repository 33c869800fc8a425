import Consent
import Foundation
import VaultCore

// vault-benchmark [PATIENTS...]: one table of what the vault costs, at 10, 100 and 1,000 patients.
// vault-benchmark giant [ENTRIES]: one Bundle of 300,000 entries.
// vault-benchmark guard: the Guard behind its socket alone; needs no data.
// vault-benchmark scope [ENTRIES [PATIENTS]]: a scope from a log of real entries alone; needs no data.
//
// The patients are those of ../shared/data/synthea/dev/smart, copied under new ids. Start it with
// Scripts/benchmark, which builds it in release mode.

@main
enum Benchmark {
    static func main() throws {
        var arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "guard" {
            print(Measure.machine)
            print("\(Measure.load) processes wanted a core in the minute before")
            let place = folder.appending(path: "vault-benchmark-guard-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: place) }
            let project = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent()
            return try guardTable(
                place,
                try BenchmarkVault.policies(project),
                Measure.flushes(in: place)
            )
        }
        if arguments.first == "scope" {
            let counts = arguments.dropFirst().compactMap { Int($0) }
            print(Measure.machine)
            print("\(Measure.load) processes wanted a core in the minute before")
            return try scopeTable(
                entries: counts.first ?? 100_000,
                patients: counts.count > 1 ? counts[1] : 1_000
            )
        }
        let isGiant = arguments.first == "giant"
        if isGiant { arguments = arguments.dropFirst() }
        let counts = arguments.isEmpty ? [10, 100, 1_000] : arguments.compactMap { Int($0) }
        guard counts.count == max(arguments.count, counts.isEmpty ? 1 : 0) || arguments.isEmpty,
            counts.allSatisfy({ $0 > 0 && $0 <= 10_000_000 })
        else {
            FileHandle.standardError.write(Data("usage: vault-benchmark [giant] [COUNT...]\n".utf8))
            exit(2)
        }
        let project = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = project.deletingLastPathComponent()
            .appending(path: "shared/data/synthea/dev/smart")
        guard FileManager.default.fileExists(atPath: data.path) else {
            FileHandle.standardError.write(Data("needs ../shared/data/synthea/dev/smart\n".utf8))
            exit(3)
        }
        print(Measure.machine)
        print("\(Date().ISO8601Format()), release build; patients: Synthea, copied under new ids;")
        print("\(Measure.load) processes wanted a core in the minute before\n")
        let copies = try SyntheaCopies(folder: data)
        if isGiant {
            try GiantRows(copies, project: project, folder: folder)
                .run(entries: arguments.isEmpty ? 300_000 : counts[0])
        } else {
            try table(counts, copies, project)
        }
    }

    /// Where vaults and files are made.
    private static var folder: URL {
        URL(
            filePath: ProcessInfo.processInfo.environment["VAULT_BENCHMARK_FOLDER"]
                ?? FileManager.default.temporaryDirectory.path
        )
    }

    private static func table(_ counts: [Int], _ copies: SyntheaCopies, _ project: URL) throws {
        var columns: [[(name: String, value: String)]] = []
        for count in counts {
            columns.append(
                try VaultRows(copies, patients: count, project: project, folder: folder).cells
            )
        }
        row("patients", counts.map { "\($0)" })
        for place in columns[0].indices {
            row(columns[0][place].name, columns.map { $0[place].value })
        }
        print("\nwhatever the number of patients")
        let policies = try BenchmarkVault.policies(project)
        let decision = try DecisionRow.seconds(policies: policies)
        row("decision with 10 consents, us", [Text.fixed(decision * 1e6)])
        let logs = folder.appending(path: "vault-benchmark-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: logs) }
        var log = try LogRows(folder: logs)
        let flushes = Measure.flushes(in: logs)
        let appends = try log.appends(500)
        row("log append, durable, p50 us", [Text.fixed(appends.median * 1e6, 0)])
        row("append + fdatasync, p50 us", [Text.fixed(flushes.median * 1e6, 0)])
        let checked = try log.verification(of: 100_000)
        row("log verification, entries/s", [Text.fixed(checked.clock, 0)])
        row("... entries/core second", [Text.fixed(checked.core, 0)])
        try log.close()
        try guardTable(logs, policies, flushes)
        try breach(BreachRows(project: project))
    }

    private static func breach(_ rows: BreachRows) throws {
        print("\na breach, whatever the vault")
        let scope = try rows.scope(entries: 10_000_000, patients: 100_000)
        row("scope, 10 M entries, 100,000 patients, s", [Text.fixed(scope.seconds)])
        row("... peak memory, MB", [Text.fixed(scope.megabytes, 0)])
        row("10,000 letters as pages, s", [Text.fixed(try rows.letters(10_000))])
        row("clocks, 100,000 residents, s", [Text.fixed(try rows.clocks(residents: 100_000), 3)])
    }

    /// A scope from the log itself: the whole log in the window, then a tenth of it.
    private static func scopeTable(entries: Int, patients: Int) throws {
        let project = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let rows = try ScopeRows(folder: folder, project: project, patients: patients)
        defer { try? rows.remove() }
        print("\na scope by one person, from the log; one device in a thousand is suspected")
        for size in [entries / 2, entries] {
            try rows.fill(to: size)
            for share in [1.0, 0.1] {
                let run = try rows.scope(share: share)
                row("entries; in the window", ["\(run.entries)", "\(run.examined)"])
                row("... s; core s", [Text.fixed(run.seconds, 2), Text.fixed(run.coreSeconds, 2)])
                row("... entries/s", [Text.fixed(Double(run.entries) / run.seconds, 0)])
                row("... peak memory, MB", [Text.fixed(run.megabytes, 0)])
            }
        }
    }

    /// The Guard as a service; VAULT_BENCHMARK_LONG=1 also fills a log of a million entries.
    private static func guardTable(
        _ folder: URL,
        _ policies: PolicySet,
        _ flushes: [Double]
    ) throws {
        print("\nthe Guard behind its socket; every decision is durable before its answer")
        let isLong = ProcessInfo.processInfo.environment["VAULT_BENCHMARK_LONG"] == "1"
        var guardRows = try GuardRows(folder: folder, policies: policies)
        let alone = try guardRows.decisions(clients: 1, each: 2_000)
        row("1 client, decisions/s", [Text.fixed(alone.perSecond, 0)])
        row("... p50 us", [Text.fixed(alone.latencies.median * 1e6, 0)])
        let many = try guardRows.decisions(clients: 16, each: 4_000)
        row("16 clients, decisions/s", [Text.fixed(many.perSecond, 0)])
        row("... core us each, clients included", [Text.fixed(many.coreMicroseconds, 0)])
        row("... p50 ms", [Text.fixed(many.latencies.median * 1e3, 2)])
        row("... p99 ms", [Text.fixed(many.latencies.percentile(0.99) * 1e3, 2)])
        row("append + fdatasync alone, /s", [Text.fixed(1 / flushes.median, 0)])
        let entries = isLong ? 1_000_000 : 100_000
        row(
            "start with \(entries) entries, ms",
            [
                Text.fixed(try guardRows.start(entries: entries) * 1e3)
            ]
        )
        let patients = isLong ? 100_000 : 10_000
        row(
            "memory, \(patients) patients, MB",
            [
                Text.fixed(try guardRows.memory(patients: patients), 0)
            ]
        )
        try guardRows.remove()
    }

    private static func row(_ name: String, _ values: [String]) {
        print(Text.left(name, 34) + values.map { Text.right($0, 12) }.joined())
    }
}
