import Consent
import Testing

struct LabelTableFaultTests {
    private func fault(_ change: (inout [String: String]) -> Void) -> String? {
        var files = LabelTestTables.files
        change(&files)
        do {
            _ = try LabelTables(parsing: files)
            return nil
        } catch let error {
            return error.message
        }
    }

    @Test func `a fault in a table is named by file, line and column`() {
        let rows: [(String, String?, String)] = [
            ("codes/x.codes", "@label hvi", "codes/x.codes:1:8: no such label"),
            (
                "codes/x.codes", "@label hiv\n@system sctt\n1",
                "codes/x.codes:2:9: no such code system"
            ),
            ("codes/x.codes", "@label hiv\n123456", "codes/x.codes:2:1: no @system before"),
            ("codes/x.codes", "@system sct\n123456", "codes/x.codes:2:1: no @label before"),
            (
                "codes/x.codes", "@label hiv\n@system sct\n\n 1 2 1",
                "codes/x.codes:4:6: the code is there twice"
            ),
            ("codes/x.codes", "@labels hiv", "codes/x.codes:1:1: no such directive"),
            (
                "words/x.words", "@label hiv\nab*",
                "words/x.words:2:1: the pattern is shorter than 3 bytes"
            ),
            (
                "words/x.words", "@label hiv\na*bcd",
                "words/x.words:2:1: `*` stands inside the pattern"
            ),
            ("words/x.txt", "", "words/x.txt:1:1: no label table"),
            ("labels.yaml", nil, "labels.yaml:1:1: the file is missing"),
            ("labels.yaml", "version: 1\nlabel: []", "labels.yaml:2:1: no such key"),
            (
                "codes/systems.codes", "http://x",
                "codes/systems.codes:1:1: an address stands before the first section"
            ),
            (
                "codes/systems.codes", "@clinical a roman",
                "codes/systems.codes:1:13: no such form of code"
            ),
        ]
        for (name, contents, expected) in rows {
            #expect(fault { $0[name] = contents } == expected)
        }
        #expect(
            fault { $0["labels.yaml"]?.append("\n  - id: hiv\n") }?.hasPrefix("labels.yaml:")
                == true
        )
    }

    @Test func `another content has another fingerprint`() throws {
        let tables = try LabelTestTables.shared.get()
        var files = LabelTestTables.files
        files["words/en.words"]?.append("\n")
        #expect(try LabelTables(parsing: files).fingerprint != tables.fingerprint)
        #expect(try LabelTables(parsing: LabelTestTables.files).fingerprint == tables.fingerprint)
    }

    @Test func `naming a wider label names what is under it`() throws {
        let tables = try LabelTestTables.shared.get()
        #expect(tables.labels(named: .sexualReproductive) == [.sexualReproductive, .std])
        #expect(tables.labels(named: .std) == [.std])
        #expect(tables.labels(forSecurityCode: "psy") == [.mentalHealth])
        #expect(tables.labels(forSecurityCode: "N") == LabelSet.none)
        #expect(tables.labels(forSecurityCode: "XYZ") == nil)
    }
}
