internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

/// A scope for people and as JSON.
struct ScopeView {
    let finding: ScopeFinding

    init(_ finding: ScopeFinding) { self.finding = finding }

    private func name(_ patient: PatientPseudonym) -> String {
        finding.log.patients.first { $0.pseudonym == patient }?.reference ?? patient.description
    }

    /// The sets with references and counts; the certificate has the rest.
    var document: JSONValue {
        let result = finding.result
        return [
            "digest": .string(result.digest), "agreed": .bool(finding.isAgreed),
            "entries": .int(result.entryCount), "doubts": .strings(result.doubts),
            "accessed": .array(
                result.accessed.map { patient in
                    [
                        "patient": .string(name(patient.patient)),
                        "records": .array(patient.accessed.map(read)),
                    ]
                }
            ), "couldHave": .strings(result.couldHave.map { name($0.patient) }),
            "notAccessed": .array(
                result.notAccessed.map {
                    ["patient": .string(name($0.patient)), "proof": .string($0.proof.rawValue)]
                }
            ), "secured": .bool(result.encryption.isSecured),
        ]
    }

    private func read(_ access: ProvenAccess) -> JSONValue {
        let record = finding.log.records[access.item.record]?.id.description
        return [
            "record": .string(record ?? access.item.record.description),
            "version": .int(access.item.version), "time": .string(access.time.description),
            "index": .int(Int64(clamping: access.index)),
        ]
    }

    var lines: [String] {
        let result = finding.result
        var lines = ["proven accessed: \(result.accessed.count)"]
        for patient in result.accessed {
            let count = Words.count(
                Set(patient.accessed.map(\.item)).count,
                "record version",
                "record versions"
            )
            lines.append("  \(Words.printable(name(patient.patient))): \(count) carried")
        }
        lines.append("could have been accessed: \(result.couldHave.count)")
        for patient in result.couldHave {
            lines.append("  \(Words.printable(name(patient.patient)))")
        }
        lines.append("proven not accessed: \(result.notAccessed.count)")
        for (patient, proof) in result.notAccessed.prefix(20) {
            let why =
                switch proof {
                case .sameHead: "no entry at all in the window"
                case .examined: "every entry examined, none by the suspect"
                case .sealed: "sealed, keys elsewhere"
                }
            lines.append("  \(Words.printable(name(patient))): \(why)")
        }
        lines += result.doubts.map { "doubt: \($0)" }
        lines.append(
            finding.rerun == nil
                ? "one person's run; a second person has not run it again"
                : finding.isAgreed
                    ? "a second person's run gave the same digest"
                    : "a second person's run gave ANOTHER digest"
        )
        return lines
    }
}
