/// A FHIR `date`, `dateTime` or `instant`: a moment, or the whole year, month or day it may mean.
///
/// Kept as the half-open range of instants it covers. A day without a zone covers every zone on
/// earth (from UTC+14 to UTC-12), because a rule that must not permit too much needs the widest reading.
///
/// Source: FHIR R4 datatypes, `dateTime`.
public struct PartialDate: Sendable, Hashable {
    /// How much of the date was given.
    public enum Precision: Sendable, Hashable {
        /// Only the year.
        case year
        /// Year and month.
        case month
        /// A calendar day.
        case day
        /// A date-time with its zone.
        case instant
    }

    /// How much of the date was given.
    public let precision: Precision
    /// First instant the text can mean.
    public let earliest: Instant
    /// First instant after all that the text can mean; for ``Precision/instant`` one microsecond later.
    public let end: Instant
    /// The calendar date as written, the first day of it where only year or month were given.
    public let date: CivilDate

    /// Reads a FHIR date, dateTime or instant.
    ///
    /// Gives `nil` where the text is none of these or names a day that does not exist.
    ///
    /// - Parameter text: `2026`, `2026-11`, `2026-11-22` or an RFC 3339 date-time with zone; seconds may
    ///   not be left out; more than six digits of a fraction are cut off.
    public init?(_ text: some StringProtocol) {
        var bytes = Scanner(bytes: Array(text.utf8))
        guard let year = bytes.digits(4) else { return nil }
        if bytes.isAtEnd {
            guard let first = CivilDate(year: year, month: 1, day: 1) else { return nil }
            let next = Self.start(year: year + 1, month: 1)
            self.init(precision: .year, date: first, until: next)
            return
        }
        guard bytes.take("-"), let month = bytes.digits(2) else { return nil }
        if bytes.isAtEnd {
            guard let first = CivilDate(year: year, month: month, day: 1) else { return nil }
            let next = month == 12 ? (year + 1, 1) : (year, month + 1)
            self.init(
                precision: .month,
                date: first,
                until: Self.start(year: next.0, month: next.1)
            )
            return
        }
        guard bytes.take("-"), let day = bytes.digits(2),
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        if bytes.isAtEnd {
            self.init(precision: .day, date: date, until: date.daysSince1970 + 1)
            return
        }
        guard bytes.take("T") || bytes.take("t"), let micros = bytes.timeOfDayAndZone() else {
            return nil
        }
        let moment = date.daysSince1970 * 86_400_000_000 + micros
        self.init(
            precision: .instant,
            date: date,
            from: Instant(microseconds: moment),
            to: Instant(microseconds: moment + 1)
        )
    }

    private init(precision: Precision, date: CivilDate, until endDay: Int64) {
        self.init(
            precision: precision,
            date: date,
            from: Instant(seconds: date.daysSince1970 * 86_400 - 14 * 3600),
            to: Instant(seconds: endDay * 86_400 + 12 * 3600)
        )
    }

    /// Takes what a date means as it is; for values that were read before.
    package init(
        precision: Precision,
        date: CivilDate,
        from earliest: Instant,
        to end: Instant
    ) {
        self.precision = precision
        self.date = date
        self.earliest = earliest
        self.end = end
    }

    private static func start(year: Int, month: Int) -> Int64 {
        if year > 9999 { return 2_932_897 }
        return CivilDate(year: year, month: month, day: 1)?.daysSince1970 ?? 0
    }
}

/// Reads fixed-width digits; any surprise makes the whole parse fail.
private struct Scanner {
    let bytes: [UInt8]
    var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ character: Character) -> Bool {
        guard offset < bytes.count, bytes[offset] == character.asciiValue else { return false }
        offset += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        guard offset + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[offset..<offset + count] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        offset += count
        return value
    }

    /// Microseconds from midnight UTC of the written day; `nil` unless the rest is `hh:mm:ss[.f]zone`.
    mutating func timeOfDayAndZone() -> Int64? {
        guard let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60,
            take(":"), let second = digits(2), second <= 60
        else { return nil }
        var micros = Int64(hour * 3600 + minute * 60 + second) * 1_000_000
        if take(".") {
            var scale: Int64 = 100_000
            var seen = 0
            while offset < bytes.count, bytes[offset] >= 0x30, bytes[offset] <= 0x39 {
                micros += Int64(bytes[offset] - 0x30) * scale
                scale /= 10
                offset += 1
                seen += 1
            }
            if seen == 0 { return nil }
        }
        if take("Z") || take("z") { return isAtEnd ? micros : nil }
        let sign: Int64 = take("+") ? 1 : (take("-") ? -1 : 0)
        guard sign != 0, let zoneHour = digits(2), zoneHour <= 14, take(":"),
            let zoneMinute = digits(2), zoneMinute < 60, isAtEnd
        else { return nil }
        return micros - sign * Int64(zoneHour * 3600 + zoneMinute * 60) * 1_000_000
    }
}
