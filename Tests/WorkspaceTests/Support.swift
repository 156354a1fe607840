import Foundation
import HTTPTypes
import Hummingbird
import Logging
import OnboardingWire
import RPC
import Synchronization
import Tenancy
import TestKit
import Wire

@testable import WorkspaceService

/// A site whose services are stand-ins within the process, and a browser that keeps its cookies.
struct Bench: Sendable {
    static let now = Timestamp(seconds: 1_780_000_000)

    let transport = InMemoryTransport()
    let live = LiveHub()
    let site: Site
    private let responder: RouterResponder<WorkspaceContext>

    init(
        address: String = "http://127.0.0.1:8080", requestsPerMinute: Int = 10_000, elsewhere code: Problem.Code? = nil,
        agreeing said: Said? = nil, pageTime: Duration = Ask.deadline,
        partTime: Duration = .seconds(20),
        now: @escaping @Sendable () -> Timestamp = { Bench.now }
    ) throws {
        var log = Logger(label: "workspace")
        log.logLevel = .critical
        let transport = transport
        let client =
            code != nil || said != nil
            ? Client(Elsewhere(inner: transport, code: code, said: said ?? Said())) : Client(transport)
        site = try Site(
            client: client, address: address, live: live, requestsPerMinute: requestsPerMinute, patience: .seconds(20),
            pageTime: pageTime, partTime: partTime, now: now, log: log)
        responder = site.responder()
    }

    /// Has a stand-in answer for a service until the process ends.
    func answer(_ service: String = "onboarding", _ endpoints: [Endpoint]) async throws {
        var log = Logger(label: service)
        log.logLevel = .critical
        let service = try Service(
            .init(name: service, version: "1.0.0", description: "Stands in."), endpoints: endpoints,
            transport: transport, authenticator: TokenIsUser(), logger: log)
        try await service.start()
        Kept.keep(service)
    }

    /// What the site answers.
    func send(_ request: HTTPRequest, _ body: String = "", peer: String = "192.0.2.1") async throws -> Seen {
        let response = try await responder.respond(
            to: Request(head: request, body: RequestBody(buffer: ByteBuffer(string: body))),
            context: WorkspaceContext(peer: peer, logger: Logger(label: "test")))
        let collected = Collected()
        try await response.body.write(Collector(into: collected))
        return Seen(status: response.status.code, headers: response.headers, bytes: collected.all)
    }

    /// What a browser sees.
    struct Seen: Sendable {
        let status: Int
        let headers: HTTPFields
        let bytes: [UInt8]
        let text: String

        init(status: Int, headers: HTTPFields, bytes: [UInt8]) {
            (self.status, self.headers, self.bytes) = (status, headers, bytes)
            text = String(decoding: bytes, as: UTF8.self)
        }

        /// The page without the proofs of its forms, which are others each time.
        var plain: String { text.replacing(#/(?:name="csrf" value|data-csrf)="[^"]*"/#, with: "") }

        var location: String { headers[.location] ?? "" }

        /// The value of the first hidden field `csrf`.
        var csrf: String {
            text.firstMatch(of: #/name="csrf" value="([^"]+)"/#).map { String($0.output.1) } ?? ""
        }
    }
}

/// Answers whatever nobody else answers: with a code; without one what is got by an id with that id, and all else with nothing in
/// it. Remembers what it was asked, as subject and content.
struct Elsewhere: Transport {
    let inner: InMemoryTransport
    let code: Problem.Code?
    let said: Said

    var maximumMessageBytes: Int { inner.maximumMessageBytes }

    func publish(_ payload: [UInt8], to subject: String, headers: RPC.Headers) throws(TransportFailure) {
        try inner.publish(payload, to: subject, headers: headers)
    }

    func publishInCompany(_ payload: [UInt8], to subject: String, headers: RPC.Headers) throws(TransportFailure) {
        try inner.publishInCompany(payload, to: subject, headers: headers)
    }

    func request(
        _ payload: [UInt8], to subject: String, headers: RPC.Headers, timeout: Duration
    ) async throws(TransportFailure) -> Delivery {
        do throws(TransportFailure) {
            return try await inner.request(payload, to: subject, headers: headers, timeout: timeout)
        } catch {
            guard error == .noResponders else { throw error }
            said.add("\(subject) \(String(decoding: payload, as: UTF8.self))")
            guard let code else {
                // A request for a record and the record begin with the same field.
                return Delivery(
                    subject: subject, reply: nil, headers: [:], payload: subject.hasSuffix(".get") ? payload : [])
            }
            return Delivery(
                subject: subject, reply: nil,
                headers: ["Nats-Service-Error": "denied", "Nats-Service-Error-Code": "\(code.rawValue)"], payload: [])
        }
    }

    func subscribe(
        _ subject: String, queue: String?, onMessage: @escaping @Sendable (Delivery) -> Void
    ) async throws(TransportFailure) -> any TransportSubscription {
        try await inner.subscribe(subject, queue: queue, onMessage: onMessage)
    }

    func flush(limit: Duration) async throws(TransportFailure) { try await inner.flush(limit: limit) }
}

/// Whoever brings a token is the user of that name; `ended` is the token of nobody any more.
struct TokenIsUser: Authenticator {
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        guard let bearer else { return .anonymous }
        guard bearer != "ended", let domain = DomainPath("/provider/") else { throw .unauthenticated() }
        return Caller(subject: bearer, kind: .person, domain: domain, roles: [])
    }
}

/// A browser: it keeps cookies and sends them along.
final class Browser: Sendable {
    let bench: Bench
    private let jar = Mutex<[String: String]>([:])

