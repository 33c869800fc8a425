internal import Guard
internal import Synchronization
internal import VaultCore

/// One browser on its way through pages that belong together, kept apart from every other browser.
struct BrowserVisit<Errand: Sendable>: Sendable {
    /// Names it in its forms; nobody guesses it.
    let id: String
    /// What it has come for.
    let errand: Errand
    /// What the browser's cookie says.
    var cookie: String
    /// What the forms of its pages say, which no other site can read.
    var formToken: String
    /// Who has signed in.
    var signedIn: SignedIn?
    let end: Instant

    /// The cookie's name: one for each visit, so that two windows do not disturb each other.
    func cookieName(isSecure: Bool) -> String { Self.cookieName(id, isSecure: isSecure) }

    static func cookieName(_ id: String, isSecure: Bool) -> String {
        (isSecure ? "__Host-" : "") + "visit-\(id.prefix(8))"
    }
}

/// Browsers on their way; in memory alone, for ten minutes.
final class VisitStore<Errand: Sendable>: Sendable {
    /// How long a visit lasts: as long as a launch in the Guard, and as a sign-in that nothing uses.
    static var life: Duration { .seconds(600) }
    private let known: Mutex<ExpiringTable<String, BrowserVisit<Errand>>>

    init(limit: Int = 10_000) { known = Mutex(ExpiringTable(limit: limit)) }

    /// Keeps a visit; where there is no room, the one that ends first goes.
    func keep(_ visit: BrowserVisit<Errand>) {
        known.withLock { $0.set(visit, for: visit.id, until: visit.end) }
    }

    /// The visit of a form that came with its own cookie and its own form token.
    func find(
        _ id: String,
        cookie: String?,
        formToken: String,
        now: Instant
    ) -> BrowserVisit<Errand>? {
        known.withLock { known in
            guard let found = known[id], found.end > now, let cookie,
                Self.isEqual(found.cookie, cookie), Self.isEqual(found.formToken, formToken)
            else { return nil }
            return found
        }
    }

    func forget(_ id: String) { known.withLock { _ = $0.remove(id) } }

    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
