import Consent
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

extension MatrixActor {
    /// The actor's token, in a vault that was made for this actor; `nil` for none.
    func token(_ m: Margaret) throws -> String? {
        let h = m.harness
        func own(_ client: TestClient, _ purpose: [String]? = nil) throws -> String {
            try Self.allowSubscriptions(of: client, h)
            return try h.token(client, purpose: purpose)
        }
        func doctor(for purposes: [String]) throws -> String {
            let client = TestClient("okafor-other")
            try h.register(client, for: "okafor", purposes: purposes, scopes: ["system/*.cruds"])
            return try own(client)
        }
        switch self {
        case .noToken: return nil
        case .malformedToken: return "x.y.z"
        case .expiredToken:
            let token = try own(m.doctor)
            h.clock.move(by: .seconds(301))
            return token
        case .revokedToken:
            let token = try own(m.doctor)
            let claims = m.doctor.claims(
                audience: "\(ServerHarness.origin)/auth/token",
                now: h.clock.now()
            )
            let assertion = try m.doctor.assertion(claims)
            #expect(
                h.tokenReply("\(assertion)&token=\(token)", scope: "", path: "revoke").status == 200
            )
            return token
        case .disabledPrincipal:
            let token = try own(m.stranger)
            try h.vault.guard.disable(
                try #require(PrincipalID("hale")),
                by: .operator,
                context: CallContext()
            )
            return token
        case .doctor: return try own(m.doctor)
        case .otherOrganization: return try own(m.stranger)
        case .otherPurpose: return try doctor(for: ["HMARKT"])
        case .noPurpose: return try doctor(for: ["TREAT", "HMARKT"])
        case .family: return try own(m.daughter)
        case .consentedFamily:
            try m.consent("margaret-daughter")
            return try own(m.daughter)
        case .familyAfterConsent:
            try m.consent("margaret-daughter")
            // Its last day is in 2030.
            h.clock.move(by: .seconds(5 * 366 * 86_400))
            return try own(m.daughter)
        case .insurer: return try own(m.plan)
        case .wrongPatient:
            try h.take([#"{"resourceType":"Patient","id":"third"}"#])
            return try own(
                h.enrol(
                    "third",
                    Guard_Requester(kind: .patient, references: ["Patient/third"]),
                    purposes: ["PATRQT"]
                )
            )
        case .patient: return try own(m.patient)
        case .emergency: return try own(m.emergency, ["ETREAT"])
        case .officer: return try own(m.officer)
        case .administrator: return try own(m.administrator)
        case .registrar: return try own(m.registrar)
        case .integration: return try own(m.integration)
        case .researcher: return try own(m.researcher)
        }
    }

    /// Registers a client anew with an address that may be told; tokens that it had end.
    static func allowSubscriptions(of client: TestClient, _ h: ServerHarness) throws {
        var known = try #require(try h.vault.guard.clients().first { $0.id == client.id })
        known.targets = ["https://app.example:443"]
        try h.vault.guard.register(known, by: .operator, context: CallContext())
    }
}
