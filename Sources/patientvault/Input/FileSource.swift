internal import FHIRModel
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A file on disk, read piece by piece, twice where needed.
final class FileSource: ByteSource {
    let byteCount: Int
    private let descriptor: Int32

    /// Opens a regular file.
    ///
    /// - Returns: `nil` where the path is a pipe or device, which can be read only once.
    /// - Throws: ``Complaint`` where there is no such file or it cannot be read.
    init?(_ path: String) throws {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? Complaint.missing(file: path) : Complaint.unreadable(file: path)
        }
        var status = stat()
        guard fstat(opened, &status) == 0, (status.st_mode & S_IFMT) == S_IFREG else {
            _ = close(opened)
            return nil
        }
        descriptor = opened
        byteCount = Int(status.st_size)
    }

    func read(
        at offset: Int,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FHIRModelError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            guard errno == EINTR else { throw .unreadable(byteOffset: offset) }
        }
    }

    deinit { _ = close(descriptor) }
}
