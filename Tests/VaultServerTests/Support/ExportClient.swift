import FHIRModel
import Foundation
import Testing
import VaultCore

@testable import VaultServer

/// Exports as a Bulk Data client does: kick-off, polling, files.
struct ExportClient {
    let harness: ServerHarness
    let token: String
    /// Where the status is asked, below the FHIR base.
    let job: String

    init(_ harness: ServerHarness, _ token: String, _ target: String) throws {
        let reply = harness.call(
            "GET",
            "/fhir/\(target)",
            token: token,
            headers: [("prefer", "respond-async"), ("accept", "application/fhir+json")]
        )
        #expect(reply.status == 202, "\(reply.text)")
        try self.init(harness, token, accepted: reply)
    }

    init(_ harness: ServerHarness, _ token: String, accepted reply: HTTPReply) throws {
        self.harness = harness
        self.token = token
        let place = try #require(reply.header("content-location"))
        job = place.replacing("\(ServerHarness.origin)/fhir/", with: "")
    }

    /// The manifest, once it is there.
    func manifest() throws -> JSONValue {
        for _ in 0..<2_000 {
            let reply = status()
            guard reply.status == 202 else {
                #expect(reply.status == 200, "\(reply.text)")
                return reply.json
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("the export does not end")
        return .null
    }

    func status() -> HTTPReply { harness.call("GET", "/fhir/\(job)", token: token) }

    /// Addresses of the files of a manifest, below the FHIR base.
    func addresses(_ list: String = "output") throws -> [String] {
        (try manifest()[list]?.array ?? []).compactMap {
            $0["url"]?.string?.replacing("\(ServerHarness.origin)/fhir/", with: "")
        }
    }

    /// Every file of the output.
    func files() throws -> [String: HTTPReply] {
        Dictionary(uniqueKeysWithValues: try addresses().map { ($0, fetch($0)) })
    }

    func fetch(_ address: String, _ token: String? = nil) -> HTTPReply {
        harness.call(
            "GET",
            "/fhir/\(address)",
            token: token ?? self.token,
            headers: [("accept", "application/fhir+ndjson")]
        )
    }
}

extension HTTPReply {
    /// Types and ids of an NDJSON body.
    var lineIDs: [String] {
        text.split(separator: "\n").compactMap { line in
            var parser = JSONParser()
            guard let root = try? parser.parse(Array(line.utf8)).root,
                let type = root["resourceType"]?.string, let id = root["id"]?.string
            else { return nil }
            return "\(type)/\(id)"
        }
    }
}
