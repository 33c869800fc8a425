internal import FHIRModel
internal import VaultCore

/// The criteria of one rule while it is read.
struct Criteria {
    var bounds: TimeBounds?
    var actors: [Provision.Actor]?
    var actions: Set<AccessAction>?
    var purposes: [CodedValue]?
    var labels: [CodedValue]?
    var classes: [CodedValue]?
    var codes: [CodedValue]?
    var dataPeriod: DataPeriod?
    var data: [Provision.DataReference]?
    var isNarrowedByUnknown = false
    var namesOwnPurposes = false

    /// Whether nothing but time and action restricts the rule.
    var isOpen: Bool {
        actors == nil && purposes == nil && labels == nil && classes == nil && codes == nil
            && dataPeriod == nil && data == nil && !isNarrowedByUnknown
    }

    /// Own criteria, and the parent's where there is none of its kind.
    func inheriting(from parent: Criteria) -> Criteria {
        var all = self
        all.actors = actors ?? parent.actors
        all.actions = actions ?? parent.actions
        all.purposes = purposes ?? parent.purposes
        all.labels = labels ?? parent.labels
        all.classes = classes ?? parent.classes
        all.codes = codes ?? parent.codes
        all.dataPeriod = dataPeriod ?? parent.dataPeriod
        all.data = data ?? parent.data
        all.bounds = bounds ?? parent.bounds
        all.isNarrowedByUnknown = isNarrowedByUnknown || parent.isNarrowedByUnknown
        return all
    }

    func provision(kind: Provision.Kind, path: String, parent: Int) -> Provision {
        Provision(self, kind: kind, path: path, parent: parent)
    }
}

extension ProvisionReader {
    /// The elements of a rule that this build understands; any other narrows it by something unknown.
    private static let known: Set<String> = [
        "id", "type", "period", "actor", "action", "securityLabel", "purpose", "class", "code",
        "dataPeriod", "data", "provision", "documentType", "resourceType",
    ]

    mutating func criteria(of node: JSONNode, at path: String) -> Criteria {
        var own = Criteria()
        if !node.list("modifierExtension").isEmpty { malformed("a modifierExtension", at: path) }
        for member in node.members {
            guard let name = member.key.string, !Self.known.contains(name) else { continue }
            own.isNarrowedByUnknown = true
            problems.append("provision \(path): an element that cannot be read narrows it")
        }
        own.bounds = bounds(node, "period", at: path)
        own.actors = actors(node, at: path)
        own.actions = actions(node, into: &own, at: path)
        own.purposes = coded(node, "purpose", into: &own, at: path)
        own.namesOwnPurposes = own.purposes != nil
        own.labels = coded(node, "securityLabel", into: &own, at: path)
        own.classes = coded(node, "class", into: &own, at: path)
        for name in ["resourceType", "documentType"] {
            guard let more = coded(node, name, into: &own, at: path) else { continue }
            own.classes = (own.classes ?? []) + more
        }
        own.codes = coded(node, "code", into: &own, at: path)
        own.dataPeriod = dataPeriod(node, at: path)
        own.data = data(node, at: path)
        return own
    }

    mutating func bounds(_ node: JSONNode, _ key: String, at path: String) -> TimeBounds? {
        guard let period = node.member(named: key) else { return nil }
        guard period.kind == .object, period.hasOnlyTexts("start", "end"),
            let bounds = TimeBounds(start: period.text("start"), end: period.text("end"))
        else {
            malformed("a period that is no period or ends before it begins", at: path)
            return nil
        }
        return bounds
    }

    /// Codings of a member; a concept without a code narrows the rule by something nobody can match.
    private mutating func coded(
        _ node: JSONNode,
        _ key: String,
        into own: inout Criteria,
        at path: String
    ) -> [CodedValue]? {
        guard let items = items(node, key, at: path) else { return nil }
        let codings = items.map(\.codings)
        if codings.contains(where: \.isEmpty) {
            // A deny cannot tell what it leaves out, so it leaves out nothing; a permit is unusable.
            own.isNarrowedByUnknown = true
            problems.append("provision \(path): `\(key)` without a code")
            return nil
        }
        return codings.flatMap { $0 }
    }

    /// The items of a member that is there: at least one, for an empty list would widen the rule.
    private mutating func items(_ node: JSONNode, _ key: String, at path: String) -> [JSONNode]? {
        guard node.member(named: key) != nil else { return nil }
        let items = node.list(key)
        guard (1...Self.maximumListCount).contains(items.count) else {
            malformed("`\(key)` with no item or more than \(Self.maximumListCount)", at: path)
            return nil
        }
        return items
    }

    private mutating func actors(_ node: JSONNode, at path: String) -> [Provision.Actor]? {
        guard let items = items(node, "actor", at: path) else { return nil }
        var actors: [Provision.Actor] = []
        for item in items {
            let part = Self.part(item.codings("role").map(\.code))
            let keys = ReadReference(item.member(named: "reference"))?.keys ?? []
            if keys.isEmpty {
                problems.append("provision \(path): an actor that nothing identifies")
                actors.append(Provision.Actor(part: part, key: ""))
            }
            actors += keys.map { Provision.Actor(part: part, key: $0) }
        }
        return actors
    }

    /// Custodian and author are not who gets the data; every other role is.
    private static func part(_ roles: [String]) -> Provision.Actor.Part {
        if roles.contains("CST") { return .custodian }
        return roles.contains("AUT") ? .author : .recipient
    }

    private mutating func actions(
        _ node: JSONNode,
        into own: inout Criteria,
        at path: String
    ) -> Set<AccessAction>? {
        guard let codes = coded(node, "action", into: &own, at: path) else { return nil }
        var actions: Set<AccessAction> = []
        for code in codes {
            guard code.system == CodeSystem.consentAction,
                let action = AccessAction(name: code.code)
            else {
                own.isNarrowedByUnknown = true
                problems.append("provision \(path): an action that is unknown")
                return nil
            }
            actions.insert(action)
        }
        return actions
    }

    private mutating func dataPeriod(_ node: JSONNode, at path: String) -> DataPeriod? {
        guard let period = node.member(named: "dataPeriod") else { return nil }
        let start = period.text("start").flatMap { PartialDate($0) }
        let end = period.text("end").flatMap { PartialDate($0) }
        let isOrdered = start.flatMap { start in end.map { start.earliest < $0.end } } ?? true
        guard period.kind == .object, isOrdered, start != nil || end != nil,
            (start == nil) == (period.member(named: "start") == nil),
            (end == nil) == (period.member(named: "end") == nil)
        else {
            malformed("a dataPeriod that is no period or ends before it begins", at: path)
            return nil
        }
        return DataPeriod(start: start, end: end)
    }

    private mutating func data(_ node: JSONNode, at path: String) -> [Provision.DataReference]? {
        guard let items = items(node, "data", at: path) else { return nil }
        var references: [Provision.DataReference] = []
        for item in items {
            guard let name = item.text("meaning"), let meaning = Provision.Meaning(rawValue: name)
            else {
                malformed("data with an unknown meaning", at: path)
                continue
            }
            let keys = ReadReference(item.member(named: "reference"))?.keys ?? []
            if keys.isEmpty { malformed("data that names no record", at: path) }
            references += keys.map { Provision.DataReference(meaning: meaning, key: $0) }
        }
        return references
    }
}
