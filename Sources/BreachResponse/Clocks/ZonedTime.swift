public import VaultCore

/// A moment with the zone it was written in, because a day ends where the clock was read.
///
/// The zone is a fixed offset from UTC; daylight saving is not followed, so a deadline keeps the
/// offset of its start event.
public struct ZonedTime: Sendable, Hashable {
    /// The moment; for a bare day its first.
    public let instant: Instant
    /// Minutes east of UTC, -840 to 840.
    public let offsetMinutes: Int
    /// Whether only a calendar day was given.
    public let isDay: Bool

    /// Makes a moment.
    ///
    /// - Parameters:
    ///   - instant: The moment.
    ///   - offsetMinutes: Minutes east of UTC.
    ///   - isDay: Whether only a calendar day was given.
    public init(_ instant: Instant, offsetMinutes: Int = 0, isDay: Bool = false) {
        self.instant = instant
        self.offsetMinutes = offsetMinutes
        self.isDay = isDay
    }

    /// Reads an RFC 3339 date-time, a day with zone (`2026-03-02-05:00`, `2026-03-02Z`) or a day.
    ///
    /// Gives `nil` where the text is none of these or names a time that does not exist.
    ///
    /// - Parameters:
    ///   - text: As above; the year is 1970 to 9000.
    ///   - zone: Minutes east of UTC for a day without zone.
    public init?(_ text: String, zone: Int = 0) {
        let characters = Array(text)
        guard characters.count >= 10, let day = PartialDate(String(characters[..<10])),
            day.precision == .day, (1970...9000).contains(day.date.year)
        else { return nil }
        let rest = String(characters[10...])
        if rest.isEmpty {
            self.init(startOf: day.date, offsetMinutes: zone, isDay: true)
        } else if rest.hasPrefix("T") || rest.hasPrefix("t") {
            guard let moment = Instant(rfc3339: text), let zone = Self.zone(ofEndOf: rest) else {
                return nil
            }
            self.init(moment, offsetMinutes: zone)
        } else {
            guard let zone = Self.zone(rest) else { return nil }
            self.init(startOf: day.date, offsetMinutes: zone, isDay: true)
        }
    }

    /// Midnight at the start of a day.
    init(startOf day: CivilDate, offsetMinutes: Int, isDay: Bool = false) {
        let seconds = day.daysSince1970 * 86_400 - Int64(offsetMinutes) * 60
        self.init(Instant(seconds: seconds), offsetMinutes: offsetMinutes, isDay: isDay)
    }

    /// The last second of a day.
    init(endOf day: CivilDate, offsetMinutes: Int) {
        let start = ZonedTime(startOf: day, offsetMinutes: offsetMinutes)
        self.init(start.instant.advanced(by: .seconds(86_399)), offsetMinutes: offsetMinutes)
    }

    /// The calendar day in the moment's own zone.
    public var day: CivilDate {
        let local = instant.microseconds + Int64(offsetMinutes) * 60_000_000
        return CivilDate(daysSince1970: local.flooredQuotient(86_400_000_000))
    }

    /// The last moment this can mean: the end of the day where only a day was given.
    public var latest: Instant {
        isDay ? instant.advanced(by: .seconds(86_399)) : instant
    }

    /// The same zone, later.
    func advanced(by duration: Duration) -> ZonedTime {
        ZonedTime(instant.advanced(by: duration), offsetMinutes: offsetMinutes)
    }

    /// RFC 3339 in the moment's own zone, `2026-05-01T23:59:59-05:00`.
    public var rfc3339: String {
        let shift = Duration.seconds(Int64(offsetMinutes) * 60)
        let local = instant.advanced(by: shift).description.dropLast()
        if offsetMinutes == 0 { return local + "Z" }
        let size = abs(offsetMinutes)
        let pad = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
        return local + (offsetMinutes < 0 ? "-" : "+") + pad(size / 60) + ":" + pad(size % 60)
    }

    /// Reads `Z`, `+05:30` or `-05:00`.
    ///
    /// - Parameter text: The zone alone.
    /// - Returns: Minutes east of UTC, or `nil` where the text is anything else.
    public static func zone(_ text: some StringProtocol) -> Int? {
        if text == "Z" || text == "z" { return 0 }
        let bytes = Array(text.utf8)
        guard bytes.count == 6, bytes[3] == 0x3A, bytes[0] == 0x2B || bytes[0] == 0x2D,
            let hours = Int(String(decoding: bytes[1...2], as: UTF8.self)),
            let minutes = Int(String(decoding: bytes[4...5], as: UTF8.self)),
            [1, 2, 4, 5].allSatisfy({ (0x30...0x39).contains(bytes[$0]) }),
            hours <= 14, minutes < 60
        else { return nil }
        return (bytes[0] == 0x2D ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func zone(ofEndOf text: String) -> Int? {
        text.hasSuffix("Z") || text.hasSuffix("z") ? 0 : zone(text.suffix(6))
    }
}
