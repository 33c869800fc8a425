public import VaultCore

/// What encryption means for one incident: computed from where the keys were, never assumed.
///
/// Source: HHS guidance, 74 FR 19006: secured only where cipher, key location and key state all
/// allow it. A disk that is encrypted under a running session secures nothing.
public struct EncryptionFinding: Sendable, Hashable {
    /// Where a key was during the window.
    public enum KeyState: String, Sendable, Hashable, CaseIterable {
        /// Never at the suspected place.
        case elsewhere
        /// At the suspected place, sealed, and its opening key elsewhere.
        case sealed
        /// At the suspected place and usable.
        case open
        /// Nobody knows: counts as usable.
        case unknown
    }

    /// The cipher of the sealed versions, `AES-256-GCM`.
    public var cipher: String
    /// Whether the module is validated; the guidance names NIST publications, not this vault.
    public var moduleIsValidated: Bool
    /// Where the keys were.
    public var keys: KeyState
    /// Whether plaintext passed through the suspected place.
    public var plaintextPassed: Bool
    /// Why, one line each.
    public var reasons: [String]

    /// Ciphers that the guidance's publications know.
    public static let knownCiphers: Set<String> = ["AES-128-GCM", "AES-256-GCM"]

    /// Makes a finding.
    ///
    /// - Parameters:
    ///   - cipher: The cipher of the sealed versions.
    ///   - moduleIsValidated: Whether the module has a certificate.
    ///   - keys: Where the keys were.
    ///   - plaintextPassed: Whether plaintext passed through the suspected place.
    ///   - reasons: Why, one line each.
    public init(
        cipher: String,
        moduleIsValidated: Bool,
        keys: KeyState,
        plaintextPassed: Bool,
        reasons: [String]
    ) {
        self.cipher = cipher
        self.moduleIsValidated = moduleIsValidated
        self.keys = keys
        self.plaintextPassed = plaintextPassed
        self.reasons = reasons
    }

    /// Whether cipher, key location and key state allow the safe harbour.
    public var isSecured: Bool {
        Self.knownCiphers.contains(cipher) && !plaintextPassed && !reasons.isEmpty
            && (keys == .elsewhere || keys == .sealed)
    }

    /// What the clocks need of it.
    ///
    /// - Parameter facts: Receives `encrypted`, `keysTaken` and `sessionTaken`.
    public func state(in facts: inout BreachFacts) {
        facts.encrypted = Self.knownCiphers.contains(cipher)
        facts.keysTaken = keys == .open || keys == .unknown
        facts.sessionTaken = plaintextPassed
    }

    /// The finding as a document.
    public var document: JSONValue {
        [
            "cipher": .string(cipher), "moduleIsValidated": .bool(moduleIsValidated),
            "keys": .string(keys.rawValue), "plaintextPassed": .bool(plaintextPassed),
            "secured": .bool(isSecured), "reasons": .strings(reasons),
        ]
    }

    /// Reads a finding.
    ///
    /// - Parameter document: As ``document`` writes it; `secured` is computed, not believed.
    /// - Throws: ``BreachResponseError/malformed(document:member:)``.
    public init(_ document: JSONValue) throws(BreachResponseError) {
        guard let cipher = document["cipher"]?.string,
            let validated = document["moduleIsValidated"]?.bool,
            let keys = document["keys"]?.string.flatMap(KeyState.init(rawValue:)),
            let passed = document["plaintextPassed"]?.bool,
            let reasons = document["reasons"]?.stringArray
        else { throw .malformed(document: "assessment", member: "encryption") }
        self.init(
            cipher: cipher,
            moduleIsValidated: validated,
            keys: keys,
            plaintextPassed: passed,
            reasons: reasons
        )
    }
}
