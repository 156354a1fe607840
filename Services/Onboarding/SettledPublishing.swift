import OnboardingWire
import RPC
import Records
import Tenancy
import Wire

/// What became of rows whose publication has no answer.
enum SettledPublishing {
    /// `records.settle_publish`. For the service alone that publishes: it asks about what it has sent for a person, of whom
    /// nothing may be taken any more.
    static func endpoint(_ database: Database) -> Endpoint {
        Endpoint(OnboardingAPI.settlePublish) { call, request async throws(Problem) in
            guard call.caller.kind == .service, call.caller.subject == Unpublishing.asker else {
                throw .permissionDenied()
            }
            guard let domain = DomainPath(request.domain), let asked = request.request else {
                throw .invalid(
                    field: SettlePublishRequest.Field.request,
                    Text(en: "Request and domain must be set.", ko: "요청과 도메인을 지정하세요."))
            }
            let person = Caller(subject: request.subject, kind: .person, domain: domain, roles: [])
            return try await database.settle(
                call, OnboardingAPI.publishRows.name, asked, requestID: asked.requestID, of: person,
                else: PublishRowsResponse())
        }
    }
}
