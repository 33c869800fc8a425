public import Guard
public import VaultCore

/// Fetches key sets by HTTPS, for the Guard whose process it runs in.
public struct KeySetRequest: KeySetSource {
    private let authorities: String?

    /// Makes a source.
    ///
    /// - Parameter authorities: A PEM file with authorities that are trusted beside the machine's own.
    public init(authorities: String? = nil) { self.authorities = authorities }

    /// Gets the document once: no redirect, at most 64 KiB, at most five seconds.
    ///
    /// - Parameter location: As registered.
    /// - Returns: The JSON of an answer with status 200; `nil` for anything else.
    public func keySet(at location: KeyLocation) -> JSONValue? {
        var request = OutboundRequest(
            to: location.url,
            reach: location.isInternal ? .anywhere : .publicOnly
        )
        request.timeout = .seconds(5)
        request.limit = KeySetAge.longestDocument
        request.authorities = authorities
        guard
            let answer = try? request.send(
                "GET",
                headers: [("Accept", "application/jwk-set+json, application/json")]
            ), answer.status == 200
        else { return nil }
        return JSONValue(parsing: answer.body)
    }
}
