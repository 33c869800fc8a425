/// The v3 PurposeOfUse codes, each with a bit of its own; matched exactly, never by hierarchy.
///
/// Source: HL7 v3 ActReason, concept PurposeOfUse, as published with FHIR R4.
public struct PurposeSet: Sendable, Hashable {
    /// One bit per code of ``codes``.
    let bits: UInt64

    /// Every code, in a fixed order.
    public static let codes: [String] = [
        "PurposeOfUse", "HMARKT", "HOPERAT", "CAREMGT", "DONAT", "FRAUD", "GOV", "HACCRED",
        "HCOMPL", "HDECD", "HDIRECT", "HDM", "HLEGAL", "HOUTCOMS", "HPRGRP", "HQUALIMP",
        "HSYSADMIN", "LABELING", "METAMGT", "MEMADMIN", "MILCDM", "PATADMIN", "PATSFTY",
        "PERFMSR", "RECORDMGT", "SYSDEV", "HTEST", "TRAIN", "HPAYMT", "CLMATTCH", "COVAUTH",
        "COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG", "REMITADV", "HRESCH", "BIORCH",
        "CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH", "DSRCH", "POARCH", "TRANSRCH",
        "PATRQT", "FAMRQT", "PWATRNY", "SUPNWK", "PUBHLTH", "DISASTER", "THREAT", "TREAT",
        "CLINTRL", "COC", "ETREAT", "BTG", "ERTREAT", "POPHLTH",
    ]

    private static let places = Dictionary(
        uniqueKeysWithValues: codes.enumerated().map { ($1, $0) }
    )

    /// Where a code stands in ``codes``; `nil` for what nobody may claim.
    static func place(of code: String) -> Int? {
        guard let place = places[code], place > 0 else { return nil }
        return place
    }

    init(bits: UInt64) { self.bits = bits }

    /// Collects codes; those nobody knows are left out and make ``knows(_:)`` false.
    init(_ codes: some Sequence<String>) {
        bits = codes.reduce(0) { bits, code in
            bits | (Self.places[code].map { 1 << UInt64($0) } ?? 0)
        }
    }

    /// Whether a code is a v3 PurposeOfUse; the abstract root is none that anybody may claim.
    ///
    /// - Parameter code: Any text.
    /// - Returns: Whether it is known.
    public static func knows(_ code: String) -> Bool {
        place(of: code) != nil
    }

    /// Treatment, payment and operations: what a consent that names no purpose is read to mean.
    static let treatmentPaymentOperations = PurposeSet([
        "TREAT", "ETREAT", "COC", "CAREMGT", "HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE",
        "ELIGDTRM", "ELIGVER", "REMITADV", "HOPERAT", "PATADMIN", "PATSFTY", "HQUALIMP",
        "HACCRED", "HCOMPL", "PERFMSR", "RECORDMGT",
    ])

    /// What a consent that names no purpose but a recipient is read to mean besides: "at the request of
    /// the individual" is purpose enough (45 CFR 164.508(c)(1)(iv)), except for marketing and research.
    static let atPatientsRequest = PurposeSet(["PATRQT", "FAMRQT", "PWATRNY", "SUPNWK"])

    /// Research of any kind.
    static let research = PurposeSet([
        "HRESCH", "BIORCH", "CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH", "DSRCH",
        "POARCH", "TRANSRCH",
    ])

    /// What who stands in for the patient asks for.
    static let onBehalf = PurposeSet(["PWATRNY", "PATRQT"])

    /// What a deny names that holds in an emergency too.
    static let overrides = PurposeSet(["ETREAT", "BTG"])

    /// What a break-glass may be asked for.
    static let emergency = PurposeSet(["TREAT", "ETREAT", "BTG"])

    func union(_ other: PurposeSet) -> PurposeSet { PurposeSet(bits: bits | other.bits) }
    func isSuperset(of other: PurposeSet) -> Bool { other.bits & ~bits == 0 }
    func intersects(_ other: PurposeSet) -> Bool { bits & other.bits != 0 }
}

/// The purposes of one request, looked up once.
struct RequestedPurposes: Sendable {
    private let texts: [String]
    let known: PurposeSet
    let hasUnknown: Bool
    /// Place in ``PurposeSet/codes`` where one v3 code is asked for and nothing else.
    let single: Int?

    /// Takes bare v3 codes and `SYS|CODE` of other systems.
    init(_ purposes: [String]) {
        texts = purposes
        if purposes.count == 1, let place = PurposeSet.place(of: purposes[0]) {
            known = PurposeSet(bits: 1 << UInt64(place))
            hasUnknown = false
            single = place
            return
        }
        single = nil
        let codes = Self.codes(purposes)
        known = PurposeSet(codes.filter { $0.system == CodeSystem.actReason }.map(\.code))
        hasUnknown = !codes.allSatisfy {
            $0.system == CodeSystem.actReason && PurposeSet.knows($0.code)
        }
    }

    var count: Int { texts.count }

    /// The purposes as codes with their systems.
    var codes: [CodedValue] { Self.codes(texts) }

    private static func codes(_ purposes: [String]) -> [CodedValue] {
        purposes.map { text in
            guard let bar = text.utf8.lastIndex(of: 0x7C) else {
                let system = PurposeSet.knows(text) ? CodeSystem.actReason : ""
                return CodedValue(canonicalSystem: system, code: text)
            }
            return CodedValue(
                system: String(text[..<bar]),
                code: String(text[text.utf8.index(after: bar)...])
            )
        }
    }

    /// Whether a consent's purpose is one of those asked for.
    ///
    /// A permit needs the same code in the same system; a code that is asked for without a system and is no
    /// v3 code matches one of another system by its text. A deny matches by text alone.
    func contains(_ listed: CodedValue, forDeny: Bool) -> Bool {
        codes.contains { Self.matches(listed, $0, forDeny: forDeny) }
    }

    /// Whether every purpose asked for is among a consent's.
    func allAre(in listed: [CodedValue]) -> Bool {
        codes.allSatisfy { asked in
            listed.contains { Self.matches($0, asked, forDeny: false) }
        }
    }

    private static func matches(
        _ listed: CodedValue,
        _ asked: CodedValue,
        forDeny: Bool
    ) -> Bool {
        guard listed.code == asked.code else { return false }
        if forDeny || listed.system == asked.system { return true }
        return asked.system.isEmpty && !listed.system.isEmpty
            && listed.system != CodeSystem.actReason
    }
}
