internal import Consent
public import FHIRModel
internal import Guard
internal import VaultCore

/// A file that has been read and checked, ready to be stored.
///
/// A Bundle of ordinary size is parsed once and wholly understood by now; a larger file and NDJSON are read
/// again while they are stored, so that memory stays bounded.
public struct PreparedFile: Sendable {
    /// The first pass; `nil` where nothing is read again.
    let file: FHIRFile?
    let source: any ByteSource
    /// The resources of a Bundle that was kept, in the order of storing.
    let resources: [AnalysedResource]
    /// Resources in the file.
    let resourceCount: Int
    let isPart2Source: Bool

    /// Bytes of the resources that were kept.
    var keptByteCount: Int { file == nil ? source.byteCount : 0 }

    /// A Bundle of at most this many bytes is parsed once; it takes about five times as much memory.
    static let keptByteCount = 12 << 20
}

extension VaultService {
    /// Reads and checks a file, and works out all that can be known without the vault.
    ///
    /// Writes nothing and asks nobody, so that the next file can be prepared while one is stored.
    ///
    /// - Parameters:
    ///   - source: The file's bytes.
    ///   - isPart2Source: Whether the source is a 42 CFR Part 2 program.
    /// - Returns: The file, for ``importPrepared(_:by:context:progress:)``.
    /// - Throws: ``FHIRModelError`` and other ``Failure``s.
    public func prepare(
        _ source: some ByteSource,
        isPart2Source: Bool = false
    ) throws -> PreparedFile {
        try prepare(source, isPart2Source: isPart2Source, isAlone: true)
    }

    /// The same; a file among others is left to one core, for the others have theirs.
    func prepare(
        _ source: some ByteSource,
        isPart2Source: Bool,
        isAlone: Bool
    ) throws -> PreparedFile {
        var file = try FHIRFile(source, keepingUpTo: PreparedFile.keptByteCount)
        for entry in file.entriesWithoutID { file.assign(try newID(), toEntry: entry) }
        let checked = file
        let resources =
            checked.isKept
            ? try analyse(checked, source, isPart2Source: isPart2Source, isAlone: isAlone) : []
        return PreparedFile(
            file: checked.isKept ? nil : checked,
            source: source,
            resources: resources,
            resourceCount: checked.resourceCount,
            isPart2Source: isPart2Source
        )
    }

    /// The resources of a kept file, worked out on all cores.
    private func analyse(
        _ file: FHIRFile,
        _ source: some ByteSource,
        isPart2Source: Bool,
        isAlone: Bool
    ) throws -> [AnalysedResource] {
        let prepared = labeller
        return try Cores.slices(of: file.entryCount, minimum: isAlone ? 32 : .max) {
            slice -> [AnalysedResource] in
            var reader = FHIRFileReader(file, source, part: slice)
            var labeller = prepared
            var found: [AnalysedResource] = []
            found.reserveCapacity(slice.count)
            while let resource = try reader.nextResource() {
                if resource.isOutcome { continue }
                found.append(
                    AnalysedResource(
                        resource,
                        reader.summary,
                        labeller: &labeller,
                        isPart2Source: isPart2Source
                    )
                )
            }
            return found
        }.flatMap { $0 }
    }

    private func newID() throws -> FHIRID {
        guard let id = FHIRID(Hex.encode(random.bytes(16))) else {
            throw VaultError.damagedRecord
        }
        return id
    }
}
