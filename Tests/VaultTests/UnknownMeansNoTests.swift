import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// Promise 3 through the whole vault: what is not understood is refused, and what is wrong is said.
struct UnknownMeansNoTests {
    private let hard: HardVault
    private let clinician: PrincipalID
    private let patient: PrincipalID
    private let family: PrincipalID

    init() throws {
        hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.condition("c2", of: "a", code: "F32.9"),
            Small.condition("odd", of: "a").replacing(
                "http://hl7.org/fhir/sid/icd-10-cm",
                with: "urn:nobody-knows-this-system"
            ),
        ])
        clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        family = try hard.register(
            "sister",
            Requester(kind: .family, references: ["RelatedPerson/s"])
        )
    }

    private func count(
        _ id: PrincipalID,
        _ purposes: [String],
        _ edit: (inout ReleaseRequest) -> Void = { _ in }
    ) throws -> Int {
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: purposes
        )
        edit(&request)
        let outcome = try hard.vault.request(request, by: try hard.signed(id, request.json))
        return outcome.released?.releasedCount ?? 0
    }

    @Test func `what a request leaves out or nobody knows is refused`() throws {
        #expect(try count(clinician, ["TREAT"]) == 4)
        let refused: [(String, [String], (inout ReleaseRequest) -> Void)] = [
            ("no purpose", [], { _ in }),
            ("unknown purpose", ["WHATEVER"], { _ in }),
            ("purpose in lower case", ["treat"], { _ in }),
            ("purpose with a space", ["TREAT "], { _ in }),
            ("empty purpose", [""], { _ in }),
            ("unknown beside known", ["TREAT", "WHATEVER"], { _ in }),
            ("BTG as a bare purpose", ["BTG"], { _ in }),
            ("unknown category", ["TREAT"], { $0.categories = ["whatever"] }),
            ("category in upper case", ["TREAT"], { $0.categories = ["CONDITIONS"] }),
            ("unknown type", ["TREAT"], { $0.types = ["Whatever"] }),
            ("unknown record", ["TREAT"], { $0.record = RecordID("Condition/none") }),
            (
                "dates that exclude each other", ["TREAT"],
                {
                    $0.since = PartialDate("2027-01-01")
                    $0.until = PartialDate("2020-01-01")
                }
            ),
        ]
        for (name, purposes, edit) in refused {
            #expect(try count(clinician, purposes, edit) == 0, "\(name)")
        }
    }

    @Test func `an action that is not reading, or that nobody knows, releases nothing`() throws {
        for action in ["whatever", "", "write", "delete", "READ"] {
            #expect(throws: GuardError.invalid(field: "action"), "\(action)") {
                try count(clinician, ["TREAT"]) { $0.action = action }
            }
        }
    }

    @Test func `a break-glass with an unknown reason opens nothing that was closed`() throws {
        let stranger = try hard.register(
            "stranger",
            Requester(kind: .clinician, references: ["Practitioner/x"])
        )
        for reason in ["", "whatever", "EMERGENCY"] {
            let found = try count(stranger, ["ETREAT"]) {
                $0.breakGlass = BreakGlass(reason: reason)
            }
            #expect(found == 0, "\(reason)")
        }
        #expect(
            try count(family, ["BTG"]) { $0.breakGlass = BreakGlass(reason: "unconscious") } == 0
        )
    }

    @Test func `a code of an unknown system is shown to treatment and the patient only`() throws {
        let consent = consentText(id: "all", extra: "", provision: permit("RelatedPerson/s"))
        #expect(try state(consent) == nil)
        let shown = try #require(try hard.request(family, "a", "FAMRQT").released)
        let names = Set(shown.records.map(\.record.description))
        #expect(!names.contains("Condition/odd") && !names.contains("Condition/c2"))
        #expect(try hard.everything(of: "a", by: patient)["Condition/odd"] != nil)
    }

    // MARK: Consents

    private func permit(_ actor: String) -> String {
        """
        {"type":"permit","actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},\
        "reference":{"reference":"\(actor)"}}],\
        "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"FAMRQT"}]}
        """
    }

    private func consentText(id: String, extra: String, provision: String) -> String {
        """
        {"resourceType":"Consent","id":"\(id)","status":"active",\
        "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},\
        "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],\
        "patient":{"reference":"Patient/a"},"dateTime":"2026-01-01"\(extra),\
        "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},\
        "provision":\(provision)}
        """
    }

    /// States a consent as its patient; answers the error's kind, `nil` where it was taken.
    private func state(_ text: String) throws -> FailureKind? {
        do {
            _ = try hard.vault.addConsent(
                Array(text.utf8),
                by: try hard.session(patient),
                context: CallContext(),
                now: hard.clock.now()
            )
            return nil
        } catch let error as any Failure { return error.kind }
    }

    @Test func `a consent that cannot be used is refused and changes nothing`() throws {
        let good = consentText(id: "x", extra: "", provision: permit("RelatedPerson/s"))
        let bad: [(String, String, FailureKind)] = [
            ("not JSON", "x", .badInput),
            ("another resource", #"{"resourceType":"Patient","id":"a"}"#, .badInput),
            ("no status", good.replacing(#""status":"active","#, with: ""), .badInput),
            ("unknown status", good.replacing("active", with: "whatever"), .badInput),
            ("inactive", good.replacing("active", with: "inactive"), .badInput),
            ("unknown kind", good.replacing("permit", with: "maybe"), .badInput),
            (
                "no patient", good.replacing(#""patient":{"reference":"Patient/a"},"#, with: ""),
                .badInput
            ),
            ("unknown patient", good.replacing("Patient/a", with: "Patient/none"), .missingInput),
            (
                "expired",
                good.replacing(
                    "{\"type\":\"permit\"",
                    with: "{\"type\":\"permit\",\"period\":{\"end\":\"2020-01-01\"}"
                ),
                .badInput
            ),
            (
                "a period that ends before it begins",
                good.replacing(
                    "{\"type\":\"permit\"",
                    with:
                        "{\"type\":\"permit\",\"period\":{\"start\":\"2027-01-01\",\"end\":\"2026-01-01\"}"
                ),
                .badInput
            ),
        ]
        var surprises: [String] = []
        for (name, text, kind) in bad {
            let found = try state(text)
            // Somebody else's Consent is not the patient's to state: refused without telling more.
            if found != kind && found != .notAllowed {
                surprises.append("\(name): \(String(describing: found))")
            }
            #expect(try count(family, ["FAMRQT"]) == 0, "\(name)")
        }
        #expect(surprises == [])
        // A purpose that nobody knows matches no request.
        #expect(try state(good.replacing("v3-ActReason", with: "nobody")) == nil)
        #expect(try count(family, ["FAMRQT"]) == 0)
        #expect(try state(good) == nil)
        #expect(try count(family, ["FAMRQT"]) > 0)
        #expect(try hard.problems() == [])
    }

    @Test func `a consent that expires, is revoked or is malformed on import permits nothing`()
        throws
    {
        let until = consentText(
            id: "until",
            extra: "",
            provision: permit("RelatedPerson/s").replacing(
                "{\"type\":\"permit\"",
                with:
                    "{\"type\":\"permit\",\"period\":{\"start\":\"2026-01-01\",\"end\":\"2026-03-31\"}"
            )
        )
        #expect(try state(until) == nil)
        #expect(try count(family, ["FAMRQT"]) > 0)
        hard.clock.advance(40 * 86_400)
        #expect(try count(family, ["FAMRQT"]) == 0)
        let good = consentText(id: "x", extra: "", provision: permit("RelatedPerson/s"))
        #expect(try state(good) == nil)
        #expect(try count(family, ["FAMRQT"]) > 0)
        _ = try hard.vault.revokeConsent(
            try #require(FHIRID("x")),
            by: try hard.session(patient),
            context: CallContext()
        )
        #expect(try count(family, ["FAMRQT"]) == 0)
        // The same bytes again do not undo the revocation.
        try hard.take([good])
        #expect(try count(family, ["FAMRQT"]) == 0)
        // An active Consent that nobody can read closes what it could cover.
        #expect(try count(clinician, ["TREAT"]) > 0)
        try hard.take([good.replacing("\"x\"", with: "\"odd\"").replacing("permit", with: "maybe")])
        #expect(try count(family, ["FAMRQT"]) == 0)
        #expect(try count(patient, ["PATRQT"]) > 0)
        #expect(try hard.problems() == [])
    }

    @Test func `a consent that an integration imports is a record and no fact`() throws {
        let app = try hard.register("app", Requester(kind: .integration))
        let good = consentText(id: "x", extra: "", provision: permit("RelatedPerson/s"))
        let session = try hard.session(app)
        _ = try hard.vault.importFile(
            MemorySource(HardVault.bundle([good])),
            by: session,
            context: CallContext()
        )
        #expect(try hard.everything(of: "a", by: patient)["Consent/x"] != nil)
        #expect(try count(family, ["FAMRQT"]) == 0)
        #expect(try hard.problems() == [])
    }
}