    /// A browser, with the session that is called so.
    init(_ bench: Bench, session: String? = nil) {
        self.bench = bench
        if let session { jar.withLock { $0["ale_session"] = StandIn.token(session) } }
    }

    var cookies: [String: String] { jar.withLock { $0 } }

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Bench.Seen {
        try await send(.get, path, headers, "")
    }

    func post(
        _ path: String, _ fields: [(String, String)], _ headers: [String: String] = [:]
    ) async throws -> Bench.Seen {
        let body = fields.map { "\(Fields.encoded($0.0))=\(Fields.encoded($0.1))" }.joined(separator: "&")
        var headers = headers
        headers["Content-Type"] = headers["Content-Type"] ?? "application/x-www-form-urlencoded"
        return try await send(.post, path, headers, body)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ headers: [String: String], _ body: String
    ) async throws -> Bench.Seen {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let cookies = cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")
        if !cookies.isEmpty { fields[.cookie] = cookies }
        fields[.contentLength] = "\(body.utf8.count)"
        let request = HTTPRequest(
            method: method, scheme: "http", authority: "127.0.0.1", path: path, headerFields: fields)
        let seen = try await bench.send(request, body)
        for line in seen.headers[values: .setCookie] {
            let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            guard let name = pair.first.map(String.init) else { continue }
            let isOver = line.contains("Max-Age=0")
            jar.withLock { $0[name] = isOver ? nil : pair.count == 2 ? String(pair[1]) : "" }
        }
        return seen
    }
}

/// Services that answer until the process ends.
private enum Kept {
    private static let all = Mutex<[Service]>([])
    static func keep(_ service: Service) { all.withLock { $0.append(service) } }
}

private final class Collected: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    var all: [UInt8] { bytes.withLock { $0 } }
    func add(_ buffer: ByteBuffer) { bytes.withLock { $0 += Array(buffer: buffer) } }
}

private struct Collector: ResponseBodyWriter {
    let into: Collected
    mutating func write(_ buffer: ByteBuffer) async throws { into.add(buffer) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

extension SignedIn {
    /// Ann, of the provider, or of a customer with `accounts`.
    static func ann(accounts: [String] = [], expires: Int64 = 600) -> SignedIn {
        var signedIn = SignedIn()
        signedIn.accessToken = "ann"
        signedIn.accessTokenExpireTime = Timestamp(seconds: Bench.now.seconds + expires)
        signedIn.user = "018f0000-0000-7000-8000-000000000001"
        signedIn.displayName = "Ann Agent"
        signedIn.email = "ann@provider.example"
        signedIn.language = "en"
        signedIn.timeZone = "Asia/Seoul"
        signedIn.accounts = accounts
        signedIn.roles = accounts.isEmpty ? ["sn_acct_lc.agent"] : []
        signedIn.domain = "/provider/"
        signedIn.session = "session-1"
        return signedIn
    }
}

/// Stand-ins for sign-in: the session `good` is good.
enum StandIn {
    /// The token of a session that is called so, as long as tokens are.
    static func token(_ name: String) -> String { name + String(repeating: "-", count: 43 - name.utf8.count) }

    static func sessions(_ person: SignedIn = .ann(), renewals: Counter = Counter()) -> [Endpoint] {
        [
            Endpoint(OnboardingAPI.renewSession, access: .anonymous) { _, request async throws(Problem) in
                guard request.sessionToken == token("good") else { throw .unauthenticated(reason: "SESSION_ENDED") }
                renewals.add()
                return person
            },
            Endpoint(OnboardingAPI.listSignInIssuers, access: .anonymous) { _, _ in ListSignInIssuersResponse() },
        ]
    }

    static let issuer = "https://login.example"

    /// Begins a sign-in with ``issuer``; what it is asked with goes into `said`: the address, then where codes go.
    static func begin(_ said: Said) -> Endpoint {
        Endpoint(OnboardingAPI.beginFederatedSignIn, access: .anonymous) { _, request async throws(Problem) in
            said.add(request.address)
            said.add(request.redirectUri)
            var begun = BegunFederatedSignIn()
            begun.state = "state"
            begun.authorizationUrl = "\(issuer)/authorize"
            return begun
        }
    }
}

/// Texts that a stand-in was asked with.
final class Said: Sendable {
    private let all = Mutex<[String]>([])
    var texts: [String] { all.withLock { $0 } }
    func add(_ text: String) { all.withLock { $0.append(text) } }
}
