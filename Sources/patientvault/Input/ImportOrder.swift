/// The files of one import, in an order in which each finds what it stands on.
enum ImportOrder {
    /// How far into a file its first resource's type is looked for, in bytes.
    private static let peekedByteCount = 1 << 16

    /// Opens folders and puts what others stand on first: directory, then patients, provenance last.
    ///
    /// A Bulk Data export has one file a type, in alphabetical order, so that allergies would come before
    /// the patients who have them. Files of one rank keep their order; Bundles count by their first entry.
    ///
    /// - Parameter named: Files, folders (read three deep: `.json` and `.ndjson`) and `-`.
    /// - Returns: Files, and `-` where it was named.
    /// - Throws: ``Complaint`` where something named does not exist, or a folder holds no FHIR file.
    static func files(_ named: [String]) throws -> [String] {
        var files: [(path: String, rank: Int)] = []
        for name in named {
            if name == "-" {
                files.append((name, 1))
                continue
            }
            guard Files.exists(name) else { throw Complaint.missing(file: name) }
            guard Files.isFolder(name) else {
                files.append((name, try rank(of: name)))
                continue
            }
            let found = inside(name, depth: 3)
            guard !found.isEmpty else {
                throw Complaint.badInput(
                    "`\(name)` holds no `.json` or `.ndjson` file",
                    hint: "name a folder of FHIR files, or the files"
                )
            }
            files += try found.map { ($0, try rank(of: $0)) }
        }
        return (0...3).flatMap { rank in files.filter { $0.rank == rank }.map(\.path) }
    }

    /// FHIR files of a folder and of the folders in it, by name.
    ///
    /// - Parameters:
    ///   - folder: Where to look.
    ///   - depth: How many folders deep.
    /// - Returns: Paths that end in `.json` or `.ndjson`.
    static func inside(_ folder: String, depth: Int) -> [String] {
        Files.names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            if Files.isFolder(path) { return depth > 0 ? inside(path, depth: depth - 1) : [] }
            return name.hasSuffix(".json") || name.hasSuffix(".ndjson") ? [path] : []
        }
    }

    private static func rank(of path: String) throws -> Int {
        // A pipe gives its bytes once: whoever names one orders it.
        guard let source = try FileSource(path) else { return 1 }
        var bytes = [UInt8](repeating: 0, count: min(source.byteCount, peekedByteCount))
        let count = try bytes.withUnsafeMutableBytes { try source.read(at: 0, into: $0) }
        return rank(ofFirst: bytes[..<count])
    }

    /// 0 directory, 1 patients and Bundles of them, 2 what belongs to patients, 3 what speaks of records.
    private static func rank(ofFirst bytes: ArraySlice<UInt8>) -> Int {
        let name = Array("\"resourceType\"".utf8)
        var rest = bytes
        while let start = rest.firstRange(of: name) {
            rest = rest[start.upperBound...]
            // Whatever is no well-formed JSON is refused later, by the reader that knows it.
            guard let opening = rest.firstIndex(of: UInt8(ascii: "\"")) else { return 1 }
            rest = rest[(opening + 1)...]
            guard let closing = rest.firstIndex(of: UInt8(ascii: "\"")) else { return 1 }
            let type = String(decoding: rest[..<closing], as: UTF8.self)
            rest = rest[(closing + 1)...]
            switch type {
            case "Bundle": continue
            case "Organization", "Practitioner", "PractitionerRole", "Location",
                "HealthcareService", "Endpoint", "InsurancePlan", "OrganizationAffiliation",
                "Medication", "Questionnaire":
                return 0
            case "Patient": return 1
            case "Provenance", "AuditEvent", "List": return 3
            default: return 2
            }
        }
        return 1
    }
}
