import BreachResponse
import Testing
import VaultCore
import VaultTestSupport

/// The worked cases of `../shared/data/breach/hipaa-deadline-cases.csv`.
struct HIPAACaseTests {
    private static func facts(_ row: [String: String]) throws -> String {
        let residents = try #require(JSONValue(parsing: row["residents_by_state"] ?? ""))
        let counts = try #require(residents.object).map {
            "\"US-\($0.key)\": \($0.value.int ?? -1)"
        }
        var members = [
            #""role": "\#(row["business_associate"] == "y" ? "business-associate" : "covered-entity")""#,
            #""events": {"discovered": "\#(row["discovered"] ?? "")T00:00:00Z"}"#,
            #""residents": {\#(counts.joined(separator: ", "))}"#,
            #""secured": {"encrypted": \#(row["encrypted"] == "y"), "keysTaken": \#(row["keys_taken"] == "y")}"#,
            #""lowProbability": \#(row["low_probability_assessment"] == "y")"#,
            #""badAddresses": \#(row["insufficient_contact"] ?? "0")"#,
        ]
        if let until = row["law_enforcement_hold_until"], !until.isEmpty {
            members.append(#""lawEnforcementHold": {"until": "\#(until)T00:00:00Z"}"#)
        }
        return "{\(members.joined(separator: ", "))}"
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `every worked case comes out as written`() throws {
        let rules = try Clocks.rules()
        let rows = CSV.rows(try SharedData.bytes("breach/hipaa-deadline-cases.csv"))
        #expect(rows.count == 9)
        for row in rows {
            let name = row["case"] ?? ""
            let found = try Clocks.answer(try Self.facts(row), rules)
            let letter = try #require(found["hipaa-individual"])
            #expect(letter.isRequired == (row["notify_individuals"] == "yes"), "\(name)")
            let hhs = [found["hipaa-hhs"], found["hipaa-hhs-annual"]].compactMap(\.self)
                .filter(\.isRequired)
            let media = found.values.filter { $0.rule.id == "hipaa-media" && $0.isRequired }
            if letter.isRequired {
                #expect(letter.due?.day.description == row["individual_deadline"], "\(name)")
                #expect(hhs.count == 1, "\(name)")
                #expect(
                    row["hhs"]?.hasSuffix(hhs.first?.due?.day.description ?? "-") == true,
                    "\(name)"
                )
                #expect(
                    row["hhs"]?.hasPrefix("annual") == (hhs.first?.rule.id == "hipaa-hhs-annual"),
                    "\(name)"
                )
            } else {
                #expect(hhs.isEmpty && media.isEmpty, "\(name)")
            }
            let states = Set(media.map { String($0.jurisdiction.dropFirst(3)) })
            let expected = (row["media_states"] ?? "").split { " ;,".contains($0) }.map(String.init)
            #expect(states == Set(expected), "\(name)")
            let substitute = found["hipaa-individual-substitute"]
            #expect((substitute != nil) == ((row["insufficient_contact"] ?? "0") != "0"), "\(name)")
        }
    }
}

/// Reads RFC 4180 text; only for tests.
enum CSV {
    static func rows(_ bytes: [UInt8]) -> [[String: String]] {
        var table: [[String]] = [[]]
        var field: [UInt8] = []
        var quoted = false
        var index = 0
        func close() -> String { String(decoding: field, as: UTF8.self) }
        while index < bytes.count {
            let byte = bytes[index]
            if quoted {
                if byte == 0x22, index + 1 < bytes.count, bytes[index + 1] == 0x22 {
                    field.append(byte)
                    index += 1
                } else if byte == 0x22 {
                    quoted = false
                } else {
                    field.append(byte)
                }
            } else {
                switch byte {
                case 0x22: quoted = true
                case 0x2C:
                    table[table.count - 1].append(close())
                    field = []
                case 0x0A:
                    table[table.count - 1].append(close())
                    field = []
                    table.append([])
                case 0x0D: break
                default: field.append(byte)
                }
            }
            index += 1
        }
        if !field.isEmpty { table[table.count - 1].append(close()) }
        guard let header = table.first else { return [] }
        return table.dropFirst().filter { $0.count == header.count }.map {
            Dictionary(uniqueKeysWithValues: zip(header, $0))
        }
    }
}
