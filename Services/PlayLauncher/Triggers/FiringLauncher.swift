import CustomerSuccessWire
import Flows
import Identity
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire
import WireCatalog
import Work

/// Launches the plays of firings, each for the user whom its trigger acts as: by the very request that this person would send,
/// with a delegated token and under an id that follows from the firing, so that it happens once. What the person may not do is
/// refused, and the firing says why.
struct FiringLauncher: Sendable {
    let database: Database
    let client: Client
    let issuer: Issuer
    let person: TriggerPerson
    private let queue: LeasedQueue

    /// How long a launch may take.
    private static let patience: Duration = .seconds(20)

    init(_ database: Database, _ client: Client, _ issuer: Issuer, _ person: TriggerPerson) {
        (self.database, self.client, self.issuer, self.person) = (database, client, issuer, person)
        queue = LeasedQueue(database, table: "firing_work", key: "firing", takesTurns: true)
    }

    /// Given when a firing was written down here.
    var wake: Signal { queue.wake }

    /// Launches until the task is cancelled.
    func run() async {
        await queue.run { lease in try await launch(lease) }
    }

    /// What came of a firing.
    private enum Outcome {
        case launched(String)
        case refused(Text)
        case later(Problem)
    }

    private func launch(_ lease: Lease) async throws {
        let (database, firing) = (database, lease.row)
        let found = try await asService { tx -> (PlayFiring, PlayTrigger?, Int)? in
            guard let known = try Store<PlayFiring>(database).find(firing, in: tx),
                known.state == PlayFiring.State.waiting
            else {
                lease.complete(in: tx)
                return nil
            }
            guard let id = known.playTrigger, let trigger = try Store<PlayTrigger>(database).find(id, in: tx) else {
                return (known, nil, 0)
            }
            let count = try Firings(database: database).launched(
                by: id, limit: Int(trigger.dailyLimit ?? 1), now: database.clock.now, in: tx)
            return (known, trigger, count)
        }
        guard let (known, trigger, count) = found else { return }
        let outcome = await outcome(of: known, trigger, launched: count)
        if case .later(let problem) = outcome, let pause = StepRetry.pause(after: lease.takings) {
            database.log.warning(
                "a firing waits", metadata: ["firing": "\(firing)", "cause": "\(problem.cause ?? problem.text.en)"])
            return try await asService { tx in lease.retry(after: pause, in: tx) }
        }
        try await end(known, outcome, lease)
    }

    private func end(_ firing: PlayFiring, _ outcome: Outcome, _ lease: Lease) async throws {
        let database = database
        let domain = DomainPath(firing.domain) ?? .root
        let context = WriteContext.system(database.service, domain: domain, now: database.clock.now)
        try await asService { tx in
            lease.complete(in: tx)
            try Store<PlayFiring>(database).change(firing.id, context, in: tx) { firing in
                switch outcome {
                case .launched(let run): (firing.state, firing.flowRun) = (PlayFiring.State.launched, run)
                case .refused(let text): firing.refuse(text)
                case .later(let problem): firing.refuse(problem.text)
                }
            }
        }
    }

    /// A trigger that was turned off since, and maybe changed and turned on again, is not the one that was met.
    private func outcome(of firing: PlayFiring, _ trigger: PlayTrigger?, launched: Int) async -> Outcome {
        guard let trigger, trigger.active == true, let domain = DomainPath(trigger.domain),
            let place = DomainPath(firing.domain), domain.contains(place), let since = trigger.activatedAt,
            let at = firing.occurredAt, since <= at
        else {
            return .refused(
                Text(en: "The trigger was deactivated before.", ko: "그 전에 트리거가 비활성화되었습니다."))
        }
        guard launched < Int(trigger.dailyLimit ?? 1) else {
            return .refused(
                Text(
                    en: "The trigger has launched as many plays as it may in 24 hours.",
                    ko: "트리거가 24시간 동안 시작할 수 있는 플레이 수를 모두 사용했습니다."))
        }
        do throws(Problem) {
            let caller = try await person.caller(trigger.actsAs ?? "", of: domain)
            // What the person may not read does not decide what is done in the person's name.
            _ = try trigger.compiled(roles: caller.roles)
            guard TriggerStart.mayRead(firing.eventTypes, caller.roles) else { throw .permissionDenied() }
            return .launched(try await run(firing, trigger, for: caller).id)
        } catch {
            return error.mayPass ? .later(error) : .refused(error.told)
        }
    }

    private func run(
        _ firing: PlayFiring, _ trigger: PlayTrigger, for caller: Caller
    ) async throws(Problem) -> FlowRun {
        let credential = issuer.credential(for: caller, by: PlayLauncher.name)
        let context = CallContext(
            deadline: .after(Self.patience), trace: .following(from: firing.id) ?? .generate(), language: caller.locale)
        return try await context.run { () async throws(Problem) in
            let source = try await TriggerSource(client: client).read(firing, as: credential)
            var request = LaunchPlayRequest()
            request.definitionRecord = trigger.definitionRecord ?? ""
            (request.sourceTable, request.sourceRecord) = (source.table, source.record)
            request.answers = trigger.answers ?? ""
            request.flowDefinition = trigger.flowDefinition ?? ""
            request.playFiring = firing.events == nil ? "" : firing.id
            request.requestID = firing.id
            return try await client.call(
                PlayLauncherAPI.launchPlay, request, as: credential, requestID: firing.id)
        }
    }

    private func asService<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: .root), body)
    }
}

/// What the play of a firing is launched from: the record itself, or the engagement that it belongs to.
struct TriggerSource: Sendable {
    let client: Client

    func read(
        _ firing: PlayFiring, as credential: Credential
    ) async throws(Problem) -> (table: String, record: String) {
        let schema = try TriggerTables.schema(of: firing.sourceTable ?? "")
        let record = firing.sourceRecord ?? ""
        guard !schema.launchesPlays else { return (schema.table, record) }
        if let engagement = firing.engagement { return (Engagement.schema.table, engagement) }
        let request: JSONValue = ["id": .string(record)]
        let answer = try await client.call(
            json: Array(request.text.utf8), to: "ale.v1.\(schema.service).\(schema.collection).get", as: credential)
        guard let engagement = (try? JSONValue(parsing: answer))?[RiskSignal.Field.engagement.rawValue]?.string else {
            throw .failedPrecondition(
                rule: TriggerRule.table,
                Text(
                    en: "The record belongs to no engagement, from which the play could be launched.",
                    ko: "레코드가 참여에 속하지 않아 플레이를 시작할 수 없습니다."))
        }
        return (Engagement.schema.table, engagement)
    }
}

extension PlayFiring {
    /// Longest message that is kept.
    private static let messageLimit = 1_000

    /// The types of the events that were heard.
    fileprivate var eventTypes: [String] {
        let heard = events.flatMap { try? JSONValue(parsing: $0, limits: .events) }
        return heard?.array?.compactMap(\.eventType) ?? []
    }

    /// Nothing is launched, for this reason.
    fileprivate mutating func refuse(_ text: Text) {
        state = State.refused
        message = String(text.en.prefix(Self.messageLimit))
        messageKo = String(text.ko.prefix(Self.messageLimit))
    }
}

extension Problem {
    /// What is told of it: with what is wrong with which field.
    fileprivate var told: Text {
        let details = violations.map(\.text).filter { !text.en.contains($0.en) }
        return Text(
            en: ([text] + details).map(\.en).joined(separator: " "),
            ko: ([text] + details).map(\.ko).joined(separator: " "))
    }
}
