import Consent
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// `_elements` of an export: what is left of each resource, and that it says so.
struct ExportElementTests {
    private let h: ServerHarness
    private let token: String

    init() throws {
        h = try ServerHarness()
        try h.take([
            #"{"resourceType":"Practitioner","id":"d","active":true,"gender":"female"}"#,
            #"{"resourceType":"Patient","id":"a","gender":"male","birthDate":"1960-01-02","#
                + #""generalPractitioner":[{"reference":"Practitioner/d"}]}"#,
            #"{"resourceType":"Observation","id":"o","meta":{"tag":[{"code":"own"}]},"status":"final","#
                + #""code":{"text":"pulse"},"subject":{"reference":"Patient/a"},"#
                + #""valueQuantity":{"value":72.50},"note":[{"text":"tired"}]}"#,
        ])
        let client = try h.enrol(
            "d",
            Guard_Requester(kind: .clinician, references: ["Practitioner/d"]),
            purposes: ["TREAT"]
        )
        token = try h.token(client)
    }

    /// The lines of an export, by type.
    private func lines(_ query: String) throws -> [String: String] {
        let export = try ExportClient(h, token, "$export?\(query)")
        return Dictionary(
            try export.files().values.map { reply in
                (String(reply.lineIDs[0].split(separator: "/")[0]), reply.text)
            },
            uniquingKeysWith: { $0 + $1 }
        )
    }

    @Test func `only what was listed leaves, with what is mandatory, and is marked`() throws {
        let types = "_type=Patient,Observation,Practitioner"
        let found = try lines("\(types)&_elements=gender,Observation.value")
        #expect(Set(found.keys) == ["Patient", "Observation", "Practitioner"])
        for text in found.values { #expect(text.contains("SUBSETTED")) }
        let patient = try #require(found["Patient"])
        #expect(
            patient.contains("male") && !patient.contains("1960") && !patient.contains("general")
        )
        let practitioner = try #require(found["Practitioner"])
        #expect(practitioner.contains("female") && !practitioner.contains("active"))
        let observation = try #require(found["Observation"])
        for kept in ["final", "pulse", "72.50", #""own""#] {
            #expect(observation.contains(kept), "\(kept)")
        }
        for left in ["tired", "subject"] { #expect(!observation.contains(left), "\(left)") }
    }

    @Test func `of a type for which nothing was listed only what is mandatory leaves`() throws {
        let found = try lines("_type=Patient,Observation&_elements=Patient.gender")
        #expect(found["Patient"]?.contains("male") == true)
        let observation = try #require(found["Observation"])
        #expect(observation.contains("pulse") && !observation.contains("72.50"))
    }

    @Test func `without elements a resource leaves as it was stored`() throws {
        let found = try lines("_type=Observation")
        #expect(found["Observation"]?.contains("tired") == true)
        #expect(found["Observation"]?.contains("SUBSETTED") == false)
    }
}
