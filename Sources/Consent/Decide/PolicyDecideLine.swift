internal import FHIRModel
internal import VaultCore

/// The `policy decide` command on one line: a JSON object in, a JSON object out.
///
/// Never fails: a line that cannot be read is denied with problems. Nothing of the line's content but its id
/// comes back.
public struct PolicyDecideLine: Sendable {
    private let policies: PolicySet
    private var labeller: Labeller?

    /// Takes the policies that decide.
    ///
    /// - Parameters:
    ///   - policies: The policies; a record without a confidentiality code counts as unlabelled here, for
    ///     nobody has looked at it.
    ///   - labels: The label tables, so that a record's codes and words are labelled as in a vault; without
    ///     them only its own security codes count.
    public init(policies: PolicySet, labels: LabelTables?) {
        var policies = policies
        policies.options.unlabelledIsNormal = false
        self.policies = policies
        labeller = labels.map { Labeller($0) }
    }

    /// Decides one line.
    ///
    /// - Parameter line: UTF-8 JSON: `{id, now, consents, resources, requester, patient, purpose, action,
    ///   record, facts?}`.
    /// - Returns: `{id, decision, layer, rules, obligations, problems}` on one line, without a line feed.
    public mutating func decide(_ line: [UInt8]) -> [UInt8] {
        var parser = JSONParser()
        guard let document = try? parser.parse(line), document.root.kind == .object else {
            return Self.refused(id: .null, ["the line is no JSON object"]).bytes
        }
        let root = document.root
        var reader = DecideLineReader(root)
        let id = Self.id(of: root)
        guard let question = reader.read() else {
            return Self.refused(id: id, reader.problems).bytes
        }
        var all = question.facts
        let patient = question.request.patient
        var record: RecordAttributes?
        if let node = question.record {
            let attributes = attributes(of: node, problems: &reader.problems)
            guard reader.isOf(node, facts: all, patient: patient) else {
                return Self.refused(id: id, reader.problems).bytes
            }
            record = attributes
            reader.merge(node, into: &all)
        }
        let request = reader.withClaim(question.request, record: record)
        var decision = DecisionContext(
            request: request,
            facts: reader.facts(of: patient, in: all),
            policies: policies
        ).decision(for: record)
        if let record, decision.effect == .permit {
            for other in reader.otherPatients(in: record, besides: patient, facts: all) {
                guard let other else {
                    return Self.refused(id: id, reader.problems + ["a patient nobody can tell"])
                        .bytes
                }
                var request = request
                request.patient = other
                let facts = reader.facts(of: other, in: all)
                decision = DecisionContext(request: request, facts: facts, policies: policies)
                    .decision(for: record)
                guard decision.effect == .deny else { continue }
                reader.problems.append("the record names another patient, who does not permit")
                break
            }
        }
        return Self.answer(id: id, decision, problems: reader.problems).bytes
    }

    /// The record with the labels of the tables and of its own codes.
    private mutating func attributes(
        of node: JSONNode,
        problems: inout [String]
    ) -> RecordAttributes {
        let detail = RecordReader.detail(of: node)
        var labels = RecordReader.sourceLabels(of: detail)
        var category = DataCategory.other
        var summary = ResourceSummary()
        if (try? summary.gather(node)) != nil {
            category = summary.category(in: node.document)
            if labeller != nil, let found = labeller?.label(summary, in: node.document) {
                labels = labels.union(found.labels)
            }
        } else {
            problems.append("the record is no valid FHIR R4 resource")
            labels = labels.adding(.unclassified)
        }
        return RecordAttributes(category: category, labels: labels, detail: detail)
    }

    private static func id(of root: JSONNode) -> JSONValue {
        if let text = root["id"]?.string { return .string(text) }
        return root["id"]?.integer.map { .int(Int64($0)) } ?? .null
    }

    private static func refused(id: JSONValue, _ problems: [String]) -> JSONValue {
        [
            "id": id, "decision": "deny", "layer": .string(Layer.defaultDeny.rawValue),
            "rules": [], "obligations": [], "problems": .strings(problems),
        ]
    }

    private static func answer(
        id: JSONValue,
        _ decision: Decision,
        problems: [String]
    ) -> JSONValue {
        [
            "id": id, "decision": .string(decision.effect.rawValue),
            "layer": .string(decision.layer.rawValue),
            "rules": .strings(decision.rules.map(\.id)),
            "obligations": .strings(decision.obligations.map(\.code)),
            "problems": .strings(problems + decision.problems),
        ]
    }
}
