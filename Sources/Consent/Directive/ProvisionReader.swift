internal import FHIRModel
internal import VaultCore

/// Reads the rules of a Consent into a flat list, without recursion; deeper or longer trees are malformed.
struct ProvisionReader {
    /// Deepest nesting of rules.
    static let maximumDepth = 16
    /// Most rules in one consent.
    static let maximumCount = 1_000
    /// Most codes, actors or references of one rule.
    static let maximumListCount = 10_000

    let custodians: [String]
    var provisions: [Provision] = []
    var problems: [String] = []
    var isMalformed = false
    var closesDefault = false

    init(custodians: [String]) {
        self.custodians = custodians
    }

    mutating func malformed(_ what: String, at path: String) {
        isMalformed = true
        problems.append("provision \(path): \(what)")
    }

    /// R4: one root rule; without a type it depends on the base policy what it says.
    mutating func readR4(_ consent: JSONNode) {
        let base = BasePolicy(consent)
        let roots = consent.list("provision")
        guard roots.count <= 1 else {
            malformed("more than one root", at: "root")
            return
        }
        guard let root = roots.first else {
            readWithoutProvision(base)
            return
        }
        guard root.kind == .object else {
            malformed("no object", at: "root")
            return
        }
        let nested = root.list("provision")
        let typed = type(of: root, at: "root", isRequired: false)
        let own = criteria(of: root, at: "root")
        let everyone = base.everyone(bounds: own.bounds)
        switch (typed, base) {
        case (.permit?, _):
            closesDefault = own.purposes != nil
            append(own, kind: .permit)
        case (.deny?, .optIn):
            // The consent opts in and its one exception takes away.
            provisions.append(everyone.provision(kind: .permit, path: "base", parent: 0))
            append(own, kind: .deny)
        case (.deny?, _): append(own, kind: .deny)
        case (.silent?, _): append(own, kind: .silent)
        case (nil, .optOut), (nil, .deny):
            provisions.append(everyone.provision(kind: .deny, path: "base", parent: 0))
            append(own, kind: .silent)
        case (nil, .optIn), (nil, .normal):
            append(own, kind: untypedKind(own, base: base, nested: nested))
        case (nil, .unknown):
            if nested.isEmpty { malformed("neither a type nor a base policy", at: "root") }
            append(own, kind: .silent)
        }
        readNested(below: [(nested, provisions.count - 1)], flips: false)
    }

    /// A root without type under an opt-in: a mere period says when the opt-in holds; anything else is read
    /// as the exception it may be and never as the permission it may be.
    private func untypedKind(
        _ own: Criteria,
        base: BasePolicy,
        nested: [JSONNode]
    ) -> Provision.Kind {
        if nested.contains(where: { $0.text("type") == "permit" }) { return .silent }
        if base == .normal { return own.isOpen ? .silent : .deny }
        return own.isOpen ? .permit : .deny
    }

    private mutating func readWithoutProvision(_ base: BasePolicy) {
        let everyone = base.everyone(bounds: nil)
        switch base {
        case .optIn, .normal:
            provisions = [everyone.provision(kind: .permit, path: "base", parent: 0)]
        case .optOut, .deny:
            provisions = [everyone.provision(kind: .deny, path: "base", parent: 0)]
        case .unknown: malformed("neither a provision nor a base policy", at: "root")
        }
    }

    /// R5: `decision` is the root, provisions are exceptions to it, theirs exceptions to them.
    mutating func readR5(_ consent: JSONNode) {
        let kind: Provision.Kind
        switch consent.text("decision") {
        case "permit": kind = .permit
        case "deny": kind = .deny
        default:
            malformed("decision is missing or unknown", at: "root")
            return
        }
        var own = Criteria()
        own.bounds = bounds(consent, "period", at: "root")
        append(own, kind: kind)
        readNested(below: [(consent.list("provision"), 0)], flips: true)
    }

    private mutating func append(_ own: Criteria, kind: Provision.Kind) {
        let place = provisions.count
        provisions.append(own.provision(kind: kind, path: "root", parent: max(0, place - 1)))
        rows = Array(repeating: own, count: provisions.count)
    }

    /// Criteria of every rule so far, for the rules below them.
    private var rows: [Criteria] = []

    private mutating func readNested(below start: [([JSONNode], Int)], flips: Bool) {
        var level = start
        var depth = 1
        while !level.isEmpty, !isMalformed {
            var next: [([JSONNode], Int)] = []
            for (nodes, parent) in level {
                if !nodes.isEmpty, depth > Self.maximumDepth {
                    malformed("nested deeper than \(Self.maximumDepth)", at: "root")
                    return
                }
                for (number, node) in nodes.enumerated() {
                    let above = provisions[parent].path
                    let path =
                        above == "root" || above == "base"
                        ? "\(number + 1)" : "\(above).\(number + 1)"
                    guard let place = read(node, path: path, parent: parent, flips: flips) else {
                        continue
                    }
                    next.append((node.list("provision"), place))
                }
            }
            level = next
            depth += 1
        }
    }

    private mutating func read(
        _ node: JSONNode,
        path: String,
        parent: Int,
        flips: Bool
    ) -> Int? {
        guard provisions.count < Self.maximumCount else {
            if !isMalformed { malformed("more than \(Self.maximumCount) rules", at: path) }
            return nil
        }
        guard node.kind == .object else {
            malformed("no object", at: path)
            return nil
        }
        let own = criteria(of: node, at: path).inheriting(from: rows[parent])
        var kind: Provision.Kind = provisions[parent].kind == .permit ? .deny : .permit
        if flips, node.member(named: "type") != nil {
            malformed("a type, which R5 does not have", at: path)
            return nil
        }
        if !flips {
            guard let typed = type(of: node, at: path, isRequired: true) else { return nil }
            kind = typed
        }
        provisions.append(own.provision(kind: kind, path: path, parent: parent))
        rows.append(own)
        return provisions.count - 1
    }

    private mutating func type(
        of node: JSONNode,
        at path: String,
        isRequired: Bool
    ) -> Provision.Kind? {
        switch node.member(named: "type").map({ $0.string ?? "" }) {
        case "permit"?: return .permit
        case "deny"?: return .deny
        case nil:
            if isRequired { malformed("type is missing", at: path) }
            return nil
        default:
            malformed("type is unknown", at: path)
            return nil
        }
    }
}
