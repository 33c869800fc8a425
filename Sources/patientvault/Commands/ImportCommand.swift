internal import ArgumentParser
internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Takes FHIR R4 Bundles, single resources or NDJSON: all of a file or nothing of it."
    )

    @Argument(help: "Files; `-` is stdin.") var files: [String]
    @Flag(help: "The source is a 42 CFR Part 2 program.") var part2 = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        let terminal = options.terminal
        // A missing file is found before the first is taken.
        for file in files where file != "-" && !Files.exists(file) {
            throw Complaint.missing(file: file)
        }
        let report = try options.withVault(labels: true) { vault in
            let caller = try vault.session()
            var total = ImportReport()
            for (number, file) in files.enumerated() {
                let bar = ProgressBar(
                    terminal,
                    title: files.count > 1 ? "\(number + 1)/\(files.count)" : "import"
                )
                defer { bar.clear() }
                do {
                    total.add(
                        try Self.take(
                            file,
                            vault: vault,
                            caller: caller,
                            isPart2Source: part2,
                            progress: bar.show
                        )
                    )
                } catch let failure as any Failure where files.count > 1 {
                    throw Complaint(
                        kind: failure.kind,
                        code: failure.code,
                        message: "file \(number + 1) of \(files.count): \(failure.message)",
                        hint: failure.hint
                    )
                }
            }
            return total
        }
        if terminal.isJSON { return terminal.answer(report.json) }
        terminal.say(
            "imported \(Words.count(report.resources, "resource")) of "
                + "\(Words.count(report.patients, "patient")): "
                + "\(Words.number(report.stored)) new or changed, "
                + "\(Words.number(report.bytes)) bytes"
        )
        if report.unlabelled > 0 {
            terminal.say(
                "\(Words.count(report.unlabelled, "resource")) with codes that no table knows: "
                    + "only treatment, the patient and an emergency see them"
            )
        }
        if report.relabelled > 0 {
            terminal.say("\(Words.count(report.relabelled, "stored record")) got stricter labels")
        }
    }

    /// Imports one file, from disk in pieces or from a pipe through memory, never through another file.
    static func take(
        _ file: String,
        vault: OpenVault,
        caller: Caller,
        isPart2Source: Bool,
        progress: (Int, Int) -> Void
    ) throws -> ImportReport {
        if file != "-", let source = try FileSource(file) {
            return try vault.service.importFile(
                source,
                by: caller,
                isPart2Source: isPart2Source,
                context: vault.context,
                progress: progress
            )
        }
        return try vault.service.importFile(
            MemorySource(try Files.read(file)),
            by: caller,
            isPart2Source: isPart2Source,
            context: vault.context,
            progress: progress
        )
    }
}

extension ImportReport {
    mutating func add(_ other: ImportReport) {
        patients += other.patients
        resources += other.resources
        stored += other.stored
        relabelled += other.relabelled
        bytes += other.bytes
        unlabelled += other.unlabelled
        logIndex = other.logIndex ?? logIndex
    }

    var json: JSONValue {
        [
            "patients": .int(Int64(patients)), "resources": .int(Int64(resources)),
            "stored": .int(Int64(stored)), "relabelled": .int(Int64(relabelled)),
            "bytes": .int(Int64(bytes)), "unlabelled": .int(Int64(unlabelled)),
            "logIndex": logIndex.map { .int(Int64(clamping: $0)) } ?? .null,
        ]
    }
}
