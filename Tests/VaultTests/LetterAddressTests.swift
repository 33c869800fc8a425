import BreachResponse
import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import VaultCore

@testable import Vault

/// To whom a letter goes, in which language, and what its ledger line leaves open.
struct LetterAddressTests {
    static func patient(_ id: String, _ more: String) -> String {
        """
        {"resource":{"resourceType":"Patient","id":"\(id)","name":[{"text":"\(id) Drillwell"}],\(more)}}
        """
    }

    static let home = """
        "address":[{"line":["1 Home Road"],"city":"Drillton","country":"NO"}]
        """

    private static let bundle = [
        patient(
            "confidential",
            """
            "birthDate":"1980-01-01","communication":[{"language":{"coding":[{"code":"nn-NO"}]}}],
            "address":[{"line":["1 Home Road"],"city":"Drillton","country":"NO"},
            {"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-AD-use",
            "valueCode":"CONF"}],"line":["9 Safe House"],"city":"Elsewhere","country":"NO"}]
            """
        ),
        patient(
            "child",
            """
            "birthDate":"2019-01-01",\(home),"contact":[
            {"relationship":[{"coding":[{"code":"N"}]}],"name":{"text":"Uncle Kin"}},
            {"relationship":[{"coding":[{"code":"MTH"}]}],"name":{"text":"Mother Kin"},
            "address":{"line":["2 Mother Road"],"city":"Drillton"}}]
            """
        ), patient("teenager", "\"birthDate\":\"2012-01-01\",\(home)"),
        patient(
            "late",
            """
            "birthDate":"1940-01-01","deceasedBoolean":true,\(home),"contact":[{"relationship":
            [{"coding":[{"code":"N"}]}],"name":{"text":"Son Kin"},"address":{"line":["3 Son Road"]}}]
            """
        ),
        patient(
            "nowhere",
            """
            "birthDate":"1990-01-01","communication":[{"language":{"coding":[{"code":"pl"}]}}],
            "address":[{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-AD-use",
            "valueCode":"BAD"}],"line":["0 Gone"],"country":"PL"}]
            """
        ),
    ]

    static func take(_ entries: [String], into vault: VaultService) throws {
        let text = """
            {"resourceType":"Bundle","type":"collection","entry":[\(entries.joined(separator: ","))]}
            """
        _ = try vault.importFile(
            MemorySource(Array(text.utf8)),
            by: .operator,
            context: CallContext()
        )
    }

    /// Letters to those whom a snooper read, by reference.
    static func queue(
        to ids: [String] = ["confidential", "child", "teenager", "late", "nowhere"],
        after prepare: (VaultCase) throws -> Void = { try take(bundle, into: $0.vault) }
    ) throws -> [String: (letter: LetterQueue.Letter, line: JSONValue)] {
        var told = try VaultCase()
        let world = told.world
        try told.go(.report, by: [world.snooper])
        try prepare(told)
        let from = world.clock.now()
        world.clock.pass(60)
        for id in ids {
            #expect(try world.snooper.read(id, "ETREAT", breakGlass: "urgent-care") != nil)
        }
        world.clock.pass(60)
        let window = ScopeWindow(from: from, to: world.clock.now())
        world.clock.pass(60)
        let people = [world.officer, world.engineer]
        let finding = try told.vault.scope(
            ScopeComputation(window: window, suspicion: .principal(world.snooper.principal)),
            by: people,
            context: CallContext()
        )
        let file = try told.vault.certify(
            finding,
            of: told.incident,
            previous: nil,
            by: people,
            context: CallContext()
        )
        let queue = try told.vault.letters(
            LetterOrder(
                scope: file,
                discovered: "2026-05-28",
                sender: "Example Hospital",
                contact: "+1 555 0100"
            ),
            templates: BreachCaseTests.templates(),
            by: world.officer,
            context: CallContext()
        )
        var found: [String: (letter: LetterQueue.Letter, line: JSONValue)] = [:]
        for (letter, line) in zip(queue.letters, queue.ledger["letters"]?.array ?? []) {
            found[line["reference"]?.string ?? ""] = (letter, line)
        }
        return found
    }

    @Test func `a letter goes where the person, the law or the death of the person sends it`()
        throws
    {
        let queue = try Self.queue()
        func text(_ id: String) throws -> LetterText {
            try #require(queue["Patient/\(id)"]?.letter.texts.first)
        }
        func open(_ id: String) -> Set<String> {
            Set(queue["Patient/\(id)"]?.line["open"]?.stringArray ?? [])
        }
        let confidential = try text("confidential")
        #expect(confidential.language == "nb")
        #expect(
            confidential.address == ["confidential Drillwell", "9 Safe House", "Elsewhere", "NO"]
        )
        #expect(!confidential.plain.contains("1 Home Road"))
        #expect(queue["Patient/confidential"]?.line["confidential"] == true)

        let child = try text("child")
        #expect(child.address.prefix(2) == ["Mother Kin", "2 Mother Road"])
        #expect(child.opening[0].contains("child Drillwell"))
        #expect(!open("child").contains("minor-controls"))

        let teenager = try text("teenager")
        #expect(teenager.address[0] == "To the parent or guardian of teenager Drillwell")
        #expect(teenager.greeting.isEmpty)
        #expect(open("teenager").isSuperset(of: ["minor-controls", "representative", "language"]))

        let late = try text("late")
        #expect(late.address == ["Son Kin", "3 Son Road"])
        #expect(late.opening[0].contains("has died"))

        #expect(try text("nowhere").language == "en")
        #expect(open("nowhere").isSuperset(of: ["address", "translation"]))
        #expect(queue.values.allSatisfy { $0.line["sent"] == false })
    }
}
