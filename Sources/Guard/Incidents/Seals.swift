internal import Consent
internal import MerkleLog
public import VaultCore

/// Something that is closed while a breach is contained: nothing is released through it until it is opened.
///
/// A seal never says yes; it only takes away what the rules would permit. It lasts until somebody lifts it,
/// over restarts too, and both are entries.
public struct AccessSeal: Sendable, Hashable {
    /// What kind of thing is closed.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Everything.
        case vault
        /// One patient's record; the value is the pseudonym in hexadecimal.
        case patient
        /// Everybody of an organization, as the principal's registration names it.
        case organization
        /// One client program.
        case client
        /// One purpose code.
        case purpose
        /// One device.
        case device
        /// One record server.
        case server
    }

    /// What kind of thing is closed.
    public let kind: Kind
    /// Which one; empty for the whole vault.
    public let value: String

    /// Names a seal.
    ///
    /// Gives `nil` for an empty or overlong value, and for a vault with one.
    ///
    /// - Parameters:
    ///   - kind: What kind of thing is closed.
    ///   - value: Which one, at most 200 bytes.
    public init?(_ kind: Kind, _ value: String = "") {
        guard value.isEmpty == (kind == .vault), value.utf8.count <= 200 else { return nil }
        self.kind = kind
        self.value = value
    }

    /// `organization Organization/1`, as entries and `breach contain` write it.
    public var name: String { value.isEmpty ? kind.rawValue : "\(kind.rawValue) \(value)" }

    var key: [UInt8] { TreeHasher.leafHash(Array(name.utf8)).bytes }

    var json: JSONValue { ["kind": .string(kind.rawValue), "value": .string(value)] }

    init?(json: JSONValue) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let value = json["value"]?.string
        else { return nil }
        self.init(kind, value)
    }
}

extension GuardCore {
    /// What the person who closes or opens something signs.
    ///
    /// - Parameters:
    ///   - seal: What.
    ///   - closes: Whether it is closed; else it is opened again.
    /// - Returns: The request in its one form.
    public static func sealBody(_ seal: AccessSeal, closes: Bool) -> JSONValue {
        ["kind": closes ? "seal" : "unseal", "seal": seal.json]
    }

    /// Closes something, or opens it again, with an entry first; live grants end when something is closed.
    ///
    /// - Parameters:
    ///   - seal: What.
    ///   - closes: Whether it is closed; else it is opened again.
    ///   - caller: An administrator or officer who signs this very request.
    ///   - context: Where the call came from.
    /// - Returns: The entry; `nil` where it was so already.
    /// - Throws: ``GuardError/notPermitted(action:)``, ``GuardError/unknown(what:)`` for a patient whom
    ///   nobody knows, and others.
    @discardableResult
    public func apply(
        _ seal: AccessSeal,
        closes: Bool,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt? {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.freshActor(
                caller,
                body: Self.sealBody(seal, closes: closes),
                state: state
            )
            try actor.require(
                [.administrator, .privacyOfficer, .securityOfficer],
                action: closes ? "seal" : "unseal"
            )
            if seal.kind == .patient {
                guard let patient = Hex.decode(seal.value).flatMap({ PatientPseudonym(bytes: $0) }),
                    try state.patient(patient) != nil
                else { throw GuardError.unknown(what: "patient") }
            }
            guard try state.item(.seal, seal.key) == nil else {
                if closes { return nil }
                return try write(seal, closes: false, by: actor, context: context, &mutable)
            }
            guard closes else { return nil }
            return try write(seal, closes: true, by: actor, context: context, &mutable)
        }
    }

