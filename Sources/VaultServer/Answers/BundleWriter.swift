internal import Vault
internal import VaultCore

/// Writes a Bundle; the resources go in as they are, byte for byte.
struct BundleWriter {
    private let type: String
    private let total: Int?
    private var links: [(relation: String, url: String)] = []
    private var entries: [UInt8] = []

    init(type: String, total: Int?) {
        self.type = type
        self.total = total
    }

    mutating func link(_ relation: String, _ url: String) { links.append((relation, url)) }

    mutating func reserve(_ byteCount: Int) { entries.reserveCapacity(byteCount) }

    /// Adds a match that is no record.
    mutating func add(raw bytes: [UInt8], url: String) {
        begin()
        entries += "{\"fullUrl\":\"\(url)\",\"resource\":".utf8
        entries += bytes
        entries += ",\"search\":{\"mode\":\"match\"}}".utf8
    }

    /// Adds a resource of a search.
    mutating func add(_ record: LeasedRecord, bytes: [UInt8], mode: StaticString, base: String) {
        begin()
        entries += "{\"fullUrl\":\"\(base)/\(record.record)\",\"resource\":".utf8
        entries += bytes
        entries += ",\"search\":{\"mode\":\"".utf8
        entries += UnsafeBufferPointer(start: mode.utf8Start, count: mode.utf8CodeUnitCount)
        entries += "\"}}".utf8
    }

    /// Adds a version to a history; of a deletion only that it was one.
    mutating func add(history record: LeasedRecord, base: String) {
        begin()
        entries += "{\"fullUrl\":\"\(base)/\(record.record)\"".utf8
        if !record.isDeleted {
            entries += ",\"resource\":".utf8
            entries += record.bytes
        }
        let method = record.isDeleted ? "DELETE" : record.version == 1 ? "POST" : "PUT"
        let url = method == "POST" ? record.record.type : record.record.description
        let status = record.isDeleted ? "204" : record.version == 1 ? "201" : "200"
        entries +=
            (",\"request\":{\"method\":\"\(method)\",\"url\":\"\(url)\"},\"response\":{\"status\":\""
            + "\(status)\",\"etag\":\"W/\\\"\(record.version)\\\"\",\"lastModified\":\""
            + "\(record.lastUpdated)\"}}").utf8
    }

    /// Adds the answer to an entry of a batch or transaction.
    mutating func add(response reply: HTTPReply) {
        begin()
        var response: JSONValue = ["status": .string("\(reply.status)")]
        for (name, value) in reply.headers {
            switch name.lowercased() {
            case "location": response.set("location", .string(value))
            case "etag": response.set("etag", .string(value))
            default: continue
            }
        }
        let isOutcome = reply.status >= 400
        entries += "{".utf8
        if !reply.body.isEmpty, !isOutcome {
            entries += "\"resource\":".utf8
            entries += reply.body
            entries.append(0x2C)
        }
        entries += "\"response\":".utf8
        var text = response.bytes
        if isOutcome, !reply.body.isEmpty {
            text.removeLast()
            text += ",\"outcome\":".utf8
            text += reply.body
            text.append(0x7D)
        }
        entries += text
        entries.append(0x7D)
    }

    private mutating func begin() { if !entries.isEmpty { entries.append(0x2C) } }

    func bytes() -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(entries.count + 512)
        out += "{\"resourceType\":\"Bundle\",\"type\":\"\(type)\"".utf8
        if let total { out += ",\"total\":\(total)".utf8 }
        if !links.isEmpty {
            let list = links.map { relation, url -> JSONValue in
                ["relation": .string(relation), "url": .string(url)]
            }
            out += ",\"link\":".utf8
            out += JSONValue.array(list).bytes
        }
        if !entries.isEmpty {
            out += ",\"entry\":[".utf8
            out += entries
            out.append(0x5D)
        }
        out.append(0x7D)
        return out
    }
}
