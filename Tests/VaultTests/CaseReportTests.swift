import BreachResponse
import Guard
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// The sealed case file: what it holds for whom, and that no altered byte passes.
struct CaseReportTests {
    private static func told() throws -> (story: VaultCase, scope: JSONValue) {
        var story = try VaultCase()
        let file = try story.goToScope()
        try story.go(.assess, by: [story.world.officer])
        return (story, try file.certificate.document)
    }

    private static func report(
        _ reader: CaseDocument.Reader
    ) throws -> (report: CaseReport, key: String) {
        let (story, scope) = try told()
        let content = CaseDocument.document(
            story.incident,
            scope: scope,
            clocks: nil,
            reader: reader,
            made: story.world.clock.now()
        )
        let report = try story.vault.seal(
            case: content,
            by: [story.world.officer, story.world.engineer],
            context: CallContext()
        )
        return (report, story.vault.guard.verifierKey)
    }

    @Test func `a case file is checked with the public key alone, and no altered byte passes`()
        throws
    {
        let (report, key) = try Self.report(.officer)
        #expect(CaseReport.isCase(report.bytes))
        let good = try CaseReport.verify(report.bytes, verifierKey: key)
        #expect(good.problems == [])
        #expect(good.incident == "case-7")
        #expect(good.counts == [2, 1, 3])
        #expect(good.persons == ["po", "so"])
        var random = SeededRandom(seed: 11)
        let bytes = report.bytes
        for _ in 0..<200 {
            var altered = bytes
            let place = Int.random(in: bytes.indices, using: &random)
            altered[place] ^= UInt8.random(in: 1...255, using: &random)
            #expect(try !CaseReport.verify(altered, verifierKey: key).problems.isEmpty)
        }
        #expect(try !CaseReport.verify(Array(bytes.dropLast()), verifierKey: key).problems.isEmpty)
    }

    @Test func `neither reader finds a patient's name, and outside nobody finds free text`() throws
    {
        let officer = try Self.report(.officer).report.content.text
        let outside = try Self.report(.outside).report.content.text
        for name in ["tomas", "aisyah", "poongodi", "Patient/"] {
            #expect(!officer.contains(name) && !outside.contains(name))
        }
        #expect(officer.contains("a doctor spoke of a neighbour"))
        #expect(!outside.contains("a doctor spoke of a neighbour"))
        #expect(!outside.contains("records were opened and read"))
        #expect(outside.contains("\"factor\":\"dataNature\""))
    }

    @Test func `a certificate is no case file, and a case file no certificate`() throws {
        let (report, key) = try Self.report(.officer)
        #expect(try !ScopeFile.verify(report.bytes, verifierKey: key).problems.isEmpty)
        #expect(!CaseReport.isCase(Array("{}".utf8)))
    }
}
