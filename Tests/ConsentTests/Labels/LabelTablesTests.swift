import Consent
import Testing

struct LabelTablesTests {
    @Test func `the shipped tables are read without fault`() throws {
        let tables = try LabelTestTables.shared.get()
        #expect(tables.entries.count == SensitivityLabel.allCases.count)
        #expect(tables.codeCount > 5_000)
        #expect(tables.wordCount > 1_300)
        #expect(tables.entries.allSatisfy { $0.titles.count == 6 })
    }
}
