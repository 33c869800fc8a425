/// A bar on stderr, only where that is a terminal.
struct ProgressBar {
    private static let width = 30

    private let terminal: Terminal
    private let title: String

    init(_ terminal: Terminal, title: String) {
        self.terminal = terminal
        self.title = title
    }

    func show(_ done: Int, _ all: Int) {
        guard terminal.showsProgress, all > 0, done % 512 == 0 || done == all else { return }
        let filled = Self.width * done / all
        let bar =
            String(repeating: "█", count: filled)
            + String(repeating: "░", count: Self.width - filled)
        terminal.draw("\r\(title) \(bar) \(Words.number(done)) of \(Words.number(all))")
    }

    func clear() {
        if terminal.showsProgress { terminal.draw("\r\u{1B}[K") }
    }
}
