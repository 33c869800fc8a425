import Foundation
import Guard
import Testing
import VaultCore
import VaultTestSupport

@testable import Outbound

/// Key sets from a real host over TLS: what is taken, and what a host can try.
@Suite(.serialized) struct KeySetRequestTests {
    private static let keys = #"{"keys": [{"kty": "EC", "kid": "k"}]}"#

    private func fetch(
        _ host: OutsideHost,
        _ path: String,
        name: String = "localhost",
        scheme: String = "https",
        isInternal: Bool = true,
        isTrusted: Bool = true
    ) throws -> JSONValue? {
        let url = try #require(TargetURL("\(scheme)://\(name):\(host.port)\(path)"))
        return KeySetRequest(authorities: isTrusted ? host.authority : nil).keySet(
            at: KeyLocation(url: url, isInternal: isInternal)
        )
    }

    @Test func `a host's own answer is taken, and nothing that it leads to or stretches`() throws {
        let host = try OutsideHost(isSecure: true)
        defer { host.end() }
        let set = try fetch(host, "/jwks")
        #expect(set?["keys"]?.array?.count == 1)
        for path in ["/moved", "/long", "/broken", "/missing", "/text", "/endless", "/cut"] {
            #expect(try fetch(host, path) == nil, "\(path)")
        }
        #expect(host.paths.contains("/moved") && !host.paths.contains("/elsewhere"))
        #expect(try fetch(host, "/jwks") != nil, "the host is asked again after all that")
    }

    @Test func `another name, an unknown authority, plain HTTP or a private address are refused`()
        throws
    {
        let host = try OutsideHost(isSecure: true)
        defer { host.end() }
        #expect(try fetch(host, "/jwks", isTrusted: false) == nil)
        // The certificate is for `localhost`; the address is the same.
        #expect(try fetch(host, "/jwks", name: "127.0.0.1") == nil)
        #expect(try fetch(host, "/jwks", isInternal: false) == nil)
        #expect(try fetch(host, "/jwks", scheme: "http") == nil)
        #expect(host.paths.isEmpty)
        #expect(TargetURL("http://keys.example/jwks") == nil)
        let plain = try OutsideHost(isSecure: false)
        defer { plain.end() }
        #expect(try fetch(plain, "/jwks", scheme: "http", isInternal: false) == nil)
        #expect(try fetch(plain, "/jwks", scheme: "http") != nil)
    }

    @Test func `an address is reached as far as it was said`() {
        for reach in [Reach.publicOnly, .publicOrLoopback, .anywhere] {
            #expect(reach.admits(isPublic: true, isLoopback: false, isSecure: true))
            #expect(!reach.admits(isPublic: true, isLoopback: false, isSecure: false))
            #expect(
                reach.admits(isPublic: false, isLoopback: false, isSecure: true)
                    == (reach == .anywhere)
            )
            #expect(
                reach.admits(isPublic: false, isLoopback: true, isSecure: false)
                    == (reach != .publicOnly)
            )
        }
    }
}
