import Consent
import FHIRModel
import Foundation
import VaultCore

/// One decision about a record of a patient with ten consents, its reasons included.
struct DecisionRow {
    /// Processor seconds of one decision, the rules' work alone; `policy-benchmark` measures more.
    static func seconds(policies: PolicySet) throws -> Double {
        guard let patient = RecordID("Patient/p"), let doctor = PrincipalID("doctor") else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        var parser = JSONParser()
        let entries = try (0..<10).map { number in
            guard let origin = RecordID("Consent/c\(number)") else {
                throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
            }
            let document = try parser.parse(Array(consent(number).utf8))
            return PatientFacts.Entry(
                origin: origin,
                version: 1,
                facts: FactExtractor.facts(of: document.root)
            )
        }
        let facts = PatientFacts(entries)
        var request = AccessRequest(
            requester: Requester(
                kind: .clinician,
                references: ["Practitioner/3"],
                principal: doctor
            ),
            patient: patient,
            purposes: ["TREAT"],
            now: Instant(seconds: 1_790_000_000)
        )
        let detail = RecordDetail(resourceType: "Observation", id: RecordID("Observation/1"))
        let record = RecordAttributes(category: .laboratory, labels: .none, detail: detail)
        let count = 20_000
        var permitted = 0
        let seconds = Measure.coreSeconds {
            for number in 0..<count {
                request.now = Instant(seconds: 1_790_000_000 + Int64(number))
                let decision = DecisionContext(request: request, facts: facts, policies: policies)
                    .decision(for: record)
                if decision.effect == .permit { permitted += 1 }
            }
        }
        guard permitted == count else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        return seconds / Double(count)
    }

    private static func consent(_ number: Int) -> String {
        """
        {"resourceType":"Consent","id":"c\(number)","status":"active",
        "scope":{"coding":[{"code":"patient-privacy",
        "system":"http://terminology.hl7.org/CodeSystem/consentscope"}]},
        "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
        "patient":{"reference":"Patient/p"},"dateTime":"2026-01-0\(number % 9 + 1)",
        "provision":{"type":"permit",
        "actor":[{"role":{"coding":[{"code":"IRCP",
        "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType"}]},
        "reference":{"reference":"Practitioner/\(number)"}}],
        "purpose":[{"code":"TREAT",
        "system":"http://terminology.hl7.org/CodeSystem/v3-ActReason"}]}}
        """
    }
}
