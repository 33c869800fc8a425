/// One HTTP request, read whole and inside the limits of its listener.
public struct HTTPCall: Sendable {
    /// Chosen by the server; also in `X-Request-Id` of the reply.
    public var id: String
    /// `GET`, `POST` and the like, as sent.
    public var method: String
    /// The path as sent, percent escapes not undone; begins with a slash.
    public var path: String
    /// What follows the question mark, escapes not undone; empty where there is none.
    public var query: String
    /// Header fields in the order sent, names in lower case.
    public var headers: [(name: String, value: String)]
    /// The whole body.
    public var body: [UInt8]
    /// Network address of the other end.
    public var remoteAddress: String?

    /// Describes a request.
    ///
    /// - Parameters:
    ///   - id: The request's id.
    ///   - method: `GET` and the like.
    ///   - path: With its first slash.
    ///   - query: Without the question mark.
    ///   - headers: Names in lower case.
    ///   - body: The whole body.
    ///   - remoteAddress: Network address of the other end.
    public init(
        id: String,
        method: String,
        path: String,
        query: String = "",
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        remoteAddress: String? = nil
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The value of a header field; where it was sent twice, `nil`, because nobody can say which counts.
    ///
    /// - Parameter name: In lower case.
    /// - Returns: The value as sent.
    public func header(_ name: String) -> String? {
        var found: String?
        for field in headers where field.name == name {
            guard found == nil else { return nil }
            found = field.value
        }
        return found
    }
}

/// One HTTP reply, whole.
public struct HTTPReply: Sendable {
    /// Status code, 100 to 599.
    public var status: Int
    /// Header fields; length, date and request id are the listener's.
    public var headers: [(name: String, value: String)]
    /// The whole body.
    public var body: [UInt8]
    /// Whether it says that nothing is there, though its status is that of success.
    var isMiss = false

    /// Describes a reply.
    ///
    /// - Parameters:
    ///   - status: Status code.
    ///   - headers: Header fields.
    ///   - body: The whole body.
    public init(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why a listener refuses a request before its service sees it.
public enum HTTPRefusal: Sendable, Hashable {
    /// The body is longer than the listener takes.
    case bodyTooLarge
    /// More requests are in progress than the listener has room for.
    case busy
    /// The body did not arrive whole or in time.
    case bodyIncomplete
}

/// What answers requests; called on a thread that must not wait for a disk.
public protocol HTTPService: Sendable {
    /// Answers one request.
    ///
    /// - Parameter call: The request.
    /// - Returns: The reply; every failure is one too.
    func reply(to call: HTTPCall) async -> HTTPReply

    /// Answers a request that the listener refuses.
    ///
    /// - Parameters:
    ///   - call: The request without its body.
    ///   - refusal: Why.
    /// - Returns: The reply.
    func reply(to call: HTTPCall, refusedBy refusal: HTTPRefusal) -> HTTPReply
}
