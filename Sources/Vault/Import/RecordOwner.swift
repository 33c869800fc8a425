internal import FHIRModel
internal import Guard
internal import VaultCore

/// Whose record a resource of a file is.
enum RecordOwner: Hashable {
    case patient(RecordID)
    case directory
}

/// Finds owners, within a file and in the vault.
struct OwnerFinder {
    let vault: VaultService
    /// Owners of the file's resources so far, for those that follow others (Provenance).
    private(set) var known: [RecordID: RecordOwner] = [:]

    enum Answer {
        case owner(RecordOwner)
        /// Follows records that were not seen yet.
        case later
        case nobody(UnownedReason)
        case unknownPatient
    }

    init(vault: VaultService) { self.vault = vault }

    mutating func note(_ record: RecordID, _ owner: RecordOwner) { known[record] = owner }

    /// Finds the owner of a resource; `isLast` says that what is not known by now never will be.
    func owner(
        of resource: FileResource,
        _ summary: ResourceSummary,
        isLast: Bool
    ) throws -> Answer {
        switch summary.ownership(in: resource.document) {
        case .itself: return .owner(.patient(resource.record))
        case .shared: return .owner(.directory)
        case .unowned(let reason): return .nobody(reason)
        case .patient(let span): return try patient(span, in: resource.document)
        case .follows(let spans):
            var owners: Set<RecordOwner> = []
            for span in spans {
                let text = resource.document.string(span.reference)
                guard let target = RecordID(literal: text) else { continue }
                if target.type == "Patient" {
                    owners.insert(.patient(target))
                } else if let owner = known[target] {
                    owners.insert(owner)
                } else if !isLast {
                    return .later
                }
            }
            owners =
                owners.filter { $0 != .directory }.isEmpty
                ? owners : owners.filter { $0 != .directory }
            guard let owner = owners.first else { return .nobody(.unresolved) }
            return owners.count == 1 ? .owner(owner) : .nobody(.severalOwners)
        }
    }

    private func patient(_ span: ReferenceSpan, in document: JSONDocument) throws -> Answer {
        let text = document.string(span.reference)
        if let literal = RecordID(literal: text) { return .owner(.patient(literal)) }
        // A conditional reference, `Patient?identifier=SYS|VAL`, or a logical one.
        var system = document.string(span.system)
        var value = document.string(span.value)
        if let query = text.split(separator: "?", maxSplits: 1).last, text.contains("?") {
            guard query.hasPrefix("identifier="), !query.contains("&"),
                let bar = query.firstIndex(of: "|")
            else { return .unknownPatient }
            system = String(query[query.index(query.startIndex, offsetBy: 11)..<bar])
            value = String(query[query.index(after: bar)...])
        }
        guard !value.isEmpty,
            let found = try vault.guard.patient(identifiedBy: system, value)
        else { return .unknownPatient }
        return .owner(.patient(found))
    }
}

extension RecordID {
    /// Reads the type and id at the end of a literal reference, absolute or relative, without version.
    init?(literal text: String) {
        var text = text
        guard let read = text.withUTF8({ Self(literal: UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = read
    }

    /// The same from bytes: the last two parts of a path, a version after them left out.
    init?(literal bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first, first != 0x23, !bytes.contains(0x3F),
            !bytes.starts(with: "urn:".utf8)
        else { return nil }
        var slashes = bytes.indices.filter { bytes[$0] == 0x2F }
        var end = bytes.count
        if slashes.count >= 3 {
            let version = slashes[slashes.count - 2]..<slashes[slashes.count - 1]
            if bytes[version].dropFirst().elementsEqual("_history".utf8) {
                end = version.lowerBound
                slashes.removeLast(2)
            }
        }
        let start = slashes.count >= 2 ? slashes[slashes.count - 2] + 1 : 0
        self.init(utf8: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
}
