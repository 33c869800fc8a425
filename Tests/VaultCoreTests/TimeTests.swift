import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct TimeTests {
    @Test func `every day from year 1 to 9999 counts up by one`() {
        var expected = CivilDate(year: 1, month: 1, day: 1)?.daysSince1970 ?? 0
        var wrong = 0
        for year in 1...9999 {
            for month in 1...12 {
                for day in 1...CivilDate.length(ofMonth: month, year: year) {
                    let date = CivilDate(year: year, month: month, day: day)
                    if date?.daysSince1970 != expected { wrong += 1 }
                    expected += 1
                }
            }
        }
        #expect(wrong == 0)
        #expect(CivilDate(daysSince1970: 0).description == "1970-01-01")
    }

    @Test func `a date and its day number are each other's inverse`() {
        var random = SeededRandom.forTest()
        for _ in 0..<10_000 {
            let days = Int64.random(in: -719_162...2_932_896, using: &random)
            #expect(CivilDate(daysSince1970: days).daysSince1970 == days)
        }
    }

    @Test(arguments: [
        ("2024-02-29", true), ("2023-02-29", false), ("2000-02-29", true), ("1900-02-29", false),
        ("2026-13-01", false), ("2026-00-01", false), ("2026-04-31", false), ("2026", true),
        ("2026-11", true), ("26-11-22", false), ("2026-11-22T08:00:00Z", true),
        ("2026-11-22T08:00:00", false), ("2026-11-22T08:00Z", false), ("", false),
        ("2026-11-22T24:00:00Z", false), ("2026-11-22T08:00:00.Z", false),
        ("2026-11-22T08:00:00+14:00", true), ("2026-11-22T08:00:00+15:00", false),
        ("2026-11-22 ", false), (" 2026", false), ("2026-1-1", false), ("٢٠٢٦", false),
    ])
    func `a FHIR date is read exactly or not at all`(text: String, isDate: Bool) {
        #expect((PartialDate(text) != nil) == isDate)
    }

    @Test func `a date-time means the instant that Foundation reads`() throws {
        for text in [
            "2026-11-22T08:00:00Z", "2026-11-22T08:00:00+05:30", "1969-12-31T23:59:59-03:00",
            "2024-02-29T12:30:45+14:00", "1600-03-01T00:00:00Z",
        ] {
            let ours = try #require(Instant(rfc3339: text))
            let theirs = try Date(text, strategy: .iso8601)
            #expect(ours.microseconds == Int64(theirs.timeIntervalSince1970 * 1_000_000))
        }
    }

    @Test func `an instant's text reads back as the same instant`() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<2_000 {
            let instant = Instant(
                microseconds: Int64.random(
                    in: -60_000_000_000_000_000...250_000_000_000_000_000,
                    using: &random
                )
            )
            #expect(Instant(rfc3339: instant.description) == instant)
        }
    }

    @Test func `a day without a zone covers every zone on earth`() throws {
        let day = try #require(PartialDate("2026-11-22"))
        #expect(day.earliest == Instant(rfc3339: "2026-11-22T00:00:00+14:00"))
        #expect(day.end == Instant(rfc3339: "2026-11-23T00:00:00-12:00"))
    }

    @Test func `adding a duration saturates instead of overflowing`() {
        let late = Instant(microseconds: .max - 1)
        #expect(late.advanced(by: .seconds(10)).microseconds == .max)
        let early = Instant(microseconds: .min + 1)
        #expect(early.advanced(by: .seconds(-10)).microseconds == .min)
        #expect(Instant(seconds: 0).advanced(by: .milliseconds(1500)).microseconds == 1_500_000)
    }
}
