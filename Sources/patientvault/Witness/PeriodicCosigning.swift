internal import Dispatch
internal import Guard
internal import GuardLink
internal import MerkleLog
internal import Synchronization
internal import VaultCore

/// Has a serving vault's log cosigned again and again, beside everything else.
///
/// A witness that is down is told in ``standings`` and once on stderr, and holds nothing up: the Guard's lock is
/// never held while a witness is waited for. A witness that has seen a longer or another log ends the Guard at
/// once, without another word into its log: what it would go on to say may not be true.
final class PeriodicCosigning: Sendable {
    private struct State {
        var standings: [String: WitnessStanding] = [:]
        var finding: (any Failure)?
    }

    private let folder: VaultFolder
    private let core: @Sendable () -> GuardCore?
    private let ended: @Sendable (any Failure) -> Void
    private let state = Mutex(State())
    private let rounds = Mutex(())
    private let timer = Mutex<(any DispatchSourceTimer)?>(nil)

    /// Seconds between two rounds where nothing else is said.
    static let shippedSeconds = 60
    /// How long a witness is waited for while the process goes on, and when it is about to end.
    private static let patience = (running: 10, ending: 3)

    /// Starts asking.
    ///
    /// - Parameters:
    ///   - folder: Whose `.witnesses` file names them; read anew for each round.
    ///   - seconds: Between two rounds, at least 1.
    ///   - core: The Guard; `nil` while it is sealed.
    ///   - ended: Called once, after the Guard was ended because of what a witness knows.
    init(
        folder: VaultFolder,
        seconds: Int,
        core: @escaping @Sendable () -> GuardCore?,
        ended: @escaping @Sendable (any Failure) -> Void = { _ in }
    ) {
        self.folder = folder
        self.core = core
        self.ended = ended
        timer.withLock { timer in
            let source = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
            let pause = DispatchTimeInterval.seconds(max(1, seconds))
            source.schedule(deadline: .now() + pause, repeating: pause)
            source.setEventHandler { [weak self] in
                self?.round(patience: Self.patience.running)
            }
            source.resume()
            timer = source
        }
    }

    deinit { timer.withLock { $0?.cancel() } }

    /// How each witness stands, by name; empty before the first round.
    var standings: [WitnessStanding] {
        state.withLock { $0.standings.values.sorted { $0.name < $1.name } }
    }

    /// Why the Guard was ended; `nil` as long as it was not.
    var finding: (any Failure)? { state.withLock { $0.finding } }

    /// Ends the rounds with a last one.
    func stop() {
        timer.withLock { $0?.cancel() }
        round(patience: Self.patience.ending)
    }

    private func round(patience: Int) {
        rounds.withLock { _ in
            guard finding == nil, let core = core(), Files.exists(folder.witnessesFile) else {
                return
            }
            do { try ask(core, patience: patience) } catch let failure as any Failure {
                // A Guard that was sealed or stopped meanwhile says so itself.
                guard failure.kind == .integrity, !core.hasStopped else { return }
                try? core.closeAsItIs()
                state.withLock { $0.finding = failure }
                ended(failure)
            } catch { return }
        }
    }

    private func ask(_ core: GuardCore, patience: Int) throws {
        var cosigning = try Cosigning(core: core)
        let size = try Checkpoint(text: cosigning.note.text).size
        for witness in try WitnessAddress.list(folder.witnessesFile) {
            let name = witness.key.name
            let known = state.withLock { $0.standings[name]?.cosigned } ?? 0
            let failed = cosigning.failures.count
            try cosigning.ask(witness, from: known, seconds: patience)
            try cosigning.requireOneLog()
            let why = cosigning.failures.count > failed ? cosigning.failures.last?.why : nil
            note(name, why: why, size: size)
        }
        if cosigning.count > 0 {
            try Files.replace(folder.cosignedFile, mode: 0o644, cosigning.note.bytes)
        }
    }

    private func note(_ name: String, why: String?, size: UInt64) {
        let before = state.withLock { state in
            let before = state.standings[name]
            var now = before ?? WitnessStanding(name: name)
            now.failure = why
            if why == nil {
                now.cosigned = size
                now.time = SystemClock().now()
            }
            state.standings[name] = now
            return before
        }
        // Once when it goes and once when it comes back; a line a minute is read by nobody.
        guard before?.failure != why else { return }
        let terminal = Terminal(json: false)
        if let why { return terminal.note("warning: the witness \(name) does not cosign: \(why)") }
        terminal.note("the witness \(name) cosigns again")
    }
}
