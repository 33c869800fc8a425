public import VaultCore

/// The days on which a jurisdiction works: Monday to Friday less its holidays.
///
/// A holiday is data: a fixed day (moved to Monday where it falls on a Sunday and the rule says so)
/// or the nth weekday of a month. A calendar lists only days that the State *and* the federal
/// government keep, so that a doubtful holiday never makes a deadline later.
public struct BusinessCalendar: Sendable, Hashable {
    /// One holiday of every year.
    public enum Holiday: Sendable, Hashable {
        /// The same date every year.
        case fixed(month: Int, day: Int, mondayAfterSunday: Bool, fridayBeforeSaturday: Bool)
        /// The nth weekday (1 = Monday … 7 = Sunday) of a month; -1 is the last.
        case weekday(month: Int, weekday: Int, nth: Int)
    }

    /// A holiday and the first year in which it counts.
    public struct Entry: Sendable, Hashable {
        /// The holiday.
        public let holiday: Holiday
        /// First year.
        public let since: Int
    }

    /// Name in the rules, `us-ca`.
    public let id: String
    /// The holidays.
    public let entries: [Entry]

    init(id: String, entries: [Entry]) {
        self.id = id
        self.entries = entries
    }

    /// 1 = Monday … 7 = Sunday.
    static func weekday(_ day: CivilDate) -> Int {
        // 1970-01-01 was a Thursday.
        let days = day.daysSince1970 + 3
        return Int(days - days.flooredQuotient(7) * 7) + 1
    }

    /// Whether offices work on a day.
    ///
    /// - Parameter day: Any day.
    /// - Returns: `false` on Saturdays, Sundays and holidays.
    public func isBusinessDay(_ day: CivilDate) -> Bool {
        guard Self.weekday(day) <= 5 else { return false }
        // A holiday of the next year can be kept on the last Friday of this one.
        return ![day.year, day.year + 1].contains { year in
            entries.contains { $0.since <= year && Self.kept($0.holiday, year: year) == day }
        }
    }

    /// The nth business day after a day; the day itself does not count.
    ///
    /// - Parameters:
    ///   - count: At least 1.
    ///   - day: Where counting begins.
    /// - Returns: The day on which the period ends.
    public func day(_ count: Int, after day: CivilDate) -> CivilDate {
        var current = day
        var left = count
        while left > 0 {
            current = CivilDate(daysSince1970: current.daysSince1970 + 1)
            if isBusinessDay(current) { left -= 1 }
        }
        return current
    }

    private static func kept(_ holiday: Holiday, year: Int) -> CivilDate? {
        switch holiday {
        case .fixed(let month, let day, let monday, let friday):
            guard let date = CivilDate(year: year, month: month, day: day) else { return nil }
            let shift: Int64 =
                switch weekday(date) {
                case 7 where monday: 1
                case 6 where friday: -1
                default: 0
                }
            return CivilDate(daysSince1970: date.daysSince1970 + shift)
        case .weekday(let month, let weekday, let nth):
            let last = CivilDate.length(ofMonth: month, year: year)
            let days = (1...last).compactMap { CivilDate(year: year, month: month, day: $0) }
                .filter { Self.weekday($0) == weekday }
            let index = nth < 0 ? days.count + nth : nth - 1
            return days.indices.contains(index) ? days[index] : nil
        }
    }
}
