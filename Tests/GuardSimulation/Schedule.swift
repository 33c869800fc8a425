import Consent
import Guard
import MerkleLog
import Sealing
import VaultCore

/// One life of a vault, decided by one seed: callers, faults, clock jumps, stops and starts.
final class Schedule {
    typealias Person = PreparedVault.Person

    /// A caller who has no answer yet.
    struct WaitingCaller {
        let name: String
        let hold: AnswerHold
        /// Gets the answer, or with an error none.
        let answer: ((any Error)?) throws -> Void
    }

    /// A grant that its holder has, and how things stood when it was decided.
    struct HeldGrant {
        let grant: Grant
        let person: Person
        let patient: Person
        let run: Int
        let standing: Int
    }

    /// A write between its announcement and its end.
    struct OpenWrite {
        let session: WriteSessionID
        let patient: Person
        let run: Int
        var hasRows = false
    }

    let prepared: PreparedVault
    let seed: UInt64
    var dice: Dice
    let random: SeededSource
    let clock: SettableTime
    let disk: SimulatedDisk
    var core: GuardCore?
    /// Which start this is; grants and sessions of an earlier one are worth nothing.
    var run = 0

    var callers: [WaitingCaller] = []
    var sessions: [Person: SessionID] = [:]
    var grants: [HeldGrant] = []
    var writes: [OpenWrite] = []
    /// Sessions whose rows the record side has, and whose.
    var rows: [WriteSessionID: Person] = [:]
    var ledger = Ledger()
    var isLocumDisabled = false
    /// Counts what ends a patient's grants.
    var standing: [Person: Int] = [.first: 0, .second: 0]
    /// What the Guard has in memory, so that a release reads single items only: the seals, and for clinicians
    /// the emergencies of these patients.
    var areSealsKnown = false
    var known: Set<Person> = []
    private var isFlushing = false
    private var isWaiting = false
    var latest: Instant

    var witnesses: [SimulatedWitness]
    /// The checkpoint file beside the vault's folder, and the cosigned one.
    var lastSeen: String?
    var cosigned: String?
    /// Older contents of the disk, for those who would put them back.
    var copies: [DiskImage] = []

    /// Whether each step is printed when it is taken, so that one that never ends can be seen.
    var isTold = false
    private(set) var trace: [String] = []
    private(set) var counts: [String: Int] = [:]
    private var troubleDuringFlush: (any Error)?

    init(_ prepared: PreparedVault, seed: UInt64) throws {
        self.prepared = prepared
        self.seed = seed
        dice = Dice(seed: seed &* 0xD134_2543_DE82_EF95)
        random = SeededSource(seed: ~seed)
        latest = PreparedVault.beginning.advanced(by: .seconds(1))
        clock = SettableTime(latest)
        disk = SimulatedDisk(prepared.image)
        witnesses = try (0..<2).map {
            try SimulatedWitness(number: $0, log: prepared.verifierKey)
        }
        disk.duringFlush = { [unowned self] in othersComeDuringFlush() }
    }

    /// Lives the whole life.
    func live() throws {
        try start()
        let steps = 20 + dice.roll(41)
        for _ in 0..<steps where !disk.isDamaged {
            clock.move(milliseconds: dice.roll(2_000))
            latest = max(latest, clock.now())
            try step()
            if disk.isDead { try restart(.stopped) }
        }
        try end()
    }

    func note(_ line: String) {
        if isTold { print(line) }
        trace.append(line)
        counts[String(line.prefix { $0 != ":" }), default: 0] += 1
    }

    private func step() throws {
        switch dice.roll(100) {
        case 0..<46: try askSomething()
        case 46..<72: try answerSomebody()
        case 72..<80: try deliverMail()
        case 80..<85: moveClock()
        case 85..<90: prepareFault()
        case 90..<93: try askForWitness()
        case 93..<96: try restart(.stopped)
        case 96..<98: try restart(.sealed)
        default: copies.append(disk.kept)
        }
        if core?.hasStopped == true, dice.happens(40) { try restart(.stopped) }
        if let offence = disk.offence { throw Violation(offence) }
        if let trouble = troubleDuringFlush { throw trouble }
    }

