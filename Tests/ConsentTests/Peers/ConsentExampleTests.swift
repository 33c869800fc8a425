import Consent
import FHIRModel
import Foundation
import Testing
import VaultTestSupport

/// Every Consent in the shared data is read without a crash, and stands as its text says.
struct ConsentExampleTests {
    @Test(.enabled(if: SharedData.isExpected))
    func `every example consent is read`() throws {
        var standing: [String: String] = [:]
        for folder in ["hl7-r4-examples", "ihe-pcf", "leap", "shift-ab352"] {
            for url in try SharedData.files(below: "consent/\(folder)", suffix: ".json")
            where url.lastPathComponent.lowercased().hasPrefix("consent") {
                var parser = JSONParser()
                let document = try parser.parse(Array(try Data(contentsOf: url)))
                let consent = ConsentDirective(document.root)
                standing["\(folder)/\(url.lastPathComponent)"] =
                    consent.isMalformed ? "malformed" : "\(consent.standing)"
                if consent.isMalformed { print(url.lastPathComponent, consent.problems) }
            }
        }
        print(standing.filter { $0.value != "active" })
        #expect(standing.count > 50)
        // Its nested rules have no type, which R4 demands.
        let malformed = standing.filter { $0.value == "malformed" }.keys.sorted()
        #expect(malformed == ["hl7-r4-examples/Consent-consent-example-pkb.json"])
    }
}
