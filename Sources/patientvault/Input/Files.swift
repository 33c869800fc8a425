#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

/// Whole files, read and written by plain system calls; `-` means stdin or stdout.
enum Files {
    /// Largest document read into memory at once: 1 GiB.
    private static let maximumByteCount = 1 << 30

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
    }

    /// Reads a file, or stdin for `-`.
    ///
    /// - Throws: ``Complaint`` of kind `missingInput`, `inputOutput` or `badInput`.
    static func read(_ path: String) throws -> [UInt8] {
        if path == "-" { return try read(descriptor: STDIN_FILENO, name: "-") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? Complaint.missing(file: path) : Complaint.unreadable(file: path)
        }
        defer { _ = close(descriptor) }
        return try read(descriptor: descriptor, name: path)
    }

    private static func read(descriptor: Int32, name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Complaint.unreadable(file: name) }
            if count == 0 { return bytes }
            bytes += buffer[0..<count]
            guard bytes.count <= maximumByteCount else {
                throw Complaint.badInput(
                    "`\(name)` is larger than 1 GiB",
                    hint: "split it into smaller files"
                )
            }
        }
    }

    /// Reads a file's text.
    static func readText(_ path: String) throws -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw Complaint.badInput("`\(path)` is not UTF-8 text", hint: "check the file")
        }
        return text
    }

    /// Writes a new file that must not exist yet, durable when this returns.
    ///
    /// - Throws: ``Complaint`` of kind `cannotCreate` or `inputOutput`; then there is no such file.
    static func create(_ path: String, mode: UInt32 = 0o600, _ bytes: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Complaint.cannotCreate(path, code: errno) }
        var isWhole = writeAll(bytes, to: descriptor) && fsync(descriptor) == 0
        isWhole = close(descriptor) == 0 && isWhole
        guard isWhole else {
            unlink(path)
            throw Complaint.notWritten(path)
        }
    }

    /// Puts a file in the place of another: all of the new bytes, or all of the old.
    static func replace(_ path: String, mode: UInt32 = 0o600, _ bytes: [UInt8]) throws {
        let temporary = "\(path).new-\(getpid())"
        unlink(temporary)
        try create(temporary, mode: mode, bytes)
        guard rename(temporary, path) == 0 else {
            unlink(temporary)
            throw Complaint.cannotCreate(path, code: errno)
        }
        syncFolder(of: path)
    }

    /// Writes what a command gives out: to a file, replacing an older one, or to stdout for `-`.
    static func deliver(_ bytes: [UInt8], to path: String) throws {
        if path == "-" { _ = writeAll(bytes, to: STDOUT_FILENO) } else { try replace(path, bytes) }
    }

    static func remove(_ path: String) { unlink(path) }

    /// Overwrites a file's bytes in place with zeros, durable when this returns.
    static func overwrite(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Complaint.unreadable(file: path) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            writeAll([UInt8](repeating: 0, count: Int(status.st_size)), to: descriptor),
            fsync(descriptor) == 0
        else { throw Complaint.notWritten(path) }
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 else { throw Complaint.cannotCreate(path, code: errno) }
    }

    /// Names in a folder, sorted; `.` and `..` left out.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes names and renames in a file's folder durable.
    static func syncFolder(of path: String) {
        let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        _ = close(descriptor)
    }

    /// The folder part of a path; `.` where there is none.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = write(
                    descriptor,
                    buffer.baseAddress.map { $0 + offset },
                    buffer.count - offset
                )
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return false }
                offset += count
            }
            return true
        }
    }
}

extension Complaint {
    static func cannotCreate(_ path: String, code: Int32) -> Complaint {
        switch code {
        case EEXIST:
            Complaint(
                kind: .cannotCreate,
                code: "output.exists",
                message: "`\(path)` exists already",
                hint: "choose another name"
            )
        default:
            Complaint(
                kind: .cannotCreate,
                code: "output.cannotCreate",
                message: "`\(path)` cannot be created",
                hint: "check that its folder exists and is writable"
            )
        }
    }

    static func notWritten(_ path: String) -> Complaint {
        Complaint(
            kind: .inputOutput,
            code: "output.notWritten",
            message: "`\(path)` could not be written",
            hint: "check the free space on the disk"
        )
    }
}
