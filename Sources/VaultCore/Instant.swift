/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Stored and compared as an integer; formatted only at the edge. Range: years 0001 to 9999.
public struct Instant: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z; negative before.
    public let microseconds: Int64

    /// Makes an instant from its integer form.
    ///
    /// - Parameter microseconds: Microseconds since 1970-01-01T00:00:00Z.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Makes an instant from whole seconds.
    ///
    /// - Parameter seconds: Seconds since 1970-01-01T00:00:00Z.
    public init(seconds: Int64) {
        self.microseconds = seconds * 1_000_000
    }

    /// Orders instants by time.
    ///
    /// - Parameters:
    ///   - left: One instant.
    ///   - right: Another.
    /// - Returns: Whether `left` is strictly earlier.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// The instant a duration later.
    ///
    /// - Parameter duration: How much later; fractions of a microsecond are cut off.
    /// - Returns: The later instant, saturating at the ends of the range.
    public func advanced(by duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        let step = seconds.multipliedReportingOverflow(by: 1_000_000)
        let sum = microseconds.addingReportingOverflow(
            step.partialValue + attoseconds / 1_000_000_000_000
        )
        if step.overflow || sum.overflow {
            return Instant(microseconds: seconds < 0 ? .min : .max)
        }
        return Instant(microseconds: sum.partialValue)
    }

    /// The calendar year in UTC, 1 to 9999.
    public var year: Int {
        CivilDate(daysSince1970: microseconds.flooredQuotient(86_400_000_000)).year
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC with microseconds when there are any: `2026-11-22T08:00:00Z`.
    public var description: String {
        let day = microseconds.flooredQuotient(86_400_000_000)
        let inDay = microseconds - day * 86_400_000_000
        let date = CivilDate(daysSince1970: day)
        let seconds = inDay / 1_000_000
        let fraction = inDay % 1_000_000
        var text =
            "\(date)T\(twoDigits(seconds / 3600)):\(twoDigits(seconds / 60 % 60)):"
            + twoDigits(seconds % 60)
        if fraction != 0 {
            var digits = String(fraction)
            digits = String(repeating: "0", count: 6 - digits.utf8.count) + digits
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    /// Reads an RFC 3339 date-time with its zone.
    ///
    /// The instant, or `nil` where the text is not a full date-time with a zone.
    ///
    /// - Parameter text: For example `2026-11-22T08:00:00.5+05:30`; a leap second `:60` counts as the
    ///   second after `:59`.
    ///
    /// Source: RFC 3339 section 5.6.
    public init?(rfc3339 text: some StringProtocol) {
        guard let date = PartialDate(text), date.precision == .instant else { return nil }
        self = date.earliest
    }
}

private func twoDigits(_ value: Int64) -> String {
    value < 10 ? "0\(value)" : "\(value)"
}

extension Int64 {
    /// Quotient rounded towards minus infinity, so that days before 1970 come out right.
    ///
    /// - Parameter divisor: Positive.
    /// - Returns: The floor of the division.
    package func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return (self % divisor < 0) ? quotient - 1 : quotient
    }
}
