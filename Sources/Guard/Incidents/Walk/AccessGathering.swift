internal import MerkleLog
internal import VaultCore

/// Joins opened entries, in the order of the log, to what an ``AccessLog`` is made of.
///
/// Pure; names of records and segments come afterwards, for those only that are told in full.
struct AccessGathering: Sendable {
    /// One thing that an entry told in full says, with records by number.
    struct Event: Sendable {
        var index: UInt64
        var time: Instant
        var context: Int
        var patient: Int
        var content: WalkContent
    }

    let query: AccessLogQuery
    /// Entries that there were when the walk began.
    let size: UInt64
    var check: TreeCheck
    private(set) var log = AccessLog()
    private(set) var events: [Event] = []
    /// Whether every patient's back-pointers hold, and every version that is named was announced.
    private(set) var isChained = true
    /// Sessions that may reach into the window.
    private(set) var sessions: [(context: Int, principal: PrincipalID, start: Instant)] = []
    /// Looks into the whole log inside the window.
    private(set) var surveys: [(context: Int, time: Instant)] = []
    /// When each principal was disabled; more than once where it was reinstated in between.
    private(set) var disabled: [PrincipalID: [Instant]] = [:]
    /// Digests of other policies than today's by which the window's decisions were made.
    private(set) var otherPolicies: Set<String> = []
    /// Which entries announce versions of which patient.
    private(set) var intents: [(patient: UInt32, index: UInt64)] = []
    /// The first entry after the window.
    private(set) var end: (size: UInt64, time: Instant)?

    private var places: [PatientPseudonym: Int] = [:]
    private var contextPlaces: [AccessLog.Context: Int] = [:]
    /// Patients whose key is replaced by an intent that is not stored yet.
    private var rotating: [UInt64: [Int]] = [:]
    /// One more than each patient's highest record number that has a name.
    private var named: [UInt32] = []
    /// Patients of whom an entry can no longer be opened.
    private var hasClosedParts: Set<Int> = []

    init(query: AccessLogQuery, size: UInt64, check: TreeCheck) {
        self.query = query
        self.size = size
        self.check = check
    }

    /// Takes the entries of a slice.
    mutating func take(_ slice: WalkSlice) {
        var next = 0
        for entry in slice.entries {
            let parts = next..<next + Int(entry.partCount)
            next = parts.upperBound
            check.add(entry.index, entry.measured)
            guard end == nil, entry.index < size, let time = entry.measured?.time else { continue }
            if entry.index == 0 {
                log.logBegins = time
                log.begins = time
            }
            guard time < query.until else {
                end = (entry.index, time)
                continue
            }
            if time < query.from {
                log.fromSize = entry.index + 1
                log.begins = time
            }
            take(
                entry,
                time,
                slice.parts[parts],
                entry.detail < 0 ? nil : slice.details[Int(entry.detail)]
            )
        }
    }

    private mutating func take(
        _ entry: WalkEntry,
        _ time: Instant,
        _ parts: ArraySlice<WalkPart>,
        _ detail: WalkDetail?
    ) {
        let isInWindow = time >= query.from
        if !entry.isOpen {
            // What the header hides may be anything: nothing is proven by such a log.
            isChained = false
            if isInWindow { log.unreadable.append(time) }
        }
        let context = detail?.context.map { place(of: $0) }
        if let detail { take(detail, context, time) }
        var saysSomething = false
        for (number, part) in parts.enumerated() {
            let patient = link(part, at: entry.index, isInWindow)
            take(part, patient, entry.index, isInWindow)
            if !part.isOpen, isInWindow { log.unreadable.append(time) }
            if let context, let contents = detail?.contents, number < contents.count {
                for content in contents[number] {
                    events.append(
                        Event(
                            index: entry.index,
                            time: time,
                            context: context,
                            patient: patient,
                            content: content
                        )
                    )
                }
            } else if isInWindow {
                log.patients[patient].passed.count += 1
                log.patients[patient].passed.last = entry.index
                saysSomething = true
            } else if part.isGrantLive {
                saysSomething = true
            }
        }
        if saysSomething { log.passedEntries += 1 }
    }

    private mutating func place(of context: AccessLog.Context) -> Int {
        if let known = contextPlaces[context] { return known }
        contextPlaces[context] = log.contexts.count
        log.contexts.append(context)
        return log.contexts.count - 1
    }

    private mutating func take(_ detail: WalkDetail, _ context: Int?, _ time: Instant) {
        if let context {
            if let principal = detail.session { sessions.append((context, principal, time)) }
            if detail.isSurvey { surveys.append((context, time)) }
        }
        if let principal = detail.disabled { disabled[principal, default: []].append(time) }
        if let policy = detail.policy { otherPolicies.insert(policy) }
        for intent in detail.stored {
            for patient in rotating.removeValue(forKey: intent) ?? [] {
                log.patients[patient].rotations.append(time)
            }
        }
    }

    /// Moves a patient's head and checks the back-pointer; answers the patient's place.
    private mutating func link(_ part: WalkPart, at index: UInt64, _ isInWindow: Bool) -> Int {
        let patient: Int
        if let known = places[part.patient] {
            patient = known
        } else {
            patient = log.patients.count
            places[part.patient] = patient
            log.patients.append(AccessLog.Patient(pseudonym: part.patient))
            named.append(0)
        }
        let head = log.patients[patient].end
        if part.isOpen {
            let previous = head.count == 0 ? -1 : Int64(clamping: head.last)
            if part.count != Int64(clamping: head.count + 1) || part.previous != previous {
                isChained = false
            }
        }
        let next = AccessLog.Head(count: head.count + 1, last: index)
        log.patients[patient].end = next
        if !isInWindow { log.patients[patient].start = next }
        return patient
    }

    /// Follows which records have a name, and which keys are being replaced.
    private mutating func take(
        _ part: WalkPart,
        _ patient: Int,
        _ index: UInt64,
        _ isInWindow: Bool
    ) {
        guard part.isOpen else {
            hasClosedParts.insert(patient)
            return
        }
        if part.isIntent {
            intents.append((UInt32(patient), index))
            named[patient] = max(named[patient], part.named)
            if part.isRotation { rotating[index, default: []].append(patient) }
        }
        // Named by an entry whose audit key has ended, or by none: then the log cannot be believed.
        if part.isUnreadable
            || part.carried > named[patient] && !hasClosedParts.contains(patient)
        {
            isChained = false
        }
    }
}
