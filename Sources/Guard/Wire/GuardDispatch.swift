internal import Consent
internal import Sealing
internal import VaultCore

/// Answers messages: the Guard's end of a wire, without the wire.
///
/// A message is an operation and its values; an answer is 0 and a value, or 1 and a failure. The Guard proves
/// every caller itself; nothing here does, and nothing here can be reached without one, except what tells
/// nothing about anybody (``GuardOperation/hello``, ``GuardOperation/time``, ``GuardOperation/checkpoint``,
/// ``GuardOperation/witnessRequest``, ``GuardOperation/checkpointChain``).
public enum GuardDispatch {
    /// Answers one message.
    ///
    /// - Parameters:
    ///   - message: From whoever is at the other end: any bytes at all.
    ///   - service: The Guard.
    /// - Returns: The answer, which may carry keys: wipe it when it is sent. `nil` for bytes that are no
    ///   message; the connection ends.
    public static func answer(_ message: [UInt8], from service: any GuardService) -> [UInt8]? {
        var wire = WireReader(message)
        var out = WireWriter()
        guard let code = try? wire.integer(UInt8.self),
            let operation = GuardOperation(rawValue: code)
        else { return nil }
        out.integer(UInt8(0))
        do {
            try answer(operation, &wire, &out, service)
            return out.finish()
        } catch is WireError {
            return nil
        } catch {
            return failure(error)
        }
    }

    /// Whether answering a message takes less time than waking a thread: it looks at one patient, under an
    /// ``AnswerHold`` without waiting for the disk.
    ///
    /// - Parameter message: Any bytes at all.
    /// - Returns: `false` where it is not known.
    public static func isQuick(_ message: [UInt8]) -> Bool {
        switch message.first.flatMap({ GuardOperation(rawValue: $0) }) {
        case .release, .recordDisclosure, .isLive, .tokenFacts: true
        default: false
        }
    }

    /// The answer for a call that failed, or that cannot be made now.
    ///
    /// - Parameter error: Why; what is no `Failure` is told without its words.
    /// - Returns: The answer.
    public static func failure(_ error: any Error) -> [UInt8] {
        var out = WireWriter()
        out.integer(UInt8(1))
        WireFailure.put(error, &out)
        return out.finish()
    }

    /// Throws the failure that an answer carries, if it carries one.
    ///
    /// - Parameter answer: As it came.
    /// - Throws: The failure, or ``RemoteGuardError/notAnAnswer``.
    public static func throwFailure(in answer: [UInt8]) throws {
        _ = try RemoteGuard.opened(answer)
    }

    private static func answer(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation.rawValue {
        case ..<20: try answerBasics(operation, &wire, &out, service)
        case ..<40: try answerDisclosure(operation, &wire, &out, service)
        case ..<60: try answerWriting(operation, &wire, &out, service)
        case ..<70: try answerLog(operation, &wire, &out, service)
        case 72..<80: try answerKeys(operation, &wire, &out, service)
        case 93, 125..<130: try answerTokens(operation, &wire, &out, service)
        case 100..<110: try answerSubscriptions(operation, &wire, &out, service)
        case 110: try answerLog(operation, &wire, &out, service)
        case 120..<125: try answerAccounts(operation, &wire, &out, service)
        case 138..<140: try answerApps(operation, &wire, &out, service)
        case 130..<138: try answerLaunches(operation, &wire, &out, service)
        default: try answerOffice(operation, &wire, &out, service)
        }
    }

    private static func answerBasics(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .hello:
            guard try wire.integer(UInt8.self) == GuardHello.version else { throw WireError() }
            try wire.end()
            out.put(GuardHello(service))
        case .time:
            try wire.end()
            out.put(try service.incidentTime())
        case .checkpoint:
            try wire.end()
            out.put(try service.checkpoint())
        case .witnessRequest:
            let request = try service.witnessRequest(from: try wire.last())
            out.put(request.body)
            out.put(request.checkpoint)
        case .status:
            let caller: Caller = try wire.last()
            out.put(try service.status(by: caller))
        case .register:
            let (principal, caller): (Principal, Caller) = (try wire.take(), try wire.take())
            try service.register(principal, by: caller, context: try wire.last())
        case .disable:
            let (id, caller): (PrincipalID, Caller) = (try wire.take(), try wire.take())
            try service.disable(id, by: caller, context: try wire.last())
        case .principals:
            out.put(try service.principals(by: try wire.last()))
        case .openSession:
            let statement: SignedStatement = try wire.take()
            out.put(try service.openSession(statement, context: try wire.last()))
        case .registerClient, .disableClient, .clients, .stateRoster, .roster, .enrolSubject:
            try answerClients(operation, &wire, &out, service)
        default: throw WireError()
        }
    }

    private static func answerDisclosure(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .release:
            let request: ReleaseRequest = try wire.take()
            let caller: Caller = try wire.take()
            let known: UInt64? = try wire.last()
            try service.release(request, by: caller).put(&out, directoryKnown: known)
        case .recordDisclosure:
            let grant = Grant(handle: try wire.take())
            out.put(try service.recordDisclosure(grant, carrying: try wire.last()))
        case .permits:
            let record: RecordAttributes = try wire.take()
            let other: RecordID = try wire.take()
            let grant = Grant(handle: try wire.last())
            out.put(try service.permits(record, of: other, under: grant))
        case .directoryTags:
            let records: [RecordID] = try wire.take()
            let grant = Grant(handle: try wire.last())
            out.put(try service.directoryTags(of: records, under: grant))
        case .standing:
            let records: [RecordID] = try wire.take()
            let request: AccessRequest = try wire.take()
            let grant = Grant(handle: try wire.last())
            out.put(try service.standing(of: records, to: request, under: grant))
        case .recordTags, .isLive, .holders, .isDeleted, .times, .releaseDirectory:
            try answerLease(operation, &wire, &out, service)
        case .beginExport, .exportable, .recordFile:
            try answerExport(operation, &wire, &out, service)
        case .find:
            let query: FindQuery = try wire.take()
            out.put(try service.find(query, by: try wire.last()))
        case .state:
            let entries: [PatientFacts.Entry] = try wire.take()
            let patient: PatientDesignation = try wire.take()
            let caller: Caller = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.state(entries, of: patient, by: caller, context: context))
        case .withdraw:
            let origins: [RecordID] = try wire.take()
            let caller: Caller = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.withdraw(anyOf: origins, by: caller, context: context))
        case .statement:
            let origin: RecordID = try wire.take()
            let caller: Caller = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.statement(origin, by: caller, context: context))
        case .statements:
            let patient: PatientDesignation = try wire.take()
            let caller: Caller = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.statements(of: patient, by: caller, context: context))
        default: throw WireError()
        }
    }
}

extension WireReader {
    /// The last value of a message.
    mutating func last<Value: WireValue>(_ type: Value.Type = Value.self) throws -> Value {
        let value: Value = try take()
        try end()
        return value
    }
}

extension Grant {
    /// A grant as it is shown when it is used; the Guard looks at nothing but these three.
    init(handle: GrantHandle) {
        self.init(
            id: handle.id,
            patient: handle.patient,
            reference: Question.nobody,
            decision: Decision(
                effect: .deny,
                layer: .defaultDeny,
                rules: [],
                obligations: [],
                problems: []
            ),
            segments: [],
            filter: .nothing,
            record: nil,
            manifest: nil,
            directory: nil,
            end: handle.end,
            receipt: Receipt(index: 0, leafHash: []),
            ticket: handle.ticket
        )
    }
}
