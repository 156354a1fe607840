import Identity
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Wire

extension CustomerContact: Record {
    public static let storage = Storage<CustomerContact>(
        domain: .references([.account]),
        // The customer's onboarding contact manages the customer team: who may write at all, the access rows say.
        // Who becomes a portal user is the provider's to say (G-103).
        customer: CustomerAccess(
            writable: [.firstName, .lastName, .email, .account, .phone, .title, .active],
            changeable: { _ in .everything }),
        immutable: [.account],
        constraints: [
            DatabaseRule(
                "G-56", constraint: "customer_contact_account_email", field: .email,
                Text(
                    en: "The account already has a contact with this e-mail address.",
                    ko: "이 계정에 같은 이메일 주소의 연락처가 이미 있습니다."))
        ],
        // A person may act for several accounts (G-126) and lives in the domain of one: the rule looks the user up.
        ruled: [.user], person: .itself)

    public static let rules: [Rule<CustomerContact>] = [
        .check(
            "PORTAL_USER", field: .user,
            Text(
                en: "The portal user must be a user of a customer, not of the provider.",
                ko: "포털 사용자는 제공자가 아닌 고객의 사용자여야 합니다.")
        ) { change, context in
            guard change.changes(.user), let id = change.new.user, !id.isEmpty else { return true }
            return try context.find(User.self, id)?.account != nil
        }
    ]
}

extension User: Record {
    public static let storage = Storage<User>(
        domain: .references([.account]), immutable: [.account, .kind],
        constraints: [
            DatabaseRule(
                "G-103", constraint: "user_email", field: .email,
                Text(
                    en: "There is already a user with this e-mail address.", ko: "같은 이메일 주소의 사용자가 이미 있습니다."))
        ])

    public static let rules: [Rule<User>] =
        [
            .drafting("G-13") { change, context in
                if change.new.account == nil, change.new.domain.isEmpty {
                    change.new.domain = context.write.caller.domain.path
                }
            },
            .check(
                "PUBLIC_KEY", field: .publicKey,
                Text(
                    en: "Only an outside system has a key: a JSON Web Key, Ed25519 or P-256, without its private part.",
                    ko: "키는 외부 시스템에만 있으며, 개인 부분이 없는 'Ed25519' 또는 'P-256' JSON 웹 키여야 합니다.")
            ) { change, _ in
                guard change.changes(.publicKey) || change.changes(.kind), let key = change.new.publicKey else {
                    return true
                }
                return change.new.kind == Kind.system && SystemKey.isUsable(key)
            },
            .afterDeletion("USER_IN_USE") { change, context in
                let rows = try context.transaction.query(
                    "SELECT 1 FROM onboarding.role_grant WHERE \"user\" = \(change.new.id) LIMIT 1")
                guard rows.isEmpty else {
                    throw Problem.failedPrecondition(
                        rule: "USER_IN_USE",
                        Text(
                            en: "The user still holds roles. Deactivate the user instead.",
                            ko: "역할이 부여된 사용자는 삭제할 수 없습니다. 대신 비활성화하세요."))
                }
            },
        ] + Rule<User>.signOut
}

extension RoleGrant: Record {
    public static let storage = Storage<RoleGrant>(
        domain: .references([.user]), immutable: [.user, .role],
        constraints: [
            DatabaseRule(
                "D-35", constraint: "role_grant_unique", field: .role,
                Text(en: "The user already holds this role.", ko: "사용자에게 이미 이 역할이 있습니다."))
        ])

    public static let rules: [Rule<RoleGrant>] = [
        .check(
            "G-14", field: .role,
            Text(en: "There is no such role to grant.", ko: "부여할 수 있는 역할이 아닙니다.")
        ) { change, _ in RoleCatalog.isGrantable(change.new.role ?? "") },
        .check(
            "G-18", field: .role,
            Text(
                en: "Roles of customers go to users with an account, all others to users without.",
                ko: "고객 역할은 계정이 있는 사용자에게만, 그 밖의 역할은 계정이 없는 사용자에게만 부여할 수 있습니다.")
        ) { change, context in
            let user = try context.find(User.self, change.new.user)
            let isExternal = RoleCatalog.role(named: change.new.role ?? "")?.isExternal == true
            return (user?.account != nil) == isExternal
        },
        .signOut,
    ]
}
