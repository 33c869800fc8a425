internal import Consent
internal import FHIRModel
internal import Guard
internal import VaultCore

/// Reads the values of options that name something; none of these is ever repeated in a message.
enum Designation {
    static func identifier(_ text: String) -> (system: String, value: String)? {
        guard let bar = text.lastIndex(of: "|") else { return nil }
        let value = String(text[text.index(after: bar)...])
        return value.isEmpty ? nil : (String(text[..<bar]), value)
    }

    static func patient(_ text: String) throws -> PatientDesignation {
        guard let patient = PatientDesignation(text) else {
            throw Complaint.usage(
                "a patient is named by FHIR id or by `SYS|VAL`",
                hint: "quote it if it has a bar"
            )
        }
        return patient
    }

    static func date(_ text: String?, option: String) throws -> PartialDate? {
        guard let text else { return nil }
        guard let date = PartialDate(text) else {
            throw Complaint.usage(
                "`\(option)` takes a date such as `2026`, `2026-11-22` or an RFC 3339 time",
                hint: "check the date"
            )
        }
        return date
    }

    static func purposes(_ codes: [String]) throws -> [String] {
        for code in codes where !code.contains("|") && !PurposeSet.knows(code) {
            throw Complaint.badInput(
                "there is no such purpose of use",
                hint: "a v3 PurposeOfUse code: TREAT, ETREAT, HPAYMT, HOPERAT, PATRQT, FAMRQT, …"
            )
        }
        return codes
    }

    static func categories(_ names: [String]) throws -> [String] {
        for name in names where DataCategory(rawValue: name) == nil {
            throw Complaint.badInput(
                "there is no such data category",
                hint: "one of " + DataCategory.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return names
    }

    static func types(_ names: [String]) throws -> [String] {
        for name in names where ResourceType(rawValue: name) == nil {
            throw Complaint.badInput(
                "there is no such FHIR R4 resource type",
                hint: "such as `Condition` or `Encounter`"
            )
        }
        return names
    }
}
