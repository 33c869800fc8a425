import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import Vault
import VaultCore

@testable import VaultServer

/// A vault of its own for one actor, who asks every route in it.
final class MatrixWorld {
    let actor: MatrixActor
    private let m: Margaret
    let h: ServerHarness
    let token: String?
    private(set) var targets: [MatrixSubject: MatrixTarget] = [:]

    init(_ actor: MatrixActor) throws {
        self.actor = actor
        m = try Margaret()
        h = m.harness
        try h.take(
            ["margaret", "marit"].flatMap { patient in
                [
                    #"{"resourceType":"Group","id":"\#(patient)-group","type":"person","actual":true,"#
                        + #""member":[{"entity":{"reference":"Patient/\#(patient)"}}]}"#
                ] + (1...6).map { MatrixRequest.visit("\(patient)-plain-\($0)", of: patient) }
            }
        )
        token = try actor.token(m)
        try prepare()
    }

    // MARK: What there is

    /// Makes what belongs to the patient, to another one, to the actor's client and to another client.
    private func prepare() throws {
        let another = actor == .doctor ? m.patient : m.doctor
        try MatrixActor.allowSubscriptions(of: another, h)
        let foreign = try h.token(another)
        for id in ["margaret-enc-2021-annual", "marit-enc-gp-2021"] {
            _ = h.call("GET", "/fhir/Encounter/\(id)", token: foreign)
        }
        let patient = MatrixTarget(
            patient: "margaret",
            visit: "margaret-enc-2021-annual",
            entry: try entry(about: "margaret"),
            job: MatrixTarget.nothing,
            file: "0.Encounter.ndjson",
            subscription: MatrixTarget.nothing
        )
        var other = patient
        other.patient = "marit"
        other.visit = "marit-enc-gp-2021"
        other.entry = try entry(about: "marit")
        try make(&other, foreign)
        var own = patient.absent
        if let token { try make(&own, token) }
        var imported = other
        let desk = try h.token(actor == .registrar ? m.administrator : m.registrar)
        imported.job = try #require(
            try job(
                h.call(
                    "POST",
                    "/fhir/$import",
                    token: desk,
                    headers: [("content-type", MediaType.ndjson), ("prefer", "respond-async")],
                    body: MatrixRequest.visit("desk", of: "margaret")
                ),
                desk
            )
        ).name
        var hidden = patient
        hidden.visit = "margaret-doc-therapy-process"
        targets = [
            .nobody: patient, .patient: patient, .batch: patient, .other: other, .own: own,
            .imported: imported, .hidden: hidden,
        ]
    }

    private func entry(about patient: String) throws -> String {
        var query = LogQuery()
        query.patient = .id(try #require(FHIRID(patient)))
        let found = try h.vault.guard.entries(query, by: .operator)
        return "entry-\(try #require(found.last).index)"
    }

    /// An export and a subscription of a token's client, as far as it may have them.
    private func make(_ target: inout MatrixTarget, _ token: String) throws {
        let export = h.call(
            "GET",
            "/fhir/Patient/$export?_type=Encounter",
            token: token,
            headers: [("prefer", "respond-async")]
        )
        if let (job, file) = try job(export, token) {
            target.job = job
            target.file = file ?? target.file
        }
        let made = h.call(
            "POST",
            "/fhir/Subscription",
            token: token,
            body: SubscriptionTests.resource("https://app.example/hook")
        )
        target.subscription = made.json["id"]?.string ?? target.subscription
    }

    /// Name of a job that was begun, and of the first of its files, when it has ended.
    private func job(_ reply: HTTPReply, _ token: String) throws -> (name: String, file: String?)? {
        guard reply.status == 202 else { return nil }
        let client = try ExportClient(h, token, accepted: reply)
        let file = try client.addresses().first
        return (
            client.job.replacing("bulk/", with: ""),
            file?.split(separator: "/").last.map(String.init)
        )
    }
}
