internal import VaultCore

/// Some files in one stream: the length of a list (8 bytes, big endian), the list as JSON, then the files'
/// bytes in its order.
struct BackupArchive {
    /// One file, or bytes that stand for one.
    enum Source {
        case file(String)
        case bytes([UInt8])
    }

    let members: [(name: String, source: Source)]

    /// Hands out everything in pieces of at most `limit` bytes.
    func forEachPiece(_ limit: Int, _ body: ([UInt8]) throws -> Void) throws {
        var sizes: [Int] = []
        for member in members {
            switch member.source {
            case .file(let path): sizes.append(try ByteStream.size(of: path))
            case .bytes(let bytes): sizes.append(bytes.count)
            }
        }
        let list: JSONValue = .array(
            zip(members, sizes).map { ["name": .string($0.name), "size": .int(Int64($1))] }
        )
        let head = list.bytes
        try body(withUnsafeBytes(of: UInt64(head.count).bigEndian) { Array($0) } + head)
        for (member, size) in zip(members, sizes) {
            switch member.source {
            case .bytes(let bytes): if !bytes.isEmpty { try body(bytes) }
            case .file(let path):
                let stream = try ByteStream(reading: path)
                var rest = size
                while rest > 0 {
                    let piece = try stream.read(min(limit, rest))
                    guard !piece.isEmpty else { throw Complaint.unreadable(file: path) }
                    rest -= piece.count
                    try body(piece)
                }
            }
        }
    }
}

/// Takes an archive's stream apart again, into files of a folder.
final class BackupUnpacking {
    private let folder: String
    private var head: [UInt8] = []
    private var waiting: [(name: String, size: Int)]?
    private var output: ByteStream?
    private var rest = 0

    /// Unpacks into an existing folder.
    init(into folder: String) { self.folder = folder }

    /// Takes the next bytes.
    func take(_ bytes: [UInt8]) throws {
        var bytes = bytes[...]
        if waiting == nil {
            head += bytes
            guard head.count >= 8 else { return }
            let length = head[..<8].reduce(0) { $0 << 8 | Int($1) }
            guard length <= 1 << 20 else { throw BackupDamage() }
            guard head.count >= 8 + length else { return }
            try readList(Array(head[8..<8 + length]))
            bytes = head[(8 + length)...]
            head = []
        }
        while true {
            if rest == 0 {
                try output?.sync()
                output = nil
                guard let next = waiting?.first else { break }
                waiting?.removeFirst()
                output = try ByteStream(creating: "\(folder)/\(next.name)")
                rest = next.size
                if rest > 0, bytes.isEmpty { return }
                continue
            }
            let piece = bytes.prefix(rest)
            try output?.write(Array(piece))
            rest -= piece.count
            bytes = bytes.dropFirst(piece.count)
            if rest > 0 { return }
        }
        guard bytes.isEmpty else { throw BackupDamage() }
    }

    /// Ends; everything announced must have come.
    func finish() throws {
        guard rest == 0, output == nil, waiting?.isEmpty == true else { throw BackupDamage() }
    }

    private func readList(_ bytes: [UInt8]) throws {
        guard let list = JSONValue(parsing: bytes)?.array else { throw BackupDamage() }
        waiting = try list.map { item in
            guard let name = item["name"]?.string, let size = item["size"]?.int, size >= 0,
                Self.isPlain(name)
            else { throw BackupDamage() }
            if let slash = name.lastIndex(of: "/") {
                Files.makeFolders("\(folder)/\(name[..<slash])")
            }
            return (name, Int(size))
        }
    }

    /// A name that cannot lead out of the folder.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/")
            && name.split(separator: "/", omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}

/// A backup that is not as it was written, or is none.
struct BackupDamage: Failure {
    var kind: FailureKind { .integrity }
    var code: String { "backup.damaged" }
    var message: String { "the backup is damaged, or is none" }
    var hint: String { "try another copy; nothing was changed" }
}

extension Files {
    /// Makes a folder and those above it, where they are missing.
    static func makeFolders(_ path: String) {
        if isFolder(path) { return }
        makeFolders(folder(of: path))
        try? makeFolder(path)
    }
}
