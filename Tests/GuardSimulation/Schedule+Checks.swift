import FHIRModel
import Guard
import MerkleLog
import VaultCore

extension Schedule {
    /// Order of times, every published root from the definition, and the replay against the state.
    func checkLog(_ core: GuardCore) throws {
        let entries = disk.seen.entries
        var last = Instant(microseconds: .min)
        var leaves: [MerkleHash] = []
        leaves.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let time = try EntryCodec.frame(ofStored: entry).time
            if time < last { throw Violation("the time of entry \(index) runs backwards") }
            last = time
            leaves.append(try EntryCodec.leafHash(ofStored: entry))
        }
        latest = max(latest, last)
        for (size, root) in ledger.published {
            guard size <= entries.count,
                SlowReference.root(of: leaves[..<Int(size)]) == root
            else { throw Violation("the checkpoint of size \(size) is not this log's") }
        }
        for witness in witnesses {
            for checkpoint in witness.cosigned
            where ledger.published[checkpoint.size] != checkpoint.root {
                throw Violation("a witness cosigned \(checkpoint.size), which nobody published")
            }
        }
        let problems = try core.audit(.whole, by: .operator).problems
        if let problem = problems.first { throw Violation("verify: \(problem.detail)") }
    }

    /// The last start, after which everything that was ever said is proved.
    func end() throws {
        if disk.isDamaged { return try checkDamage() }
        clock.set(max(latest, clock.now()).advanced(by: .seconds(1)))
        try restart(.stopped)
        guard let core else { throw Violation("the Guard does not start") }
        let note = try core.checkpoint()
        try ledger.publish(note, key: prepared.verifierKey)
        try checkLog(core)
        for (receipt, _) in ledger.receipts {
            let proof = try core.proof(ofEntry: receipt.index, patient: nil, by: .operator)
            try requireValid(proof, "the proof of entry \(receipt.index)")
        }
        try checkHeads(core)
        try checkRecords(core)
    }

    private func requireValid(_ proof: String, _ what: String) throws {
        let verdict = ProofCheck.check(Array(proof.utf8), key: prepared.verifierKey)
        if let problem = verdict.problems.first {
            throw Violation("\(what): \(problem.kind.rawValue) \(problem.detail)")
        }
    }

    /// The newest map of heads, from the patients' proved lists and from its definition.
    private func checkHeads(_ core: GuardCore) throws {
        var heads: [String: PatientHead] = [:]
        var stated: MerkleHash?
        for name in PreparedVault.patients {
            guard let id = FHIRID(name) else { continue }
            let text = try core.historyProof(of: .id(id), by: .operator)
            try requireValid(text, "the history of a patient")
            let proof = try PatientHistoryProof(parsing: Array(text.utf8))
            guard let newest = proof.entries.first, let opened = newest.parts.first,
                let json = JSONValue(parsing: opened.part), case .map(let block) = proof.heads,
                let header = block.entry.header, let words = JSONValue(parsing: header.part)
            else { throw Violation("the history of a patient has no map of heads") }
            let part = try PatientPart(json)
            heads[part.patient] = PatientHead(count: part.count, last: newest.index)
            stated = words[HeadsStatement.rootName]?.string.flatMap { MerkleHash(base64: $0) }
        }
        guard let stated, SlowReference.root(of: heads) == stated else {
            throw Violation("the map of heads is not the one of its definition")
        }
    }

    /// Every write whose rows are there counts, and no other.
    private func checkRecords(_ core: GuardCore) throws {
        guard !ledger.isClosed else { return }
        for person in [Person.first, .second] {
            guard let name = FHIRID(person.patient) else { continue }
            var request = ReleaseRequest(patient: .id(name), purposes: ["PATRQT"])
            request.types = []
            let statement = try prepared.statement(
                person,
                request.json,
                time: clock.now(),
                nonce: random.bytes(16)
            )
            guard case .granted(let grant) = try core.release(request, by: .signed(statement))
            else { throw Violation("a patient is refused their own record") }
            let written = rows.values.filter { $0 == person }.count
            let found = grant.manifest?.items.count
            if found != 2 + written {
                throw Violation("\(found ?? -1) records of \(2 + written)")
            }
        }
    }

    /// A disk that kept something else: nobody was told that it was kept, and `verify` sees it.
    private func checkDamage() throws {
        let isStopped = core?.hasStopped
        if isStopped == false { throw Violation("the Guard went on over a damaged log") }
        disk.start()
        note("damage found")
        guard
            let core = try? GuardCore.unseal(
                storage: disk,
                root: prepared.root,
                vault: prepared.id,
                witnessed: lastSeen,
                policies: prepared.policies,
                limits: .none,
                clock: clock,
                random: random
            ), let audit = try? core.audit(.whole, by: .operator)
        else { return }
        if audit.problems.isEmpty { throw Violation("verify found no damage") }
    }
}
