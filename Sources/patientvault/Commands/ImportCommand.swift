internal import ArgumentParser
internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Takes FHIR R4 Bundles, single resources or NDJSON: all of a file or nothing of it.",
        discussion: """
            Of several files those with the directory come first, then patients, then what belongs to \
            them: a Bulk Data export can be named as it lies in its folder.
            """
    )

    @Argument(help: "Files, or folders of `.json` and `.ndjson` files; `-` is stdin.")
    var files: [String]
    @Flag(help: "The source is a 42 CFR Part 2 program.") var part2 = false
    @OptionGroup var options: VaultOptions

    func run() throws {
        let terminal = options.terminal
        // A missing file is found before the first is taken.
        let files = try ImportOrder.files(files)
        let report = try options.withVault(labels: true, recovers: true) { vault in
            try take(files, vault, terminal)
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

    /// Imports the files one after the other; the message of a failure says which it was.
    private func take(
        _ files: [String],
        _ vault: OpenVault,
        _ terminal: Terminal
    ) throws -> ImportReport {
        var total = ImportReport()
        var done = 0
        defer { ProgressBar(terminal, title: "").clear() }
        do {
            try vault.service.importFiles(
                files.count,
                by: try vault.session(),
                isPart2Source: part2,
                context: vault.context,
                open: { try Self.source(files[$0]) },
                progress: { file, resource, count in
                    let title = files.count > 1 ? "\(file + 1)/\(files.count)" : "import"
                    ProgressBar(terminal, title: title).show(resource, count)
                },
                stored: { _, report in
                    total.add(report)
                    done += 1
                }
            )
        } catch let failure as any Failure where files.count > 1 {
            throw Complaint(
                kind: failure.kind,
                code: failure.code,
                // No name: files are often named after the patient whose record they are.
                message: "file \(done + 1) of \(files.count) in the order of import: "
                    + failure.message,
                hint: failure.hint
            )
        }
        return total
    }

    /// A file's bytes, from disk in pieces or from a pipe through memory, never through another file.
    static func source(_ file: String) throws -> any ByteSource {
        if file != "-", let source = try FileSource(file) { return source }
        return MemorySource(try Files.read(file))
    }
}

extension ImportReport {
    mutating func add(_ other: ImportReport) {
        patientIDs.formUnion(other.patientIDs)
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
