import Foundation
import RPC
import ServiceTestKit
import TestKit
import Testing
import Wire

@testable import Flows
@testable import HTTPS
@testable import PlayLauncherService

/// What flows are answered by real servers, over TLS: each reason for which there is no answer is told apart, and what would be
/// answered alike is not asked again.
@Suite(.timeLimit(.minutes(15))) struct FlowHostTests {
    /// A server over TLS, with a certificate of its own.
    private final class Server: Sendable {
        let host: String
        let certificate: String
        private let process: ChildProcess

        private static let script = """
            import http.server, json, os, ssl, sys
            certificate, ready = sys.argv[1:]
            class Handler(http.server.BaseHTTPRequestHandler):
                def answer(self):
                    length = int(self.headers.get("Content-Length") or 0)
                    body = self.rfile.read(length).decode()
                    status = int(self.path[1:4]) if self.path[1:4].isdigit() else 200
                    said = "x" * 70000 if self.path == "/long" else json.dumps(
                        {"path": self.path, "key": self.headers.get("Idempotency-Key"), "body": body})
                    self.send_response(status)
                    if status == 302:
                        self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said.encode())
                do_GET = do_POST = answer
                def log_message(self, *arguments):
                    pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate + ".crt", certificate + ".key")
            server.socket = context.wrap_socket(server.socket, server_side=True)
            with open(ready + ".new", "w") as file:
                file.write(str(server.server_address[1]))
            os.rename(ready + ".new", ready)
            server.serve_forever()
            """

        init() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "web-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let (own, ready) = (folder.appending(path: "server").path, folder.appending(path: "port").path)
            let openssl = Process()
            openssl.executableURL = URL(filePath: "/usr/bin/env")
            openssl.arguments = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                own + ".key", "-out", own + ".crt",
            ]
            openssl.standardError = FileHandle.nullDevice
            try openssl.run()
            openssl.waitUntilExit()
            process = try ChildProcess(
                "/usr/bin/python3", ["-c", Self.script, own, ready], log: folder.appending(path: "log").path,
                directory: folder.path)
            try await waitUntil("the server listens") { FileManager.default.fileExists(atPath: ready) }
            host = "localhost:\(try String(contentsOfFile: ready, encoding: .utf8))"
            certificate = own + ".crt"
        }

        deinit { process.terminate(SIGKILL) }
    }

    private func request(_ path: String, of host: String, method: String = "get") throws -> FlowHTTPRequest {
        let members: JSONValue = [
            "method": .string(method), "host": .string(host), "url": .string("https://\(host)/\(path)"),
            "headers": [:], "readsText": false, "body": ["n": 1],
        ]
        return try #require(FlowHTTPRequest(json: members))
    }

    private func failure(_ answer: PlayLauncherService.Runner.Answer) -> (status: Int, type: String)? {
        guard case .done(.failed(let error)) = answer else { return nil }
        return (error.status, error.type)
    }

    @Test func eachReasonIsToldApart() async throws {
        let server = try await Server()
        let trusting = FlowHosts(
            [server.host],
            ask: FlowHosts.asking(HTTPSClient(authorities: server.certificate, reachesOwnNetwork: true)))
        guard
            case .done(.succeeded(let said)) = try await trusting.answer(
                request("a?b=c", of: server.host, method: "post"), key: "k1")
        else { return #expect(Bool(false), "there is no answer") }
        #expect(said["path"]?.string == "/a?b=c" && said["key"]?.string == "k1" && said["body"]?.string == #"{"n":1}"#)
        // Redirects are not followed; what an overloaded server says is asked again.
        #expect(try await failure(trusting.answer(request("302", of: server.host), key: "k2"))?.status == 400)
        #expect(try await failure(trusting.answer(request("404", of: server.host), key: "k3"))?.status == 404)
        guard case .retry = try await trusting.answer(request("503", of: server.host), key: "k4") else {
            return #expect(Bool(false), "a server that is overloaded is not asked again")
        }
        // More than is taken in.
        #expect(try await failure(trusting.answer(request("long", of: server.host), key: "k5"))?.status == 413)
        // A certificate that nobody has vouched for.
        let careful = FlowHosts(
            [server.host], ask: FlowHosts.asking(HTTPSClient(authorities: nil, reachesOwnNetwork: true)))
        let untrusted = try await failure(careful.answer(request("a", of: server.host, method: "post"), key: "k6"))
        #expect(untrusted?.status == 495 && untrusted?.type == FlowError.communication)
        // The own network, also where the operator lists it.
        let usual = FlowHosts([server.host])
        #expect(try await failure(usual.answer(request("a", of: server.host), key: "k7"))?.status == 403)
        // Nobody listens there.
        let away = "localhost:1"
        let nobody = FlowHosts([away], ask: FlowHosts.asking(HTTPSClient(authorities: nil, reachesOwnNetwork: true)))
        guard case .retry = try await nobody.answer(request("a", of: away), key: "k8") else {
            return #expect(Bool(false), "a server that is away is not asked again")
        }
        // One that is not listed is not asked at all, by whatever way it is written.
        for host in [server.host.uppercased(), "localhost", "localhost:443", "[::1]", "127.0.0.1"] {
            #expect(
                try await failure(trusting.answer(request("a", of: host), key: "k9"))?.type == FlowError.authorization)
        }
    }
}
