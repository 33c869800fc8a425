import Foundation
import Testing
import VaultTestSupport

extension CommandLineTests {
    /// A folder as a Bulk Data export leaves it: a file a type, two patients, in no helpful order.
    private static func export(in scratch: Scratch) throws {
        let folder = scratch.path("export")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try scratch.write(
            "export/AllergyIntolerance.ndjson",
            """
            {"resourceType":"AllergyIntolerance","id":"a1","patient":{"reference":"Patient/p1"}}
            {"resourceType":"AllergyIntolerance","id":"a2","patient":{"reference":"Patient/p2"}}

            """
        )
        try scratch.write(
            "export/Organization.ndjson",
            "{\"resourceType\":\"Organization\",\"id\":\"o1\",\"name\":\"Hospital\"}\n"
        )
        try scratch.write(
            "export/Patient.ndjson",
            """
            {"resourceType":"Patient","id":"p1","managingOrganization":{"reference":"Organization/o1"}}
            {"resourceType":"Patient","id":"p2"}

            """
        )
    }

    @Test func `an export is imported as it lies in its folder, and each patient counts once`()
        throws
    {
        let vault = try PlainVault()
        try Self.export(in: vault.scratch)
        let run = try vault.tool("import", "export", "--json")
        #expect(run.status == 0, "\(run.all)")
        #expect(run.object["patients"] as? Int == 2)
        #expect(run.object["resources"] as? Int == 5)
        let named = try PlainVault()
        try Self.export(in: named.scratch)
        let files = ["AllergyIntolerance", "Organization", "Patient"]
        let inOrderOfNames = try named.tool.run(
            ["import"] + files.map { "export/\($0).ndjson" } + ["--json"]
        )
        #expect(inOrderOfNames.status == 0, "\(inOrderOfNames.all)")
        #expect(try named.tool("verify").status == 0)
    }

    @Test func `a file that is refused is told by its place, for its name may be a patient's`()
        throws
    {
        let vault = try PlainVault()
        try Self.export(in: vault.scratch)
        try vault.scratch.write("export/Nightingale-Florence.json", "{\"resourceType\":")
        let run = try vault.tool("import", "export")
        #expect(run.status == 65 && run.isOneComplaint, "\(run.all)")
        #expect(run.err.contains("of 4 in the order of import"), "\(run.all)")
        #expect(!run.all.contains("Nightingale"))
    }

    @Test func `a folder without FHIR files is refused with a hint`() throws {
        let vault = try PlainVault()
        try FileManager.default.createDirectory(
            atPath: vault.scratch.path("empty"),
            withIntermediateDirectories: true
        )
        let run = try vault.tool("import", "empty")
        #expect(run.status == 65 && run.isOneComplaint, "\(run.all)")
        #expect(try vault.tool("import", "absent").status == 66)
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `a real export of the shared data is imported by its folder`() throws {
        let vault = try PlainVault()
        let folder = try SharedData.url("synthea/dev/bulk10").path
        let run = try vault.tool("import", folder, "--json")
        #expect(run.status == 0 && run.object["patients"] as? Int == 10, "\(run.all)")
        #expect(try vault.tool("verify").status == 0)
    }
}