    private func write(
        _ seal: AccessSeal,
        closes: Bool,
        by actor: Actor,
        context: CallContext,
        _ mutable: inout Mutable
    ) throws -> Receipt {
        let state = mutable.state
        var header = try state.header(.breach, by: actor, context: context)
        header.action = closes ? "seal" : "unseal"
        header.more = [.init("seal", seal.json)]
        let (index, leaf) = try state.append(header)
        if closes {
            state.setItem(.seal, seal.key, seal.json.bytes)
        } else {
            state.setItem(.seal, seal.key, nil)
        }
        try state.commit()
        // What is coarse here only ends a grant early; it is asked for again and then decided anew.
        if closes { mutable.grants.revokeAll() }
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    /// Everything that is closed, by name.
    ///
    /// - Parameter caller: An administrator or officer, by ``GuardRequest/seals``, or the operator.
    /// - Returns: Empty where nothing is.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func seals(by caller: Caller) throws -> [AccessSeal] {
        try exclusively { mutable in
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.seals,
                kinds: .auditors,
                action: "list seals"
            )
            return try mutable.state.seals().sorted { $0.name < $1.name }
        }
    }

    /// The pseudonym that a seal on a patient needs.
    ///
    /// - Parameters:
    ///   - patient: As named on a command line.
    ///   - caller: An administrator or officer, by ``GuardRequest/sealedName(of:)``, or the operator.
    /// - Returns: `nil` where this vault knows no such patient.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func sealedName(of patient: PatientDesignation, by caller: Caller) throws -> String? {
        try exclusively { mutable in
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.sealedName(of: patient),
                kinds: .auditors,
                action: "seal"
            )
            guard let pseudonym = try mutable.state.pseudonym(of: patient),
                try mutable.state.patient(pseudonym) != nil
            else { return nil }
            return pseudonym.description
        }
    }
}

extension GuardState {
    func seals() throws -> [AccessSeal] {
        if let sealCache { return sealCache }
        var found: [AccessSeal] = []
        try forEachStoredItem(.seal) { _, bytes in
            guard let json = JSONValue(parsing: bytes), let seal = AccessSeal(json: json) else {
                throw GuardError.damagedState
            }
            found.append(seal)
        }
        sealCache = found
        return found
    }

    /// The seal that stops a request, by name; `nil` where none does.
    func seal(
        stopping request: ReleaseRequest,
        by principal: Principal,
        of patient: PatientPseudonym?
    ) throws -> String? {
        try seals().first { seal in
            switch seal.kind {
            case .vault: true
            case .patient: seal.value == patient?.description
            case .organization: seal.value == principal.requester.organization?.text
            case .client: seal.value == request.context.client
            case .purpose: request.purposes.contains(seal.value)
            case .device: seal.value == request.context.device
            case .server: seal.value == request.context.recordServer
            }
        }?.name
    }

    /// Refuses writes and look-ups where what they come through is closed.
    func requireUnsealed(_ actor: Actor, _ context: CallContext) throws {
        let isStopped = try seals().contains { seal in
            switch seal.kind {
            case .vault: true
            case .organization: seal.value == actor.principal?.requester.organization?.text
            case .client: seal.value == context.client
            case .device: seal.value == context.device
            case .server: seal.value == context.recordServer
            case .patient, .purpose: false
            }
        }
        if isStopped { throw GuardError.notPermitted(action: "act while this is sealed") }
    }
}

/// Seals as they follow from the log alone.
struct SealReplay {
    private(set) var seals: Set<AccessSeal> = []

    /// Applies a `breach` entry; answers what does not hold, `nil` where all does.
    mutating func apply(_ entry: LoggedEntry) -> String? {
        guard let json = entry.header["seal"] else { return nil }
        guard let seal = AccessSeal(json: json) else {
            return "entry \(entry.index) seals something that nobody knows"
        }
        switch entry["action"] {
        case "seal": seals.insert(seal)
        case "unseal": seals.remove(seal)
        default: return "entry \(entry.index) names a seal and does nothing with it"
        }
        return nil
    }
}

extension StateAudit {
    /// Compares the kept seals with those of the log.
    mutating func compareSeals(_ replay: Replay) throws {
        var left = replay.seals.seals
        try forEach(.seal) { audit, key, bytes in
            guard let json = JSONValue(parsing: bytes), let seal = AccessSeal(json: json),
                seal.key == key, left.remove(seal) != nil
            else { return audit.problem("state", "a seal is not as the log says") }
        }
        for seal in left { problem("state", "the seal on a \(seal.kind.rawValue) is missing") }
    }
}
