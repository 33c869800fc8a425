import FHIRModel
import Foundation
import Guard
import Vault
import VaultCore

/// One Bundle of very many patients: time, peak memory, disk.
struct GiantRows {
    private let copies: SyntheaCopies
    private let project: URL
    private let folder: URL

    init(_ copies: SyntheaCopies, project: URL, folder: URL) {
        self.copies = copies
        self.project = project
        self.folder = folder
    }

    /// Writes the file, imports it into a vault of its own, and prints what it took.
    func run(entries wanted: Int) throws {
        let file = folder.appending(path: "vault-benchmark-giant-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let entries = try write(wanted, to: file)
        let vault = try BenchmarkVault(in: folder, project: project)
        let source = try BenchmarkFile(file)
        Measure.resetPeak()
        let before = Measure.peakMB()
        var report = ImportReport()
        var seconds = 0.0
        let core = try Measure.coreSeconds {
            seconds = try Measure.seconds { report = try vault.importFile(source) }
        }
        print(
            """
            one Bundle: \(entries) entries, \(source.byteCount >> 20) MiB, \
            \(report.patients) patients, \(report.stored) stored
              \(Text.fixed(Double(report.stored) / seconds, 0)) resources/s, \
            \(Text.fixed(Double(report.stored) / core, 0)) a core second
              peak memory \(Text.fixed(Measure.peakMB(), 0)) MB \
            (\(Text.fixed(before, 0)) before), goal \(300 + entries / 10_000)
              disk / JSON \
            \(Text.fixed(Double(Measure.bytes(in: vault.folder)) / Double(report.bytes), 2))
            """
        )
        fflush(nil)
        print("  \(try vault.service.verify(by: .operator).problems.count) problems")
        try vault.remove()
    }

    /// Entries of copy after copy; a directory entry that all copies share only once.
    private func write(_ wanted: Int, to file: URL) throws -> Int {
        try Data().write(to: file)
        let output = try FileHandle(forWritingTo: file)
        defer { try? output.close() }
        output.write(Data(#"{"resourceType":"Bundle","type":"collection","entry":["#.utf8))
        var parser = JSONParser()
        var shared: Set<String> = []
        var count = 0
        var number = 0
        while count < wanted {
            let document = try parser.parse(copies.bundle(number).bytes)
            number += 1
            var text: [UInt8] = []
            for entry in document.root["entry"].map({ Array($0.elements) }) ?? [] {
                guard let resource = entry["resource"], let id = resource["id"]?.string else {
                    continue
                }
                let type = resource["resourceType"]?.string ?? ""
                let isShared = ["Practitioner", "PractitionerRole", "Organization", "Location"]
                    .contains(type)
                if isShared, !shared.insert("\(type)/\(id)").inserted { continue }
                if count > 0 { text.append(0x2C) }
                document.withBytes { text += $0[entry.byteRange] }
                count += 1
            }
            output.write(Data(text))
        }
        output.write(Data("]}".utf8))
        return count
    }
}

/// A file read in pieces, as the command line does.
final class BenchmarkFile: ByteSource {
    let byteCount: Int
    private let descriptor: Int32

    init(_ url: URL) throws {
        descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        byteCount = Int(status.st_size)
    }

    func read(
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FHIRModelError) -> Int {
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        guard count >= 0 else { throw .unreadable(byteOffset: offset) }
        return count
    }

    deinit { close(descriptor) }
}
