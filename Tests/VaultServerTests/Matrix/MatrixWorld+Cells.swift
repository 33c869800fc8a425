import Testing
import Vault
import VaultCore

@testable import VaultServer

extension MatrixWorld {
    /// What the actor gets, as the table writes it.
    func cell(_ request: MatrixRequest, _ subject: MatrixSubject) throws -> String {
        let target = try #require(targets[subject])
        let cells = try request.methods.map { method in
            let reply = ask(method, request, target, subject)
            let cell = try cell(of: reply, method, request.path(target), subject)
            if cell.first != "2" || cell.hasSuffix("∅") {
                let name = "\(actor): \(request.name(subject))"
                for word in ["Whitfield", "Diabetes", "Bjørnstad", "Konsultasjon"] {
                    #expect(!reply.text.contains(word), "\(name) tells of somebody")
                }
                if isNothing(subject) {
                    let absent = ask(method, request, target.absent, subject).shape
                    #expect(target.hidden(in: reply.shape) == absent, "\(name) is not as absent")
                }
            }
            return cell
        }
        #expect(Set(cells).count == 1, "\(actor): \(request.name(subject)): \(cells)")
        return cells[0]
    }

    /// Whether the actor must not learn that the subject is there: then its answer is that of what is not.
    ///
    /// Officers answer for every patient's consents and log, so that a patient is no secret to them.
    private func isNothing(_ subject: MatrixSubject) -> Bool {
        switch subject {
        case .nobody, .own: false
        case .hidden, .imported: true
        case .other: actor != .officer
        case .patient, .batch: actor.isStranger
        }
    }

    private func ask(
        _ method: String,
        _ request: MatrixRequest,
        _ target: MatrixTarget,
        _ subject: MatrixSubject
    ) -> HTTPReply {
        var headers = [(name: "content-type", value: request.media)]
        headers.append(("prefer", "respond-async"))
        if actor == .emergency, [.patient, .batch, .nobody].contains(subject) {
            headers.append(("x-break-glass", "unconscious"))
        }
        return h.call(
            method,
            request.path(target),
            token: token,
            headers: headers,
            body: request.body(target)
        )
    }

    /// The status, of a Bundle of one entry that entry's; `∅` behind a success that carries nothing.
    private func cell(
        of reply: HTTPReply,
        _ method: String,
        _ path: String,
        _ subject: MatrixSubject
    ) throws -> String {
        let address = String(path.prefix { $0 != "?" })
        guard (200...299).contains(reply.status),
            case .found(let match) = RouteMatch.find(method: method, path: address)
        else { return "\(reply.status)" }
        let isEmpty: Bool
        switch match.route.interaction {
        case .bundle where subject == .batch:
            let status = reply.json["entry"]?.array?.first?["response"]?["status"]?.string
            return String(try #require(status).prefix(3))
        case .search, .searchByPost, .compartmentSearch, .everything, .everythingByPost:
            isEmpty = reply.total == 0
        case .export, .exportPatients, .exportGroup:
            isEmpty = try ExportClient(h, try #require(token), accepted: reply).files().isEmpty
        case .exportStatus: isEmpty = reply.json["output"]?.array?.isEmpty ?? false
        default: isEmpty = false
        }
        return "\(reply.status)\(isEmpty ? "∅" : "")"
    }

    /// What every method gets that an address does not have; nobody's token counts.
    func cellOfOtherMethods() -> String {
        let methods = [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "get",
        ]
        let addresses = MatrixRequest.all.flatMap { request in
            request.subjects.compactMap { targets[$0] }.map {
                String(request.path($0).prefix { $0 != "?" })
            }
        }
        var statuses: Set<Int> = []
        for address in Set(addresses) {
            let known = Set(
                methods.filter {
                    if case .found = RouteMatch.find(method: $0, path: address) {
                        true
                    } else {
                        false
                    }
                }
            )
            for method in Set(methods).subtracting(known) {
                let reply = h.call(method, address, token: token)
                statuses.insert(reply.status)
                let allowed = reply.header("allow")?.split(separator: ", ").map(String.init)
                #expect(Set(allowed ?? []) == known, "\(actor): \(method)")
                #expect(reply.text.contains("OperationOutcome"))
            }
        }
        return statuses.sorted().map { "\($0)" }.joined(separator: " ")
    }

    /// What addresses get that are in no row.
    func cellOfOtherAddresses() -> String {
        let addresses = [
            "/", "/fhir/Nothing", "/fhir/Nothing/1", "/fhir/$nothing", "/admin", "/auth",
            "/fhir/Patient/margaret/$nothing", "/fhir/Patient/margaret/_history/1/2",
            "/fhir/Patient/../Patient/margaret", "/fhir/Binary/1/2/3", "/files/x",
        ]
        let statuses = Set(addresses.map { h.call("GET", $0, token: token).status })
        return statuses.sorted().map { "\($0)" }.joined(separator: " ")
    }
}
