import Consent
import Foundation
import Guard
import Testing
import Vault
import VaultCore
import VaultTestSupport

@testable import VaultServer

/// Notifications over TLS to a host in a process of its own: whose certificate is believed, and that nothing is lost.
@Suite(.serialized) struct SubscriptionTLSTests {
    private let h: ServerHarness
    private let client: TestClient
    private let host: OutsideHost

    init() throws {
        h = try ServerHarness()
        try h.take([
            #"{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/d"}]}"#
        ])
        client = try h.enrol(
            "d",
            Guard_Requester(kind: .clinician, references: ["Practitioner/d"]),
            purposes: ["TREAT"]
        )
        host = try OutsideHost(isSecure: true)
    }

    private func subscribe(at name: String) throws {
        let origin = "https://\(name):\(host.port)"
        var known = try #require(try h.vault.guard.clients().first { $0.id == client.id })
        known.targets = [origin]
        try h.vault.guard.register(known, by: .operator, context: CallContext())
        let made = h.call(
            "POST",
            "/fhir/Subscription",
            token: try h.token(client),
            body: SubscriptionTests.resource("\(origin)/hook")
        )
        #expect(made.status == 201, "\(made.text)")
    }

    private func observe(_ id: String) throws {
        try h.take([
            #"{"resourceType":"Observation","id":"\#(id)","status":"final","code":{"text":"pulse"},"#
                + #""subject":{"reference":"Patient/a"}}"#
        ])
    }

    /// What the host has after one round, in which these authorities are believed beside the machine's own.
    private func told(believing authorities: String?) throws -> [Receiver.Received] {
        var settings = NotificationSettings()
        settings.allowsLoopback = true
        settings.authorities = authorities
        // Whatever failed before is due again.
        h.clock.move(by: .seconds(3_700))
        try SubscriptionWork(
            server: h.server,
            sender: HTTPNotificationSender(settings),
            caller: .operator
        ).run()
        return host.posts.map {
            Receiver.Received(path: "", headers: [], json: JSONValue(parsing: $0) ?? .null)
        }
    }

    private var failures: Int? {
        get throws { try h.vault.guard.subscriptions(by: .operator).first.map { Int($0.failures) } }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a host is told whose authority is believed, and later what it could not be told`() throws
    {
        defer { host.end() }
        let other = try OutsideHost(isSecure: true)
        defer { other.end() }
        try subscribe(at: "localhost")
        #expect(try told(believing: nil).isEmpty)
        #expect(try told(believing: other.authority).isEmpty)
        #expect(try failures == 2)
        #expect(try told(believing: host.authority).map { $0.status("type") } == ["handshake"])
        #expect(try failures == 0)
        try observe("o1")
        #expect(try told(believing: nil).count == 1)
        try observe("o2")
        #expect(try told(believing: other.authority).count == 1)
        let last = try #require(try told(believing: host.authority).last)
        #expect(last.events.map(\.number) == ["1", "2"])
        #expect(last.events.map(\.focus) == ["Observation/o1", "Observation/o2"])
        #expect(other.posts.isEmpty)
        #expect(try h.vault.guard.audit().problems.isEmpty)
    }

    @Test(.timeLimit(.minutes(2)))
    func `a certificate for another name is not believed, whoever made it`() throws {
        defer { host.end() }
        // The certificate is for `localhost`; the address is the same.
        try subscribe(at: "127.0.0.1")
        #expect(try told(believing: host.authority).isEmpty)
        #expect(try failures == 1)
    }
}
