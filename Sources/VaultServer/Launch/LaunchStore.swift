internal import Guard
internal import Synchronization
internal import VaultCore

/// One browser on its way through an app's launch.
struct BrowserLaunch: Sendable {
    let launch: Launch
    let redirect: String
    let state: String?
    /// What the browser's cookie says.
    var cookie: String
    /// What the forms of its pages say, which no other site can read.
    var formToken: String
    /// Who has signed in.
    var signedIn: SignedIn?
    let end: Instant

    /// The cookie's name: one for each launch, so that two windows do not disturb each other.
    static func cookieName(_ launch: String, isSecure: Bool) -> String {
        (isSecure ? "__Host-" : "") + "launch-\(launch.prefix(8))"
    }
}

/// Browsers on their way; in memory alone, for ten minutes.
final class LaunchStore: Sendable {
    static let life: Duration = .seconds(600)
    private static let limit = 10_000
    private let known = Mutex<[String: BrowserLaunch]>([:])

    func keep(_ launch: BrowserLaunch, now: Instant) {
        known.withLock { known in
            if known.count >= Self.limit { known = known.filter { $0.value.end > now } }
            // The Guard keeps no more than as many either.
            guard known.count < Self.limit else { return }
            known[launch.launch.id] = launch
        }
    }

    /// The launch of a form that came with its own cookie and its own form token.
    func find(_ id: String, cookie: String?, formToken: String, now: Instant) -> BrowserLaunch? {
        known.withLock { known in
            guard let found = known[id], found.end > now, let cookie,
                Self.isEqual(found.cookie, cookie), Self.isEqual(found.formToken, formToken)
            else { return nil }
            return found
        }
    }

    func forget(_ id: String) { known.withLock { $0[id] = nil } }

    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
