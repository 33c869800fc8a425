internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// All that the requester may see of one patient (`Patient/[id]/$everything`), with the organizations,
/// practitioners and places it refers to.
///
/// No other patient's record is ever among it.
struct Everything {
    let request: FHIRCall
    private static let maximumCount = 5_000

    init(_ request: FHIRCall) { self.request = request }

    func reply() throws -> HTTPReply {
        guard let id = request.match.id else { throw Problem.notFound }
        try request.requester.require(.read, on: .patient)
        var pairs = try request.pairs()
        var offset = 0
        if let name = pairs.first(where: { $0.name == "_page" })?.value {
            guard
                let page = request.server.cursors.page(
                    name,
                    for: request.requester,
                    now: request.now
                ), page.target == .everything(id)
            else { throw Problem(410, "expired", "this page is not there (any more)") }
            pairs = page.pairs
            offset = page.offset
        }
        let wanted = try Wanted(pairs)
        return try request.disclosing {
            guard let view = try request.view(of: .id(id)) else { throw Problem.notFound }
            return try answer(view, id, wanted, offset: offset, pairs)
        }
    }

    private struct Wanted {
        var count = Everything.maximumCount
        var since: Instant?
        var types: Set<ResourceType> = []

        init(_ pairs: [QueryPair]) throws {
            for pair in pairs {
                switch pair.name {
                case "_count":
                    guard let number = Int(pair.value), number > 0 else {
                        throw Problem.invalid(
                            "a value of `_count` is not of its kind",
                            code: "value"
                        )
                    }
                    count = min(number, Everything.maximumCount)
                case "_since":
                    guard let date = PartialDate(pair.value), date.precision == .instant else {
                        throw Problem.invalid(
                            "a value of `_since` is not of its kind",
                            code: "value"
                        )
                    }
                    since = date.earliest
                case "_type":
                    for name in pair.value.split(separator: ",") {
                        guard let type = ResourceType(named: String(name)) else {
                            throw Problem.invalid(
                                "a value of `_type` is not of its kind",
                                code: "value"
                            )
                        }
                        types.insert(type)
                    }
                case "_format", "_pretty", "_page": continue
                default:
                    throw Problem.invalid(
                        "a parameter of this operation is not known",
                        code: "not-supported"
                    )
                }
            }
        }

        func admits(_ record: LeasedRecord) -> Bool {
            if !types.isEmpty, !types.contains(record.type) { return false }
            return since.map { record.lastUpdated >= $0 } ?? true
        }
    }

    private func answer(
        _ view: LeaseView,
        _ id: FHIRID,
        _ wanted: Wanted,
        offset: Int,
        _ pairs: [QueryPair]
    ) throws -> FHIRCall.Answer {
        let all = view.all.filter(wanted.admits)
        let page = Array(all.dropFirst(offset).prefix(wanted.count))
        var bundle = BundleWriter(type: "searchset", total: all.count)
        bundle.reserve(page.reduce(1_024) { $0 + $1.bytes.count + 160 })
        bundle.link("self", "\(request.base)/Patient/\(id.text)/$everything")
        if offset + page.count < all.count {
            let name = request.server.cursors.add(
                CursorStore.Page(
                    requester: request.requester,
                    target: .everything(id),
                    pairs: pairs,
                    offset: offset + page.count,
                    end: CursorStore.end(after: request.now)
                )
            )
            bundle.link("next", "\(request.base)/Patient/\(id.text)/$everything?_page=\(name)")
        }
        for record in page {
            bundle.add(record, bytes: record.bytes, mode: "match", base: request.base)
        }
        for record in try directory(of: page, view) where wanted.admits(record) {
            bundle.add(record, bytes: record.bytes, mode: "include", base: request.base)
        }
        var reply = request.server.fhir(200, bundle.bytes())
        reply.headers += Reading.obligations(of: view)
        return FHIRCall.Answer(reply: reply, carried: [(view, page)])
    }

    /// What of the shared directory a page refers to.
    private func directory(of page: [LeasedRecord], _ view: LeaseView) throws -> [LeasedRecord] {
        var wanted: [RecordID] = []
        var seen: Set<RecordID> = []
        for record in page {
            record.bytes.withUnsafeBytes { bytes in
                ReferenceScan.forEach(in: bytes) { text in
                    guard let id = RecordID(target: text), seen.insert(id).inserted,
                        ResourceType(named: id.type)?.mayBeShared == true
                    else { return }
                    wanted.append(id)
                }
            }
        }
        return try wanted.compactMap { try view.directoryRecord($0) }
    }
}

extension RecordID {
    /// The record at the end of a literal reference.
    init?(literal text: String) {
        var text = text
        guard let read = text.withUTF8({ Self(target: UnsafeRawBufferPointer($0)) }) else {
            return nil
        }
        self = read
    }

    /// The record at the end of a literal reference.
    init?(target text: UnsafeRawBufferPointer) {
        let reference = FHIRReference(text)
        guard case .literal(let type) = reference.form,
            let id = FHIRID(utf8: UnsafeRawBufferPointer(rebasing: text[reference.id]))
        else { return nil }
        self.init(type: type.rawValue, id: id)
    }
}
