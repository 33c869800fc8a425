internal import VaultCore

/// Which entries an ``AccessLog`` tells in full; of all others it only counts how many each patient has.
///
/// So an officer learns of the suspected one and nothing of what everybody else did, and the answer's size
/// does not grow with the log.
public enum AccessFilter: Sendable, Hashable {
    /// What of an entry's context is compared.
    public enum Field: String, Sendable, Hashable, CaseIterable {
        /// Who acted.
        case principal
        /// Within which organization.
        case organization
        /// In which session.
        case session
        /// From which device.
        case device
        /// Through which record server.
        case recordServer
        /// By which Guard.
        case guardHost
    }

    /// Every entry.
    case everything
    /// None: what is suspected is no path on which an entry can come.
    case nothing
    /// Entries that came this way, and those that do not say which way they came.
    case only(Field, String)

    /// As the query writes it; `nil` for ``everything``.
    var json: JSONValue? {
        switch self {
        case .everything: nil
        case .nothing: "nothing"
        case .only(let field, let value):
            ["field": .string(field.rawValue), "value": .string(value)]
        }
    }

    init?(json: JSONValue?) {
        switch json {
        case nil: self = .everything
        case .string("nothing"): self = .nothing
        case let json?:
            guard let field = json["field"]?.string.flatMap(Field.init(rawValue:)),
                let value = json["value"]?.string
            else { return nil }
            self = .only(field, value)
        }
    }
}
