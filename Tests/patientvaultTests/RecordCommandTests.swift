import Foundation
import Testing
import VaultTestSupport

extension CommandLineTests {
    @Test func `a permitted request gives decision, receipt and bundle`() throws {
        let (tool, _) = try DemoVault.copy()
        let run = try tool(
            "request",
            "margaret",
            "--purpose",
            "TREAT",
            "--json",
            "--as",
            DemoVault.key("okafor")
        )
        #expect(run.status == 0, "\(run.err)")
        #expect(run.object["decision"] as? String == "permit")
        let bundle = try #require(run.object["bundle"] as? [String: Any])
        let entries = try #require(bundle["entry"] as? [[String: Any]])
        #expect(bundle["resourceType"] as? String == "Bundle")
        #expect(entries.count >= (run.object["released"] as? Int ?? .max))
        let receipt = try #require(run.object["receipt"] as? [String: Any])
        #expect((receipt["leafHash"] as? String)?.count == 64)
        let index = try #require(receipt["index"] as? Int)
        let size = (receipt["checkpoint"] as? String)?.split(separator: "\n").dropFirst().first
        #expect(size.flatMap { Int($0) }.map { $0 > index } == true)
    }

    @Test func `denied, hidden and unknown patients answer alike, with one entry each`() throws {
        let (tool, _) = try DemoVault.copy()
        var answers: [[String: String]] = []
        var sizes: [Int] = []
        for patient in ["margaret", "nobody", "urn:mrn|none"] {
            let run = try tool(
                "request",
                patient,
                "--purpose",
                "TREAT",
                "--json",
                "--as",
                DemoVault.key("researcher")
            )
            #expect(run.status == 3 && run.err.isEmpty, "\(run.all)")
            let receipt = run.object["receipt"] as? [String: Any]
            sizes.append(receipt?["index"] as? Int ?? -1)
            answers.append(run.object.compactMapValues { $0 as? String })
            #expect(Set(run.object.keys) == ["decision", "receipt", "reason"])
        }
        #expect(Set(answers).count == 1 && answers[0]["decision"] == "deny")
        // Each command writes its decision, and the heads before the checkpoint that ends it; nothing more.
        #expect(sizes[1] == sizes[0] + 2 && sizes[2] == sizes[1] + 2, "\(sizes)")
    }

