import HTTPTypes
import Hummingbird
import RPC
import Wire

/// What stands around every answer: limits before it, and the headers that tell a browser what the page may not do.
struct Guards: RouterMiddleware {
    let site: Site

    func handle(
        _ request: Request, context: WorkspaceContext, next: (Request, WorkspaceContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        if (request.head.path ?? "").utf8.count > 8_000 {
            response = Response(status: .uriTooLong)
        } else if !site.admits(address: site.origin(of: request, context)) {
            response = await site.refusal(.resourceExhausted(), request)
        } else {
            do {
                response = try await next(request, context)
            } catch let error as HTTPError {
                response = await site.refusal(Self.problem(error), request)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                site.log.error("a page failed", metadata: ["cause": "\(error)"])
                response = await site.refusal(.internalError(cause: "\(error)"), request)
            }
        }
        harden(&response)
        return response
    }

    /// What the framework refuses by itself: an address that is none, a body that is too large.
    private static func problem(_ error: HTTPError) -> Problem {
        switch error.status {
        case .contentTooLarge:
            Problem(
                .invalidArgument,
                Text(en: "That is more than a form may hold.", ko: "양식에 입력할 수 있는 크기를 초과했습니다."), reason: "TOO_LARGE")
        default: .noPage
        }
    }

    private func harden(_ response: inout Response) {
        if response.headers[.contentSecurityPolicy] == nil { response.headers[.contentSecurityPolicy] = Self.policy }
        response.headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in Self.fixed { if let name { response.headers[name] = value } }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if site.cookies.isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    }

    /// Nothing inline, nothing from elsewhere, no frames.
    static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
        form-action 'self'; frame-ancestors 'none'; base-uri 'none'
        """
    private static let fixed: [(HTTPField.Name?, String)] = [
        (HTTPFieldName.referrer, "same-origin"), (HTTPFieldName.frames, "DENY"),
        (HTTPFieldName.openerPolicy, "same-origin"), (HTTPFieldName.resourcePolicy, "same-origin"),
        (HTTPFieldName.permissions, "camera=(), geolocation=(), microphone=(), payment=()"),
    ]
}

extension Problem {
    /// There is nothing at the address, or not for this reader.
    static var noPage: Problem { .notFound(Text(en: "There is no such page.", ko: "페이지가 없습니다.")) }
}
