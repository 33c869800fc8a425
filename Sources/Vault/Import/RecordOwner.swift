internal import Consent
internal import FHIRModel
internal import Guard
internal import Records
internal import VaultCore

/// Whose record a resource of a file is.
enum RecordOwner: Sendable, Hashable {
    case patient(RecordID)
    case directory
}

/// Finds owners, within a file and in the vault.
struct OwnerFinder {
    let vault: VaultService
    let session: WriteSessionID
    let writer: any RecordWriter
    /// Owners of the file's resources so far, for those that follow others (Provenance).
    private var known: [RecordKey: Int32] = [:]
    private var owners: [RecordOwner] = []
    private var places: [RecordOwner: Int32] = [:]
    private var foreign = ForeignLinks()
    /// The owner of the resource before: files are mostly of one patient.
    private var last: (owner: RecordOwner, place: Int32)?
    /// Patients in whose records the vault found something lately, the newest last: the next one is
    /// mostly of the same.
    private var recent: [PatientPseudonym] = []

    /// This many resources wait for a record of their file before the vault is asked.
    static let waitingLimit = 1_024

    enum Answer {
        case owner(RecordOwner)
        /// Follows records that were not seen yet.
        case later
        case nobody(UnownedReason)
        case unknownPatient
    }

    init(vault: VaultService, session: WriteSessionID, writer: any RecordWriter) {
        self.vault = vault
        self.session = session
        self.writer = writer
    }

    /// Remembers whose a resource is, and refuses references between two patients' records.
    ///
    /// - Parameters:
    ///   - resource: Of the file.
    ///   - owner: As found.
    /// - Throws: ``VaultError/foreignReference(entry:type:)``.
    mutating func note(_ resource: AnalysedResource, _ owner: RecordOwner) throws {
        let key = resource.key
        let place = number(of: owner)
        known[key] = place
        try foreign.meet(key, of: owner == .directory ? nil : place)
        if owner == .directory { return }
        let (known, owners) = (known, owners)
        try foreign.check(
            resource.linkKeys,
            of: place,
            at: (resource.entry, resource.record.type),
            known: { known[$0] },
            isPatient: { owners[Int($0)] != .directory }
        )
    }

    /// Forgets what a file has shown, for the next: a file speaks for itself alone.
    mutating func forgetFile() {
        known = [:]
        foreign = ForeignLinks()
    }

    private mutating func number(of owner: RecordOwner) -> Int32 {
        if let last, last.owner == owner { return last.place }
        let place = place(of: owner)
        last = (owner, place)
        return place
    }

    private mutating func place(of owner: RecordOwner) -> Int32 {
        if let met = places[owner] { return met }
        let place = Int32(truncatingIfNeeded: owners.count)
        owners.append(owner)
        places[owner] = place
        return place
    }

    /// Finds the owner of a resource.
    ///
    /// - Parameters:
    ///   - resource: Of the file.
    ///   - isLast: Whether what is not known by now never will be.
    ///   - asksVault: Whether records of the vault count that the file has not shown.
    /// - Returns: The owner, or why there is none yet.
    /// - Throws: A ``Failure`` where the vault cannot be asked.
    mutating func owner(
        of resource: AnalysedResource,
        isLast: Bool,
        asksVault: Bool
    ) throws -> Answer {
        switch resource.owner {
        case .owner(let owner): return .owner(owner)
        case .nobody(let reason): return .nobody(reason)
        case .unknownPatient: return .unknownPatient
        case .identifier(let system, let value):
            guard let found = try vault.guard.patient(identifiedBy: system, value, in: session)
            else {
                return .unknownPatient
            }
            return .owner(.patient(found))
        case .follows(let targets):
            return try owner(of: targets, isLast: isLast, asksVault: asksVault)
        }
    }

    private mutating func owner(
        of targets: [RecordID],
        isLast: Bool,
        asksVault: Bool
    ) throws -> Answer {
        var found: Set<RecordOwner> = []
        for target in targets {
            if target.type == "Patient" {
                found.insert(.patient(target))
            } else if let place = known[RecordKey(target)] {
                found.insert(owners[Int(place)])
            } else if asksVault, let owner = try stored(target) {
                found.insert(owner)
            } else if !isLast {
                return .later
            }
        }
        let patients = found.filter { $0 != .directory }
        if !patients.isEmpty { found = patients }
        guard let owner = found.first else { return .nobody(.unresolved) }
        return found.count == 1 ? .owner(owner) : .nobody(.severalOwners)
    }

    /// Looks in the vault; what it finds is remembered.
    private mutating func stored(_ target: RecordID) throws -> RecordOwner? {
        let found =
            try stored(vault.guard.candidates(for: target, of: recent, in: session))
            ?? stored(vault.guard.candidates(for: target, in: session))
        guard let found, let holder = try vault.guard.holder(found, in: session) else {
            return nil
        }
        let owner: RecordOwner
        switch holder {
        case .patient(let patient):
            owner = .patient(patient)
            recent.removeAll { $0 == found }
            recent.append(found)
            if recent.count > 64 { recent.removeFirst() }
        case .directory: owner = .directory
        }
        known[RecordKey(target)] = number(of: owner)
        return owner
    }

    /// The patient under whom one of the names is stored.
    private func stored(_ candidates: [RecordCandidate]) throws -> PatientPseudonym? {
        try candidates.first { candidate in
            guard let newest = try writer.newest(candidate.tag) else { return false }
            return newest.patient == candidate.patient && !newest.isDeleted
        }?.patient
    }
}

/// A record's name as two hashes, sixteen bytes instead of two texts: a file may name millions.
///
/// Seeded anew in each process; 128 bits, so that two records are never taken for one.
struct RecordKey: Hashable {
    private let first: Int
    private let second: Int

    init(_ record: RecordID) {
        var hasher = Hasher()
        hasher.combine(record)
        first = hasher.finalize()
        hasher = Hasher()
        hasher.combine(first)
        hasher.combine(record)
        second = hasher.finalize()
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
        guard let first = bytes.first, first != 0x23, !bytes.starts(with: "urn:".utf8) else {
            return nil
        }
        // The last four slashes, the last first.
        var slashes = (-1, -1, -1, -1)
        var place = bytes.count - 1
        while place >= 0 {
            if bytes[place] == 0x3F { return nil }
            if bytes[place] == 0x2F {
                if slashes.0 < 0 {
                    slashes.0 = place
                } else if slashes.1 < 0 {
                    slashes.1 = place
                } else if slashes.2 < 0 {
                    slashes.2 = place
                } else if slashes.3 < 0 {
                    slashes.3 = place
                }
            }
            place -= 1
        }
        var end = bytes.count
        var start = slashes.1 + 1
        if slashes.2 >= 0, bytes[(slashes.1 + 1)..<slashes.0].elementsEqual("_history".utf8) {
            end = slashes.1
            start = slashes.3 + 1
        }
        self.init(utf8: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
}
