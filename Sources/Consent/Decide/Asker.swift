internal import VaultCore

/// What the rules ask about a request, as numbers.
struct Asker {
    let kind: UInt32
    let relationships: UInt32
    let evidence: UInt32
    let purposes: PurposeSet
    let hasUnknownPurpose: Bool
    let action: UInt8
    let breakGlass: PolicyRule.BreakGlassState
    let isDeceased: Bool
    let consents: PolicyRule.ConsentStates
    let birth: PartialDate?
    let now: Instant

    /// Whether the part of a condition that speaks of the request holds, its texts apart.
    ///
    /// - Parameters:
    ///   - test: The condition.
    ///   - needsAll: A permit, or an exception to a deny, needs every purpose of the request in its list;
    ///     a deny needs one.
    /// - Returns: Whether it holds.
    func meets(_ test: CompiledPolicies.RequestTest, needsAll: Bool) -> Bool {
        if test.kinds != 0, test.kinds & kind == 0 { return false }
        if test.purposes.bits != 0 {
            let isAsked =
                needsAll
                ? !hasUnknownPurpose && test.purposes.isSuperset(of: purposes)
                : test.purposes.intersects(purposes)
            if !isAsked { return false }
        }
        if test.relationships != 0, test.relationships & relationships == 0 { return false }
        if test.relationshipsNone & relationships != 0 { return false }
        if test.evidence != 0, test.evidence & evidence == 0 { return false }
        if let state = test.breakGlass, state != breakGlass { return false }
        if test.actions != 0, test.actions & action == 0 { return false }
        if let wanted = test.isDeceased, wanted != isDeceased { return false }
        if !test.consents.isEmpty, test.consents.isDisjoint(with: consents) { return false }
        guard let ages = test.ages else { return true }
        guard let age = birth.flatMap({ Age(birth: $0, now: now) }) else { return false }
        return age.least >= Int(ages.lowerBound) && age.most <= Int(ages.upperBound)
    }
}

/// An age in whole years, between two bounds where the birth date is not exact.
struct Age {
    let least: Int
    let most: Int

    /// `nil` where the birth lies in the future.
    init?(birth: PartialDate, now: Instant) {
        let today = CivilDate(
            daysSince1970: now.microseconds.flooredQuotient(86_400_000_000)
        )
        let oldest = Self.years(from: birth.date, to: today)
        let youngest = Self.years(from: birth.lastDate, to: today)
        guard oldest >= 0 else { return nil }
        most = oldest
        least = max(0, youngest)
    }

    private static func years(from birth: CivilDate, to day: CivilDate) -> Int {
        let hasHadBirthday = (day.month, day.day) >= (birth.month, birth.day)
        return day.year - birth.year - (hasHadBirthday ? 0 : 1)
    }
}
