public import VaultCore

/// How a witness of a running Guard's log stands.
public struct WitnessStanding: Sendable, Hashable {
    /// The witness's name.
    public var name: String
    /// Entries that it has cosigned last; `nil` before the first time since the process began.
    public var cosigned: UInt64?
    /// When it did.
    public var time: Instant?
    /// Why it did not when it was asked last; `nil` where it did.
    public var failure: String?

    /// Describes a witness.
    ///
    /// - Parameters:
    ///   - name: The witness's name.
    ///   - cosigned: Entries that it has cosigned last.
    ///   - time: When it did.
    ///   - failure: Why it did not when it was asked last.
    public init(
        name: String,
        cosigned: UInt64? = nil,
        time: Instant? = nil,
        failure: String? = nil
    ) {
        self.name = name
        self.cosigned = cosigned
        self.time = time
        self.failure = failure
    }

    /// The one text of it, also on the wire.
    public var json: JSONValue {
        [
            "witness": .string(name),
            "cosigned": cosigned.map { .int(Int64(clamping: $0)) } ?? .null,
            "time": time.map { .string($0.description) } ?? .null,
            "failure": failure.map { .string($0) } ?? .null,
        ]
    }

    init?(_ json: JSONValue) {
        guard let name = json["witness"]?.string else { return nil }
        self.init(
            name: name,
            cosigned: json["cosigned"]?.int.flatMap { UInt64(exactly: $0) },
            time: json["time"]?.string.flatMap { Instant(rfc3339: $0) },
            failure: json["failure"]?.string
        )
    }
}
