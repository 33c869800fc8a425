internal import VaultCore

/// One point of the domain: everything the evaluator reads of one question about one record.
public struct ProofPoint: Sendable, Hashable {
    let values: [UInt64]
}

extension Prover {
    /// The point on which a real question falls.
    ///
    /// A test decides random questions both ways, from all of their facts and from their points alone: the
    /// same answers mean that the evaluator reads nothing that the domain leaves out.
    ///
    /// - Parameters:
    ///   - context: The question.
    ///   - record: The record it is about, with its detail.
    /// - Returns: The point; `nil` where the request has more purposes than the domain.
    public func point(of context: DecisionContext, record: RecordAttributes) -> ProofPoint? {
        var reduction = PointReduction(
            domain: domain,
            core: context.core,
            view: RecordView(record)
        )
        return reduction.point()
    }
}

/// Reduces a question to its point.
private struct PointReduction {
    let domain: ProofDomain
    let core: DecisionCore
    let view: RecordView
    private var values: [UInt64]

    init(domain: ProofDomain, core: DecisionCore, view: RecordView) {
        self.domain = domain
        self.core = core
        self.view = view
        values = domain.variables.map { _ in 1 }
    }

    mutating func point() -> ProofPoint? {
        guard takePurposes() else { return nil }
        takeRequester()
        takePatient()
        takeRecord()
        takeConsents()
        return ProofPoint(values: values)
    }

    private mutating func set(_ place: Int, _ number: Int) { values[place] = 1 << UInt64(number) }

    private mutating func set(_ place: Int, if isSo: Bool) { set(place, isSo ? 1 : 0) }

    private mutating func takePurposes() -> Bool {
        let codes = core.purposes.codes
        let places = domain.places.purposes
        guard codes.count <= places.count else { return false }
        for place in places { set(place, ProofDomain.noPurpose) }
        for (place, code) in zip(places, codes) {
            let known = code.system == CodeSystem.actReason
            let number = known ? ProofDomain.purposeCodes.firstIndex(of: code.code) : nil
            set(place, number ?? ProofDomain.unknownPurpose)
        }
        return true
    }

    private mutating func takeRequester() {
        let places = domain.places
        let request = core.request
        set(places.kind, request.requester.kind.place)
        set(places.action, request.action == .read ? 0 : 1)
        let isSound =
            request.requester.isIdentified
            && EmergencyOverride.reasons.contains(request.breakGlass?.reason ?? "")
        set(places.breakGlass, request.breakGlass == nil ? 0 : isSound ? 1 : 2)
        func isRelated(_ relationship: Relationship) -> Bool {
            core.relationships & relationship.bit != 0
        }
        let relation =
            (isRelated(.parent) ? 1 : 0) + (isRelated(.personalRepresentative) ? 2 : 0)
        set(places.relation, isRelated(.related) ? relation + 1 : 0)
        set(places.isSelf, if: isRelated(.patient))
        set(places.treating, if: isRelated(.treating))
        set(places.part2Program, if: isRelated(.part2Program))
        set(places.planOfCoverage, if: isRelated(.planOfCoverage))
        set(places.planOfClaim, if: isRelated(.planOfClaim))
        for (number, place) in places.evidence.enumerated() {
            set(place, if: core.evidence & 1 << UInt32(number) != 0)
        }
        for (role, place) in places.roles { set(place, if: request.requester.roles.contains(role)) }
        for (key, place) in places.organizations { set(place, if: core.identity.isNamed(by: key)) }
    }

    private mutating func takePatient() {
        let tables = core.facts.tables
        let country = tables.jurisdiction ?? core.policies.options.defaultJurisdiction
        set(
            domain.places.country,
            domain.countries.firstIndex(of: country) ?? domain.countries.count
        )
        set(domain.places.status, if: tables.isDeceased)
        set(domain.places.day, (domain.days.lastIndex { $0 <= core.request.now }) ?? 0)
        let age = tables.birthDate.flatMap { Age(birth: $0, now: core.request.now) }
        set(domain.places.age, age.map { group(of: $0) } ?? unknownAge)
    }

    private var unknownAge: Int { domain.variables[domain.places.age].values.count - 1 }

    private func group(of age: Age) -> Int {
        let least = (domain.ages.lastIndex { $0 <= age.least }) ?? 0
        let most = (domain.ages.lastIndex { $0 <= age.most }) ?? 0
        if least == most { return least }
        return most == least + 1 ? domain.ages.count + least : unknownAge
    }

    private mutating func takeRecord() {
        let places = domain.places
        values[places.category] = view.categoryBit
        let type = view.detail?.resourceType ?? ""
        set(places.type, domain.types.firstIndex(of: type) ?? domain.types.count)
        for (rank, place) in places.labels.enumerated() {
            set(place, if: (view.labels?.bits ?? 0) & 1 << UInt32(rank) != 0)
        }
        for (number, place) in places.marks.enumerated() {
            let mark = PolicyRule.Marks(rawValue: 1 << UInt16(number))
            set(place, if: core.hasMark(mark, view) == .yes)
        }
        for (time, place) in places.times { set(place, if: core.isIn(time, view) == .yes) }
    }

    private mutating func takeConsents() {
        let places = domain.places
        let isReadable = core.consents.contains(.inForce)
        let isMalformed = core.consents.contains(.malformed)
        set(places.consent, (isReadable ? 1 : 0) + (isMalformed ? 2 : 0))
        let speech = RecordSpeech(core: core, view: view)
        if !isMalformed {
            let said = speech.directives()
            set(places.said, said == .deny ? 2 : said == .permit ? 1 : 0)
        }
        set(places.absolute, if: speech.absolute() == .deny)
        set(places.closes, if: speech.closesDefault() == .yes)
        let namings: [(PolicyRule.ConsentNaming, Int)] = [
            (.separate, 3), (.explicit, 2), (.class, 1),
        ]
        for (labels, place) in places.names {
            let naming = namings.first {
                core.isNamed(LabelSet(bits: labels), $0.0, view) == .yes
            }
            set(place, naming?.1 ?? 0)
        }
    }
}
