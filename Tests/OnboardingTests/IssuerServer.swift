import Foundation
import ServiceTestKit
import TestKit

@testable import HTTPS

/// An OpenID Connect issuer: oidc-provider-mock over TLS, which besides looks after PKCE, and tells where it leads instead
/// of leading there.
final class IssuerServer: Sendable {
    /// It did not do what it was asked.
    struct Failure: Error {
        let description: String
    }

    let url: String
    let certificate: String
    private let process: ChildProcess

    private static let python =
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.local/venv/bin/python3")
        .standardized.path

    static var isPrepared: Bool { FileManager.default.isExecutableFile(atPath: python) }

    private static let script = """
        import base64, hashlib, io, os, sys, urllib.parse, warnings
        warnings.simplefilter("ignore")
        import oidc_provider_mock, uvicorn
        certificate, ready = sys.argv[1:]
        issuer = oidc_provider_mock.app()
        challenges = {}
        def looking_after(environ, start):
            path = environ["PATH_INFO"]
            if path == "/oauth2/token":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                environ["wsgi.input"] = io.BytesIO(body)
                form = dict(urllib.parse.parse_qsl(body.decode()))
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                if challenges.pop(form.get("code"), None) != challenge:
                    start("400 Bad Request", [("Content-Type", "application/json")])
                    return [b'{"error": "invalid_grant"}']
            if path != "/oauth2/authorize":
                return issuer(environ, start)
            said = []
            body = list(issuer(environ, lambda status, headers, *rest: said.append((status, headers))))
            location = dict(said[0][1]).get("Location")
            if not location:
                start(*said[0])
                return body
            asked = dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))
            code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query)).get("code")
            challenges[code] = asked.get("code_challenge")
            start("200 OK", [("Content-Type", "text/plain")])
            return [location.encode()]
        class Server(uvicorn.Server):
            async def startup(self, sockets=None):
                await super().startup(sockets)
                with open(ready + ".new", "w") as file:
                    file.write(str(self.servers[0].sockets[0].getsockname()[1]))
                os.rename(ready + ".new", ready)
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
        Server(uvicorn.Config(
            looking_after, interface="wsgi", host="127.0.0.1", port=0, log_level="warning",
            ssl_certfile=certificate + ".crt", ssl_keyfile=certificate + ".key")).run()
        """

    private init(url: String, certificate: String, process: ChildProcess) {
        (self.url, self.certificate, self.process) = (url, certificate, process)
    }

    deinit { process.terminate(SIGKILL) }

    static func start() async throws -> IssuerServer {
        let folder = FileManager.default.temporaryDirectory.appending(path: "issuer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (certificate, ready) = (folder.appending(path: "server").path, folder.appending(path: "port").path)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate + ".key",
            "-out", certificate + ".crt",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        let process = try ChildProcess(
            python, ["-c", script, certificate, ready], log: folder.appending(path: "log").path, directory: folder.path)
        try await waitUntil("the issuer listens") { FileManager.default.fileExists(atPath: ready) }
        let port = try String(contentsOfFile: ready, encoding: .utf8)
        return IssuerServer(url: "https://localhost:\(port)", certificate: certificate + ".crt", process: process)
    }

    /// Has it know a person.
    func know(_ subject: String, email: String, isVerified: Bool = true) async throws {
        let claims = #"{"email": "\#(email)", "email_verified": \#(isVerified)}"#
        let process = Process()
        process.executableURL = URL(filePath: Self.python)
        process.arguments = [
            "-c",
            """
            import ssl, sys, urllib.request
            url, body, authorities = sys.argv[1:]
            request = urllib.request.Request(
                url, body.encode(), {"Content-Type": "application/json"}, method="PUT")
            urllib.request.urlopen(request, context=ssl.create_default_context(cafile=authorities))
            """, "\(url)/users/\(subject)", claims, certificate,
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "the issuer knows nobody") }
    }

    /// What the person's browser brings back: the fields of the address it is led to.
    func authorize(_ address: String, as subject: String) async throws -> [String: String] {
        let client = HTTPSClient(authorities: certificate, reachesOwnNetwork: true)
        let answer = await client.post(
            Array("sub=\(subject)".utf8), to: address,
            headers: ["Content-Type": "application/x-www-form-urlencoded"], timeout: .seconds(20))
        guard case .answered(200, let body) = answer,
            let parts = URLComponents(string: String(decoding: body, as: UTF8.self))
        else { throw Failure(description: "the issuer lets nobody in: \(answer)") }
        return Dictionary(uniqueKeysWithValues: (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") })
    }
}
