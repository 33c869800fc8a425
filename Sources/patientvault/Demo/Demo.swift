internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Sealing
internal import VaultCore

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The whole story on the example patients, in a vault of its own.",
        discussion: """
            DIR is where the vault goes; default `demo-vault`. A folder of FHIR files instead is \
            imported too.
            """
    )

    @Argument(help: "A new folder for the vault, or a folder of FHIR files to import.")
    var dir: String?

    func run() throws {
        let terminal = Terminal(json: false)
        let isSource = dir.map { !Self.bundles(in: $0).isEmpty } ?? false
        let folder = VaultFolder(isSource ? Self.freeName() : dir ?? Self.freeName())
        let story = DemoStory(
            stage: DemoStage(terminal: terminal),
            folder: folder,
            personas: try Personas(),
            examples: try ShippedFolder.find(
                "Examples",
                variable: "PATIENTVAULT_EXAMPLES",
                having: "directory.json"
            ),
            more: isSource ? dir.map { Self.bundles(in: $0) } ?? [] : []
        )
        try story.tell()
    }

    /// FHIR files of a folder and the folders in it; a vault's folder is none.
    private static func bundles(in folder: String) -> [String] {
        guard Files.isFolder(folder), !VaultFolder(folder).exists else { return [] }
        return ImportOrder.inside(folder, depth: 3)
    }

    private static func freeName() -> String {
        var name = "demo-vault"
        var number = 1
        while Files.exists(name) || Files.exists(name + ".checkpoint") {
            number += 1
            name = "demo-vault-\(number)"
        }
        return name
    }
}
