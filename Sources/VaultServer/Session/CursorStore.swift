internal import FHIRSearch
internal import Synchronization
internal import VaultCore

/// The next pages of searches: a random name stands for a query, so that no search term is in a link.
///
/// A cursor is bound to its requester; every page is decided, searched and logged anew.
final class CursorStore: Sendable {
    struct Page {
        var requester: Requester
        /// What to do again.
        var target: CursorTarget
        var pairs: [QueryPair]
        /// Matches before this page.
        var offset: Int
        var end: Instant
    }

    private let pages = Mutex<[String: Page]>([:])
    private let random: any RandomSource
    private static let life: Duration = .seconds(900)
    private static let limit = 20_000

    init(random: any RandomSource) { self.random = random }

    func add(_ page: Page) -> String {
        let name = Base64URL.encode(random.bytes(18))
        pages.withLock { pages in
            if pages.count >= Self.limit {
                let ends = pages.values.map(\.end).sorted()
                let middle = ends[ends.count / 2]
                pages = pages.filter { $0.value.end > middle }
            }
            pages[name] = page
        }
        return name
    }

    /// The page of a name, for its own requester only.
    func page(_ name: String, for requester: Requester, now: Instant) -> Page? {
        pages.withLock { pages in
            guard let page = pages[name], page.end > now, page.requester.isSame(as: requester)
            else { return nil }
            return page
        }
    }

    static func end(after now: Instant) -> Instant { now.advanced(by: life) }
}

/// What a cursor goes on with.
enum CursorTarget: Sendable, Equatable {
    case search(String)
    case everything(FHIRID)
}
