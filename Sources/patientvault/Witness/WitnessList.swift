internal import Guard
internal import MerkleLog
internal import VaultCore

/// A witness that a vault asks: its public key, and where it listens.
struct WitnessAddress {
    let key: NoteVerifierKey
    /// Host and port.
    let host: String
    let port: String
    /// Path in front of `add-checkpoint`, with its slash.
    let prefix: String

    /// Reads `KEY http://HOST[:PORT][/PREFIX]`.
    init(_ line: some StringProtocol) throws {
        let parts = line.split(separator: " ")
        let scheme = "http://"
        guard parts.count == 2, parts[1].hasPrefix(scheme) else {
            throw Complaint.badInput(
                "a witness is written `KEY http://HOST:PORT`",
                hint: "a local proxy adds TLS where the witness is elsewhere"
            )
        }
        key = try NoteVerifierKey(parts[0])
        let address = parts[1].dropFirst(scheme.count).split(
            separator: "/",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let place = address[0].split(separator: ":")
        guard key.algorithm == .cosignatureV1, (1...2).contains(place.count) else {
            throw Complaint.badInput(
                "`\(parts[1])` is not a witness's address",
                hint: "give the key that `audit witness serve` prints, then `http://HOST:PORT`"
            )
        }
        host = String(place[0])
        port = place.count == 2 ? String(place[1]) : "80"
        let path = address.count == 2 ? String(address[1]) : ""
        prefix = path.isEmpty || path.hasSuffix("/") ? "/\(path)" : "/\(path)/"
    }

    /// The witnesses of a file, one a line.
    static func list(_ path: String) throws -> [WitnessAddress] {
        try Files.readText(path).split(separator: "\n").map { try WitnessAddress($0) }
    }

    /// What a witness answered.
    enum Answer {
        case line(String)
        case knows(UInt64)
        case refused(status: Int)
        case unreachable
    }

    func post(_ body: [UInt8], seconds: Int = 10) -> Answer {
        guard let connection = Connection(host: host, port: port, seconds: seconds) else {
            return .unreachable
        }
        let name = port == "80" ? host : "\(host):\(port)"
        connection.write(HTTPMessage.post("\(prefix)add-checkpoint", host: name, body))
        guard let answer = connection.read(), answer.start[0].hasPrefix("HTTP/1."),
            let status = Int(answer.start[1])
        else { return .unreachable }
        let text = String(decoding: answer.body, as: UTF8.self)
        if status == 200 { return .line(text) }
        if status == 409, answer.contentType == "text/x.tlog.size",
            let size = UInt64(text.dropLast())
        {
            return .knows(size)
        }
        return .refused(status: status)
    }
}
