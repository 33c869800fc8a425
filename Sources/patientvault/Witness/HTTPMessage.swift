internal import VaultCore

/// The least of HTTP/1.1 that a witness and its logs need: one request with a body, one answer, closed.
///
/// Source: RFC 9112. No transfer codings, no continuation lines, no keep-alive; TLS is a proxy's.
enum HTTPMessage {
    /// Most bytes of a head, and of a body.
    static let maximumHeadByteCount = 8_192
    static let maximumBodyByteCount = 1 << 16

    /// A message taken apart.
    struct Parsed {
        /// First line, split at spaces.
        var start: [String]
        var contentType: String?
        var body: [UInt8]
    }

    /// What is known of a message that is still coming in.
    enum Progress {
        case incomplete
        case malformed
        case complete(Parsed)
    }

    /// Reads what has come in so far.
    ///
    /// - Parameters:
    ///   - bytes: From the first byte on.
    ///   - isAtEnd: Whether the other side has closed.
    /// - Returns: Whether there is a message yet.
    static func parse(_ bytes: [UInt8], isAtEnd: Bool) -> Progress {
        guard let gap = firstGap(bytes) else {
            return bytes.count > maximumHeadByteCount || isAtEnd ? .malformed : .incomplete
        }
        guard gap <= maximumHeadByteCount,
            let head = String(validating: bytes[..<gap], as: UTF8.self)
        else { return .malformed }
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let start = lines.removeFirst().split(separator: " ").map(String.init)
        guard start.count >= 2 else { return .malformed }
        var length: Int?
        var type: String?
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1).map {
                $0.trimming(while: { $0 == " " || $0 == "\t" })
            }
            guard parts.count == 2 || line.hasSuffix(":") else { return .malformed }
            switch parts[0].lowercased() {
            case "content-length":
                guard length == nil, let count = Int(parts.last ?? ""), count >= 0 else {
                    return .malformed
                }
                length = count
            case "transfer-encoding": return .malformed
            case "content-type": type = parts.last
            default: break
            }
        }
        let body = bytes[(gap + 4)...]
        // An answer without a length ends where the connection does; a request without one has no body.
        let isAnswer = start[0].hasPrefix("HTTP/")
        let wanted = length ?? (isAnswer ? (isAtEnd ? body.count : .max) : 0)
        guard body.count <= maximumBodyByteCount, wanted <= maximumBodyByteCount || !isAtEnd else {
            return .malformed
        }
        if body.count < wanted { return isAtEnd ? .malformed : .incomplete }
        return .complete(
            Parsed(start: start, contentType: type, body: Array(body.prefix(wanted)))
        )
    }

    private static func firstGap(_ bytes: [UInt8]) -> Int? {
        let end: [UInt8] = [13, 10, 13, 10]
        guard bytes.count >= 4 else { return nil }
        return (0...(min(bytes.count, maximumHeadByteCount + 4) - 4)).first {
            bytes[$0] == 13 && bytes[$0..<$0 + 4].elementsEqual(end)
        }
    }

    /// An answer's bytes.
    static func answer(_ status: Int, type: String, _ body: String) -> [UInt8] {
        let reasons = [
            200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
            405: "Method Not Allowed", 409: "Conflict", 422: "Unprocessable Content",
            500: "Internal Server Error",
        ]
        return Array(
            ("HTTP/1.1 \(status) \(reasons[status] ?? "Error")\r\nContent-Type: \(type)\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)").utf8
        )
    }

    /// A request's bytes.
    static func post(_ path: String, host: String, _ body: [UInt8]) -> [UInt8] {
        Array(
            ("POST \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Type: text/plain\r\n"
                + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n").utf8
        ) + body
    }
}

extension StringProtocol {
    fileprivate func trimming(while isBlank: (Character) -> Bool) -> String {
        var text = self[...]
        while let first = text.first, isBlank(first) { text = text.dropFirst() }
        while let last = text.last, isBlank(last) { text = text.dropLast() }
        return String(text)
    }
}
