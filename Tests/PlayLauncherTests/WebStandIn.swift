import Flows
import HTTPS
import Synchronization

@testable import PlayLauncherService

/// Stands in for a server that flows ask: away for the first request of each key, then it says the mark it was given.
final class WebStandIn: Sendable {
    struct Asked: Sendable {
        let url: String
        let headers: [String: String]
        let body: String
    }

    let asked = Mutex<[Asked]>([])

    func answer(_ request: FlowHTTPRequest, _ headers: [String: String]) -> HTTPSOutcome {
        let isFirst = asked.withLock { asked in
            defer { asked.append(Asked(url: request.url, headers: headers, body: request.body?.text ?? "")) }
            return !asked.contains { $0.headers["Idempotency-Key"] == headers["Idempotency-Key"] }
        }
        guard !isFirst else { return .answered(status: 503, body: []) }
        let said: JSONValue = ["said": .string(headers["X-Mark"] ?? "")]
        return .answered(status: 200, body: Array(said.text.utf8))
    }
}
