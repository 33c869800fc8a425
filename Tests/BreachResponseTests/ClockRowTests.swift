import BreachResponse
import Testing
import VaultCore

struct ClockRowTests {
    @Test func `every worked date comes out as counted by hand`() throws {
        let rules = try Clocks.rules()
        for line in ClockRowTable.all {
            let found = try Clocks.answer(line.facts, rules)
            let deadline = try #require(found[line.rule], "\(line.rule) in \(line.facts)")
            let due = deadline.due?.rfc3339 ?? "-"
            // A bare day in the table means the end of that day in the zone of the start.
            let wanted = line.due.count == 10 ? line.due + "T23:59:59Z" : line.due
            #expect(
                due == wanted && deadline.isRequired == line.required,
                "\(line.rule) \(line.facts): \(deadline.why)"
            )
        }
    }

    @Test func `every row has two worked dates and every rule one`() throws {
        let rules = try Clocks.rules()
        var perRow: [Int64: Int] = [:]
        var seen: Set<String> = []
        for line in ClockRowTable.all {
            let id = line.rule.split(separator: "/").first.map(String.init) ?? line.rule
            let row = try #require(rules.rules.first { $0.id == id }, "\(id)").row
            perRow[row, default: 0] += 1
            seen.insert(id)
        }
        let thin = (1...42).filter { perRow[$0, default: 0] < 2 }
        #expect(thin.isEmpty)
        #expect(Set(rules.rules.map(\.id)).subtracting(seen).isEmpty)
        #expect(Set(rules.rules.map(\.row)) == Set(0...42))
    }

    @Test func `every id begins with its law and rows marked as known only are unverified`() throws
    {
        let rules = try Clocks.rules()
        for row in [5, 8, 9, 19, 26, 27, 32, 37, 39] as [Int64] {
            let open = rules.rules.filter { $0.row == row && !$0.isUnverified }
            #expect(open.isEmpty, "row \(row)")
        }
        let laws = [
            "hipaa-", "part2-", "ftc-", "us-tx-", "us-ca-", "us-ny-", "us-fl-", "us-co-", "us-wa-",
            "us-me-", "us-or-", "gdpr-", "nis2-", "uk-", "kr-", "my-", "in-", "sg-", "au-",
            "ca-on-",
        ]
        let strange = rules.rules.filter { rule in !laws.contains { rule.id.hasPrefix($0) } }
        #expect(strange.isEmpty)
    }
}
