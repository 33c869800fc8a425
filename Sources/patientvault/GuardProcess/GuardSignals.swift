#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Signals of a serving process, taken one by one by its main thread; all other threads keep them blocked.
struct GuardSignals {
    enum Wish {
        case end
        case seal
        case reload
    }

    private var set = sigset_t()

    /// Blocks the signals; call before any other thread is started.
    init() {
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1] { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits a second at most.
    func next() -> Wish? {
        var set = set
        var pause = timespec(tv_sec: 1, tv_nsec: 0)
        switch sigtimedwait(&set, nil, &pause) {
        case SIGTERM, SIGINT: return .end
        case SIGHUP: return .reload
        case SIGUSR1: return .seal
        default: return nil
        }
    }
}
