internal import CSodium
internal import Dispatch

/// Memory that was freed and that the allocator has kept.
public enum FreedMemory {
    /// Gives whole pages back to the system.
    ///
    /// glibc keeps what was freed in the middle of its arenas, one of them for each thread: a server whose exports
    /// take a hundred megabytes now and then would hold several times that for ever. On other systems nothing is done.
    ///
    /// - Complexity: O(free blocks); milliseconds.
    public static func giveBack() { csodium_trim() }

    /// Gives them back from time to time, until it is stopped or let go.
    public final class Keeper {
        private let timer: any DispatchSourceTimer

        /// Starts.
        ///
        /// - Parameter seconds: Between two times.
        public init(everySeconds seconds: Int = 20) {
            timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
            timer.schedule(deadline: .now() + .seconds(seconds), repeating: .seconds(seconds))
            timer.setEventHandler { FreedMemory.giveBack() }
            timer.activate()
        }

        deinit { timer.cancel() }

        /// Ends it.
        public func stop() { timer.cancel() }
    }
}
