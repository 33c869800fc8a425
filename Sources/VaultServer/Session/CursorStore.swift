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

    private let pages: Mutex<ExpiringTable<String, Page>>
    private let random: any RandomSource
    private static let life: Duration = .seconds(900)

    init(limit: Int = 20_000, random: any RandomSource) {
        pages = Mutex(ExpiringTable(limit: limit))
        self.random = random
    }

    /// Keeps a page; where there is no room, the one that ends first goes.
    func add(_ page: Page) -> String {
        let name = Base64URL.encode(random.bytes(18))
        pages.withLock { $0.set(page, for: name, until: page.end) }
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
