internal import VaultCore

extension JSONValue {
    /// Adds a member at the end, or replaces it where it stands.
    mutating func set(_ key: String, _ value: JSONValue) {
        guard case .object(var members) = self else { return }
        if let place = members.firstIndex(where: { $0.key == key }) {
            members[place].value = value
        } else {
            members.append(Member(key, value))
        }
        self = .object(members)
    }
}
