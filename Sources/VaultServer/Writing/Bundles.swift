internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Batch and transaction Bundles.
///
/// A batch is many requests in one, each answered for itself. A transaction's writes are one change: all of
/// them or none; deletions first, then new resources, then updates, then reads (FHIR R4, http, 3.1.0.11.2).
struct Bundles {
    let request: FHIRCall
    /// Most entries of one Bundle.
    static let limit = 20_000

    init(_ request: FHIRCall) { self.request = request }

    func reply() throws -> HTTPReply {
        let root = try Writing.parse(request.call.body).root
        guard root["resourceType"]?.string == "Bundle" else {
            throw Problem.invalid("the body is not a Bundle")
        }
        let entries = root["entry"]?.elements.map { $0 } ?? []
        guard entries.count <= Self.limit else {
            throw Problem(413, "too-long", "too many entries")
        }
        switch root["type"]?.string {
        case "batch":
            var bundle = BundleWriter(type: "batch-response", total: nil)
            var isMiss = false
            for entry in entries {
                let one = answer(entry)
                isMiss = isMiss || Evening.isDue(one)
                bundle.add(response: one)
            }
            var reply = request.server.fhir(200, bundle.bytes())
            reply.isMiss = isMiss
            return reply
        case "transaction":
            var transaction = Transaction(request, entries)
            return try transaction.reply()
        default: throw Problem.invalid("only `batch` and `transaction` are taken here")
        }
    }

    /// Answers one entry as a request of its own, under the same token.
    func answer(_ entry: JSONNode) -> HTTPReply {
        guard let method = entry["request"]?["method"]?.string,
            let url = entry["request"]?["url"]?.string
        else { return Problem.invalid("the entry has no request").reply }
        let path =
            url.hasPrefix("\(request.base)/") ? url.dropFirst(request.base.count + 1) : url[...]
        let parts = path.split(separator: "?", maxSplits: 1)
        var call = request.call
        call.method = method
        call.path = "/\(Route.base)/" + (parts.first ?? "")
        call.query = parts.count > 1 ? String(parts[1]) : ""
        call.body = entry["resource"]?.withBytes { Array($0) } ?? []
        call.headers = request.call.headers.filter {
            ["authorization", "prefer", "x-break-glass", "x-break-glass-note"].contains($0.name)
        }
        call.headers.append(("content-type", MediaType.fhir))
        for (name, header) in [
            ("ifMatch", "if-match"), ("ifNoneExist", "if-none-exist"),
            ("ifNoneMatch", "if-none-match"),
        ] {
            if let value = entry["request"]?.member(named: name)?.string {
                call.headers.append((header, value))
            }
        }
        switch RouteMatch.find(method: method, path: call.path) {
        case .found(let match)
        where !match.route.interaction.isPublic && match.route.interaction != .bundle:
            do {
                if match.route.interaction == .patch {
                    throw Problem(422, "not-supported", "a patch is sent alone, not in a Bundle")
                }
                if match.route.interaction.isExport {
                    throw Problem(422, "not-supported", "an export is asked for alone")
                }
                return try request.server.answer(call, match)
            } catch { return Problem(error).reply }
        case .otherMethods: return Problem.methodNotKnown.reply
        default: return Problem.notFound.reply
        }
    }
}
