import Foundation
import Synchronization
import Testing
import VaultCore

@testable import VaultServer

/// Somebody who is told: a real HTTP server on a port of this machine that keeps what it is sent.
final class Receiver: HTTPService {
    struct Received {
        var path: String
        var headers: [(name: String, value: String)]
        var json: JSONValue

        /// A parameter of the status that every notification begins with.
        func status(_ name: String) -> String? {
            let value = parameters.first { $0["name"]?.string == name }
            return value?["valueCode"]?.string ?? value?["valueString"]?.string
        }

        /// Numbers and focuses of its events.
        var events: [(number: String, focus: String)] {
            parameters.filter { $0["name"]?.string == "notification-event" }.compactMap { event in
                let parts = event["part"]?.array ?? []
                let number = parts.first { $0["name"]?.string == "event-number" }
                let focus = parts.first { $0["name"]?.string == "focus" }
                guard let number = number?["valueString"]?.string,
                    let focus = focus?["valueReference"]?["reference"]?.string
                else { return nil }
                return (number, focus.replacing("\(ServerHarness.origin)/fhir/", with: ""))
            }
        }

        private var parameters: [JSONValue] {
            json["entry"]?.array?.first?["resource"]?["parameter"]?.array ?? []
        }
    }

    private let state = Mutex((received: [Received](), answer: 200))

    func reply(to call: HTTPCall) -> HTTPReply {
        state.withLock { state in
            state.received.append(
                Received(
                    path: call.path,
                    headers: call.headers,
                    json: JSONValue(parsing: call.body) ?? .null
                )
            )
            var reply = HTTPReply(status: state.answer)
            if state.answer == 302 { reply.headers.append(("Location", "/elsewhere")) }
            return reply
        }
    }

    func reply(to call: HTTPCall, refusedBy refusal: HTTPRefusal) -> HTTPReply {
        HTTPReply(status: 400)
    }

    /// What came so far.
    var received: [Received] { state.withLock { $0.received } }

    /// Answers with another status from now on.
    func answer(_ status: Int) { state.withLock { $0.answer = status } }

    /// Listens as long as the body runs, which has a thread of its own: it waits for what is sent.
    func listening(_ body: @escaping (Int) throws -> Void) async throws {
        var options = HTTPListener.Options()
        options.port = 0
        options.graceful = .seconds(1)
        let listener = try HTTPListener(self, options: options)
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        let serving = Task { try await listener.run { started.yield($0) } }
        // SAFETY: this task does nothing but wait until that thread is done.
        nonisolated(unsafe) let work = body
        for await port in ports {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Result { try work(port) }) }
            }
            break
        }
        serving.cancel()
        _ = await serving.result
    }
}
