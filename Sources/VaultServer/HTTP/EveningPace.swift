/// How long the step is to which answers are evened out, by how long answers take on this machine now.
///
/// What crosses a step tells by how often it does, so the step must be several times longer than the work also while
/// the machine is busy: it doubles where an answer took more than a quarter of it, for those that follow, and is halved
/// again after many that were far below. It goes by all answers together and tells nothing of any one of them.
struct EveningPace: Sendable {
    /// The step on a machine that has little to do.
    static let shortest: Duration = .milliseconds(20)
    /// Above it, a person waits longer than the difference is worth.
    static let longest: Duration = shortest * 4
    /// So many answers in a row must be short before the step is.
    static let calmCount = 1_000

    /// What the next answer is evened out to.
    private(set) var step = Self.shortest
    private var calm = 0

    /// Takes down how long an answer took; the step counts from the next on, so that no answer sets its own.
    ///
    /// - Parameter elapsed: From the request to the answer, without waiting.
    mutating func note(_ elapsed: Duration) {
        while step < Self.longest, elapsed > step / 4 {
            step *= 2
            calm = 0
        }
        calm = elapsed > step / 8 ? 0 : calm + 1
        if calm >= Self.calmCount, step > Self.shortest {
            step /= 2
            calm = 0
        }
    }
}
