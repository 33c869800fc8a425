internal import VaultCore

/// The apps that persons have let in, as messages.
extension GuardDispatch {
    static func answerApps(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .authorizedApps:
            let caller: Caller = try wire.take()
            out.put(try service.authorizedApps(by: caller, context: try wire.last()))
        case .withdrawApp:
            let (id, caller): (String, Caller) = (try wire.take(), try wire.take())
            try service.withdrawApp(id, by: caller, context: try wire.last())
        default: throw WireError()
        }
    }
}

extension RemoteGuard {
    /// The apps that a person has let in.
    public func authorizedApps(
        by caller: Caller,
        context: CallContext
    ) throws -> [AuthorizedApp] {
        try call(.authorizedApps, caller, context)
    }

    /// Withdraws a person's yes to an app.
    public func withdrawApp(_ id: String, by caller: Caller, context: CallContext) throws {
        try run(.withdrawApp, id, caller, context)
    }
}

extension AuthorizedApp: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(names)
        out.put(recipient)
        out.put(categories)
        out.put(scopes)
        out.put(purposes)
        out.put(patient)
        out.put(granted)
        out.put(lastUsed)
        out.put(end)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            id: try wire.take(),
            names: try wire.take(),
            recipient: try wire.take(),
            categories: try wire.take(),
            scopes: try wire.take(),
            purposes: try wire.take(),
            patient: try wire.take(),
            granted: try wire.take(),
            lastUsed: try wire.take(),
            end: try wire.take()
        )
    }
}
