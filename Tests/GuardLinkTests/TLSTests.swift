import Consent
import Foundation
import Guard
import Testing
import VaultCore

@testable import GuardLink

/// The Guard for another host: mutual TLS, both sides of one authority, and no keeper among them.
struct TLSTests {
    @Test func `another host with a certificate of the authority is answered, after proof`() throws
    {
        let link = try LinkHarness()
        let ours = try Authority(in: link.folder, "ours")
        let port = try link.server.listen(
            host: "127.0.0.1",
            port: 0,
            certificates: ours.certificates(of: try ours.issue("guard"))
        )
        // By name and by address: both stand in the Guard's certificate.
        for host in ["localhost", "127.0.0.1"] {
            let client = try RemoteGuard(
                TLSTransport(
                    host: host,
                    port: port,
                    certificates: ours.certificates(of: try ours.issue("server-\(host)"))
                )
            )
            #expect(client.vault == link.core.vault)
            let admin = try link.session("admin", with: client)
            let before = try client.status(by: admin).logSize
            try link.writePatient("patient-\(before)", with: client, by: admin)
            #expect(try client.status(by: admin).logSize > before)
            // A certificate opens nothing by itself.
            #expect(throws: GuardError.notAuthenticated) {
                try client.status(
                    by: .session(try #require(SessionID(bytes: [UInt8](repeating: 3, count: 16))))
                )
            }
            // Four at once, each on a connection of its own, with an answer of more than one packet.
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                #expect(throws: Never.self) { _ = try client.checkpoint() }
            }
            client.close()
        }
        #expect(try link.core.audit(by: .operator).problems == [])
    }

    @Test func `no other certificate is taken, by neither side, and no older TLS`() throws {
        let link = try LinkHarness()
        let ours = try Authority(in: link.folder, "ours")
        let other = try Authority(in: link.folder, "other")
        let port = try link.server.listen(
            host: "0.0.0.0",
            port: 0,
            certificates: ours.certificates(of: try ours.issue("guard"))
        )
        let own = try ours.issue("server")
        let foreign = try other.issue("stranger")
        let attempts: [(String, LinkCertificates)] = [
            // A stranger's certificate, towards a Guard that it trusts.
            (
                "localhost",
                LinkCertificates(chain: foreign.chain, key: foreign.key, authorities: ours.file)
            ),
            // Our certificate, towards a Guard whose authority we do not trust.
            (
                "localhost",
                LinkCertificates(chain: own.chain, key: own.key, authorities: other.file)
            ),
            // The right certificates, and an address that the Guard's does not have.
            ("127.0.0.2", ours.certificates(of: own)),
        ]
        for (host, certificates) in attempts {
            #expect(throws: LinkError.self) {
                _ = try RemoteGuard(
                    TLSTransport(host: host, port: port, certificates: certificates)
                )
            }
        }
        let old = try Authority.run([
            "s_client", "-connect", "127.0.0.1:\(port)", "-tls1_2", "-cert", own.chain, "-key",
            own.key, "-CAfile", ours.file,
        ])
        #expect(old != 0)
        // Bytes that are no TLS end their own connection and nothing else.
        let plain = try RawPeer(port: port)
        plain.frame([1, 1])
        #expect(plain.isEnded())
        let good = try TLSTransport(
            host: "localhost",
            port: port,
            certificates: ours.certificates(of: own)
        )
        #expect(try RemoteGuard(good).vault == link.core.vault)
    }

    @Test func `a crowd from other hosts takes no place from a process of this one`() throws {
        var limits = LinkLimits()
        limits.connectionCount = 4
        let link = try LinkHarness(limits: limits)
        let ours = try Authority(in: link.folder, "ours")
        let port = try link.server.listen(
            host: "127.0.0.1",
            port: 0,
            certificates: ours.certificates(of: try ours.issue("guard"))
        )
        // Silent, and none of them has shown a certificate.
        let crowd = try (0..<4).map { _ in try RawPeer(port: port) }
        for peer in crowd { #expect(peer.receive(seconds: 1) == []) }
        #expect(try RawPeer(port: port).isEnded())
        let keeper = KeeperClient(try UnixTransport(path: link.socket))
        #expect(try keeper.seal().isSealed)
    }

    @Test func `another host never unseals or seals`() throws {
        let link = try LinkHarness()
        let ours = try Authority(in: link.folder, "ours")
        let port = try link.server.listen(
            host: "127.0.0.1",
            port: 0,
            certificates: ours.certificates(of: try ours.issue("guard"))
        )
        let keeper = KeeperClient(
            try TLSTransport(
                host: "localhost",
                port: port,
                certificates: ours.certificates(of: try ours.issue("server"))
            )
        )
        #expect(try !keeper.look().isSealed)
        #expect(throws: GuardError.notPermitted(action: "unseal or seal this Guard")) {
            try keeper.seal()
        }
        #expect(try !keeper.look().isSealed)
    }
}

/// An authority for a test, made with openssl.
private struct Authority {
    let file: String
    private let key: String
    private let folder: URL

    struct Issued {
        var chain: String
        var key: String
    }

    struct Failed: Error {}

    init(in folder: URL, _ name: String) throws {
        self.folder = folder.appending(path: name)
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        file = self.folder.appending(path: "ca.pem").path
        key = self.folder.appending(path: "ca.key").path
        let status = try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=\(name)", "-days", "2", "-keyout", key, "-out", file,
        ])
        guard status == 0 else { throw Failed() }
    }

    /// A certificate for this host, signed by the authority.
    func issue(_ name: String) throws -> Issued {
        let issued = Issued(
            chain: folder.appending(path: "\(name).pem").path,
            key: folder.appending(path: "\(name).key").path
        )
        let request = folder.appending(path: "\(name).csr").path
        let names = folder.appending(path: "\(name).names").path
        try "subjectAltName=DNS:localhost,IP:127.0.0.1\n".write(
            toFile: names,
            atomically: true,
            encoding: .utf8
        )
        let steps = [
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=\(name)", "-keyout", issued.key, "-out", request,
            ],
            [
                "x509", "-req", "-in", request, "-CA", file, "-CAkey", key, "-CAcreateserial",
                "-days", "2", "-extfile", names, "-out", issued.chain,
            ],
        ]
        for step in steps {
            guard try Self.run(step) == 0 else { throw Failed() }
        }
        return issued
    }

    func certificates(of issued: Issued) -> LinkCertificates {
        LinkCertificates(chain: issued.chain, key: issued.key, authorities: file)
    }

    static func run(_ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
