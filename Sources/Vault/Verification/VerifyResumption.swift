internal import Guard
internal import VaultCore

/// Where a verification keeps how far it has come, so that one that was stopped goes on.
///
/// What is kept is sealed by the Guard and bound to the log: an altered file, or one of another log, is told
/// and not used.
public struct VerifyResumption {
    /// What an earlier verification left; `nil` to begin anew.
    public var earlier: [UInt8]?
    /// Keeps the newest progress in place of the last; durable when it returns.
    public var keep: ([UInt8]) throws -> Void
    /// Told what became of ``earlier``, in words.
    public var say: (String) -> Void

    /// Describes a place.
    ///
    /// - Parameters:
    ///   - earlier: What an earlier verification left.
    ///   - say: Told what became of it.
    ///   - keep: Keeps the newest progress.
    public init(
        earlier: [UInt8]?,
        say: @escaping (String) -> Void,
        keep: @escaping ([UInt8]) throws -> Void
    ) {
        self.earlier = earlier
        self.say = say
        self.keep = keep
    }
}

/// One verification in progress: step by step where the Guard is in this process, in one go where it is not.
struct VerifyWork {
    let `guard`: any GuardService
    let caller: Caller
    let resumption: VerifyResumption?
    private(set) var entries: UInt64 = 0
    var progress: VerificationProgress

    init(
        guard service: any GuardService,
        caller: Caller,
        resumption: VerifyResumption?,
        shareCount: UInt32,
        now: Instant
    ) {
        self.guard = service
        self.caller = caller
        self.resumption = resumption
        progress = VerificationProgress(began: now, shareCount: shareCount)
    }

    /// A Guard elsewhere is asked share by share; its first answer has checked the hashes too.
    private var local: GuardCore? { `guard` as? GuardCore }

    /// Takes up what an earlier verification left, and compares the log's hashes.
    mutating func begin() throws {
        guard let local else { return }
        if let earlier = resumption?.earlier {
            switch try local.takeUp(earlier, by: caller) {
            case .startsOver(let why): resumption?.say("from the beginning: \(why)")
            case .goesOn(let earlier):
                progress = earlier
                let text =
                    "begun at \(earlier.began) and taken up at entry \(earlier.entries), with "
                    + "\(earlier.shares.count) of \(earlier.shareCount) shares of the patients done; what "
                    + "was looked at before was not looked at again"
                progress.notes.append(text)
                resumption?.say(text)
            }
        }
        var isDone = false
        while !isDone {
            isDone = try local.auditTree(&progress, by: caller)
            try keep()
        }
        entries = progress.entries
    }

    mutating func audit(_ share: AuditShare) throws -> GuardAudit {
        if let local { return try local.audit(share, going: &progress, by: caller) }
        let audit = try `guard`.audit(share, by: caller)
        entries = max(entries, audit.entries)
        return audit
    }

    mutating func finish(
        _ share: AuditShare,
        problems: [AuditProblem],
        notes: [String],
        versions: Int
    ) throws {
        let known = Set(progress.problems)
        progress.problems += problems.filter { !known.contains($0) }
        progress.notes += notes.filter { !progress.notes.contains($0) }
        progress.versions += versions
        progress.finish(share)
        if share.number + 1 < share.count { try keep() }
    }

    private func keep() throws {
        guard let local, let resumption else { return }
        try resumption.keep(try local.sealed(progress, by: caller))
    }
}
