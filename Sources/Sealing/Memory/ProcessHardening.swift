internal import CSodium

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Keeps the process's memory out of files that outlive it.
public enum ProcessHardening {
    /// What became of one measure.
    public enum Verdict: Sendable, Hashable {
        /// The measure holds.
        case done
        /// The operating system refused it, with its `errno`.
        case refused(code: Int32)
        /// This operating system has no such measure.
        case notAvailable
    }

    /// What became of both measures against core dumps.
    public struct CoreDumpVerdict: Sendable, Hashable {
        /// `RLIMIT_CORE` set to 0, soft and hard.
        public let sizeLimit: Verdict
        /// `PR_SET_DUMPABLE` set to 0: no dump and no `ptrace` by the same user either.
        public let dumpable: Verdict

        /// Whether no core file of this process can be written.
        public var isProtected: Bool { sizeLimit == .done || dumpable == .done }
    }

    /// Switches core dumps off for this process and what it starts.
    ///
    /// - Returns: What became of each measure; the caller decides whether to go on.
    public static func disableCoreDumps() -> CoreDumpVerdict {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        let limited = unsafe setrlimit(resource, &limit) == 0
        #else
        let limited = unsafe setrlimit(RLIMIT_CORE, &limit) == 0
        #endif
        let sizeLimit: Verdict = limited ? .done : .refused(code: errno)
        return CoreDumpVerdict(sizeLimit: sizeLimit, dumpable: forbidDumping())
    }

    private static func forbidDumping() -> Verdict {
        #if os(Linux)
        return csodium_forbid_dumping() == 0 ? .done : .refused(code: errno)
        #else
        return .notAvailable
        #endif
    }
}
