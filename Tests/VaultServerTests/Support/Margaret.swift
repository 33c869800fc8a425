import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// Margaret Whitfield's record, and those who ask for it.
struct Margaret {
    let harness: ServerHarness
    let doctor: TestClient
    let stranger: TestClient
    let plan: TestClient
    let daughter: TestClient
    let patient: TestClient
    let officer: TestClient
    let registrar: TestClient
    let integration: TestClient
    let researcher: TestClient
    let emergency: TestClient
    let administrator: TestClient

    /// Hidden from her family doctor: a psychotherapy process note.
    static let hidden = "DocumentReference/margaret-doc-therapy-process"
    /// Seen by her doctor.
    static let visible = "Condition/margaret-cond-1"

    init(limits: RateLimits = .shipped) throws {
        let harness = try ServerHarness(limits: limits)
        self.harness = harness
        try harness.importExample("directory.json")
        try harness.importExample("en-margaret-whitfield.json")
        try harness.importExample("nb-marit-bjornstad.json")
        func enrol(
            _ name: String,
            _ kind: RequesterKind,
            _ purposes: [String],
            references: [String] = [],
            identifiers: [BusinessIdentifier] = [],
            organization: String? = nil,
            roles: [String] = []
        ) throws -> TestClient {
            try harness.enrol(
                name,
                Guard_Requester(
                    kind: kind,
                    references: references,
                    identifiers: identifiers,
                    organization: organization.map { OrganizationDesignation($0) },
                    roles: roles
                ),
                purposes: purposes
            )
        }
        let staff = "http://hospital.example/staff-id"
        doctor = try enrol(
            "okafor",
            .clinician,
            ["TREAT"],
            references: ["Practitioner/prac-us-okafor"],
            identifiers: [BusinessIdentifier(system: staff, value: "US-1001")],
            organization: "Organization/org-sunrise-clinic",
            roles: ["physician"]
        )
        stranger = try enrol(
            "hale",
            .clinician,
            ["TREAT"],
            identifiers: [BusinessIdentifier(system: staff, value: "US-1901")],
            organization: "Organization/org-northfield-hospital"
        )
        emergency = try enrol(
            "haddad",
            .clinician,
            ["ETREAT", "TREAT"],
            identifiers: [BusinessIdentifier(system: staff, value: "US-1900")],
            organization: "Organization/org-northfield-hospital"
        )
        plan = try enrol(
            "harbour",
            .insurer,
            ["HPAYMT"],
            references: ["Organization/org-harbour-health-plan"],
            identifiers: [
                BusinessIdentifier(system: "http://payer.example/plan-id", value: "HHP-2041")
            ],
            organization: "Organization/org-harbour-health-plan"
        )
        daughter = try enrol(
            "daughter",
            .family,
            ["FAMRQT"],
            references: ["RelatedPerson/rp-margaret-daughter"]
        )
        patient = try enrol("margaret", .patient, ["PATRQT"], references: ["Patient/margaret"])
        officer = try enrol("officer", .privacyOfficer, ["HCOMPL"])
        registrar = try enrol("registrar", .registrar, ["PATADMIN"])
        integration = try enrol("wellness", .integration, ["TREAT"])
        researcher = try enrol("researcher", .researcher, ["HRESCH"])
        administrator = try enrol("admin-2", .administrator, ["HSYSADMIN"])
    }

    /// Asks what somebody would see with a consent of the examples.
    static func preview(_ name: String, of reference: String, wantsBundle: Bool = false) -> String {
        #"{"resourceType":"Parameters","parameter":[{"name":"consent","resource":"#
            + example(name) + #"},{"name":"requester","valueReference":{"reference":"#
            + #""\#(reference)"}},{"name":"purpose","valueCode":"FAMRQT"},"#
            + #"{"name":"bundle","valueBoolean":\#(wantsBundle)}]}"#
    }

    /// A consent of the examples.
    static func example(_ name: String) -> String {
        let url = ServerHarness.project.appending(path: "Examples/consents/\(name).json")
        return (try? String(contentsOf: url, encoding: .utf8)) ?? "{}"
    }

    func consent(_ name: String, by principal: String = "margaret") throws {
        _ = try harness.vault.addConsent(
            Array(Self.example(name).utf8),
            by: try harness.session(principal),
            context: CallContext(),
            now: harness.clock.now()
        )
    }
}
