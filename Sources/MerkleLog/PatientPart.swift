public import VaultCore

/// What an entry says of one patient: sections 1 and up, each readable without the others.
///
/// ``previous`` and ``count`` chain all entries of a patient, so that a list of them shows by itself
/// whether one in the middle or at the old end is missing.
public struct PatientPart: Sendable, Hashable {
    /// Stands for the patient in all of their entries and in nobody else's, opaque to outsiders.
    public var patient: String
    /// Log index of the patient's entry before this one; `nil` in the first.
    public var previous: UInt64?
    /// How many entries the patient has up to and including this one; 1 in the first.
    public var count: UInt64
    /// Members after the fixed ones: the manifest and whatever else the Guard states.
    public var body: [JSONValue.Member]

    /// Makes a part.
    ///
    /// - Parameters:
    ///   - patient: Stands for the patient in all of their entries.
    ///   - previous: Index of the patient's entry before; `nil` exactly where `count` is 1.
    ///   - count: This entry included.
    ///   - body: Further members.
    public init(patient: String, previous: UInt64?, count: UInt64, body: [JSONValue.Member]) {
        self.patient = patient
        self.previous = previous
        self.count = count
        self.body = body
    }

    /// `patient`, `previous`, `count`, then the body; members of the body under these names are dropped.
    public var json: JSONValue {
        let fixed: [JSONValue.Member] = [
            .init("patient", .string(patient)),
            .init("previous", previous.map { .int(Int64(clamping: $0)) } ?? .null),
            .init("count", .int(Int64(clamping: count))),
        ]
        let free = body.filter { !Self.fixedNames.contains($0.key) }
        return .object(fixed + free)
    }

    /// Reads a part back.
    ///
    /// - Parameter json: An object with the three fixed members.
    /// - Throws: ``MerkleLogError/malformedPart`` where one is missing, of the wrong type, or where
    ///   `previous` and `count` contradict each other.
    public init(_ json: JSONValue) throws(MerkleLogError) {
        guard let members = json.object, let patient = json["patient"]?.string,
            let count = json["count"]?.int, count >= 1, let before = json["previous"]
        else { throw .malformedPart }
        switch before {
        case .null where count == 1: previous = nil
        case .int(let index) where count > 1 && index >= 0: previous = UInt64(index)
        default: throw .malformedPart
        }
        self.patient = patient
        self.count = UInt64(count)
        body = members.filter { !Self.fixedNames.contains($0.key) }
    }

    private static let fixedNames: Set<String> = ["patient", "previous", "count"]
}
