import Consent
import Foundation
import Synchronization
import Testing
import Vault
import VaultCore

@testable import VaultServer

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The listener on a real socket of this machine.
struct HTTPListenerTests {
    private struct Echo: HTTPService {
        func reply(to call: HTTPCall) -> HTTPReply {
            HTTPReply(
                status: 200,
                headers: [
                    ("Content-Type", "text/plain"), ("X-Path", "\(call.path)?\(call.query)"),
                ],
                body: call.body
            )
        }

        func reply(to call: HTTPCall, refusedBy refusal: HTTPRefusal) -> HTTPReply {
            switch refusal {
            case .bodyTooLarge: HTTPReply(status: 413, body: Array("too long".utf8))
            case .busy: HTTPReply(status: 503)
            case .bodyIncomplete: HTTPReply(status: 408)
            }
        }
    }

    /// Runs a service on a free port as long as `body` does.
    private func serving(
        _ service: any HTTPService,
        edit: (inout HTTPListener.Options) -> Void = { _ in },
        _ body: @Sendable @escaping (URL) async throws -> Void
    ) async throws {
        var options = HTTPListener.Options()
        options.port = 0
        options.graceful = .seconds(1)
        edit(&options)
        let listener = try HTTPListener(service, options: options)
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run { started.yield($0) } }
            for await port in ports {
                let url = try #require(URL(string: "http://127.0.0.1:\(port)"))
                try await body(url)
                break
            }
            group.cancelAll()
        }
    }

    private static func send(
        _ method: String,
        _ url: URL,
        body: Data? = nil
    ) async throws -> (HTTPURLResponse, Data) {
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        let (data, response) = try await URLSession.shared.data(for: request)
        return (try #require(response as? HTTPURLResponse), data)
    }

    @Test func `plain HTTP is refused on an address that others can reach`() {
        var options = HTTPListener.Options()
        options.host = "0.0.0.0"
        #expect(throws: ServerError.plainHTTPNotLoopback) {
            try HTTPListener(Echo(), options: options)
        }
    }

    @Test func `a certificate that is none is refused before anything is served`() async throws {
        var options = HTTPListener.Options()
        options.port = 0
        options.tls = (certificates: "x", privateKey: "y")
        let listener = try HTTPListener(Echo(), options: options)
        await #expect(throws: ServerError.badCertificate) { try await listener.run { _ in } }
    }

    @Test(.timeLimit(.minutes(1)))
    func `path, query and body arrive, and every reply has its request id`() async throws {
        try await serving(Echo()) { url in
            let (response, data) = try await Self.send(
                "POST",
                url.appending(path: "a/b").appending(queryItems: [.init(name: "q", value: "1")]),
                body: Data("hello".utf8)
            )
            #expect(response.statusCode == 200)
            #expect(response.value(forHTTPHeaderField: "X-Path") == "/a/b?q=1")
            #expect(response.value(forHTTPHeaderField: "X-Request-Id")?.isEmpty == false)
            #expect(data == Data("hello".utf8))
            let (head, none) = try await Self.send("HEAD", url)
            #expect(head.statusCode == 200 && none.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a body over the limit is refused, and the listener goes on`() async throws {
        try await serving(Echo(), edit: { $0.maximumBodyByteCount = 1_000 }) { url in
            let (large, _) = try await Self.send("POST", url, body: Data(count: 2_000))
            #expect(large.statusCode == 413)
            let (small, _) = try await Self.send("POST", url, body: Data(count: 10))
            #expect(small.statusCode == 200)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `the whole server answers on a socket as it does without one`() async throws {
        let harness = try ServerHarness()
        try harness.take([#"{"resourceType":"Patient","id":"a","name":[{"family":"A"}]}"#])
        let client = try harness.enrol(
            "a",
            Guard_Requester(kind: .patient, references: ["Patient/a"]),
            purposes: ["PATRQT"]
        )
        let token = try harness.token(client)
        let server = harness.server
        try await serving(server) { url in
            for (path, status) in [
                ("fhir/Patient/a", 200), ("fhir/Patient/b", 404), ("fhir/metadata", 200),
                ("nowhere", 404), ("fhir/Nothing/a", 404), ("health", 200),
            ] {
                var request = URLRequest(url: url.appending(path: path))
                request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
                let (data, response) = try await URLSession.shared.data(for: request)
                let answer = try #require(response as? HTTPURLResponse)
                #expect(answer.statusCode == status, "\(path)")
                if status == 404 {
                    #expect(String(decoding: data, as: UTF8.self).contains("OperationOutcome"))
                }
            }
        }
    }
}
