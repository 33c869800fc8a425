internal import ArgumentParser
internal import Guard
internal import Vault
internal import VaultCore

/// What is to be closed, or opened again.
struct ContainOptions: ParsableArguments {
    @Option(name: .customLong("principal"), help: ArgumentHelp("A principal.", valueName: "p"))
    var principals: [String] = []
    @Option(
        name: .customLong("seal-patient"),
        help: ArgumentHelp("A patient's record.", valueName: "patient")
    )
    var patients: [String] = []
    @Option(
        name: .customLong("seal-organization"),
        help: ArgumentHelp("Everybody of an organization.", valueName: "o")
    )
    var organizations: [String] = []
    @Option(name: .customLong("seal-client"), help: ArgumentHelp("A program.", valueName: "c"))
    var clients: [String] = []
    @Option(name: .customLong("seal-purpose"), help: ArgumentHelp("A purpose.", valueName: "code"))
    var purposes: [String] = []
    @Option(name: .customLong("seal-device"), help: ArgumentHelp("A device.", valueName: "d"))
    var devices: [String] = []
    @Option(name: .customLong("seal-server"), help: ArgumentHelp("A server.", valueName: "s"))
    var servers: [String] = []
    @Flag(name: .customLong("seal-vault"), help: "Everything: nothing is released any more.")
    var isWhole = false

    /// The measures, in the order of the options.
    func measures(in open: OpenVault) throws -> [ContainmentMeasure] {
        var found = try principals.map { name -> ContainmentMeasure in
            guard let id = PrincipalID(name) else {
                throw Complaint.usage("`--principal` takes an id", hint: "see `principal list`")
            }
            return .disable(id)
        }
        for name in patients {
            guard let patient = PatientDesignation(name),
                let pseudonym = try open.core.sealedName(
                    of: patient,
                    by: try open.caller(for: GuardRequest.sealedName(of: patient))
                )
            else { throw GuardError.unknown(what: "patient") }
            found.append(try Self.seal(.patient, pseudonym))
        }
        let named: [(AccessSeal.Kind, [String])] = [
            (.organization, organizations), (.client, clients), (.purpose, purposes),
            (.device, devices), (.server, servers),
        ]
        for (kind, values) in named {
            for value in values { found.append(try Self.seal(kind, value)) }
        }
        if isWhole { found.append(try Self.seal(.vault, "")) }
        return found
    }

    private static func seal(_ kind: AccessSeal.Kind, _ value: String) throws -> ContainmentMeasure
    {
        guard let seal = AccessSeal(kind, value) else {
            throw Complaint.usage(
                "`--seal-\(kind.rawValue)` takes a name of at most 200 bytes",
                hint: "see `audit list` for the names that the log knows"
            )
        }
        return .seal(seal)
    }
}
