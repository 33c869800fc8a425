import Consent
import FHIRModel
import Foundation
import Testing
import VaultTestSupport

struct LabellerTests {
    private func condition(_ system: String, _ code: String, _ display: String = "x") -> String {
        """
        {"resourceType":"Condition","subject":{"reference":"Patient/1"},"code":{"coding":[\
        {"system":"\(system)","code":"\(code)","display":"\(display)"}]}}
        """
    }

    private func note(_ text: String, type: String = "text/plain") -> String {
        note(Array(text.utf8), type: type)
    }

    private func note(_ bytes: [UInt8], type: String) -> String {
        """
        {"resourceType":"DocumentReference","content":[{"attachment":{"contentType":"\(type)",\
        "data":"\(Data(bytes).base64EncodedString())"}}]}
        """
    }

    @Test func `codes of every system find their labels`() throws {
        let sct = "http://snomed.info/sct"
        let icd = "http://hl7.org/fhir/sid/icd-10-cm"
        let rows: [(String, String, LabelSet)] = [
            (sct, "370143000", [.mentalHealth]),
            (sct, " 370143000 ", [.mentalHealth]),
            (sct, "370143000|Major depressive disorder|", [.mentalHealth]),
            (sct, "386661006", []),
            (icd, "F32.1", [.mentalHealth]),
            (icd, "f321", [.mentalHealth]),
            (icd, "B20", [.hiv]),
            (icd, "A51.0", [.std, .sexualReproductive]),
            (icd, "F17.210", []),
            (icd, "J18.9", []),
            ("http://hl7.org/fhir/sid/icd-10", "X64", [.mentalHealth, .violence]),
            ("urn:oid:2.16.578.1.12.4.1.1.7170", "P15", [.substanceUse]),
            ("http://www.whocc.no/atc", "N06AB06", [.mentalHealth]),
            ("http://www.whocc.no/atc", "C09AA02", []),
            ("http://loinc.org", "20447-9", [.hiv]),
            ("http://loinc.org", "2093-3", []),
            ("http://www.nlm.nih.gov/research/umls/rxnorm", "36437", [.mentalHealth]),
            ("http://www.ama-assn.org/go/cpt", "90837", [.mentalHealth]),
            ("http://www.ama-assn.org/go/cpt", "99213", []),
            ("http://www.genenames.org/geneId", "HGNC:1100", [.genetics]),
            ("http://loinc.org", "856AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", [.hiv]),
            (sct, "5089AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", []),
            (sct, "not a code", [.unclassified]),
            ("http://loinc.org", "370143000", [.mentalHealth]),
            ("https://hospital.example/codes", "17", [.unclassified]),
            ("http://hl7.org/fhir/sid/ndc", "0002-3227-30", [.unclassified]),
            ("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", []),
        ]
        for (system, code, expected) in rows {
            let found = try labels(of: condition(system, code)).labels
            #expect(found == expected, "\(system) \(code)")
        }
    }

    @Test func `words in six languages find their labels`() throws {
        let rows: [(String, LabelSet)] = [
            ("History of DEPRESSION.", [.mentalHealth]),
            ("Respiratory depression after surgery", []),
            ("Cleaned with an alcohol swab", []),
            ("is an alcoholic", [.substanceUse]),
            ("patient identifies as heterosexual", []),
            ("ஆறு மாதமாக மனச்சோர்வு உள்ளது", [.mentalHealth]),
            ("எச்.ஐ.வி சோதனை", [.hiv]),
            ("pesakit mengalami kemurungan", [.mentalHealth]),
            ("cubaan bunuh diri", [.mentalHealth, .violence]),
            ("Pasienten er gravid i uke 12", [.sexualReproductive]),
            ("utsatt for vold i nære relasjoner", [.violence]),
            ("ŽIV infekcija", [.hiv]),
            ("serga DEPRESIJA", [.mentalHealth]),
            ("주요우울장애로 치료 중", [.mentalHealth]),
            ("수술을 받음, 만성병 없음", []),
            ("불안정 협심증", []),
            ("유전자 검사", [.genetics]),
            ("Fødselsnummer, født 1980, allergi", []),
            ("hearing aids fitted", []),
        ]
        for (text, expected) in rows {
            let found = try labels(of: note(text)).labels
            #expect(found == expected, "\(text)")
        }
    }

