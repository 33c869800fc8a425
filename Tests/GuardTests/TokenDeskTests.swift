import Consent
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// Tokens that were issued and revoked, against a list of all of them.
struct TokenDeskTests {
    private func facts(_ number: Int, _ now: Instant) throws -> TokenFacts {
        let person = try #require(PrincipalID("p\(number % 5)"))
        return TokenFacts(
            id: SessionID(high: 1, low: UInt64(number)),
            principal: person,
            kind: .clinician,
            client: "client-\(number % 7)",
            scopes: [],
            purposes: ["TREAT"],
            patient: nil,
            issued: now,
            end: now.advanced(by: TokenFacts.lifetime),
            user: person,
            grant: "grant-\(number % 11)"
        )
    }

    @Test func `a token holds until it ends or is revoked, alone or with its kin`() throws {
        var random = SeededRandom.forTest()
        var desk = try TokenDesk(vault: VaultID(high: 1, low: 2), random: SystemRandom())
        var all: [(text: String, facts: TokenFacts, isRevoked: Bool)] = []
        var now = Instant(seconds: 1_000)
        func revoke(where isMeant: (TokenFacts) -> Bool) {
            for place in all.indices where isMeant(all[place].facts) && all[place].facts.end > now {
                all[place].isRevoked = true
            }
        }
        for number in 0..<600 {
            now = now.advanced(by: .seconds(Int64.random(in: 0...10, using: &random)))
            let new = try facts(number, now)
            all.append((desk.issue(new), new, false))
            let chosen = try #require(all.suffix(80).randomElement(using: &random)).facts
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                desk.end(ofClient: chosen.client, now: now)
                revoke { $0.client == chosen.client }
            case 1:
                let names = desk.end(ofGrant: "grant-3", now: now)
                let own = all.filter { $0.facts.grant == "grant-3" && $0.facts.end > now }
                #expect(names.isSuperset(of: own.map(\.facts.principal)))
                revoke { $0.grant == "grant-3" }
            case 2:
                desk.end(ofUser: chosen.principal, now: now)
                revoke { $0.user == chosen.principal }
            case 3, 4:
                desk.revoke(chosen, now: now)
                revoke { $0.id == chosen.id }
            default: break
            }
            for token in all.suffix(80) {
                let holds = token.facts.end > now && !token.isRevoked
                let found = desk.facts(of: token.text, now: now)
                #expect((found != nil) == holds)
            }
        }
    }
}
