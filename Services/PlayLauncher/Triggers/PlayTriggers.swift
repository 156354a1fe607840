import Flows
import Identity
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Synchronization
import Tenancy
import Wire

/// Plays that start themselves: administrators say on which records, when and as whom, try that on what has been, and turn it on
/// and off.
struct PlayTriggers: Sendable {
    let database: Database
    let client: Client
    let issuer: Issuer
    let own: Credential
    let plays: Plays
    let person: TriggerPerson
    let launcher: FiringLauncher
    let index = TriggerIndex()
    let library = TriggerLibrary()

    /// Most active triggers of the system.
    static let most = 10_000
    /// Most active triggers of one domain.
    private static let mostOfDomain = 2_000

    init(_ database: Database, _ client: Client, _ issuer: Issuer, _ people: any People, _ plays: Plays) {
        self.database = database
        self.client = client
        self.issuer = issuer
        self.plays = plays
        own = issuer.credential(for: PlayLauncher.name)
        person = TriggerPerson(client: client, people: people, own: own)
        launcher = FiringLauncher(database, client, issuer, person)
    }

    var firings: Firings { Firings(database: database) }

    private enum Column: String {
        case count
    }

    /// The methods beyond single records.
    var endpoints: [Endpoint] {
        [
            Endpoint(PlayLauncherAPI.activatePlayTrigger) { call, request async throws(Problem) in
                try await activate(request, call)
            },
            Endpoint(PlayLauncherAPI.deactivatePlayTrigger) { call, request async throws(Problem) in
                try await deactivate(request, call)
            },
            Endpoint(PlayLauncherAPI.backTestPlayTrigger) { call, request async throws(Problem) in
                try await backTest(request, call)
            },
        ]
    }

    // MARK: On and off

    /// Turns a trigger on, when everything is there that it takes: the play with its answers, the user it acts as, and the
    /// rights of both this one and the caller to all that the play does, so that nobody has done by a trigger what they may not do.
    private func activate(_ request: ActionRequest, _ call: Call) async throws(Problem) -> PlayTrigger {
        let known = try await known(request.id, .write, call)
        guard known.active != true else { throw Self.isActive(true) }
        let (acting, flow) = try await check(known, call)
        let (database, most) = (database, Self.mostOfDomain)
        let trigger = try await database.perform(
            call, PlayLauncherAPI.activatePlayTrigger.name, request, requestID: request.requestID
        ) { tx, context in
            let store = Store<PlayTrigger>(database)
            let count =
                try tx.query(
                    """
                    SELECT count(*) AS count FROM play_launcher.play_trigger WHERE active AND domain = \(known.domain)
                    """
                ).first?.int(Column.count) ?? 0
            guard count < most else {
                throw Problem.failedPrecondition(
                    rule: TriggerRule.active,
                    Text(
                        en: "At most \(grouped: most) triggers of a domain are active.",
                        ko: "한 도메인에서 최대 \(grouped: most)개의 트리거만 활성 상태일 수 있습니다."))
            }
            // What was looked at is what is turned on.
            let etag = request.etag.isEmpty ? known.etag : request.etag
            let trigger = try store.change(known.id, etag: etag, context.asSystem, in: tx) { trigger in
                guard trigger.active != true else { throw Self.isActive(true) }
                trigger.active = true
                (trigger.activatedAt, trigger.activatedBy) = (context.now, call.caller.subject)
                trigger.flowDefinition = flow
            }
            Self.forgetGatherings(of: known.id, in: tx)
            return store.projected(trigger, for: call.caller)
        }
        database.log.info(
            "a trigger is active", metadata: ["trigger": "\(trigger.id)", "acts_as": "\(acting.subject)"])
        await refreshOrLog()
        return trigger
    }

    private func deactivate(_ request: ActionRequest, _ call: Call) async throws(Problem) -> PlayTrigger {
        _ = try await known(request.id, .write, call)
        let database = database
        let trigger = try await database.perform(
            call, PlayLauncherAPI.deactivatePlayTrigger.name, request, requestID: request.requestID
        ) { tx, context in
            let store = Store<PlayTrigger>(database)
            let trigger = try store.change(request.id, etag: request.etag, context.asSystem, in: tx) { trigger in
                guard trigger.active == true else { throw Self.isActive(false) }
                trigger.active = false
            }
            return store.projected(trigger, for: call.caller)
        }
        await refreshOrLog()
        return trigger
    }

