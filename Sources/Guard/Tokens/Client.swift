public import Sealing
public import VaultCore

/// A program that may ask for tokens: a principal's, with its keys, its scopes and its purposes.
public struct Client: Sendable, Hashable {
    /// Client id, unique in the vault.
    public let id: String
    /// In whose name it acts; what the consent rules see.
    public let principal: PrincipalID
    /// Keys its assertions are signed with; none for a public client, which cannot keep one.
    ///
    /// Where they lie behind a URL, those of the last fetch.
    public internal(set) var keys: [WebKey]
    /// Where its keys are fetched from; `nil` where they were registered themselves.
    public let keyLocation: KeyLocation?
    /// The provider whose sign-ins are exchanged for tokens, where this stands for one.
    public internal(set) var issuer: OutsideIssuer?
    /// What it may at most ask for.
    public let scopes: [ClientScope]
    /// v3 PurposeOfUse codes it may act for; where there is only one, it need not name it.
    public let purposes: [String]
    /// How persons start it in a browser; `nil` for a client that only acts on its own.
    public let launch: AppLaunch?
    /// Whether it may still ask.
    public internal(set) var isDisabled = false
    /// Where notifications of its subscriptions may be sent: `https://host:port`, exactly.
    public var targets: [String] = []
    /// Groups whose members it was given; they come with no registration, but with a call of their own.
    public internal(set) var rosters: [Roster] = []

    /// Describes a client.
    ///
    /// Gives `nil` where the id is not 1 to 64 of `A-Z a-z 0-9 - . _`, where scopes or purposes are missing, where a
    /// client without a launch has no key or other scopes than `system/`, where a scope of a person's app is for more
    /// than reading and searching, or where a provider has other scopes than `user/`, no keys, or a launch.
    ///
    /// - Parameters:
    ///   - id: Client id.
    ///   - principal: In whose name it acts.
    ///   - keys: Keys its assertions are signed with.
    ///   - scopes: What it may at most ask for.
    ///   - purposes: What it may act for.
    ///   - launch: How persons start it in a browser.
    ///   - keyLocation: Where its keys are fetched from.
    ///   - issuer: The provider that this stands for.
    public init?(
        id: String,
        principal: PrincipalID,
        keys: [WebKey],
        scopes: [ClientScope],
        purposes: [String],
        launch: AppLaunch? = nil,
        keyLocation: KeyLocation? = nil,
        issuer: OutsideIssuer? = nil
    ) {
        let hasKeys = !keys.isEmpty || keyLocation != nil
        guard (1...64).contains(id.utf8.count), launch != nil || hasKeys, keys.count <= 32,
            !scopes.isEmpty, !purposes.isEmpty,
            issuer == nil
                ? scopes.allSatisfy({ $0.context == .system || launch != nil && $0.onlyReads })
                : hasKeys && launch == nil
                    && scopes.allSatisfy({ $0.context == .user && $0.onlyReads }),
            id.utf8.allSatisfy({
                FHIRID(String(decoding: [$0], as: UTF8.self)) != nil || $0 == 0x5F
            })
        else { return nil }
        self.id = id
        self.principal = principal
        self.keys = keys
        self.scopes = scopes
        self.purposes = purposes
        self.launch = launch
        self.keyLocation = keyLocation
        self.issuer = issuer
    }

    /// Whether it has no key to prove itself with.
    public var isPublic: Bool { keys.isEmpty && keyLocation == nil }

    /// Whose keys they are, which decides the algorithms.
    var keyHolder: WebKey.Holder { issuer == nil ? .client : .provider }

    /// The client as its log entry and the state keep it.
    public var json: JSONValue {
        var json: JSONValue = [
            "id": .string(id), "principal": .string(principal.text),
            "keys": .array(keys.map(\.json)), "scopes": .strings(scopes.map(\.description)),
            "purposes": .strings(purposes), "disabled": .bool(isDisabled),
        ]
        if !targets.isEmpty { json.set("targets", .strings(targets)) }
        if !rosters.isEmpty { json.set("rosters", .array(rosters.map(\.json))) }
        if let launch { json.set("launch", launch.json) }
        if let keyLocation { json.set("keyLocation", keyLocation.json) }
        if let issuer { json.set("issuer", issuer.json) }
        return json
    }

    init(json: JSONValue) throws(GuardError) {
        guard let id = json["id"]?.string,
            let principal = json["principal"]?.string.flatMap({ PrincipalID($0) }),
            let keys = json["keys"]?.array, let scopes = json["scopes"]?.stringArray,
            let purposes = json["purposes"]?.stringArray, let disabled = json["disabled"]?.bool,
            case let launch = json["launch"].map({ AppLaunch(json: $0) }), launch != .some(nil),
            case let location = json["keyLocation"].map({ KeyLocation(json: $0) }),
            location != .some(nil),
            case let issuer = json["issuer"].map({ OutsideIssuer(json: $0) }), issuer != .some(nil),
            var client = Client(
                id: id,
                principal: principal,
                keys: keys.compactMap { WebKey(json: $0, of: issuer == nil ? .client : .provider) },
                scopes: scopes.compactMap { ClientScope($0) },
                purposes: purposes,
                launch: launch ?? nil,
                keyLocation: location ?? nil,
                issuer: issuer ?? nil
            ), client.keys.count == keys.count, client.scopes.count == scopes.count
        else { throw .damagedState }
        client.isDisabled = disabled
        client.targets = json["targets"]?.stringArray ?? []
        guard client.targets.allSatisfy({ TargetURL($0)?.origin == $0 }) else {
            throw .damagedState
        }
        for item in json["rosters"]?.array ?? [] {
            guard let roster = Roster(json: item) else { throw .damagedState }
            client.rosters.append(roster)
        }
        self = client
    }
}
