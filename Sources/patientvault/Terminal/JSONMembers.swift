internal import VaultCore

extension JSONValue {
    /// Adds a member to an object, or replaces the one of that name.
    mutating func set(_ key: String, _ value: JSONValue) {
        var members = (object ?? []).filter { $0.key != key }
        members.append(Member(key, value))
        self = .object(members)
    }
}
