internal import Guard
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// A backup as a file: first line `patientvault-backup/1`, second line a head in JSON, then the parts one
/// after the other, each sealed to its own custodian.
///
/// Head: `vault`, `time`, `logSize`, `checkpoint`, and for each part its name, the key's generation and
/// id, and what HPKE encapsulated. A part is a row of chunks: length (4 bytes, big endian, highest bit: the
/// last), then the sealed chunk.
enum BackupFile {
    static let firstLine = "patientvault-backup/1"
    private static let chunkByteCount = 1 << 20

    /// What is to be sealed.
    struct Part {
        var part: BackupPart
        var custody: Custody
        var archive: BackupArchive
    }

    /// Writes a new file and reads it back.
    static func write(_ parts: [Part], head: BackupHead, vault: VaultID, to path: String) throws {
        let stream = try ByteStream(creating: path)
        do {
            var hashes: [MerkleHash] = []
            var sizes: [Int] = []
            func put(_ bytes: [UInt8]) throws {
                sizes.append(bytes.count)
                hashes.append(TreeHasher.leafHash(bytes))
                try stream.write(bytes)
            }
            var sealers = try parts.map { part in
                try StreamSealer(
                    to: part.custody.publicKey,
                    context: context(part.part, vault, head.time)
                )
            }
            let json: JSONValue = [
                "vault": .string(vault.description), "time": .string(head.time.description),
                "logSize": .int(Int64(clamping: head.logSize)),
                "checkpoint": .string(head.checkpoint),
                "parts": .array(
                    zip(parts, sealers).map { part, sealer in
                        [
                            "part": .string(part.part.rawValue),
                            "generation": .int(Int64(part.custody.generation)),
                            "key": .string(part.custody.publicKey.id),
                            "encapsulated": .string(Base64.encode(sealer.encapsulated)),
                        ]
                    }
                ),
            ]
            try put(Array("\(firstLine)\n".utf8) + json.bytes + [0x0A])
            for (place, part) in parts.enumerated() {
                var held: [UInt8]?
                try part.archive.forEachPiece(chunkByteCount) { piece in
                    if let ready = held {
                        try put(try framed(&sealers[place], ready, false))
                    }
                    held = piece
                }
                try put(try framed(&sealers[place], held ?? [], true))
            }
            try stream.sync()
            try check(path, sizes, hashes)
        } catch {
            Files.remove(path)
            throw error
        }
    }

    /// What the disk gives back must be what was written.
    private static func check(_ path: String, _ sizes: [Int], _ hashes: [MerkleHash]) throws {
        let stream = try ByteStream(reading: path)
        for (size, hash) in zip(sizes, hashes) {
            guard TreeHasher.leafHash(try stream.read(size)) == hash else { throw BackupDamage() }
        }
        guard try stream.read(1).isEmpty else { throw BackupDamage() }
    }

    private static func framed(
        _ sealer: inout StreamSealer,
        _ chunk: [UInt8],
        _ isLast: Bool
    ) throws -> [UInt8] {
        let sealed = try sealer.seal(chunk, isLast: isLast)
        let length = UInt32(sealed.count) | (isLast ? 0x8000_0000 : 0)
        return withUnsafeBytes(of: length.bigEndian) { Array($0) } + sealed
    }

    private static func context(_ part: BackupPart, _ vault: VaultID, _ time: Instant) -> [UInt8] {
        Array("patientvault/backup/v1\0\(part.rawValue)\0".utf8) + vault.bytes
            + Array(time.description.utf8)
    }

    /// A head that was read.
    struct Head {
        var vault: VaultID
        var time: Instant
        var logSize: UInt64
        var checkpoint: String
        var parts: [(part: BackupPart, generation: Int, key: String, encapsulated: [UInt8])]
    }

    /// Opens wanted parts of a file into folders or bytes.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - keys: Private keys of the custodians, in any order.
    ///   - sink: For each part what takes its bytes, or `nil` to skip it; called once a part.
    /// - Returns: The head.
    /// - Throws: ``BackupDamage``, or ``Complaint`` for a key that is missing.
    static func open(
        _ path: String,
        keys: [CustodyPrivateKey],
        sink: (BackupPart) throws -> (([UInt8]) throws -> Void)?
    ) throws -> Head {
        let stream = try ByteStream(reading: path)
        let head = try readHead(stream)
        for sealed in head.parts {
            let take = try sink(sealed.part)
            var opener: StreamOpener?
            if take != nil {
                guard let key = keys.first(where: { $0.publicKey.id == sealed.key }) else {
                    throw Complaint(
                        kind: .missingInput,
                        code: "backup.keyMissing",
                        message:
                            "the custody key `\(sealed.key)` of the part `\(sealed.part.rawValue)` is missing",
                        hint: "name the folder that has it with `--custody DIR`"
                    )
                }
                opener = try StreamOpener(
                    with: key,
                    encapsulated: sealed.encapsulated,
                    context: context(sealed.part, head.vault, head.time)
                )
            }
            while true {
                let frame = try stream.read(4)
                guard frame.count == 4 else { throw BackupDamage() }
                let word = frame.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let isLast = word & 0x8000_0000 != 0
                let length = Int(word & 0x7FFF_FFFF)
                guard (16...(1 << 21)).contains(length) else { throw BackupDamage() }
                let chunk = try stream.read(length)
                guard chunk.count == length else { throw BackupDamage() }
                if let take {
                    do {
                        if let plain = try opener?.open(chunk, isLast: isLast) { try take(plain) }
                    } catch SealingError.authenticationFailed { throw BackupDamage() }
                }
                if isLast { break }
            }
        }
        return head
    }

    private static func readHead(_ stream: ByteStream) throws -> Head {
        var lines: [[UInt8]] = [[]]
        while lines.count < 3 {
            let byte = try stream.read(1)
            guard let byte = byte.first, lines[lines.count - 1].count < 1 << 20 else {
                throw BackupDamage()
            }
            if byte == 0x0A { lines.append([]) } else { lines[lines.count - 1].append(byte) }
        }
        guard lines[0].elementsEqual(firstLine.utf8), let json = JSONValue(parsing: lines[1]),
            let vault = json["vault"]?.string.flatMap({ Hex.decode($0) })
                .flatMap({ VaultID(bytes: $0) }),
            let time = json["time"]?.string.flatMap({ Instant(rfc3339: $0) }),
            let size = json["logSize"]?.int, size >= 0,
            let checkpoint = json["checkpoint"]?.string, let parts = json["parts"]?.array
        else { throw BackupDamage() }
        return Head(
            vault: vault,
            time: time,
            logSize: UInt64(size),
            checkpoint: checkpoint,
            parts: try parts.map { item in
                guard let part = item["part"]?.string.flatMap({ BackupPart(rawValue: $0) }),
                    let generation = item["generation"]?.int, let key = item["key"]?.string,
                    let head = item["encapsulated"]?.string.flatMap({ Base64.decode($0) })
                else { throw BackupDamage() }
                return (part, Int(generation), key, head)
            }
        )
    }
}
