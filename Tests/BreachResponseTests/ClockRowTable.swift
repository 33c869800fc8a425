/// Worked dates for every row of law: facts, the rule asked, whether required, and the deadline.
///
/// Counted by hand with a calendar, not by the code under test. `-` means no date.
enum ClockRowTable {
    struct Line {
        var facts: String
        var rule: String
        var required: Bool
        var due: String

        init(_ facts: String, _ rule: String, _ required: Bool, _ due: String) {
            self.facts = facts
            self.rule = rule
            self.required = required
            self.due = due
        }
    }

    /// Facts of one role, its events and its residents.
    static func facts(
        _ role: String,
        _ events: String,
        _ residents: String,
        _ more: String = ""
    ) -> String {
        #"{"role": "\#(role)", "events": {\#(quoted(events))}, "residents": {\#(quoted(residents))}"#
            + (more.isEmpty ? "" : ", \(more)") + "}"
    }

    /// `a: b, c: 4` with its words quoted; numbers stay numbers.
    private static func quoted(_ list: String) -> String {
        list.split(separator: ", ").map { item in
            let parts = item.split(separator: " ")
            let value = Int(parts[1]) == nil ? "\"\(parts[1])\"" : String(parts[1])
            return "\"\(parts[0])\": \(value)"
        }.joined(separator: ", ")
    }

    static func entity(_ events: String, _ residents: String, _ more: String = "") -> String {
        facts("covered-entity", events, residents, more)
    }

    static let unitedStates: [Line] = [
        // 1: sixty days in the zone of discovery; leap year; should have known earlier.
        Line(
            entity("discovered 2026-03-02T09:30:00-05:00", "US-MA 1"),
            "hipaa-individual",
            true,
            "2026-05-01T23:59:59-05:00"
        ),
        Line(entity("discovered 2024-01-15", "US-MA 1"), "hipaa-individual", true, "2024-03-15"),
        Line(
            entity("discovered 2026-03-10, should_have_known 2026-03-02", "US-MA 1"),
            "hipaa-individual",
            true,
            "2026-05-01"
        ),
        // 2: five hundred in all; over the turn of the year.
        Line(entity("discovered 2025-12-15", "US-MA 250, NO 250"), "hipaa-hhs", true, "2026-02-13"),
        Line(entity("discovered 2026-03-02", "US-MA 500"), "hipaa-hhs", true, "2026-05-01"),
        Line(entity("discovered 2026-03-02", "US-MA 499"), "hipaa-hhs", false, "2026-05-01"),
        // 3: year end; leap year; New Year's Eve west of Greenwich.
        Line(entity("discovered 2019-06-01", "US-MA 4"), "hipaa-hhs-annual", true, "2020-02-29"),
        Line(entity("discovered 2026-03-02", "US-MA 499"), "hipaa-hhs-annual", true, "2027-03-01"),
        Line(
            entity("discovered 2025-12-31T23:30:00-05:00", "US-MA 4"),
            "hipaa-hhs-annual",
            true,
            "2026-03-01T23:59:59-05:00"
        ),
        Line(entity("discovered 2026-03-02", "US-MA 500"), "hipaa-hhs-annual", false, "2027-03-01"),
        // 4: more than 500 of one State.
        Line(entity("discovered 2026-03-02", "US-MA 501"), "hipaa-media", true, "2026-05-01"),
        Line(entity("discovered 2024-01-15", "US-PR 501"), "hipaa-media", true, "2024-03-15"),
        Line(
            entity("discovered 2026-03-02", "US-MA 500, US-NH 500"),
            "hipaa-media",
            false,
            "2026-05-01"
        ),
        Line(
            entity("discovered 2026-03-02", "US-MA 700, US-RI 500"),
            "hipaa-media/US-RI",
            false,
            "2026-05-01"
        ),
        // 5: business associate; Saturday; leap year.
        Line(
            facts("business-associate", "discovered 2026-11-28", "US-MA 1"),
            "hipaa-ba-covered-entity",
            true,
            "2027-01-27"
        ),
        Line(
            facts("business-associate", "discovered 2028-02-01", "US-MA 1"),
            "hipaa-ba-covered-entity",
            true,
            "2028-04-01"
        ),
        // 6: Part 2.
        Line(
            facts("part2-program", "discovered 2026-03-02", "US-MA 1"),
            "part2-individual",
            true,
            "2026-05-01"
        ),
        Line(
            facts("part2-program", "discovered 2027-11-05", "US-MA 1"),
            "part2-hhs-annual",
            true,
            "2028-02-29"
        ),
        Line(
            facts("part2-program", "discovered 2026-03-02", "US-MA 501"),
            "part2-media",
            true,
            "2026-05-01"
        ),
        Line(
            facts("part2-program", "discovered 2026-03-02", "US-MA 500"),
            "part2-hhs",
            true,
            "2026-05-01"
        ),
        Line(
            facts("part2-program", "discovered 2026-02-15", "US-MA 1"),
            "part2-individual",
            false,
            "2026-04-16"
        ),
        // 7 to 9: FTC; the old ten business days; 500 where HIPAA says more than 500.
        Line(
            facts("phr-vendor", "discovered 2026-03-02", "US-MA 1"),
            "ftc-individual",
            true,
            "2026-05-01"
        ),
        Line(
            facts("phr-vendor", "discovered 2024-01-15", "US-MA 1"),
            "ftc-individual",
            true,
            "2024-03-15"
        ),
        Line(
            facts("phr-vendor", "discovered 2024-07-28", "US-MA 500"),
            "ftc-commission",
            true,
            "2024-08-09"
        ),
        Line(
            facts("phr-vendor", "discovered 2024-07-29", "US-MA 500"),
            "ftc-commission",
            true,
            "2024-09-27"
        ),
        Line(
            facts("phr-vendor", "discovered 2027-05-05", "US-MA 499"),
            "ftc-commission-annual",
            true,
            "2028-02-29"
        ),
        Line(
            facts("phr-vendor", "discovered 2026-03-02", "US-MA 500"),
            "ftc-media",
            true,
            "2026-05-01"
        ),
        Line(
            facts("phr-vendor", "discovered 2024-01-15", "US-MA 499"),
            "ftc-media",
            false,
            "2024-03-15"
        ),
    ]

