#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

/// Starts this very program anew in the place of this process.
///
/// All memory goes back to the kernel, with every copy of every key that a library may have made.
struct SelfReplacement {
    /// What whoever started this process left open for it; not ours to close.
    private let inherited: Set<Int32>

    /// Make it before anything is opened.
    init() { inherited = Set(Self.openDescriptors()) }

    /// Does not return where it works.
    func run(adding flag: String) -> Never {
        let given = CommandLine.arguments
        let arguments = given.contains(flag) ? given : given + [flag]
        // A connection that lived on in the new process would have nobody who reads it, and its client would
        // wait for ever.
        for descriptor in Self.openDescriptors() where !inherited.contains(descriptor) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &pointers)
        // What must forget its keys and cannot must not live on.
        _exit(ExitStatus.internalError.rawValue)
    }

    /// The one that the folder itself was read with is closed again, and so not among them.
    private static func openDescriptors() -> [Int32] {
        Files.names(in: "/proc/self/fd").compactMap { Int32($0) }
            .filter { fcntl($0, F_GETFD) >= 0 }
    }
}
