#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// How many files and connections this process may have open.
public enum OpenFiles {
    /// Raises the soft limit to the hard one: a shell's 1,024 are fewer than the connections that one peer may have, and
    /// a Guard that can accept nobody cannot be sealed by its keepers either.
    ///
    /// - Returns: The limit that holds now; the old one where the system refuses.
    @discardableResult
    public static func raiseLimit() -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        let old = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        return Int(clamping: setrlimit(resource, &limit) == 0 ? limit.rlim_cur : old)
    }
}
