public import VaultCore

/// A failure of the other side that is no ``GuardError``: its code, message and hint as they were there.
public struct RemoteFailure: Failure {
    /// What kind of trouble this is.
    public let kind: FailureKind
    /// Stable dotted code.
    public let code: String
    /// One line for anyone.
    public let message: String
    /// What to do next.
    public let hint: String
}

extension FailureKind: WireValue {
    private static let order: [FailureKind] = [
        .integrity, .usage, .badInput, .missingInput, .unavailable, .internalError, .cannotCreate,
        .inputOutput, .notAllowed,
    ]

    func put(_ out: inout WireWriter) {
        out.integer(UInt8(Self.order.firstIndex(of: self) ?? 5))
    }

    init(_ wire: inout WireReader) throws {
        let place = Int(try wire.integer(UInt8.self))
        guard Self.order.indices.contains(place) else { throw WireError() }
        self = Self.order[place]
    }
}

/// Why a call failed, on its way to who made it.
enum WireFailure {
    static func put(_ error: any Error, _ out: inout WireWriter) {
        guard let failure = error as? any Failure else {
            // What is not foreseen says nothing: it might carry a value.
            out.put(FailureKind.internalError)
            for text in ["internal", "something unforeseen went wrong", "see the Guard's journal"] {
                out.put(text)
            }
            out.put([String]())
            return
        }
        out.put(failure.kind)
        out.put(failure.code)
        out.put(failure.message)
        out.put(failure.hint)
        out.put((failure as? GuardError)?.values ?? [])
    }

    static func take(_ wire: inout WireReader) throws -> any Failure {
        let remote = RemoteFailure(
            kind: try wire.take(),
            code: try wire.take(),
            message: try wire.take(),
            hint: try wire.take()
        )
        return GuardError(code: remote.code, values: try wire.take()) ?? remote
    }
}

extension GuardError {
    /// The values of a case, as texts.
    fileprivate var values: [String] {
        switch self {
        case .notPermitted(let action): [action]
        case .unknown(let what), .exists(let what): [what]
        case .invalid(let field): [field]
        case .logRolledBack(let size, let witnessed): ["\(size)", "\(witnessed)"]
        case .heldBack(let reason): [reason]
        default: []
        }
    }

    fileprivate init?(code: String, values: [String]) {
        let plain: [GuardError] = [
            .notAuthenticated, .sealed, .grantEnded, .damagedState, .readBackMismatch,
            .clockWentBackwards, .otherVault, .exampleKey, .erased, .busy, .tooMany,
        ]
        if let error = plain.first(where: { $0.code == code }), values.isEmpty {
            self = error
            return
        }
        switch (code, values.count) {
        case ("guard.notPermitted", 1): self = .notPermitted(action: values[0])
        case ("guard.unknown", 1): self = .unknown(what: values[0])
        case ("guard.exists", 1): self = .exists(what: values[0])
        case ("guard.invalid", 1): self = .invalid(field: values[0])
        case ("guard.heldBack", 1): self = .heldBack(reason: values[0])
        case ("guard.logRolledBack", 2):
            guard let size = UInt64(values[0]), let seen = UInt64(values[1]) else { return nil }
            self = .logRolledBack(size: size, witnessed: seen)
        default: return nil
        }
    }
}
