import BreachResponse
import VaultCore

/// What a log of many entries says, made while it is read: nothing of it is kept but the heads.
///
/// Every entry is about one patient; one in a thousand goes through what is suspected. The heads are counted
/// in a pass of their own, as the Guard's map of heads would give them.
struct StreamedHistory: AccessHistory {
    let entries: UInt64
    let range: LogRange
    let contexts: [AccessContext]
    let patients: [PatientPseudonym]
    let credentials: [CredentialLife] = []
    private let counted: [PatientHeads]

    static let suspect = "laptop-7"
    private static let begins: Int64 = 1_780_000_000

    init(entries: UInt64, patients count: Int) {
        self.entries = entries
        contexts = (0..<64).map { number in
            AccessContext(
                principal: .none,
                organization: .none,
                session: .none,
                device: .value(number == 0 ? Self.suspect : "device-\(number)"),
                server: .value("records-1"),
                guardHost: .value("guard-1"),
                automation: number % 2 == 0 ? .human : .machine
            )
        }
        patients = (0..<count).compactMap { PatientPseudonym(bytes: Self.bytes(UInt64($0))) }
        range = LogRange(
            origin: "benchmark",
            from: (0, String(repeating: "0", count: 64)),
            to: (entries, String(repeating: "1", count: 64)),
            logBegins: Instant(seconds: Self.begins),
            begins: Instant(seconds: Self.begins),
            ends: Instant(seconds: Self.begins + Int64(entries) + 10),
            isVerified: true
        )
        var heads = Array(
            repeating: PatientHeads(
                start: .init(count: 0, last: 0),
                end: .init(count: 0, last: 0)
            ),
            count: count
        )
        for index in 0..<entries {
            let patient = Self.patient(index, count)
            heads[patient].end.count += 1
            heads[patient].end.last = index
        }
        counted = heads
    }

    var window: ScopeWindow {
        ScopeWindow(from: range.begins, to: range.ends)
    }

    func heads(of patient: Int) -> PatientHeads { counted[patient] }
    func rotations(of patient: Int) -> [Instant] { [] }
    func reach(of credential: Int) -> [SegmentReach] { [] }
    func knows(_ suspicion: Suspicion) -> Bool { true }

    func forEachEvent(_ body: (AccessEvent) -> Void) {
        for index in 0..<entries {
            let hash = Self.mix(index)
            let patient = Self.patient(index, patients.count)
            // A thousandth goes through the suspect; a response there carries three versions.
            let isSuspect = hash % 1_000 == 0
            var items: [AccessItem] = []
            if isSuspect {
                for number in UInt64(0)..<3 {
                    if let tag = RecordTag(bytes: Self.bytes(hash &+ number)) {
                        items.append(AccessItem(record: tag, version: 1))
                    }
                }
            }
            body(
                AccessEvent(
                    index: index,
                    time: Instant(seconds: Self.begins + Int64(index) + 1),
                    context: isSuspect ? 0 : 1 + Int(hash % 63),
                    kind: hash % 4 == 0 || isSuspect
                        ? .disclosure(patient: patient, items: items) : .other(patient: patient)
                )
            )
        }
    }

    private static func patient(_ index: UInt64, _ count: Int) -> Int {
        Int(mix(index ^ 0x5555) % UInt64(count))
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<16).map {
            UInt8(truncatingIfNeeded: mix(number &+ UInt64($0 / 8)) >> UInt64($0 % 8 * 8))
        }
    }

    private static func mix(_ number: UInt64) -> UInt64 {
        var value = number &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
