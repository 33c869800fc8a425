internal import ArgumentParser
internal import FHIRModel
internal import Guard
internal import VaultCore

struct ClientRoster: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract: "Gives a client the members of a Group, for its exports.",
        discussion: """
            The file is a FHIR Group, such as a health plan's attribution list; its members are Patients by \
            reference or by identifier. An export of that Group then asks about each of them and leaves out, \
            without a word, whoever does not permit it. A Group without members takes it away again.
            """
    )

    @Argument(help: "The client's id.") var id: String
    @Argument(help: ArgumentHelp("A FHIR Group, JSON; `-` is stdin.", valueName: "file"))
    var file: String
    @OptionGroup var options: VaultOptions

    func run() throws {
        let (group, members) = try roster()
        let count = try options.withVault { vault in
            try vault.core.state(
                rosterOf: group,
                members: members,
                for: id,
                by: try vault.caller(
                    for: GuardRequest.roster(of: group, members: members, for: id)
                ),
                context: vault.context
            )
        }
        if options.terminal.isJSON {
            return options.terminal.answer([
                "client": .string(id), "group": .string(group.text), "members": .int(Int64(count)),
            ])
        }
        options.terminal.say("client `\(id)` may export Group `\(group)`: \(count) members")
    }

    private func roster() throws -> (FHIRID, [PatientDesignation]) {
        var parser = JSONParser()
        guard let root = try? parser.parse(try Files.read(file)).root,
            root["resourceType"]?.string == "Group",
            let group = root["id"]?.string.flatMap({ FHIRID($0) })
        else {
            throw Complaint.badInput(
                "the file holds no Group with an id",
                hint: "give one FHIR R4 Group resource as JSON"
            )
        }
        let members = try (root["member"]?.elements.map { $0 } ?? []).filter {
            $0["inactive"]?.boolean != true
        }.map { member in
            guard let designation = member["entity"].flatMap(Self.patient) else {
                throw Complaint.badInput(
                    "a member of the Group is no patient",
                    hint: "members are `Patient/ID`, or an identifier with system and value"
                )
            }
            return designation
        }
        return (group, members)
    }

    private static func patient(_ entity: JSONNode) -> PatientDesignation? {
        if let reference = entity["reference"]?.string {
            return reference.hasPrefix("Patient/") ? PatientDesignation(reference) : nil
        }
        guard let system = entity["identifier"]?["system"]?.string,
            let value = entity["identifier"]?["value"]?.string
        else { return nil }
        return .identifier(system: system, value: value)
    }
}
