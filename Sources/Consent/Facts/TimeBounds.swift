public import VaultCore

/// A FHIR Period as instants; whole days begin and end at midnight UTC, the last day belongs to it.
///
/// Source: FHIR R4 datatypes, Period: "if the end of the period is missing, it means that the period is
/// ongoing"; "the end value includes any matching date/time".
public struct TimeBounds: Sendable, Hashable {
    /// First instant inside.
    public let start: Instant
    /// First instant after it.
    public let end: Instant

    /// Without bounds.
    static let always = TimeBounds(
        from: Instant(microseconds: .min),
        until: Instant(microseconds: .max)
    )
    /// Holds at no time: what a bound that cannot be read becomes.
    static let never = TimeBounds(
        from: Instant(microseconds: .max),
        until: Instant(microseconds: .min)
    )

    private init(from start: Instant, until end: Instant) {
        self.start = start
        self.end = end
    }

    /// Reads the bounds.
    ///
    /// - Parameters:
    ///   - start: FHIR dateTime text, or `nil` for no bound.
    ///   - end: FHIR dateTime text, or `nil` for no bound. `nil` comes back where a text is no
    ///     dateTime or the period ends before it begins.
    public init?(start: String?, end: String?) {
        var first = Instant(microseconds: .min)
        var last = Instant(microseconds: .max)
        if let start {
            guard let date = PartialDate(start) else { return nil }
            first = Self.start(of: date)
        }
        if let end {
            guard let date = PartialDate(end) else { return nil }
            last = Self.end(of: date)
        }
        guard first < last else { return nil }
        self.start = first
        self.end = last
    }

    /// Whether an instant lies inside.
    ///
    /// - Parameter now: The instant.
    /// - Returns: Whether it does.
    public func contains(_ now: Instant) -> Bool { start <= now && now < end }

    /// The first instant of a date, in UTC where it has no zone.
    static func start(of date: PartialDate) -> Instant {
        date.precision == .instant ? date.earliest : date.date.startUTC
    }

    /// The first instant after a date, in UTC where it has no zone.
    static func end(of date: PartialDate) -> Instant {
        // PartialDate ends a zoneless date at UTC-12; twelve hours earlier is midnight UTC.
        date.precision == .instant ? date.end : date.end.advanced(by: .seconds(-12 * 3600))
    }
}

extension FactPeriod {
    /// The period as instants; one that cannot be read holds at no time.
    var span: TimeBounds {
        start == nil && end == nil
            ? .always : TimeBounds(start: start, end: end) ?? .never
    }
}
