internal import Consent
internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

/// `Consent/$preview`: what somebody would see if a Consent were in force; nothing is stated by it.
///
/// Input and answer are Parameters. The patient sees every record, an officer or registrar categories only.
struct ConsentPreviewing {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    private static let kinds: Set<RequesterKind> = [
        .patient, .privacyOfficer, .registrar, .administrator,
    ]

    private struct Asked {
        var consent: [UInt8]
        var requester: String
        var purposes: [String]
        var wantsBundle: Bool
    }

    func reply() throws -> HTTPReply {
        try request.requester.require(.create, on: .consent)
        // Whose work it is not must not learn from it who is registered here.
        guard Self.kinds.contains(request.requester.facts.kind) else { throw Problem.forbidden }
        // What comes back speaks of the whole record: a token for a part of it is not enough.
        guard
            request.requester.facts.scopes.contains(where: {
                $0.type == nil && $0.filters.isEmpty && $0.actions.contains(.read)
            })
        else { throw Problem.forbidden }
        let asked = try asked()
        let preview = try request.vault.previewConsent(
            asked.consent,
            for: try requester(asked.requester),
            purposes: asked.purposes,
            by: request.requester.caller,
            context: request.requester.context,
            now: request.now
        )
        var bytes = answer(preview).bytes
        if asked.wantsBundle, let bundle = preview.bundle {
            // As it is, byte for byte: behind the last parameter.
            bytes.removeLast(2)
            bytes += #",{"name":"return","resource":"#.utf8
            bytes += bundle
            bytes += "}]}".utf8
        }
        return request.server.fhir(200, bytes)
    }

    private func asked() throws -> Asked {
        let root = try Writing.parse(request.call.body).root
        guard root["resourceType"]?.string == "Parameters" else {
            throw Problem.invalid("the body is not Parameters")
        }
        let given = root["parameter"]?.elements.map { $0 } ?? []
        func values(_ name: String) -> [JSONNode] { given.filter { $0["name"]?.string == name } }
        let missing = { (name: String) in
            Problem.invalid("the parameter `\(name)` is missing", code: "required")
        }
        guard let consent = values("consent").first?["resource"],
            consent["resourceType"]?.string == "Consent"
        else { throw missing("consent") }
        guard
            let requester = values("requester").compactMap({
                $0["valueReference"]?["reference"]?.string ?? $0["valueString"]?.string
            }).first
        else { throw missing("requester") }
        let purposes = values("purpose").compactMap { $0["valueCode"]?.string }
        guard !purposes.isEmpty else { throw missing("purpose") }
        return Asked(
            consent: consent.withBytes { Array($0) },
            requester: requester,
            purposes: purposes,
            wantsBundle: values("bundle").first?["valueBoolean"]?.boolean ?? false
        )
    }

    /// A registered principal, or the person whom the record names and who is not registered yet.
    private func requester(_ text: String) throws -> Consent.Requester {
        if let record = RecordID(text) {
            switch record.type {
            case "RelatedPerson": return Consent.Requester(kind: .family, references: [text])
            case "Practitioner": return Consent.Requester(kind: .clinician, references: [text])
            default: break
            }
        }
        guard let id = PrincipalID(text),
            let known = try request.vault.localGuard().principals(by: .operator)
                .first(where: { $0.id == id })
        else {
            throw Problem(422, "business-rule", "`requester` is nobody who could ask")
        }
        return known.requester
    }

    // MARK: Answer

    private struct Count {
        var released = 0
        var withheld = 0
        var depends = 0
    }

    private func answer(_ preview: ConsentPreview) -> JSONValue {
        var counts: [String: Count] = [:]
        for item in preview.items ?? [] {
            let path: WritableKeyPath<Count, Int> = item.isReleased ? \.released : \.withheld
            counts[item.segment.category.rawValue, default: Count()][keyPath: path] += 1
        }
        for part in preview.items == nil ? preview.trial.parts : [] {
            let path: WritableKeyPath<Count, Int> =
                switch part.after {
                case .permit where !part.segment.namesOthers: \.released
                case .deny: \.withheld
                case .permit, .depends: \.depends
                }
            counts[part.segment.category.rawValue, default: Count()][keyPath: path] +=
                part.records
        }
        var parameters: [JSONValue] = [
            ["name": "decision", "valueCode": .string(preview.trial.decision.effect.rawValue)]
        ]
        parameters += numbers(
            counts.values.reduce(into: Count()) { sum, one in
                sum.released += one.released
                sum.withheld += one.withheld
                sum.depends += one.depends
            }
        )
        for (category, count) in counts.sorted(by: { $0.key < $1.key }) {
            let code: JSONValue = ["name": "category", "valueCode": .string(category)]
            parameters.append(["name": "category", "part": .array([code] + numbers(count))])
        }
        for item in preview.items ?? [] { parameters.append(record(item)) }
        for problem in preview.problems {
            parameters.append(["name": "problem", "valueString": .string(problem)])
        }
        return ["resourceType": "Parameters", "parameter": .array(parameters)]
    }

    private func numbers(_ count: Count) -> [JSONValue] {
        [("released", count.released), ("withheld", count.withheld), ("depends", count.depends)]
            .map { ["name": .string($0.0), "valueInteger": .int(Int64($0.1))] }
    }

    private func record(_ item: ConsentPreview.Item) -> JSONValue {
        var parts: [JSONValue] = [
            ["name": "reference", "valueReference": ["reference": .string("\(item.record)")]],
            ["name": "released", "valueBoolean": .bool(item.isReleased)],
            ["name": "shortened", "valueBoolean": .bool(item.isShortened)],
        ]
        parts += item.rules.map { ["name": "rule", "valueString": .string($0.id)] }
        return ["name": "record", "part": .array(parts)]
    }
}
