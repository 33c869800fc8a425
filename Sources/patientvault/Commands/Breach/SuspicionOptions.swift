internal import ArgumentParser
internal import BreachResponse
internal import VaultCore

/// Who or what is suspected; exactly one of these.
struct SuspicionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A principal.", valueName: "p")) var principal: String?
    @Option(help: ArgumentHelp("A session.", valueName: "s")) var session: String?
    @Option(help: ArgumentHelp("A device.", valueName: "d")) var device: String?
    @Option(help: ArgumentHelp("A record server.", valueName: "s")) var server: String?
    @Option(help: ArgumentHelp("An organization.", valueName: "o")) var organization: String?
    @Option(
        name: .customLong("guard-host"),
        help: ArgumentHelp("The host of a Guard, which holds every key.", valueName: "h")
    )
    var guardHost: String?
    @Option(
        name: .customLong("patient-key"),
        help: ArgumentHelp("Patients whose keys became known; as often as needed.", valueName: "p")
    )
    var patientKeys: [String] = []
    @Flag(name: .customLong("root-key"), help: "The root key became known.") var rootKey = false
    @Flag(name: .customLong("lost-backup"), help: "A backup taken at `--from`, keys unknown.")
    var lostBackup = false
    @Flag(name: .customLong("keys-safe"), help: "With `--lost-backup`: its keys were elsewhere.")
    var keysSafe = false

    private var named: [(kind: String, id: String)] {
        [
            ("principal", principal), ("session", session), ("device", device), ("server", server),
            ("organization", organization), ("guard-host", guardHost),
        ].compactMap { kind, id in id.map { (kind, $0) } }
    }

    /// Refuses none and more than one, before the vault is opened.
    func requireOne() throws {
        let others = [rootKey, lostBackup, !patientKeys.isEmpty].filter { $0 }
        guard named.count + others.count == 1 else {
            throw Complaint.usage(
                "say what is suspected, exactly one thing",
                hint: "`--principal`, `--session`, `--device`, `--server`, `--organization`, "
                    + "`--guard-host`, `--patient-key`, `--root-key` or `--lost-backup`"
            )
        }
    }

    /// What is suspected.
    ///
    /// - Parameters:
    ///   - time: When a lost backup was taken.
    ///   - pseudonym: Finds a patient's name on the record side.
    /// - Returns: The one thing that the options name.
    /// - Throws: ``Complaint`` for an id that is none, and what `pseudonym` throws.
    func suspicion(
        takenAt time: Instant,
        pseudonym: (String) throws -> PatientPseudonym
    ) throws -> Suspicion {
        if lostBackup { return .lostBackup(taken: time, keys: keysSafe ? .elsewhere : .unknown) }
        if rootKey { return .rootKey }
        if !patientKeys.isEmpty { return .patientKeys(try patientKeys.map(pseudonym)) }
        guard let (kind, id) = named.first,
            let suspicion = Suspicion(["kind": .string(kind), "id": .string(id)])
        else {
            throw Complaint.usage(
                "`--\(named.first?.kind ?? "principal")` takes an id",
                hint: "see `audit list` for the ids that the log knows"
            )
        }
        return suspicion
    }
}
