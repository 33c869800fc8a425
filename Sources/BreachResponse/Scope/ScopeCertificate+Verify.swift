internal import MerkleLog
public import VaultCore

/// What checking a certificate found.
public struct ScopeVerdict: Sendable, Hashable {
    /// One line each; empty where the certificate may be believed.
    public var problems: [String]
    /// Whether the certificate may be believed.
    public var isAccepted: Bool { problems.isEmpty }
}

extension ScopeCertificate {
    /// Persons that must have signed.
    public static let signatureCount = 2

    /// Checks a certificate without the vault.
    ///
    /// - Parameters:
    ///   - persons: How many different persons must have signed with different keys.
    ///   - isValid: Whether a key is one to be believed and the signature is its own over the message.
    /// - Returns: Every problem found.
    public func verify(
        persons: Int = ScopeCertificate.signatureCount,
        isValid: (_ key: String, _ message: [UInt8], _ signature: [UInt8]) -> Bool
    ) -> ScopeVerdict {
        var problems: [String] = []
        if document["type"] != .string(Self.domain) {
            return ScopeVerdict(problems: ["this is no scope certificate"])
        }
        let good = signatures.filter {
            isValid($0.key, message(principal: $0.principal, role: $0.role), $0.bytes)
        }
        if good.count < signatures.count { problems.append("a signature is not valid") }
        if Set(good.map(\.principal)).count < persons || Set(good.map(\.key)).count < persons {
            problems.append("fewer than \(persons) persons have signed")
        }
        problems += contentProblems()
        return ScopeVerdict(problems: problems)
    }

    private static let head: Set<String> = [
        "type", "incident", "version", "previous", "made", "resultDigest",
    ]

    private func contentProblems() -> [String] {
        var problems: [String] = []
        let answer = (document.object ?? []).filter { !Self.head.contains($0.key) }
        if TreeHasher.leafHash(JSONValue.object(answer).bytes).description != resultDigest {
            problems.append("the digest does not fit the sets")
        }
        var all: [String] = []
        for name in ["accessed", "couldHave", "notAccessed"] {
            let patients = names(name)
            if document["sets"]?[name]?["count"]?.int != Int64(patients.count) {
                problems.append("the count of `\(name)` is wrong")
            }
            if zip(patients, patients.dropFirst()).contains(where: { $0 >= $1 }) {
                problems.append("`\(name)` is not in order or names a patient twice")
            }
            all += patients
        }
        if Set(all).count != all.count { problems.append("a patient is in two sets") }
        if document["completeness"]?["patients"]?.int != Int64(all.count) {
            problems.append("the sets do not hold every patient")
        }
        // A doubt about some patients' entries puts them into the second set; a doubt about the
        // log itself empties the third.
        if !isLogSufficient, !names("notAccessed").isEmpty {
            problems.append("nothing is proven by a log that does not verify or reach that far")
        }
        return problems
    }

    /// Whether the log verified, without a gap, over the whole window.
    private var isLogSufficient: Bool {
        func time(_ value: JSONValue?) -> Instant? {
            value?.string.flatMap { Instant(rfc3339: $0) }
        }
        let log = document["log"]
        let window = document["query"]?["window"]
        guard log?["verified"] == .bool(true), let from = time(window?["from"]),
            let to = time(window?["to"]), let begins = time(log?["begins"]),
            let ends = time(log?["ends"]), begins <= from, to <= ends
        else { return false }
        return (log?["gaps"]?.array ?? []).allSatisfy { gap in
            guard let start = time(gap["from"]), let end = time(gap["to"]) else { return false }
            return end <= from || start >= to
        }
    }

    private func names(_ set: String) -> [String] {
        (document["sets"]?[set]?["patients"]?.array ?? []).map { $0["patient"]?.string ?? "" }
    }

    /// What changed from an earlier version, set by set; patients by pseudonym, in order.
    ///
    /// - Parameter earlier: The version before.
    /// - Returns: `{accessed, couldHave, notAccessed}`, each `{added, removed}`.
    public func difference(from earlier: ScopeCertificate) -> JSONValue {
        let members = ["accessed", "couldHave", "notAccessed"].map { name -> JSONValue.Member in
            let before = Set(earlier.names(name))
            let now = Set(names(name))
            return JSONValue.Member(
                name,
                [
                    "added": .strings(now.subtracting(before).sorted()),
                    "removed": .strings(before.subtracting(now).sorted()),
                ]
            )
        }
        return .object(members)
    }
}