    @Test func `text is read however it is written`() throws {
        let word = "schizofreni og ålder"
        let latin1 = "psykose på sykehus".unicodeScalars.map { UInt8($0.value) }
        var utf16: [UInt8] = [0xFF, 0xFE]
        for unit in word.utf16 { utf16 += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        let rows: [(String, LabelSet)] = [
            (note("<p>Depres&shy;sion</p>", type: "text/html; charset=utf-8"), [.mentalHealth]),
            (note("<p title='x'>over</p><p>dose</p>", type: "text/html"), []),
            (
                note("{\\rtf1 pas \\'e5r\\par selvmord}", type: "text/rtf"),
                [.mentalHealth, .violence]
            ),
            (note(latin1, type: "text/plain"), [.mentalHealth]),
            (note(utf16, type: "text/plain"), [.mentalHealth]),
            (note("ne\u{0307}s\u{030C}c\u{030C}ia"), [.sexualReproductive]),
            (
                note("Ne\u{0307}s\u{030C}c\u{030C}ia: ne\u{0307}s\u{030C}tumas"),
                [.sexualReproductive]
            ),
            (
                note("\u{110B}\u{116E}\u{110B}\u{116E}\u{11AF}\u{110C}\u{1173}\u{11BC}"),
                [.mentalHealth]
            ),
            (note("h\u{200D}iv test"), [.hiv]),
            (note("%PDF-1.7", type: "application/pdf"), [.unclassified]),
        ]
        for (json, expected) in rows {
            let found = try labels(of: json).labels
            #expect(found == expected, "\(json)")
        }
    }

    @Test func `no bytes make the reader of texts fail`() throws {
        var random = SeededRandom.forTest()
        let pieces = [
            "&", "&#", "&#x41;", "&#65536;", "&aring;", "<", ">", "\\'", "\\'e5", "\\u-1?", "\\u",
            "depress", "\u{1112}", "\u{1161}", "\u{11A8}", "a\u{30A}", "\u{1E9E}", "\u{130}",
            "\u{FF21}",
            "\u{10FFFF}", " ", "\u{AD}", "수술을", "=",
        ].map { Array($0.utf8) }
        let types = ["text/plain", "text/html", "text/rtf"]
        for round in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                bytes +=
                    Bool.random(using: &random)
                    ? random.bytes(2) : pieces.randomElement(using: &random) ?? []
            }
            _ = try labels(of: note(bytes, type: types[round % 3]))
        }
    }

    @Test func `narratives, comments and answers are read, names are not`() throws {
        let rows: [(String, LabelSet)] = [
            (
                #"{"resourceType":"Observation","text":{"div":"<div>HIV <b>positive</b></div>"}}"#,
                [.hiv]
            ),
            (
                #"{"resourceType":"Appointment","comment":"methadone clinic, window 2"}"#,
                [.substanceUse]
            ),
            (
                #"{"resourceType":"QuestionnaireResponse","item":[{"linkId":"1","answer":[{"valueString":"I feel anxious"}]}]}"#,
                [.mentalHealth]
            ),
            (
                #"{"resourceType":"Communication","payload":[{"contentString":"pregnancy test\nnegative"}]}"#,
                [.sexualReproductive]
            ),
            (
                #"{"resourceType":"Patient","name":[{"family":"Gay"}],"text":{"div":"<div>A. Gay</div>"}}"#,
                []
            ),
            (
                #"{"resourceType":"Encounter","serviceProvider":{"reference":"Organization/1","display":"Mental Health Centre"}}"#,
                []
            ),
            (
                #"{"resourceType":"Claim","diagnosis":[{"diagnosisReference":{"reference":"Condition/1","display":"Depression"}}]}"#,
                [.mentalHealth]
            ),
            (
                #"{"resourceType":"Organization","name":"Psychiatric Hospital"}"#,
                []
            ),
            (
                #"{"resourceType":"Procedure","code":{"coding":[{"system":"http://snomed.info/sct","code":"710841007","display":"Assessment of anxiety"}],"text":"Assessment of anxiety"}}"#,
                []
            ),
            (
                #"{"resourceType":"Procedure","code":{"coding":[{"system":"http://snomed.info/sct","code":"710841007","display":"Assessment of anxiety"}],"text":"Anxiety, severe"}}"#,
                [.mentalHealth]
            ),
            (
                #"{"resourceType":"ExplanationOfBenefit","contained":[{"resourceType":"Condition","id":"c","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F10.20"}]}}]}"#,
                [.substanceUse]
            ),
            (
                #"{"resourceType":"Claim","item":[{"sequence":1,"adjudication":[{"category":{"coding":[{"system":"https://payer.example/x","code":"1"}]}}],"productOrService":{"coding":[{"system":"https://payer.example/y","code":"1"}]}}]}"#,
                [.unclassified]
            ),
        ]
        for (json, expected) in rows {
            let found = try labels(of: json).labels
            #expect(found == expected, "\(json)")
        }
    }

    @Test func `security labels are kept, and strange ones restrict`() throws {
        let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
        let confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
        let rows: [(String, String, LabelSet)] = [
            (act, "HIV", [.hiv]),
            (act, " hiv ", [.hiv]),
            (act, "42CFRPart2", [.part2]),
            (act, "PSYTHPN", [.psychotherapyNotes]),
            (act, "ETHUD", [.substanceUse]),
            (act, "DVD", [.disability]),
            (act, "PRS", [.patientRestricted]),
            (act, "ADOL", [.minorControlled]),
            (act, "PROCESSINLINELABEL", []),
            (act, "SOMETHING", [.restricted]),
            (confidentiality, "R", [.restricted]),
            (confidentiality, "V", [.veryRestricted]),
            (confidentiality, "N", []),
            ("", "SEX", [.sexualReproductive]),
        ]
        for (system, code, expected) in rows {
            let json = """
                {"resourceType":"Basic","meta":{"security":[{"system":"\(system)","code":"\(code)"}]}}
                """
            #expect(try labels(of: json).labels == expected, "\(code)")
        }
        let inline = """
            {"resourceType":"Patient","identifier":[{"value":"1","extension":[{"url":"x","valueCoding":\
            {"system":"\(confidentiality)","code":"R"}}]}]}
            """
        #expect(try labels(of: inline).labels == [.restricted])
    }

    @Test func `every label has a reason, and a code's reason comes before a word's`() throws {
        let both = condition(
            "http://snomed.info/sct",
            "370143000",
            "Depression after abuse of drugs"
        )
        let result = try labels(of: both, marks: [.part2])
        #expect(Set(result.bases.map(\.label)) == Set(result.labels))
        #expect(result.bases.count == result.labels.count)
        for basis in result.bases {
            switch (basis.label, basis.source) {
            case (.mentalHealth, .code(let table, _, _)):
                #expect(table == "codes/mental-health.codes")
                #expect(basis.field == .code)
            case (.part2, .source): break
            default: Issue.record("\(basis.label) by \(basis.source)")
            }
        }
        #expect(result.coded == [.mentalHealth, .part2])
        let word = try labels(of: note("overdose"))
        #expect(word.coded == [])
        #expect(word.bases.first?.source.description.hasPrefix("words/en.words:") == true)
    }
}
