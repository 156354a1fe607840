import Flows
import HTTPS
import Korean
import Platform
import PlayLauncherWire
import RPC
import Records
import Wire

/// The servers of others that flows may ask: those that the operator lists, in `ALE_FLOW_HOSTS`.
struct FlowHosts: Sendable {
    /// How long an answer may take.
    private static let patience: Duration = .seconds(20)

    private let hosts: Set<String>
    private let ask: @Sendable (FlowHTTPRequest, [String: String]) async -> HTTPSOutcome

    /// Without hosts, flows ask nobody.
    init(
        _ hosts: Set<String> = [],
        ask: @escaping @Sendable (FlowHTTPRequest, [String: String]) async -> HTTPSOutcome = Self.asking(HTTPSClient())
    ) {
        (self.hosts, self.ask) = (hosts, ask)
    }

    init(_ settings: Settings) {
        let listed = settings.optional("ale.flow.hosts")?.split(separator: ",") ?? []
        self.init(Set(listed.map { $0.filter { !$0.isWhitespace }.lowercased() }))
    }

    /// Asks servers by a client.
    static func asking(
        _ client: HTTPSClient
    ) -> @Sendable (FlowHTTPRequest, [String: String]) async -> HTTPSOutcome {
        { request, headers in
            guard request.method == "post" else {
                return await client.get(request.url, headers: headers, timeout: patience)
            }
            let body = Array((request.body ?? .null).text.utf8)
            return await client.post(body, to: request.url, headers: headers, timeout: patience)
        }
    }

    /// Refuses a flow that asks a server that is not listed.
    func check(_ definition: FlowDefinition?) throws(Problem) {
        // What does not compile is refused with its place when it is stored.
        guard let yaml = definition?.definition, let flow = try? FlowSource.compile(yaml: yaml),
            let unknown = flow.hosts.first(where: { !hosts.contains($0) })
        else { return }
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        let line = (lines.firstIndex { $0.lowercased().contains(unknown) } ?? 0) + 1
        throw Problem.broken(
            "G-76", FlowDefinition.self, field: .definition,
            Text(
                en: "Line \(line): flows may not ask \(unknown). An operator lists the hosts they may ask.",
                ko: "\(grouped: line)번째 줄: 플로우에서 '\(unknown)'에 요청할 수 없습니다. 허용할 호스트는 운영자가 지정합니다."))
    }

    /// Asks a server. The key lets it tell a request that is repeated after a kill.
    func answer(_ request: FlowHTTPRequest, key: String) async -> Runner.Answer {
        guard hosts.contains(request.host) else {
            return .done(
                .failed(
                    FlowError(
                        type: FlowError.authorization, status: 403, title: "The host is not listed.",
                        detail: "Flows may not ask \(request.host).")))
        }
        var headers = request.headers
        headers["Idempotency-Key"] = key
        headers["Accept"] = headers["Accept"] ?? "application/json"
        if request.method == "post" { headers["Content-Type"] = headers["Content-Type"] ?? "application/json" }
        switch await ask(request, headers) {
        case .unreached(.away, let reason): return .retry(.unavailable(cause: "\(request.host): \(reason)"))
        case .unreached(let fault, _): return .done(.failed(fault.error(of: request.host)))
        case .answered(let status, _) where [429, 502, 503, 504].contains(status):
            return .retry(.unavailable(cause: "\(request.host): status \(status)"))
        case .answered(let status, _) where !(200...299).contains(status):
            return .done(
                .failed(
                    FlowError(
                        type: FlowError.communication, status: max(400, min(599, status)), title: "HTTP \(status)",
                        detail: "\(request.host) answered with status \(status).")))
        case .answered(_, let body): return .done(Self.result(body, request))
        }
    }

    private static func result(_ body: [UInt8], _ request: FlowHTTPRequest) -> StepResult {
        guard !request.readsText else { return .succeeded(.string(String(decoding: body, as: UTF8.self))) }
        guard !body.isEmpty else { return .succeeded(.null) }
        if let value = try? JSONValue(parsing: body, limits: JSONLimits(bytes: FlowBounds.valueBytes)) {
            return .succeeded(value)
        }
        return .succeeded(.string(String(decoding: body, as: UTF8.self)))
    }
}

extension HTTPSFault {
    /// What a step fails with that is not tried again: it would be answered alike, and a `post` be done each time.
    fileprivate func error(of host: String) -> FlowError {
        let (status, title) =
            switch self {
            case .away: (503, "The server is away.")
            case .tooLarge: (413, "The answer is longer than \(HTTPSClient.mostBytes >> 10) KB.")
            case .certificate: (495, "The certificate of the server is not trusted.")
            case .ownNetwork: (403, "The server is of the own network, which flows do not reach.")
            case .malformed: (400, "The address cannot be asked.")
            }
        return FlowError(type: FlowError.communication, status: status, title: title, detail: "\(host): \(title)")
    }
}
