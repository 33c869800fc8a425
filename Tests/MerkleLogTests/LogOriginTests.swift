import MerkleLog
import Testing

/// A log's name, and what it says of lost entries.
struct LogOriginTests {
    @Test func `a name that goes on tells every gap, oldest first`() {
        let first = LogOrigin("vault.example/log").continued(after: 17, of: 41)
        #expect(first.name == "vault.example/log/lost-17-40")
        let second = first.continued(after: 90, of: 91)
        #expect(second.name == "vault.example/log/lost-17-40/lost-90-90")
        #expect(second.gaps.map(\.first) == [17, 90] && second.gaps.map(\.last) == [40, 90])
        #expect("\(second.gaps[0])" == "entries 17 to 40 under the log's former name are lost")
        #expect("\(second.gaps[1])" == "entry 90 under the log's former name is lost")
        #expect(LogOrigin("vault.example/log").gaps.isEmpty)
    }

    @Test(arguments: [
        "log/lost-17", "log/lost-40-17", "log/lost-017-40", "log/lost-1-2-3", "log/lost--1-4",
        "log/lost-17-40/1", "log/Lost-17-40", "log/lost-17-99999999999999999999",
    ])
    func `a name of another form tells no gap`(name: String) {
        #expect(LogOrigin(name).gaps.isEmpty)
    }

    @Test func `a gap lies between two entries exactly where the second has a new index`() {
        let origin = LogOrigin("vault.example/log/lost-17-40")
        #expect(origin.gap(between: 3, and: 16) == nil)
        #expect(origin.gap(between: 16, and: 17) != nil)
        #expect(origin.gap(between: 0, and: 400) != nil)
        #expect(origin.gap(between: 17, and: 20) == nil)
    }
}
