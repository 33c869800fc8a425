import Guard
import PrivacyOffice
import Testing
import VaultCore

struct AccountingTests {
    private let now = LogFixture.time(100)

    private func years(_ count: Int64) -> Instant {
        now.advanced(by: .seconds(-count * 365 * 86_400))
    }

    @Test func `only accountable disclosures of six years are listed`() {
        var log = LogFixture()
        log.saw("old", "public-health", header: ["accountable": true], at: years(7))
        log.saw("court", "court", purpose: "HLEGAL", header: ["accountable": true], at: years(5))
        log.saw("okafor", header: ["accountable": false], at: years(1))
        log.saw("unknown", header: ["accountable": "unknown"], at: years(1))
        log.saw(
            "registry",
            "public-health",
            purpose: "PUBHLTH",
            header: ["accountable": true, "legalBasis": ["45 CFR 164.512(b)"]],
            at: years(1)
        )
        let accounting = Accounting(
            log.entries,
            since: nil,
            now: now,
            names: ["registry": "Cancer registry"]
        )
        #expect(accounting.lines.map(\.recipient) == ["court", "Cancer registry"])
        #expect(accounting.lines.last?.purpose == "for public health (45 CFR 164.512(b))")
        #expect(accounting.lines.last?.description == "visits: 3 in number")
        #expect(accounting.lines.last?.recipientKind == "public health authority")
    }

    @Test func `a shorter period may be asked for, a longer one not`() {
        var log = LogFixture()
        log.saw("a", header: ["accountable": true], at: years(5))
        log.saw("b", header: ["accountable": true], at: years(1))
        let short = Accounting(log.entries, since: years(2), now: now, names: [:])
        #expect(short.lines.map(\.recipient) == ["b"])
        let long = Accounting(log.entries, since: years(20), now: now, names: [:])
        #expect(long.since > years(7) && long.lines.count == 2)
    }

    @Test func `a refused request is no disclosure`() {
        var log = LogFixture()
        log.add("decision", by: "a", header: ["decision": "deny", "accountable": true])
        #expect(Accounting(log.entries, since: nil, now: now, names: [:]).lines.isEmpty)
    }
}

struct UnexplainedTests {
    @Test func `what rests on a relationship explains itself`() {
        var log = LogFixture()
        log.add("decision", by: "okafor", part: ["found": true], header: ["decision": "permit"])
        log.saw("okafor")
        let found = Unexplained(log.entries, since: nil, names: [:])
        #expect(found.findings.isEmpty && found.examined == 2)
    }

    @Test func `an emergency by a stranger is shown with what was looked at`() {
        var log = LogFixture()
        log.saw(
            "haddad",
            rules: ["emergency-break-glass"],
            header: ["breakGlassReason": "urgent-care"]
        )
        let found = Unexplained(log.entries, since: nil, names: ["haddad": "Dr. Haddad"])
        #expect(found.findings.map(\.name) == ["Dr. Haddad"])
        #expect(found.findings.first?.evidence.first == "declared: you needed care at once")
        #expect(found.findings.first?.evidence.count == 3)
    }

    @Test func `a look-up that nothing followed is unexplained`() {
        var log = LogFixture()
        log.add("decision", by: "hale", part: ["found": true], header: ["decision": "permit"])
        log.add("decision", by: "hale", part: [:], header: ["decision": "deny"])
        let found = Unexplained(log.entries, since: nil, names: [:])
        #expect(found.findings.map(\.index) == [0])
    }

    @Test func `an older relationship explains a newer emergency, and since limits the report`() {
        var log = LogFixture()
        log.saw("okafor")
        log.saw(
            "okafor",
            rules: ["emergency-break-glass"],
            header: ["breakGlassReason": "urgent-care"]
        )
        log.saw(
            "haddad",
            rules: ["emergency-break-glass"],
            header: ["breakGlassReason": "urgent-care"]
        )
        #expect(
            Unexplained(log.entries, since: nil, names: [:]).findings.map(\.actor) == ["haddad"]
        )
        let later = Unexplained(log.entries, since: LogFixture.time(3), names: [:])
        #expect(later.findings.isEmpty && later.examined == 0)
    }
}
