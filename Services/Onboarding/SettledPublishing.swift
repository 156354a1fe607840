import OnboardingWire
import RPC
import Records
import Tenancy
import Wire

/// What became of rows whose publication, or whose taking back, has no answer. For the service alone that sends both: it asks
/// about what it has sent for a person, of whom nothing may be taken any more.
enum SettledPublishing {
    /// `records.settle_publish`.
    static func published(_ database: Database) -> Endpoint {
        Endpoint(OnboardingAPI.settlePublish) { call, request async throws(Problem) in
            let person = try person(request.subject, request.domain, call)
            guard let asked = request.request else { throw unset(SettlePublishRequest.Field.request) }
            return try await database.settle(
                call, OnboardingAPI.publishRows.name, asked, requestID: asked.requestID, of: person,
                else: PublishRowsResponse())
        }
    }

    /// `records.settle_unpublish`.
    static func unpublished(_ database: Database) -> Endpoint {
        Endpoint(OnboardingAPI.settleUnpublish) { call, request async throws(Problem) in
            let person = try person(request.subject, request.domain, call)
            guard let asked = request.request else { throw unset(SettleUnpublishRequest.Field.request) }
            return try await database.settle(
                call, OnboardingAPI.unpublishRows.name, asked, requestID: asked.requestID, of: person,
                else: UnpublishRowsResponse())
        }
    }

    /// The person for whom a request was sent.
    private static func person(_ subject: String, _ domain: String, _ call: Call) throws(Problem) -> Caller {
        guard call.caller.kind == .service, call.caller.subject == Unpublishing.asker else {
            throw .permissionDenied()
        }
        guard let path = DomainPath(domain) else { throw unset(SettlePublishRequest.Field.domain) }
        return Caller(subject: subject, kind: .person, domain: path, roles: [])
    }

    private static func unset(_ field: some RequestField) -> Problem {
        .invalid(field: field, Text(en: "Request and domain must be set.", ko: "요청과 도메인을 지정하세요."))
    }
}