    private func moveClock() {
        switch dice.roll(6) {
        case 0: clock.move(milliseconds: -dice.roll(4_000))
        case 1: clock.move(milliseconds: -6_000 - dice.roll(600_000))
        case 2: clock.move(milliseconds: dice.roll(400_000))
        case 3: clock.move(milliseconds: dice.roll(1_200_000))
        default: clock.set(max(latest, clock.now()))
        }
        note("clock moved")
    }

    private func prepareFault() {
        switch dice.roll(12) {
        case 0:
            disk.isFull = true
            note("disk full")
        case 1: disk.isFull = false
        case 2, 3:
            let witness = dice.roll(witnesses.count)
            witnesses[witness].store.fault = dice.happens(50) ? .before : .after
            note("witness cannot keep")
        default:
            guard let fault = dice.pick(DiskFault.allCases) else { return }
            disk.fault = fault
            note("fault \(fault.rawValue)")
        }
    }

    // MARK: Callers

    /// Lets a caller ask: the Guard decides and stages, the answer waits for the disk.
    ///
    /// - Parameters:
    ///   - name: For the trace.
    ///   - body: The call.
    ///   - staged: Sees the answer before its caller does: what it changes is in force for all who ask later.
    ///   - answered: Sees it when it is given.
    /// - Throws: ``Violation``.
    func ask<Answer>(
        _ name: String,
        _ body: (GuardCore) throws -> Answer,
        staged: (Answer) throws -> Void = { _ in },
        answered: @escaping (Answer) throws -> Void
    ) throws {
        guard let core else { return }
        note(isFlushing ? "\(name): during a flush" : name)
        let hold = AnswerHold(.everything)
        let outcome = Result { try hold.making { try body(core) } }
        if case .success(let answer) = outcome { try staged(answer) }
        let caller = WaitingCaller(name: name, hold: hold) { [unowned self] failure in
            switch outcome {
            case .failure(let error): try self.judge(failure ?? error, of: name)
            case .success(let answer):
                if let failure { return try self.judge(failure, of: name) }
                try answered(answer)
            }
        }
        // Who need not wait is answered now.
        if hold.isOver { return try caller.answer(nil) }
        callers.append(caller)
    }

    /// Gives one caller the answer: waits for the disk, which may mean to flush for all.
    func answerSomebody() throws {
        guard !callers.isEmpty else { return }
        let caller = callers.remove(at: dice.roll(callers.count))
        try finish(caller)
    }

    func finish(_ caller: WaitingCaller) throws {
        note("answer: \(caller.name)")
        isWaiting = true
        defer { isWaiting = false }
        do { try caller.hold.wait() } catch {
            // Who was killed hears nothing.
            if !disk.isDead { try caller.answer(error) }
            return
        }
        try caller.answer(nil)
    }

    /// An answer with an entry: the entry must be on the disk by now.
    func acknowledge(_ receipt: Receipt, hasKeys: Bool = false) throws {
        guard disk.kept.holds(receipt) else {
            throw Violation("entry \(receipt.index) was answered before it was on the disk")
        }
        ledger.note(receipt, hasKeys: hasKeys)
        ledger.answer(receipt)
    }

    /// What a caller may be told instead of an answer.
    private func judge(_ error: any Error, of name: String) throws {
        switch error {
        case GuardError.notAuthenticated, GuardError.clockWentBackwards, GuardError.busy,
            GuardError.grantEnded, GuardError.notPermitted, GuardError.unknown:
            note("refused: \(name)")
        case GuardError.sealed where core?.hasStopped == true: note("stopped: \(name)")
        case is DiskTrouble where disk.hasFailed: note("disk failed: \(name)")
        case GuardError.readBackMismatch: note("read back: \(name)")
        default: throw Violation("\(name) ended with \(error)")
        }
    }

    private func othersComeDuringFlush() {
        // Only a caller who waits does so without the Guard's lock: then others get in.
        guard isWaiting, !isFlushing else { return }
        isFlushing = true
        defer { isFlushing = false }
        for _ in 0..<dice.roll(4) where troubleDuringFlush == nil {
            do { try askDuringFlush() } catch { troubleDuringFlush = error }
        }
    }
}
