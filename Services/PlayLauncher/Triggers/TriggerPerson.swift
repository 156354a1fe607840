import Identity
import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Whom a trigger acts as: a user of its domain who is active and may launch plays. What the user may is asked anew for each
/// launch, and again by every service that the play calls.
struct TriggerPerson: Sendable {
    let client: Client
    let people: any People
    let own: Credential

    /// The user of that id, as a trigger of `domain` acts; FAILED_PRECONDITION for whom it cannot act as.
    func caller(_ subject: String, of domain: DomainPath) async throws(Problem) -> Caller {
        guard Validation.isUUID(subject), let person = try await people.person(subject), !person.isSystem,
            !person.isCustomer, person.isActive, person.domain == domain
        else {
            throw Self.refused(
                Text(
                    en: "The trigger acts as somebody who is no active user of its domain.",
                    ko: "트리거의 실행 주체가 해당 도메인의 활성 사용자가 아닙니다."))
        }
        guard Access.allows(person.roles, .create, on: FlowRun.schema.table) else {
            throw Self.refused(
                Text(
                    en: "The trigger acts as a user who may not launch plays.",
                    ko: "트리거의 실행 주체에게 플레이를 시작할 권한이 없습니다."))
        }
        return Caller(
            subject: subject, kind: .person, domain: domain, roles: person.roles, locale: await language(of: subject))
    }

    /// The language of the user's texts; English where it cannot be learned.
    private func language(of subject: String) async -> String {
        var request = GetRequest()
        request.id = subject
        let user = try? await client.call(OnboardingAPI.getUser, request, as: own)
        return user?.language ?? Language.en.rawValue
    }

    private static func refused(_ text: Text) -> Problem {
        .failedPrecondition(rule: TriggerRule.person, text, field: PlayTrigger.path(.actsAs))
    }
}
