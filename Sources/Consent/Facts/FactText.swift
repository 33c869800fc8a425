internal import VaultCore

// The text of ``PatientFacts/encoded`` written at once: an import states thousands of facts, and a tree
// of values for each costs ten times what its text does.

extension PatientFacts {
    /// The bytes of ``encoded``, without making the value.
    public var text: [UInt8] { Entry.text(of: entries) }
}

extension PatientFacts.Entry {
    /// The bytes of an array of ``encoded`` entries, without making the values.
    ///
    /// - Parameter entries: In order.
    /// - Returns: JSON text.
    public static func text(of entries: [PatientFacts.Entry]) -> [UInt8] {
        var writer = FactWriter()
        writer.list(entries) { writer, entry in
            writer.out.append(0x7B)
            writer.isFirst = true
            writer.member("record", entry.origin.description)
            writer.key("version")
            writer.out += String(entry.version).utf8
            writer.key("facts")
            writer.list(entry.facts) { $0.write($1) }
            writer.out.append(0x7D)
        }
        return writer.out
    }
}

/// Writes facts as JSON text, members in the order of the coding.
private struct FactWriter {
    var out: [UInt8] = []
    /// Whether no member of the present object has been written yet.
    var isFirst = true

    mutating func key(_ name: StaticString) {
        if !isFirst { out.append(0x2C) }
        isFirst = false
        out.append(0x22)
        name.withUTF8Buffer { out.append(contentsOf: $0) }
        out.append(0x22)
        out.append(0x3A)
    }

    mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        key(name)
        JSONValue.writeString(text, into: &out)
    }

    mutating func list<Item>(_ items: [Item], _ write: (inout FactWriter, Item) -> Void) {
        out.append(0x5B)
        for (place, item) in items.enumerated() {
            if place > 0 { out.append(0x2C) }
            write(&self, item)
        }
        out.append(0x5D)
        isFirst = false
    }

    private mutating func member(_ name: StaticString, _ texts: [String]) {
        if texts.isEmpty { return }
        key(name)
        list(texts) { JSONValue.writeString($1, into: &$0.out) }
    }

    private mutating func write(_ period: FactPeriod) {
        member("start", period.start)
        member("end", period.end)
    }

    private mutating func write(_ party: Party) {
        out.append(0x7B)
        isFirst = true
        member("role", party.role.rawValue)
        member("reference", party.reference)
        member("identifier", party.identifier)
        member("display", party.display)
        write(party.period)
        out.append(0x7D)
    }

    mutating func write(_ fact: Fact) {
        out.append(0x7B)
        isFirst = true
        member("kind", fact.kind.rawValue)
        if !fact.isActive {
            key("active")
            out += "false".utf8
        }
        write(fact.period)
        member("identifiers", fact.identifiers)
        if !fact.parties.isEmpty {
            key("parties")
            list(fact.parties) { $0.write($1) }
        }
        member("codes", fact.codes.map(\.description))
        member("links", fact.links)
        member("names", fact.names)
        member("birthDate", fact.birthDate)
        member("deceased", fact.deceased)
        member("country", fact.country)
        member("language", fact.language)
        member("source", fact.source)
        member("restriction", fact.restriction?.rawValue)
        member("evidence", fact.evidence?.rawValue)
        out.append(0x7D)
    }
}
