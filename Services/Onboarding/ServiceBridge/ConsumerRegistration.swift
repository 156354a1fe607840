import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension ConsumerRegistration: Record {
    public static let storage = Storage<ConsumerRegistration>(
        domain: .references([.account]),
        // Who runs the customer's instance sets Service Bridge up for the own account: who that is, the access rows say (D-225).
        customer: CustomerAccess(
            writable: [.account, .contact, .instanceUrl, .onboardingCase], changeable: { _ in .everything }),
        immutable: [.account, .instanceUrl])

    public static let rules: [Rule<ConsumerRegistration>] = [
        .check(
            "CONSUMER_URL", field: .instanceUrl,
            Text(
                en: "The URL of an instance is https and a public host name, without a path: https://customer.example",
                ko: "인스턴스 URL은 'https'와 공개 호스트 이름으로 이루어지며 경로가 없어야 합니다. 예: 'https://customer.example'")
        ) { change, _ in
            change.old != nil || ConsumerAddress(change.new.instanceUrl ?? "") != nil
        },
        .check(
            "CONSUMER_CONTACT", field: .contact,
            Text(en: "The contact belongs to another account.", ko: "다른 계정의 연락처입니다.")
        ) { change, context in
            guard change.isCreation else { return true }
            return try context.find(CustomerContact.self, change.new.contact)?.account == change.new.account
        },
        .check(
            "CONSUMER_CASE", field: .onboardingCase,
            Text(en: "The case belongs to another account.", ko: "다른 계정의 케이스입니다.")
        ) { change, context in
            guard change.isCreation, let id = change.new.onboardingCase else { return true }
            return try context.find(OnboardingCase.self, id)?.account == change.new.account
        },
        // Of two that register it at the same moment the unique index keeps one out: ALREADY_EXISTS for that one, too.
        Rule("DUPLICATE_REGISTRATION") { change, context in
            guard change.isCreation, let account = change.new.account, let url = change.new.instanceUrl else { return }
            let known = try context.transaction.query(
                "SELECT 1 FROM onboarding.consumer_registration WHERE account = \(account) AND instance_url = \(url)")
            guard !known.isEmpty else { return }
            throw Problem.alreadyExists(
                Text(
                    en: "The account has registered this instance already. Start a registration that failed again.",
                    ko: "계정에 이미 등록된 인스턴스입니다. 실패한 등록은 다시 시작하세요."),
                reason: "DUPLICATE_REGISTRATION")
        },
    ]

    /// The endpoints of the guided flow.
    static func endpoints(_ database: Database, _ wake: Signal) -> [Endpoint] {
        [
            database.writing(
                OnboardingAPI.registerConsumer, \.requestID, trial: \RegisterConsumerRequest.validateOnly
            ) { request, context in
                defer { wake.notify() }
                return try register(request.consumerRegistration ?? ConsumerRegistration(), context)
            },
            database.writing(OnboardingAPI.startConsumerRegistration, \.requestID) { request, context in
                defer { wake.notify() }
                return try start(request, context)
            },
        ].compactMap { $0 }
    }

    private static func register(_ given: ConsumerRegistration, _ context: RuleContext) throws -> ConsumerRegistration {
        var draft = given
        draft.instanceUrl = ConsumerAddress(given.instanceUrl ?? "")?.text ?? given.instanceUrl
        let store = Store<ConsumerRegistration>(context.database)
        let made = try store.create(draft, context.write, in: context.transaction)
        queue(made, context.transaction)
        return store.projected(made, for: context.write.caller)
    }

    private static func start(_ request: ActionRequest, _ context: RuleContext) throws -> ConsumerRegistration {
        let store = Store<ConsumerRegistration>(context.database)
        let started = try store.change(request.id, etag: request.etag, context.write, in: context.transaction) {
            record in
            guard record.status == Status.failed else {
                throw Problem(
                    .failedPrecondition,
                    Text(en: "The registration has been started already.", ko: "이미 시작된 등록입니다."),
                    reason: "REGISTRATION_STARTED")
            }
            (record.status, record.failure, record.attempts) = (Status.requested, nil, 0)
        }
        queue(started, context.transaction)
        return store.projected(started, for: context.write.caller)
    }

    private static func queue(_ record: ConsumerRegistration, _ tx: Transaction) {
        tx.send(
            "INSERT INTO onboarding.consumer_handshake (registration, domain) VALUES (\(record.id), \(record.domain))",
            expecting: 1)
    }
}
