import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

extension ResponsibilityDefinition: Record {
    public static let storage = Storage<ResponsibilityDefinition>(
        visibility: .definition, domain: .caller,
        constraints: [
            DatabaseRule(
                "G-43", constraint: "responsibility_definition_unique", field: .name,
                Text(en: "There is already such a responsibility.", ko: "같은 담당 업무가 이미 있습니다."))
        ])
}

extension CaseTeamMember: Record {
    public static let storage = Storage<CaseTeamMember>(
        domain: .references([.onboardingCase]), lookedUp: [LookedUp(.roleMissing, TeamRoles.fact, TeamRoles.isMissing)],
        customer: CustomerAccess(rows: CustomerRows.cases(.contact)), immutable: [.onboardingCase],
        constraints: [
            DatabaseRule(
                "CASE_TEAM", constraint: "case_team_member_unique", field: .responsibility,
                Text(
                    en: "This person already has this responsibility on the case.",
                    ko: "이 사람은 케이스에서 이미 이 업무를 담당하고 있습니다."))
        ])

    public static let rules: [Rule<CaseTeamMember>] = [
        .check(
            "CASE_TEAM", field: .contact,
            Text(
                en: "A member of the customer team is a contact, one of the account team a user.",
                ko: "고객 팀 구성원은 연락처이고, 계정 팀 구성원은 사용자여야 합니다.")
        ) { change, _ in
            let isContact = !change.new[field: .contact].isEmpty
            let isUser = !change.new[field: .user].isEmpty
            return change.new.side == Side.customer ? isContact && !isUser : isUser && !isContact
        },
        .check(
            "G-43", field: .responsibility,
            Text(en: "The responsibility belongs to the other side.", ko: "이 팀(고객 팀 또는 계정 팀)에는 지정할 수 없는 담당 업무입니다.")
        ) { change, context in
            guard change.changes(.responsibility) || change.changes(.side) else { return true }
            let definition = try context.find(ResponsibilityDefinition.self, change.new.responsibility)
            return definition?.side == nil || definition?.side == change.new.side
        },
        .advice(
            "G-42", field: .responsibility,
            Text(
                en:
                    "This person has not been granted the role that the responsibility needs. Ask an administrator for it.",
                ko: "이 사람에게는 담당 업무에 필요한 역할이 아직 부여되지 않았습니다. 관리자에게 요청하세요.")
        ) { change, _ in
            guard [.responsibility, .contact, .user].contains(where: { change.changes($0) }) else { return false }
            return change.new.roleMissing == true
        },
    ]
}

/// The records that are there from the first start on: the provider's domain and the predefined responsibilities.
enum OnboardingSeed {
    /// The domain of the provider, below which customers get theirs.
    static let provider = "/provider/"
    /// Who is assigned tasks by default (G-44).
    static let administrator = "ServiceNow developer/admin"
    /// Who is proposed as the contact of a task (G-111).
    static let customerContact = "Customer onboarding contact"

    private typealias Side = ResponsibilityDefinition.Side

    /// G-43. The role is the one an administrator must grant by hand (G-42).
    static let responsibilities: [(side: String, name: String, korean: String, role: String?)] = [
        (Side.customer, customerContact, "고객 온보딩 연락처", "sn_customerservice.customer_admin"),
        (Side.customer, "Key team member", "핵심 팀원", "sn_customerservice.customer_case_manager"),
        (Side.customer, "Data SME", "데이터 전문가(SME)", nil),
        (Side.customer, administrator, "ServiceNow 개발자/관리자", nil),
        (Side.provider, "Onboarding manager", "온보딩 매니저", nil),
        (Side.provider, "Data analyst", "데이터 분석가", nil),
        (Side.provider, administrator, "ServiceNow 개발자/관리자", nil),
        (Side.squad, "Success manager", "성공 매니저", nil),
        (Side.squad, "Architect", "아키텍트", nil),
        (Side.squad, "Support", "지원 담당", nil),
    ]

    /// The id of a predefined responsibility, the same in every installation.
    static func responsibility(_ side: String, _ name: String) -> String {
        RecordID.derived(from: "responsibility_definition \(side) \(name)")
    }

    /// Makes the domain, unless it is there, and the responsibilities that were not made yet.
    static func run(_ database: Database) async throws {
        guard let domain = DomainPath(provider) else { return }
        try await Seeding.run(database, in: domain) { seeding in
            let (context, tx) = (seeding.context, seeding.tx)
            if try Store<Domain>(database).find(where: "path = \(provider)", in: tx).isEmpty {
                var record = Domain()
                record.id = RecordID.derived(from: "domain \(provider)")
                record.path = provider
                record.name = "Provider"
                record.parent = DomainPath.root.path
                _ = try Store<Domain>(database).create(record, context, in: tx)
            }
            let store = Store<ResponsibilityDefinition>(database)
            for item in responsibilities {
                try seeding.once("responsibility:\(item.side) \(item.name)") {
                    let id = responsibility(item.side, item.name)
                    if let known = try store.find(id, in: tx) {
                        // An earlier version made it without a note and without a Korean name; nobody has changed it since.
                        if known.nameKo == nil, known.etag == "1" {
                            _ = try store.change(id, context, in: tx) { $0.nameKo = item.korean }
                        }
                        return
                    }
                    var record = ResponsibilityDefinition()
                    record.id = id
                    record.name = item.name
                    record.nameKo = item.korean
                    record.side = item.side
                    record.requiredRole = item.role
                    _ = try store.create(record, context, in: tx)
                }
            }
        }
    }
}