    static let states: [Line] = [
        // 10, 11: Texas counts from determination, and from discovery where that is not known.
        Line(
            entity("discovered 2026-02-20, determined 2026-03-02", "US-TX 1"),
            "us-tx-individual",
            true,
            "2026-05-01"
        ),
        Line(entity("discovered 2025-12-15", "US-TX 1"), "us-tx-individual", true, "2026-02-13"),
        Line(entity("determined 2026-03-02", "US-TX 250"), "us-tx-ag", true, "2026-04-01"),
        Line(entity("determined 2023-09-01", "US-TX 250"), "us-tx-ag", true, "2023-10-01"),
        Line(entity("determined 2023-08-31", "US-TX 250"), "us-tx-ag", true, "2023-10-30"),
        Line(entity("determined 2026-03-02", "US-TX 249"), "us-tx-ag", false, "2026-04-01"),
        // 12: fifteen business days over Thanksgiving and over the turn of the year; hold.
        Line(
            entity("detected 2026-11-20", "US-CA 1"),
            "us-ca-facility-individual",
            true,
            "2026-12-14"
        ),
        Line(entity("detected 2025-12-19", "US-CA 1"), "us-ca-facility-cdph", true, "2026-01-13"),
        Line(
            entity(
                "detected 2026-03-02",
                "US-CA 1",
                #""lawEnforcementHold": {"until": "2026-04-10"}"#
            ),
            "us-ca-facility-cdph",
            true,
            "2026-05-01"
        ),
        Line(
            entity("detected 2026-03-02", "US-CA 1", #""entity": {"caLicensedFacility": false}"#),
            "us-ca-facility-individual",
            false,
            "2026-03-23"
        ),
        // 13: February, leap February, before 2026, and the Attorney General after the persons.
        Line(entity("discovered 2026-01-30", "US-CA 1"), "us-ca-individual", true, "2026-03-01"),
        Line(entity("discovered 2028-01-30", "US-CA 1"), "us-ca-individual", true, "2028-02-29"),
        Line(entity("discovered 2025-12-31", "US-CA 1"), "us-ca-individual", true, "-"),
        Line(
            entity("discovered 2026-03-02, individuals_notified 2026-03-20", "US-CA 501"),
            "us-ca-ag",
            true,
            "2026-04-04"
        ),
        Line(entity("discovered 2026-03-02", "US-CA 501"), "us-ca-ag", true, "2026-04-16"),
        Line(entity("discovered 2026-03-02", "US-CA 500"), "us-ca-ag", false, "2026-04-16"),
        // 14 to 16: New York.
        Line(entity("discovered 2026-02-15", "US-NY 1"), "us-ny-individual", true, "2026-03-17"),
        Line(entity("discovered 2028-02-15", "US-NY 1"), "us-ny-individual", true, "2028-03-16"),
        Line(entity("discovered 2025-03-20", "US-NY 1"), "us-ny-individual", false, "2025-04-19"),
        Line(entity("discovered 2026-02-15", "US-NY 1"), "us-ny-authorities", true, "2026-03-17"),
        Line(entity("discovered 2028-02-15", "US-NY 1"), "us-ny-authorities", true, "2028-03-16"),
        Line(entity("discovered 2026-02-15", "US-NY 1"), "us-ny-dfs", false, "2026-03-17"),
        Line(
            entity("discovered 2026-04-02, hhs_notified 2026-05-20", "US-NY 1"),
            "us-ny-hipaa-ag",
            true,
            "2026-05-28"
        ),
        Line(
            entity("discovered 2025-11-10, hhs_notified 2025-12-30", "US-NY 1"),
            "us-ny-hipaa-ag",
            true,
            "2026-01-07"
        ),
        Line(entity("discovered 2026-04-02", "US-NY 1"), "us-ny-hipaa-ag", true, "2027-03-08"),
        // 17: Florida; reason to believe comes first.
        Line(entity("determined 2026-03-02", "US-FL 1"), "us-fl-individual", true, "2026-04-01"),
        Line(
            entity("determined 2026-03-02, reason_to_believe 2026-02-20", "US-FL 500"),
            "us-fl-legal-affairs",
            true,
            "2026-03-22"
        ),
        Line(
            entity("determined 2026-03-02", "US-FL 499"),
            "us-fl-legal-affairs",
            false,
            "2026-04-01"
        ),
        // 18: Colorado over the turn of the year and over a leap day.
        Line(entity("determined 2026-12-10", "US-CO 1"), "us-co-individual", true, "2027-01-09"),
        Line(entity("determined 2028-02-10", "US-CO 500"), "us-co-ag", true, "2028-03-11"),
        Line(entity("determined 2028-02-10", "US-CO 499"), "us-co-ag", false, "2028-03-11"),
        // 19, 20: Washington; a Sunday does not move.
        Line(entity("discovered 2026-06-05", "US-WA 1"), "us-wa-individual", true, "2026-07-05"),
        Line(entity("discovered 2028-02-01", "US-WA 501"), "us-wa-ag", true, "2028-03-02"),
        Line(entity("discovered 2028-02-01", "US-WA 500"), "us-wa-ag", false, "2028-03-02"),
        Line(
            entity("discovered 2026-12-31", "US-WA 1", #""entity": {"waInsurer": true}"#),
            "us-wa-insurance-commissioner",
            true,
            "2027-01-02"
        ),
        Line(
            entity("discovered 2026-07-03", "US-WA 1", #""waInsurer": true"#),
            "us-wa-insurance-commissioner",
            true,
            "2026-07-05"
        ),
        // 21: Maine needs both; seven business days after a hold, over Memorial Day.
        Line(
            entity("aware 2026-03-02, scope_identified 2026-03-10", "US-ME 1"),
            "us-me-individual",
            true,
            "2026-04-09"
        ),
        Line(entity("aware 2028-02-10", "US-ME 1"), "us-me-ag", true, "2028-03-11"),
        Line(
            entity(
                "aware 2026-03-02, scope_identified 2026-03-10",
                "US-ME 1",
                #""lawEnforcementHold": {"until": "2026-05-20"}"#
            ),
            "us-me-individual",
            true,
            "2026-06-01"
        ),
        Line(
            entity("aware 2026-03-02", "US-ME 1", #""dataKinds": ["medical"]"#),
            "us-me-individual",
            false,
            "2026-04-01"
        ),
        // 22: Oregon.
        Line(entity("discovered 2026-01-20", "US-OR 1"), "us-or-individual", true, "2026-03-06"),
        Line(entity("discovered 2028-01-20", "US-OR 251"), "us-or-ag", true, "2028-03-05"),
        Line(entity("discovered 2028-01-20", "US-OR 250"), "us-or-ag", false, "2028-03-05"),
        Line(
            facts("business-associate", "discovered 2026-12-28", "US-OR 1"),
            "us-or-vendor",
            true,
            "2027-01-07"
        ),
    ]

    static let europe: [Line] = [
        // 23: over a weekend, over a leap day, a bare day from its midnight.
        Line(
            facts("controller", "aware 2026-03-27T22:00:00+01:00", "NO 3"),
            "gdpr-authority/NO",
            true,
            "2026-03-30T22:00:00+01:00"
        ),
        Line(
            facts("controller", "aware 2028-02-27T10:00:00Z", "LT 3"),
            "gdpr-authority/LT",
            true,
            "2028-03-01T10:00:00Z"
        ),
        Line(
            facts("controller", "aware 2026-12-30", "IE 3"),
            "gdpr-authority/IE",
            true,
            "2027-01-02T00:00:00Z"
        ),
        Line(
            facts("controller", "aware 2026-12-30", "IE 3", #""risk": "unlikely""#),
            "gdpr-authority",
            false,
            "2027-01-02T00:00:00Z"
        ),
        // 24
        Line(facts("controller", "aware 2026-12-30", "IE 3"), "gdpr-individual", true, "-"),
        Line(
            facts("controller", "aware 2028-02-29", "NO 3", #""risk": "risk""#),
            "gdpr-individual",
            false,
            "-"
        ),
        // 25 and the register
        Line(
            facts("processor", "aware 2026-12-30", "IE 3"),
            "gdpr-processor-controller",
            true,
            "-"
        ),
        Line(
            facts("business-associate", "discovered 2028-02-29", "NO 3", #""risk": "unlikely""#),
            "gdpr-processor-controller",
            true,
            "-"
        ),
        Line(
            facts("controller", "aware 2026-12-30", "NO 3", #""risk": "unlikely""#),
            "gdpr-register",
            true,
            "-"
        ),
        // 26: a month is cut to February.
        Line(
            facts("controller", "aware 2026-12-31T12:00:00Z", "LT 1", #""nis2Significant": true"#),
            "nis2-early-warning",
            true,
            "2027-01-01T12:00:00Z"
        ),
        Line(
            facts("controller", "aware 2026-12-31T12:00:00Z", "LT 1", #""nis2Significant": true"#),
            "nis2-notification",
            true,
            "2027-01-03T12:00:00Z"
        ),
        Line(
            facts(
                "controller",
                "aware 2027-01-29, regulator_notified 2027-01-31",
                "LT 1",
                #""nis2Significant": true"#
            ),
            "nis2-final-report",
            true,
            "2027-02-28"
        ),
        Line(
            facts(
                "controller",
                "aware 2028-01-29, regulator_notified 2028-01-31",
                "LT 1",
                #""nis2Significant": true"#
            ),
            "nis2-final-report",
            true,
            "2028-02-29"
        ),
        Line(
            facts("controller", "aware 2026-12-31", "LT 1"),
            "nis2-early-warning",
            false,
            "2027-01-01T00:00:00Z"
        ),
        // 27: the clocks go forward on 29 March 2026; hours do not care.
        Line(
            facts("controller", "aware 2026-03-27T22:00:00Z", "GB 3"),
            "uk-gdpr-authority",
            true,
            "2026-03-30T22:00:00Z"
        ),
        Line(
            facts("controller", "aware 2028-02-27T10:00:00Z", "UK 3"),
            "uk-gdpr-authority",
            true,
            "2028-03-01T10:00:00Z"
        ),
        Line(facts("controller", "aware 2028-02-27", "GB 3"), "uk-gdpr-individual", true, "-"),
    ]

    static let asia: [Line] = [
        // 28 to 30: Korea before and after 11 September 2026.
        Line(
            facts("kr-handler", "aware 2026-09-10T10:00:00+09:00", "KR 3"),
            "kr-pipa-individual",
            true,
            "2026-09-13T10:00:00+09:00"
        ),
        Line(
            facts(
                "kr-handler",
                "aware 2026-09-10T10:00:00+09:00",
                "KR 3",
                #""trigger": "alteration""#
            ),
            "kr-pipa-individual",
            false,
            "2026-09-13T10:00:00+09:00"
        ),
        Line(
            facts(
                "kr-handler",
                "aware 2026-09-11T00:00:00+09:00",
                "KR 3",
                #""trigger": "alteration""#
            ),
            "kr-pipa-individual",
            true,
            "2026-09-14T00:00:00+09:00"
        ),
        Line(
            facts(
                "kr-handler",
                "aware 2026-09-11T00:00:00+09:00",
                "KR 3",
                #""trigger": "possibility""#
            ),
            "kr-pipa-individual-possibility",
            true,
            "-"
        ),
        Line(
            facts(
                "kr-handler",
                "aware 2028-02-27T10:00:00+09:00",
                "KR 999",
                #""sensitive": false, "externalAccess": false"#
            ),
            "kr-pipa-authority",
            false,
            "2028-03-01T10:00:00+09:00"
        ),
        Line(
            facts(
                "kr-handler",
                "aware 2026-12-30T10:00:00+09:00",
                "KR 1000",
                #""sensitive": false, "externalAccess": false"#
            ),
            "kr-pipa-authority",
            true,
            "2027-01-02T10:00:00+09:00"
        ),
        Line(
            facts("kr-handler", "aware 2026-12-30T10:00:00+09:00", "KR 1"),
            "kr-pipa-authority",
            true,
            "2027-01-02T10:00:00+09:00"
        ),
        Line(facts("kr-handler", "aware 2026-12-30", "KR 1"), "kr-medical-service-act", true, "-"),
        Line(
            facts("kr-handler", "aware 2028-02-29", "KR 1", #""electronicIntrusion": false"#),
            "kr-medical-service-act",
            false,
            "-"
        ),
        // 31, 32: Malaysia; the earlier of occurrence and knowledge.
        Line(
            facts(
                "controller",
                "occurred 2026-03-01T08:00:00+08:00, aware 2026-03-03T08:00:00+08:00",
                "MY 1"
            ),
            "my-pdpa-commissioner",
            true,
            "2026-03-04T08:00:00+08:00"
        ),
        Line(
            facts(
                "controller",
                "aware 2028-02-27T08:00:00+08:00",
                "MY 1000",
                #""sensitive": false, "significantHarm": false"#
            ),
            "my-pdpa-commissioner",
            false,
            "2028-03-01T08:00:00+08:00"
        ),
        Line(
            facts(
                "controller",
                "aware 2028-02-27T08:00:00+08:00",
                "MY 1001",
                #""sensitive": false, "significantHarm": false"#
            ),
            "my-pdpa-commissioner",
            true,
            "2028-03-01T08:00:00+08:00"
        ),
        Line(
            facts("controller", "aware 2026-02-08, regulator_notified 2026-02-10", "MY 1"),
            "my-pdpa-commissioner-rest",
            true,
            "2026-03-12"
        ),
        Line(
            facts("controller", "aware 2026-12-27, regulator_notified 2026-12-28", "MY 1"),
            "my-pdpa-individual",
            true,
            "2027-01-04"
        ),
        Line(
            facts("controller", "aware 2028-02-24, regulator_notified 2028-02-25", "MY 1"),
            "my-pdpa-individual",
            true,
            "2028-03-03"
        ),
        Line(
            facts(
                "controller",
                "aware 2028-02-24, regulator_notified 2028-02-25",
                "MY 5000",
                #""sensitive": false, "significantHarm": false"#
            ),
            "my-pdpa-individual",
            false,
            "2028-03-03"
        ),
        // 33 to 35: India before and after 13 May 2027; six hours over midnight of a leap year.
        Line(
            facts("in-fiduciary", "aware 2027-05-13T00:00:00+05:30", "IN 1"),
            "in-dpdp-individual",
            true,
            "-"
        ),
        Line(
            facts("in-fiduciary", "aware 2027-05-12T23:00:00+05:30", "IN 1"),
            "in-dpdp-individual",
            false,
            "-"
        ),
        Line(
            facts("in-fiduciary", "aware 2027-05-13T00:00:00+05:30", "IN 1"),
            "in-dpdp-board",
            true,
            "2027-05-16T00:00:00+05:30"
        ),
        Line(
            facts("in-fiduciary", "aware 2028-02-27T10:00:00+05:30", "IN 1"),
            "in-dpdp-board",
            true,
            "2028-03-01T10:00:00+05:30"
        ),
        Line(
            facts("in-fiduciary", "aware 2028-02-27T10:00:00+05:30", "IN 1"),
            "in-dpdp-board-first",
            true,
            "-"
        ),
        Line(
            facts("in-fiduciary", "detected 2026-12-31T22:00:00+05:30", "IN 1"),
            "in-cert-in",
            true,
            "2027-01-01T04:00:00+05:30"
        ),
        Line(
            facts("in-fiduciary", "noticed 2028-02-28T20:00:00Z", "IN 1"),
            "in-cert-in",
            true,
            "2028-02-29T02:00:00Z"
        ),
        // 36 to 38: Singapore.
        Line(
            facts("controller", "aware 2026-12-01, assessed_notifiable 2026-12-30", "SG 500"),
            "sg-pdpa-commission",
            true,
            "2027-01-02"
        ),
        Line(
            facts("controller", "aware 2028-02-01, assessed_notifiable 2028-02-27", "SG 1"),
            "sg-pdpa-commission",
            true,
            "2028-03-01"
        ),
        Line(
            facts("controller", "aware 2026-03-02", "SG 499", #""significantHarm": false"#),
            "sg-pdpa-commission",
            false,
            "2026-04-04"
        ),
        Line(facts("controller", "aware 2026-03-02", "SG 1"), "sg-pdpa-assess", true, "2026-04-01"),
        Line(facts("controller", "aware 2026-03-02", "SG 1"), "sg-pdpa-individual", true, "-"),
        Line(
            facts("controller", "aware 2028-02-29", "SG 900", #""significantHarm": false"#),
            "sg-pdpa-individual",
            false,
            "-"
        ),
        Line(
            facts("controller", "aware 2026-03-02", "SG 1", #""sgHealthInformation": true"#),
            "sg-hia-minister",
            false,
            "-"
        ),
        Line(
            facts(
                "controller",
                "aware 2027-03-02, assessed_notifiable 2027-03-03",
                "SG 1",
                #""sgHealthInformation": true"#
            ),
            "sg-hia-minister",
            true,
            "-"
        ),
    ]

    static let others: [Line] = [
        // 39, 40: Australia.
        Line(
            facts("controller", "suspected 2026-03-02, aware 2026-03-20", "AU 1"),
            "au-privacy-assess",
            true,
            "2026-04-01"
        ),
        Line(
            facts("controller", "suspected 2028-02-01", "AU 1"),
            "au-privacy-assess",
            true,
            "2028-03-02"
        ),
        Line(
            facts("controller", "suspected 2028-02-01", "AU 1"),
            "au-privacy-commissioner",
            true,
            "-"
        ),
        Line(
            facts("controller", "suspected 2028-02-01", "AU 1", #""significantHarm": false"#),
            "au-privacy-individual",
            false,
            "-"
        ),
        Line(
            facts("controller", "aware 2026-12-31", "AU 1", #""auMyHealthRecord": true"#),
            "au-my-health-record",
            true,
            "-"
        ),
        Line(facts("controller", "aware 2028-02-29", "AU 1"), "au-my-health-record", false, "-"),
        // 41, 42: Ontario; the first of March stays the first of March.
        Line(
            facts("health-information-custodian", "aware 2026-12-31", "CA-ON 1"),
            "ca-on-phipa-individual",
            true,
            "-"
        ),
        Line(
            facts("controller", "aware 2028-02-29", "CA-ON 1"),
            "ca-on-phipa-individual",
            true,
            "-"
        ),
        Line(
            facts("controller", "aware 2026-12-31", "CA-ON 1", #""prescribedCase": false"#),
            "ca-on-phipa-ipc",
            false,
            "-"
        ),
        Line(
            facts("controller", "discovered 2026-06-01", "CA-ON 1"),
            "ca-on-phipa-statistics",
            true,
            "2027-03-01"
        ),
        Line(
            facts("controller", "discovered 2027-12-31T23:30:00-05:00", "CA-ON 1"),
            "ca-on-phipa-statistics",
            true,
            "2028-03-01T23:59:59-05:00"
        ),
    ]

    static var all: [Line] { unitedStates + states + europe + asia + others }
}
