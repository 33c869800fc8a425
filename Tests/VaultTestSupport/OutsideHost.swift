import Foundation
import Testing

/// Somebody else's host: Python's own HTTP server in a process of its own, with a certificate for `localhost` of an
/// authority made for it.
///
/// It publishes keys under `/jwks`, misbehaves under other paths, and keeps what is posted to it.
public final class OutsideHost {
    /// Where it listens, on 127.0.0.1.
    public let port: Int
    private let folder: URL
    private let process = Process()

    /// A PEM file with the authority of its certificate.
    public var authority: String { folder.appending(path: "ca.pem").path }

    /// Paths that were asked for by GET, in order.
    public var paths: [String] { lines(of: "paths") }

    /// Bodies that were posted and arrived whole, in order; each without line breaks, as JSON of a program is.
    public var posts: [String] { lines(of: "posts") }

    /// Starts it, and waits until it listens.
    ///
    /// - Parameter isSecure: Whether it speaks TLS.
    /// - Throws: What `openssl`, `python3` or the file system says.
    public init(isSecure: Bool) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "host-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if isSecure { try Self.makeCertificates(in: folder) }
        let script = folder.appending(path: "host.py")
        try Self.script.write(to: script, atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [script.path, folder.path, isSecure ? "tls" : "plain"]
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let number = Int(line.trimmingCharacters(in: .whitespacesAndNewlines))
        if number == nil { kill(process.processIdentifier, SIGKILL) }
        port = try #require(number)
    }

    /// Ends it, and takes what it kept along.
    public func end() {
        // A child may have inherited a mask that blocks SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private func lines(of name: String) -> [String] {
        let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }

    private static func makeCertificates(in folder: URL) throws {
        let commands = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=tests \
            -keyout ca.key -out ca.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
            -keyout host.key -out host.csr
            printf 'subjectAltName=DNS:localhost' > names
            openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile names -out host.pem
            """
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = ["-ec", commands]
        shell.currentDirectoryURL = folder
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
    }

    private static let script = #"""
        import http.server, os, ssl, sys, time
        folder, kind = sys.argv[1], sys.argv[2]
        KEYS = b'{"keys": [{"kty": "EC", "kid": "k"}]}'

        class Host(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_): pass

            def answer(self, status, body, **headers):
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def keep(self, name, line):
                with open(os.path.join(folder, name), "a") as kept: kept.write(line + "\n")

            def do_POST(self):
                self.keep("posts", self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(200, b"")

            def do_GET(self):
                self.keep("paths", self.path)
                if self.path == "/jwks": self.answer(200, KEYS)
                elif self.path == "/moved": self.answer(302, KEYS, Location="/elsewhere")
                elif self.path == "/long": self.answer(200, KEYS + b" " * 70000)
                elif self.path == "/broken": self.answer(500, KEYS)
                elif self.path == "/text": self.answer(200, b"keys")
                elif self.path == "/cut":
                    self.send_response(200)
                    self.send_header("Content-Length", "9000")
                    self.end_headers()
                    self.wfile.write(KEYS)
                elif self.path == "/endless":
                    self.send_response(200)
                    self.end_headers()
                    try:
                        for _ in range(100):
                            self.wfile.write(b" ")
                            self.wfile.flush()
                            time.sleep(0.1)
                    except OSError: pass
                else: self.answer(404, b"{}")

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
        server.daemon_threads = True
        if kind == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "host.pem"), os.path.join(folder, "host.key"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
