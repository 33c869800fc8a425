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
    private let arguments: [String]

    init(adding flag: String) {
        let given = CommandLine.arguments
        arguments = given.contains(flag) ? given : given + [flag]
    }

    /// Does not return where it works.
    func run() -> Never {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", &pointers)
        // What must forget its keys and cannot must not live on.
        _exit(ExitStatus.internalError.rawValue)
    }
}
