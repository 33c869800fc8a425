internal import MerkleLog
internal import VaultCore

extension ReachGround {
    var document: JSONValue {
        switch self {
        case .grant(let grant, let segments, let from, let rotated):
            [
                "by": "grant", "grant": .string(grant.description),
                "segments": .strings(segments.sorted().map(\.description)),
                "from": .string(from.description),
                "until": rotated.map { .string($0.description) } ?? .null,
            ]
        case .written(let item, let index):
            [
                "by": "written", "record": .string(item.record.description),
                "version": .int(item.version), "index": .int(Int64(clamping: index)),
            ]
        case .credential(let segments):
            [
                "by": "credential",
                "segments": segments.isEmpty
                    ? "all" : .strings(segments.sorted().map(\.description)),
            ]
        case .unknownPath(let index):
            ["by": "unknown-path", "index": .int(Int64(clamping: index))]
        case .keyKnown: ["by": "key"]
        case .backup: ["by": "backup"]
        case .unproven(let reason): ["by": "unproven", "reason": .string(reason)]
        }
    }
}

extension AccessContext {
    var document: JSONValue {
        func text<Value>(_ attribute: Attribute<Value>, _ write: (Value) -> String) -> JSONValue {
            switch attribute {
            case .unknown: "unknown"
            case .none: "none"
            case .value(let value): .string(write(value))
            }
        }
        return [
            "principal": text(principal, \.text), "organization": text(organization, \.self),
            "session": text(session, \.description), "device": text(device, \.self),
            "server": text(server, \.self), "guard": text(guardHost, \.self),
            "automation": .string(automation.rawValue),
        ]
    }
}

extension ScopeResult {
    /// What was asked, so that a second person can ask the same.
    var query: JSONValue {
        [
            "method": "scope/1",
            "window": [
                "from": .string(window.from.description), "to": .string(window.to.description),
            ], "suspicion": suspicion.document,
            "log": [
                "origin": .string(range.origin), "from": .int(Int64(clamping: range.fromSize)),
                "to": .int(Int64(clamping: range.toSize)), "root": .string(range.toRoot),
            ],
        ]
    }

    /// The answer without who asked and when: two runs of one query write the same bytes.
    var answer: [JSONValue.Member] {
        [
            .init("query", query), .init("log", range.document),
            .init(
                "completeness",
                [
                    "entries": .int(entryCount), "patients": .int(Int64(patientCount)),
                    "complete": .bool(doubts.isEmpty), "doubts": .strings(doubts),
                ]
            ), .init("encryption", encryption.document), .init("sets", sets),
        ]
    }

    private var sets: JSONValue {
        let automations = AccessContext.Automation.allCases
        let counts = automations.map {
            JSONValue.Member($0.rawValue, .int(Int64(accessCount(by: $0))))
        }
        let clearCounts = NotAccessedProof.allCases.map { proof in
            JSONValue.Member(proof.rawValue, .int(Int64(proofs.count { $0 == proof })))
        }
        let clearPatients = notAccessed.map { item -> JSONValue in
            ["patient": .string(item.patient.description), "proof": .string(item.proof.rawValue)]
        }
        return [
            "accessed": .object(
                [
                    .init("count", .int(Int64(accessed.count))), .init("reads", .object(counts)),
                    .init("patients", .array(accessed.map(document))),
                ]),
            "couldHave": .object(
                [
                    .init("count", .int(Int64(couldHave.count))),
                    .init("patients", .array(couldHave.map(document))),
                ]),
            "notAccessed": .object(
                [
                    .init("count", .int(Int64(clear.count))),
                    .init("proofs", .object(clearCounts)),
                    .init("patients", .array(clearPatients)),
                ]),
        ]
    }

    private func document(_ affected: AffectedPatient) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("patient", .string(affected.patient.description))
        ]
        if !affected.accessed.isEmpty {
            let reads = affected.accessed.map { access -> JSONValue in
                [
                    "record": .string(access.item.record.description),
                    "version": .int(access.item.version), "time": .string(access.time.description),
                    "index": .int(Int64(clamping: access.index)),
                    "by": contexts[access.context].document,
                ]
            }
            members.append(.init("reads", .array(reads)))
        }
        members.append(.init("reach", .array(affected.reach.map(\.document))))
        return .object(members)
    }

    /// SHA-256 (leaf hash) over the answer: what a second run must give again.
    public var digest: String {
        TreeHasher.leafHash(JSONValue.object(answer).bytes).description
    }
}
