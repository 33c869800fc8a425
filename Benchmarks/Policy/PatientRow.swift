import Consent
import FHIRModel
import Foundation
import VaultCore

/// One patient with ten consents, a treating clinician, and all shipped policies.
struct PatientRow {
    let policies: PolicySet
    let facts: PatientFacts
    let request: AccessRequest
    let record: RecordAttributes

    init(policies: PolicySet) throws {
        self.policies = policies
        let patient = """
            {"resourceType":"Patient","id":"p","birthDate":"1970-01-01",
            "generalPractitioner":[{"reference":"Practitioner/3"}]}
            """
        let texts = [("Patient/p", patient)] + (0..<10).map { ("Consent/c\($0)", Self.consent($0)) }
        facts = PatientFacts(try texts.map { try Facts.entry($0.0, $0.1) })
        guard let id = RecordID("Patient/p"), let doctor = PrincipalID("doctor") else {
            throw PolicyBenchmark.Failure.unreadable("Patient/p")
        }
        request = AccessRequest(
            requester: Requester(
                kind: .clinician,
                references: ["Practitioner/3"],
                principal: doctor
            ),
            patient: id,
            purposes: ["TREAT"],
            now: Instant(seconds: 1_790_000_000)
        )
        record = Self.record(0)
    }

    /// Seconds of one decision about one record, its reasons included.
    func decision() throws -> Double {
        let count = 50_000
        let seconds = try Processor.seconds { try decide(count) }
        return seconds / Double(count)
    }

    /// Bytes resident after many decisions, less those before; whole pages.
    func heapGrowth() throws -> Int {
        try decide(1_000)
        let before = try Self.residentBytes()
        try decide(200_000)
        return try Self.residentBytes() - before
    }

    /// The second figure of `/proc/self/statm`: pages in memory (proc(5)).
    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw PolicyBenchmark.Failure.unreadable("/proc/self/statm")
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private func decide(_ count: Int) throws {
        var request = request
        for number in 0..<count {
            request.now = Instant(seconds: 1_790_000_000 + Int64(number))
            let decision = DecisionContext(request: request, facts: facts, policies: policies)
                .decision(for: record)
            guard decision.effect == .permit else {
                throw PolicyBenchmark.Failure.wrongAnswer("the clinician is named by a consent")
            }
        }
    }

    /// Seconds for a thousand records of the patient, for one reader.
    func thousandRecords() throws -> Double {
        let records = (0..<1_000).map { Self.record($0) }
        let count = 200
        let context = DecisionContext(request: request, facts: facts, policies: policies)
        let wanted = records.map { context.verdict(for: $0) }
        let seconds = try Processor.seconds {
            for _ in 0..<count {
                let context = DecisionContext(request: request, facts: facts, policies: policies)
                var judge = RecordJudge(context)
                for (record, answer) in zip(records, wanted)
                where judge.verdict(for: record) != answer {
                    throw PolicyBenchmark.Failure.wrongAnswer("a class is not its records")
                }
            }
        }
        return seconds / Double(count)
    }

    private static let categories: [(DataCategory, String)] = [
        (.laboratory, "Observation"), (.vitalSigns, "Observation"), (.conditions, "Condition"),
        (.medications, "MedicationRequest"), (.visits, "Encounter"), (.billing, "Claim"),
        (.notes, "DocumentReference"), (.appointments, "Appointment"),
    ]
    private static let codes = ["", "", "", "N", "PSY", "HIV", "SUD", "R"]

    private static func record(_ number: Int) -> RecordAttributes {
        let (category, type) = categories[number % categories.count]
        let code = codes[number / categories.count % codes.count]
        let system = code.count == 1 ? CodeSystem.confidentiality : CodeSystem.actCode
        let detail = RecordDetail(
            resourceType: type,
            id: RecordID("\(type)/r\(number)"),
            securityCodes: code.isEmpty ? [] : [CodedValue(system: system, code: code)],
            time: PartialDate("2025-01-0\(number % 9 + 1)").map {
                ClinicalTime(first: $0, last: $0)
            },
            authors: ["Practitioner/\(number % 5)"]
        )
        return RecordAttributes(
            category: category,
            labels: RecordReader.sourceLabels(of: detail),
            detail: detail
        )
    }

    private static func consent(_ number: Int) -> String {
        """
        {"resourceType":"Consent","id":"c\(number)","status":"active",
        "scope":{"coding":[{"code":"patient-privacy",
        "system":"http://terminology.hl7.org/CodeSystem/consentscope"}]},
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

/// Facts from JSON texts.
enum Facts {
    static func entry(_ id: String, _ text: String) throws -> PatientFacts.Entry {
        guard let origin = RecordID(id) else { throw PolicyBenchmark.Failure.unreadable(id) }
        var parser = JSONParser()
        let document = try parser.parse(Array(text.utf8))
        return PatientFacts.Entry(
            origin: origin,
            version: 1,
            facts: FactExtractor.facts(of: document.root)
        )
    }
}
