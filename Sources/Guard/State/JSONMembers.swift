internal import VaultCore

extension JSONValue {
    /// The members of an object; none for anything else.
    var members: [Member] { object ?? [] }

    /// Adds a member to an object, or replaces the one of that name.
    mutating func set(_ key: String, _ value: JSONValue) {
        var members = self.members.filter { $0.key != key }
        members.append(Member(key, value))
        self = .object(members)
    }

    /// The elements, where all of them are texts.
    var texts: [String]? {
        guard let items = array else { return nil }
        let texts = items.compactMap(\.string)
        return texts.count == items.count ? texts : nil
    }

    /// The elements, where all of them are whole numbers.
    var integers: [Int64]? {
        guard let items = array else { return nil }
        let numbers = items.compactMap(\.int)
        return numbers.count == items.count ? numbers : nil
    }
}
