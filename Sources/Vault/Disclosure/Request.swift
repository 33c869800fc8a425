internal import Consent
internal import FHIRModel
public import Guard
internal import Records
internal import Sealing
internal import VaultCore

extension VaultService {
    /// One disclosure: decide, log, open, filter, log, answer.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - caller: Who asks; the operator may not.
    /// - Returns: The records, or a refusal that looks the same whatever the reason.
    /// - Throws: A ``Failure``; then nothing has left.
    public func request(
        _ request: ReleaseRequest,
        by caller: Caller
    ) throws -> DisclosureOutcome {
        // 1. The Guard decides, writes the decision, and only then hands over keys.
        let grant: Grant
        switch try `guard`.release(request, by: caller) {
        case .denied(let denial): return .denied(denial)
        case .granted(let granted): grant = granted
        }
        // 2. Ciphertext of the permitted segments is opened, and asked record by record where needed.
        let opened = try GrantReader(vault: self, grant: grant, request: request).open()
        // 3. What they say of records that stay behind is taken out.
        let told = try ResponseRedaction(of: opened, under: grant, in: self).apply(to: opened)
        // 4. The log lists what the response carries, before it leaves.
        let receipt = try recordDisclosure(of: opened, under: grant)
        // 5. Only now do bytes leave.
        var directory = DirectoryReader(vault: self, grant: grant)
        let included = try directory.referenced(by: told)
        return .released(
            Disclosure(
                decision: grant.decision,
                receipt: receipt,
                records: told.map(\.disclosed) + included
            )
        )
    }

    /// One entry for decision and manifest where the Guard knew the manifest already, else a second.
    func recordDisclosure(of opened: [OpenedRecord], under grant: Grant) throws -> Receipt {
        let manifest = Manifest(
            opened.map { Manifest.Item(number: $0.number, version: $0.disclosed.version) }
        )
        if let known = grant.manifest {
            // What the log says was released must be exactly what is released.
            guard known == manifest else { throw VaultError.damagedRecord }
            return grant.receipt
        }
        return try `guard`.recordDisclosure(grant, carrying: manifest)
    }
}

/// A record that was opened under a grant.
struct OpenedRecord: Sendable {
    var number: UInt32
    var segment: Segment
    var disclosed: DisclosedRecord
}
