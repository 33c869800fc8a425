internal import VaultCore

/// Computes who was, could have been, and was not accessed.
///
/// 1. *Proven accessed*: a response in the window, through what is suspected, carried it.
/// 2. *Could have been accessed*: a grant through it lives in the window; it was written through
///    it; a credential that passed through it reaches it; or nothing can be proven. Less set 1.
/// 3. *Proven not accessed*: everybody else, if the head in the log is the same at both ends, or
///    every entry between the heads was examined.
///
/// Whatever an entry does not say counts as suspected. Where the log does not verify, or has lost
/// entries, or does not reach over the window, the third set is empty.
///
/// Source: design, section 1. Complexity: O(entries + patients), memory O(patients + set 1).
public struct ScopeComputation: Sendable {
    /// What is looked at.
    public let window: ScopeWindow
    /// What is suspected.
    public let suspicion: Suspicion
    /// The cipher of the sealed versions, for the finding on encryption.
    public let cipher: String

    /// Poses a question.
    ///
    /// - Parameters:
    ///   - window: What is looked at.
    ///   - suspicion: What is suspected.
    ///   - cipher: The cipher of the sealed versions.
    public init(window: ScopeWindow, suspicion: Suspicion, cipher: String = "AES-256-GCM") {
        self.window = window
        self.suspicion = suspicion
        self.cipher = cipher
    }

    /// Answers it.
    ///
    /// - Parameter history: What the log says.
    /// - Returns: The three sets.
    /// - Throws: ``BreachResponseError/suspicionNamesNobody``, ``BreachResponseError/badWindow``,
    ///   ``BreachResponseError/windowBeforeLog(begins:)``, or what the history throws.
    public func run(_ history: some AccessHistory) throws -> ScopeResult {
        let range = history.range
        guard history.knows(suspicion) else { throw BreachResponseError.suspicionNamesNobody }
        guard window.from < window.to else { throw BreachResponseError.badWindow }
        guard window.from >= range.logBegins else {
            throw BreachResponseError.windowBeforeLog(begins: range.logBegins)
        }
        var tally = ScopeTally(self, history)
        try history.forEachEvent { tally.take($0) }
        addCredentials(history, &tally)
        addKeys(history, &tally)
        return tally.result(history)
    }

    private func addCredentials(_ history: some AccessHistory, _ tally: inout ScopeTally) {
        for (place, credential) in history.credentials.enumerated() {
            guard tally.matches[credential.context] != .no,
                window.overlaps(credential.start, credential.end)
            else { continue }
            for reach in history.reach(of: place) {
                tally.add(.credential(segments: reach.segments), reach.patient)
            }
        }
    }

    private func addKeys(_ history: some AccessHistory, _ tally: inout ScopeTally) {
        switch suspicion {
        case .principal, .device, .session, .server, .organization: break
        case .guardHost, .rootKey:
            for patient in history.patients.indices { tally.add(.keyKnown, patient) }
        case .patientKeys(let patients):
            let known = Set(patients)
            for (place, patient) in history.patients.enumerated() where known.contains(patient) {
                tally.add(.keyKnown, place)
            }
        case .lostBackup(_, let keys):
            // Every patient counts as being in the backup: the log does not say who was not.
            guard keys == .open || keys == .unknown else { break }
            for patient in history.patients.indices { tally.add(.backup, patient) }
        }
    }

    /// What encryption means, from what is suspected and what passed through it.
    func encryption(plaintextPassed: Bool, keysPassed: Bool) -> EncryptionFinding {
        var keys = keysPassed ? EncryptionFinding.KeyState.open : .elsewhere
        var reasons: [String] = []
        switch suspicion {
        case .guardHost, .rootKey:
            keys = .open
            reasons.append("every key was within reach")
        case .patientKeys:
            keys = .open
            reasons.append("the keys themselves became known")
        case .lostBackup(_, let state):
            keys = state
            reasons.append("a backup holds ciphertext only; its key was: \(state.rawValue)")
        case .principal, .device, .session, .server, .organization:
            reasons.append(
                keysPassed ? "read keys were released through it" : "no read key was released to it"
            )
        }
        if plaintextPassed { reasons.append("opened records passed through it") }
        return EncryptionFinding(
            cipher: cipher,
            moduleIsValidated: false,
            keys: keys,
            plaintextPassed: plaintextPassed,
            reasons: reasons
        )
    }
}
