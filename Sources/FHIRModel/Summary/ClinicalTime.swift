public import VaultCore

/// The time from the first instant some dates can mean to the last.
public struct TimeSpan: Sendable, Hashable {
    /// First instant.
    public var earliest: Instant
    /// First instant after all of it.
    public var end: Instant

    /// Joins two instants.
    ///
    /// - Parameters:
    ///   - earliest: First instant.
    ///   - end: First instant after all of it; not before `earliest`.
    public init(earliest: Instant, end: Instant) {
        self.earliest = earliest
        self.end = end
    }

    /// All time: what a date that cannot be read may mean.
    public static let unknown = TimeSpan(
        earliest: Instant(microseconds: .min),
        end: Instant(microseconds: .max)
    )

    mutating func cover(_ other: TimeSpan) {
        earliest = min(earliest, other.earliest)
        end = max(end, other.end)
    }
}

/// Reads a FHIR date, dateTime or instant without allocating; the meaning is `PartialDate`'s.
///
/// - Parameters:
///   - text: UTF-8 bytes.
///   - count: How many.
/// - Returns: The time it covers, or `nil` where the text is no such date.
func timeSpan(_ text: UnsafePointer<UInt8>, count: Int) -> TimeSpan? {
    var cursor = DateCursor(text: text, count: count)
    guard let year = cursor.digits(4), year >= 1 else { return nil }
    if cursor.isAtEnd {
        return days(dayNumber(year, 1, 1), until: dayNumber(year + 1, 1, 1))
    }
    guard cursor.take(0x2D), let month = cursor.digits(2), (1...12).contains(month) else {
        return nil
    }
    if cursor.isAtEnd {
        let next = month == 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1)
        return days(dayNumber(year, month, 1), until: next)
    }
    guard cursor.take(0x2D), let day = cursor.digits(2), day >= 1,
        day <= 28 || day <= CivilDate.length(ofMonth: month, year: year)
    else { return nil }
    let number = dayNumber(year, month, day)
    if cursor.isAtEnd { return days(number, until: number + 1) }
    guard cursor.take(0x54) || cursor.take(0x74), let inDay = cursor.timeAndZone() else {
        return nil
    }
    let moment = number * 86_400_000_000 + inDay
    return TimeSpan(
        earliest: Instant(microseconds: moment),
        end: Instant(microseconds: moment + 1)
    )
}

/// A day without a zone begins where the earth's earliest zone does and ends with the latest.
private func days(_ first: Int64, until end: Int64) -> TimeSpan {
    TimeSpan(
        earliest: Instant(seconds: first * 86_400 - 14 * 3600),
        end: Instant(seconds: end * 86_400 + 12 * 3600)
    )
}

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar; years are at least 1.
@inline(__always)
private func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private struct DateCursor {
    let text: UnsafePointer<UInt8>
    let count: Int
    var offset = 0

    init(text: UnsafePointer<UInt8>, count: Int) {
        self.text = text
        self.count = count
    }

    var isAtEnd: Bool { offset == count }

    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard offset < count, text[offset] == byte else { return false }
        offset += 1
        return true
    }

    @inline(__always)
    mutating func digits(_ wanted: Int) -> Int? {
        guard offset + wanted <= count else { return nil }
        var value = 0
        for index in offset..<(offset + wanted) {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        offset += wanted
        return value
    }

    /// Microseconds from midnight UTC of the written day; `nil` unless the rest is `hh:mm:ss[.f]zone`.
    mutating func timeAndZone() -> Int64? {
        guard let hour = digits(2), hour < 24, take(0x3A), let minute = digits(2), minute < 60,
            take(0x3A), let second = digits(2), second <= 60
        else { return nil }
        var micros = Int64(hour * 3600 + minute * 60 + second) * 1_000_000
        if take(0x2E) {
            guard let fraction = fraction() else { return nil }
            micros += fraction
        }
        if take(0x5A) || take(0x7A) { return isAtEnd ? micros : nil }
        let sign: Int64 = take(0x2B) ? 1 : (take(0x2D) ? -1 : 0)
        guard sign != 0, let zoneHour = digits(2), zoneHour <= 14, take(0x3A),
            let zoneMinute = digits(2), zoneMinute < 60, isAtEnd
        else { return nil }
        return micros - sign * Int64(zoneHour * 3600 + zoneMinute * 60) * 1_000_000
    }

    /// Microseconds of a fraction; digits beyond the sixth are cut off.
    private mutating func fraction() -> Int64? {
        let start = offset
        var micros: Int64 = 0
        var scale: Int64 = 100_000
        while offset < count, text[offset] &- 0x30 < 10 {
            micros += Int64(text[offset] &- 0x30) * scale
            scale /= 10
            offset += 1
        }
        return offset > start ? micros : nil
    }
}