    @Test func `a health plan gets the claim and what it bills, a daughter what consent names`()
        throws
    {
        let (tool, _) = try DemoVault.copy()
        func types(_ arguments: String...) throws -> Set<String> {
            let run = try tool.run(["request", "margaret", "--json"] + arguments)
            let bundle = run.object["bundle"] as? [String: Any]
            let entries = bundle?["entry"] as? [[String: Any]] ?? []
            let matches = entries.filter {
                ($0["search"] as? [String: Any])?["mode"] as? String == "match"
            }
            return Set(
                matches.compactMap {
                    ($0["resource"] as? [String: Any])?["resourceType"] as? String
                }
            )
        }
        let plan = try types(
            "--purpose",
            "HPAYMT",
            "--claim",
            "margaret-claim-1",
            "--as",
            DemoVault.key("harbour")
        )
        #expect(
            plan.contains("Claim") && plan.isDisjoint(with: ["DocumentReference", "Observation"])
        )
        let daughter = try types("--purpose", "FAMRQT", "--as", DemoVault.key("daughter"))
        #expect(
            daughter
                == [
                    "Appointment", "Encounter", "Claim", "ExplanationOfBenefit", "Invoice",
                    "Coverage",
                ]
        )
        let revoked = try tool(
            "consent",
            "revoke",
            "margaret-consent-daughter",
            "--as",
            DemoVault.key("margaret")
        )
        #expect(revoked.status == 0, "\(revoked.all)")
        let after = try tool(
            "request",
            "margaret",
            "--purpose",
            "FAMRQT",
            "--as",
            DemoVault.key("daughter")
        )
        #expect(after.status == 3)
    }

    @Test func `bad files are refused whole, with one line and nothing stored`() throws {
        let vault = try PlainVault()
        let good = Self.patientFile()
        let deep = String(repeating: "[", count: 2_000)
        let files: [(String, String)] = [
            ("truncated", String(good.dropLast(30))), ("empty", ""), ("no FHIR", "{\"a\":1}"),
            ("text", "CANARY"),
            ("deep", "{\"resourceType\":\"Patient\",\"id\":\"x\",\"a\":\(deep)"),
            (
                "no patient",
                #"{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/CANARY"}}"#
            ),
            (
                "two of one id",
                """
                {"resourceType":"Bundle","type":"collection","entry":[
                {"resource":{"resourceType":"Patient","id":"x","gender":"male"}},
                {"resource":{"resourceType":"Patient","id":"x","gender":"female"}}]}
                """
            ),
        ]
        for (name, text) in files {
            try vault.scratch.write("f.json", text)
            let run = try vault.tool("import", "f.json")
            #expect(run.status == 65 && run.isOneComplaint, "\(name): \(run.status) \(run.all)")
            #expect(!run.all.contains("CANARY"), "\(name): \(run.all)")
        }
        let status = try vault.tool("status", "--json")
        #expect(status.object["records"] as? Int == 0 && status.object["openWrites"] as? Int == 0)
        try vault.scratch.write("good.json", good)
        let taken = try vault.tool("import", "good.json", "--json")
        #expect(taken.status == 0 && taken.object["resources"] as? Int == 2, "\(taken.all)")
        for field in ["patients", "resources", "bytes", "unlabelled", "logIndex"] {
            #expect(taken.object[field] is Int, "\(field)")
        }
        let piped = try vault.tool("import", "-", "--json", input: Self.patientFile(id: "q"))
        #expect(piped.status == 0 && piped.object["patients"] as? Int == 1, "\(piped.all)")
        #expect(try vault.tool("verify").status == 0)
    }

    @Test func `no word of a patient reaches the disk, a message or a list`() throws {
        let (tool, scratch) = try DemoVault.copy()
        let canary = "Xyzzy1742"
        try scratch.write("in.json", Self.patientFile(canary: canary, doctor: "prac-us-okafor"))
        let doctor = DemoVault.key("okafor")
        var seen: [Tool.Run] = []
        seen.append(try tool("import", "in.json"))
        try FileManager.default.removeItem(atPath: scratch.path("in.json"))
        let found = try tool("find", "--name", "Family\(canary)", "--json", "--as", doctor)
        #expect(((found.object["patients"] as? [Any])?.count ?? 0) == 1, "\(found.all)")
        seen.append(found)
        for line in [
            ["find", "--name", canary], ["find", "--identifier", "urn:mrn|MRN\(canary)"],
            ["request", canary, "--purpose", "TREAT"],
            ["request", "urn:mrn|MRN\(canary)", "--purpose", "HMARKT"],
            ["request", "p", "--purpose", "TREAT"],
            [
                "request", "p", "--purpose", "TREAT", "--break-glass", "unconscious", "--note",
                "note \(canary)",
            ],
        ] { seen.append(try tool.run(line + ["--as", doctor])) }
        let opened = try tool(
            "request",
            "p",
            "--purpose",
            "TREAT",
            "--json",
            "--as",
            doctor
        )
        #expect(opened.out.contains("Note\(canary)"))
        let broken = try tool("import", "-", input: "{\"resourceType\":\"\(canary)\"")
        #expect(broken.status == 65)
        seen.append(broken)
        for line in [
            ["audit", "list"], ["audit", "list", "--json"], ["audit", "list", "--csv"],
            ["audit", "list", "--fhir"], ["audit", "patient", "p"], ["audit", "unexplained"],
            ["status"], ["verify"], ["audit", "accounting", "p"],
        ] { seen.append(try tool.run(line)) }
        for run in seen { #expect(!run.all.contains(canary), "\(run.all)") }
        for (path, bytes) in try scratch.files() {
            #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(path)")
            #expect(bytes.range(of: Data(canary.lowercased().utf8)) == nil, "\(path)")
        }
    }

    @Test func `a refused restriction kind is usage, and a block shows only to its patient`() throws
    {
        let (tool, _) = try DemoVault.copy()
        let none = try tool("restrict", "margaret", "--as", DemoVault.key("margaret"))
        #expect(none.status == 64)
        let before = try tool(
            "request",
            "margaret",
            "--purpose",
            "TREAT",
            "--as",
            DemoVault.key("reyes")
        )
        #expect(before.status == 0)
        let placed = try tool(
            "restrict",
            "margaret",
            "--block",
            "Practitioner/prac-us-reyes",
            "--json",
            "--as",
            DemoVault.key("margaret")
        )
        #expect(placed.status == 0, "\(placed.all)")
        let after = try tool(
            "request",
            "margaret",
            "--purpose",
            "TREAT",
            "--json",
            "--as",
            DemoVault.key("reyes")
        )
        #expect(after.status == 3 && !after.out.contains("restrict"), "\(after.all)")
        let receipt = after.object["receipt"] as? [String: Any]
        let index = try #require(receipt?["index"] as? Int)
        let why = try tool("explain", "\(index)", "--json", "--as", DemoVault.key("officer"))
        #expect(why.object["decision"] as? String == "deny", "\(why.all)")
        let rules = why.object["rules"] as? [[String: Any]] ?? []
        #expect(rules.contains { ($0["id"] as? String)?.hasPrefix("restriction:") == true })
    }
}
