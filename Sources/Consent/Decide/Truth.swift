/// Yes, no, or not known because only a whole segment was asked about.
enum Truth: UInt8 {
    case no
    case unknown
    case yes

    init(_ value: Bool) { self = value ? .yes : .no }

    /// Both hold.
    static func && (left: Truth, right: @autoclosure () -> Truth) -> Truth {
        if left == .no { return .no }
        let other = right()
        return other.rawValue < left.rawValue ? other : left
    }

    /// One holds at least.
    static func || (left: Truth, right: @autoclosure () -> Truth) -> Truth {
        if left == .yes { return .yes }
        let other = right()
        return other.rawValue > left.rawValue ? other : left
    }

    static prefix func ! (value: Truth) -> Truth {
        switch value {
        case .no: .yes
        case .unknown: .unknown
        case .yes: .no
        }
    }
}

/// What a layer, a consent or a rule may still say.
struct Possible: OptionSet {
    let rawValue: UInt8
    static let silent = Possible(rawValue: 1)
    static let permit = Possible(rawValue: 2)
    static let deny = Possible(rawValue: 4)

    /// What two rules of the same rank may say together: deny beats permit beats silence.
    func combined(with other: Possible) -> Possible {
        var result: Possible = []
        if contains(.deny) || other.contains(.deny) { result.insert(.deny) }
        let mine = !isDisjoint(with: [.silent, .permit])
        let theirs = !other.isDisjoint(with: [.silent, .permit])
        if contains(.permit), theirs { result.insert(.permit) }
        if other.contains(.permit), mine { result.insert(.permit) }
        if contains(.silent), other.contains(.silent) { result.insert(.silent) }
        return result
    }
}