    private static func isActive(_ active: Bool) -> Problem {
        .failedPrecondition(
            rule: TriggerRule.active,
            active
                ? Text(en: "The trigger is active already.", ko: "이미 활성 상태인 트리거입니다.")
                : Text(en: "The trigger is not active.", ko: "활성 상태가 아닌 트리거입니다."),
            field: PlayTrigger.path(.active))
    }

    /// The trigger of that id, for who may do this to triggers of its domain.
    func known(_ id: String, _ operation: Roles.Operation, _ call: Call) async throws(Problem) -> PlayTrigger {
        try Access.requireProvider(operation, on: PlayTrigger.schema.table, call.caller)
        let database = database
        let found = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Store<PlayTrigger>(database).find(id, in: tx)
        }
        // One of above is seen from below, and is its owner's to turn.
        guard let found, let place = DomainPath(found.domain),
            operation == .read || call.caller.domain.contains(place)
        else { throw .notFound(PlayTrigger.schema.label, id: id) }
        return found
    }

    /// Everything that turning on takes; answers whom the trigger acts as, and which version of the flow was looked at.
    private func check(
        _ trigger: PlayTrigger, _ call: Call
    ) async throws(Problem) -> (acting: Caller, flow: String) {
        guard let domain = DomainPath(trigger.domain) else { throw .internalError(cause: "trigger \(trigger.id)") }
        let plan = try await plays.plan(trigger.definitionRecord ?? "", call)
        let compiled = try trigger.compiled(roles: call.caller.roles, by: plan.flow)
        let acting = try await person.caller(trigger.actsAs ?? "", of: domain)
        _ = try trigger.compiled(roles: acting.roles, by: plan.flow)
        let schema = try TriggerTables.schema(of: trigger.sourceTable ?? "")
        let source = schema.launchesPlays ? schema : TriggerTables.engagement
        guard plan.flow.launches(from: source.table) else {
            throw .failedPrecondition(
                rule: "G-75",
                Text(
                    en: "This play is not launched from \(source.label.en).",
                    ko: "\(source.label.ko)에서는 이 플레이를 시작할 수 없습니다."),
                field: PlayTrigger.path(.definitionRecord))
        }
        let rights = PlayRights(database: database, library: plays.library)
        try await rights.check(plan.flow, call)
        try await rights.check(plan.flow, Call(caller: acting, deadline: call.deadline))
        try TriggerAnswers.check(trigger.answers ?? "", plan.flow, call.language)
        // The owner says whether it keeps a journal of these fields, for both.
        let now = database.clock.now
        if !compiled.condition.fields.isEmpty, compiled.readsJournal {
            for credential in [nil, issuer.credential(for: acting, by: PlayLauncher.name)] {
                let journal = TriggerJournal(
                    client: client, schema: schema, fields: compiled.condition.fields, credential: credential)
                _ = try await journal.page(from: now, until: now, behind: "")
            }
        }
        return (acting, plan.definition.id)
    }
}

/// Compiled triggers. One that is active does not change, so what was compiled once stays right until its etag is another.
final class TriggerLibrary: Sendable {
    private let known = Mutex<[String: (etag: String, trigger: CompiledTrigger)]>([:])

    /// A stored trigger that is active, ready to look at records.
    func compiled(_ trigger: PlayTrigger, by flow: CompiledFlow?) throws(Problem) -> CompiledTrigger {
        if let found = known.withLock({ $0[trigger.id] }), found.etag == trigger.etag { return found.trigger }
        // Who turned it on was looked at then, and whom it acts as is at each launch.
        let made = try trigger.compiled(roles: [RoleCatalog.administrator], by: flow)
        known.withLock { known in
            if known.count >= PlayTriggers.most { known = [:] }
            known[trigger.id] = (trigger.etag, made)
        }
        return made
    }
}
