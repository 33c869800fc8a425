internal import Consent
internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Read, vread and history of one record.
struct Reading {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    func read() throws -> HTTPReply {
        let record = try request.record()
        try request.requester.require(.read, on: try request.type())
        return try request.disclosing {
            guard let (view, found) = try request.find(record) else {
                // That there was such a record is a fact of the patient's too: the Guard is asked before.
                guard let view = try goneView(record) else { throw Problem.notFound }
                let gone = Problem(410, "deleted", "this resource was deleted")
                return FHIRCall.Answer(reply: gone.reply, carried: [(view, [])])
            }
            if isNotModified(found) {
                return FHIRCall.Answer(
                    reply: HTTPReply(status: 304, headers: Self.headers(found)),
                    carried: [(view, [])]
                )
            }
            return FHIRCall.Answer(
                reply: self.reply(try body(found, in: view), found, view),
                carried: [(view, [found])]
            )
        }
    }

    /// The view of a deleted record, where the requester may know that there was such a one.
    private func goneView(_ record: RecordID) throws -> LeaseView? {
        let holder = try request.holder(of: record)
        let isGone = try request.vault.guard.isDeleted(
            record,
            of: holder,
            by: request.requester.caller
        )
        guard isGone, let view = request.knownView(of: holder),
            let newest = try request.vault.versions(of: record, in: view.lease).first,
            newest.isDeleted, view.admits(newest)
        else { return nil }
        return view
    }

    func vread() throws -> HTTPReply {
        let record = try request.record()
        try request.requester.require(.read, on: try request.type())
        return try request.disclosing {
            let (view, versions) = try self.versions(of: record)
            guard let view,
                let wanted = versions.first(where: { $0.version == request.match.version })
            else { throw Problem.notFound }
            if wanted.isDeleted {
                let gone = Problem(410, "deleted", "this version is a deletion")
                return FHIRCall.Answer(reply: gone.reply, carried: [(view, [])])
            }
            return FHIRCall.Answer(
                reply: self.reply(wanted.bytes, wanted, view),
                carried: [(view, [wanted])]
            )
        }
    }

    func history() throws -> HTTPReply {
        let record = try request.record()
        try request.requester.require(.read, on: try request.type())
        return try request.disclosing {
            let (view, versions) = try self.versions(of: record)
            guard let view, !versions.isEmpty else { throw Problem.notFound }
            var bundle = BundleWriter(type: "history", total: versions.count)
            bundle.link("self", "\(request.base)/\(record)/_history")
            for version in versions {
                bundle.add(history: version, base: request.base)
            }
            return FHIRCall.Answer(
                reply: request.server.fhir(200, bundle.bytes()),
                carried: [(view, versions.filter { !$0.isDeleted })]
            )
        }
    }

    /// The versions that may be seen; where there are none, the question has cost one entry.
    private func versions(of record: RecordID) throws -> (LeaseView?, [LeasedRecord]) {
        if ResourceType(named: record.type)?.mayBeShared == true {
            let directory = try request.directory()
            if let found = directory.record(record) { return (directory, [found]) }
        }
        let holder = try request.holder(of: record)
        let known = request.knownView(of: holder)
        if let known {
            let found = try versions(of: record, in: known)
            if !found.isEmpty { return (known, found) }
        }
        guard let view = try request.viewForMissing(record, of: holder, known: known) else {
            return (nil, [])
        }
        return (view, try versions(of: record, in: view))
    }

    private func versions(of record: RecordID, in view: LeaseView) throws -> [LeasedRecord] {
        try request.vault.versions(of: record, in: view.lease).filter { view.admits($0) }
    }

    // MARK: Replies

    private func body(_ found: LeasedRecord, in view: LeaseView) throws -> [UInt8] {
        guard !request.call.query.isEmpty else { return found.bytes }
        let query = try Searching.understood(
            request.pairs().filter { ["_elements", "_summary"].contains($0.name) },
            type: found.type
        )
        guard let projection = ResourceProjection(mode: query.summary, elements: query.elements)
        else { return found.bytes }
        var parser = JSONParser()
        return projection.bytes(of: try parser.parse(found.bytes).root)
    }

    private func reply(_ body: [UInt8], _ found: LeasedRecord, _ view: LeaseView) -> HTTPReply {
        var reply = request.server.fhir(200, body)
        reply.headers += Self.headers(found)
        reply.headers += Self.obligations(of: view)
        return reply
    }

    private func isNotModified(_ found: LeasedRecord) -> Bool {
        guard let tag = request.call.header("if-none-match") else { return false }
        return tag.split(separator: ",").contains { Self.version(ofTag: $0) == found.version }
    }

    /// `W/"3"`, and `3` as some clients send it.
    static func version(ofTag tag: some StringProtocol) -> UInt32? {
        UInt32(String(tag).replacing("W/", with: "").filter { $0 != "\"" && $0 != " " })
    }

    static func headers(_ record: LeasedRecord) -> [(name: String, value: String)] {
        [
            ("ETag", "W/\"\(record.version)\""),
            ("Last-Modified", HTTPDate.text(record.lastUpdated)),
        ]
    }

    /// What the law or the rules want to travel with a release.
    static func obligations(of view: LeaseView) -> [(name: String, value: String)] {
        view.lease.obligations.compactMap { obligation in
            obligation.code.contains("notice") ? ("X-Obligation", obligation.code) : nil
        }
    }
}

/// Dates of HTTP header fields.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ instant: Instant) -> String {
        // `2026-11-22T08:00:00…`
        let text = instant.description
        let date = text.prefix(10).split(separator: "-").compactMap { Int($0) }
        guard date.count == 3, (1...12).contains(date[1]) else { return text }
        let seconds = instant.microseconds / 1_000_000
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let name = days[Int(((day % 7) + 7) % 7)]
        let number = date[2] < 10 ? "0\(date[2])" : "\(date[2])"
        return "\(name), \(number) \(months[date[1] - 1]) \(date[0]) "
            + "\(text.dropFirst(11).prefix(8)) GMT"
    }
}
