import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// Launches, codes and contexts that wait, against lists that are looked through each time.
struct LaunchDeskTests {
    private static let limit = 30
    private var desk = LaunchDesk(limit: limit)

    private func launch(_ id: String, until end: Instant) -> LaunchDesk.Pending {
        LaunchDesk.Pending(
            launch: Launch(
                id: id,
                app: "app",
                recipient: "runner",
                recipientKey: "Device/app",
                scopes: [],
                words: [],
                purposes: [],
                days: 30,
                patient: nil
            ),
            client: "app",
            clientDigest: "",
            redirect: "",
            challenge: "",
            user: nil,
            end: end
        )
    }

    private func code(_ grant: String, until end: Instant) throws -> LaunchDesk.Code {
        let person = try #require(PrincipalID("person"))
        let grant = LaunchGrant(
            id: grant,
            client: "app",
            clientDigest: "",
            user: person,
            accountDigest: "",
            acting: person,
            scopes: [],
            words: [],
            purposes: [],
            patient: nil,
            consent: nil,
            consentDigest: "",
            start: Instant(seconds: 0),
            end: end,
            idle: 0
        )
        return LaunchDesk.Code(grant: grant, redirect: "", challenge: "", end: end)
    }

    @Test mutating func `a launch begins however many wait, and the oldest makes room`() {
        var random = SeededRandom.forTest()
        var begun: [(id: String, end: Instant)] = []
        var now = Instant(seconds: 0)
        for number in 0..<2_000 {
            // Now more than there is room for have not ended, now fewer.
            now = now.advanced(by: .milliseconds(Int64.random(in: 1...40_000, using: &random)))
            let end = now.advanced(by: LaunchDesk.launchLife)
            desk.begin(launch("\(number)", until: end))
            begun.append(("\(number)", end))
            let waiting = Set(begun.suffix(Self.limit).filter { $0.end > now }.map(\.id))
            #expect(waiting.contains("\(number)"))
            for id in begun.suffix(2 * Self.limit).map(\.id) {
                #expect((desk.pending(id, now: now) != nil) == waiting.contains(id))
            }
        }
    }

    @Test mutating func `a code is good once, and one that was used is known for an hour`() throws {
        var random = SeededRandom.forTest()
        var waiting: [String: Instant] = [:]
        var spent: [String: Instant] = [:]
        var now = Instant(seconds: 0)
        for number in 0..<3_000 {
            now = now.advanced(by: .milliseconds(Int64.random(in: 3_000...40_000, using: &random)))
            let text = "code-\(number)"
            let end = now.advanced(by: LaunchDesk.codeLife)
            desk.keep(try code(text, until: end), for: text)
            waiting[text] = end
            let asked = "code-\(Int.random(in: max(0, number - 200)...number, using: &random))"
            waiting = waiting.filter { $0.value > now }
            spent = spent.filter { $0.value > now }
            switch desk.take(asked, now: now) {
            case .good(let found):
                #expect(found.grant.id == asked)
                #expect(waiting.removeValue(forKey: asked) != nil && spent[asked] == nil)
                spent[asked] = now.advanced(by: .seconds(3_600))
            case .replayed(let grant): #expect(grant == asked && spent[asked] != nil)
            case .unknown: #expect(waiting[asked] == nil && spent[asked] == nil)
            }
        }
    }
}
