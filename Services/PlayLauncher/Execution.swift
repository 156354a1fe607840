import Flows
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// How far a launched run is: what is stored in `flow_execution`.
struct Execution: Sendable {
    /// A flow being carried out, with the definition its state belongs to.
    struct Machine: Sendable {
        let definition: String
        var state: FlowState
    }

    let run: String
    let domain: DomainPath
    /// For whom the steps are carried out, with the roles of the launch or of the taking over.
    let requester: Caller
    let trace: String?
    let title: String
    /// The flow and the subflows it has begun, outermost first. Never empty.
    var machines: [Machine]
    var isNoted = false
    var failures = 0

    /// Begins: the execution and its first step.
    func insert(now: Timestamp, in tx: Transaction) {
        tx.send(
            """
            INSERT INTO play_launcher.flow_execution (run, domain, requester, trace, title, machines) \
            VALUES (\(run), \(domain.path), \(requester.json.text), \(trace), \(title), \(machineText))
            """)
        beginStep(now: now, in: tx)
    }

    /// What is to be done next.
    var action: FlowAction { machines[machines.count - 1].state.action }

    /// Names the step to be done next among all of the run, steps of subflows included; nil when the flow is over.
    var key: String? {
        let keys = machines.compactMap { $0.state.action.step?.description }
        return keys.count == machines.count ? keys.joined(separator: "/") : nil
    }

    /// Records the step to be done next, before anything is done for it.
    func beginStep(now: Timestamp, in tx: Transaction) {
        guard let key else { return }
        switch action {
        case .call(_, let method, _): FlowStep.begin(key, "call", method, of: self, now: now, in: tx)
        case .wait: FlowStep.begin(key, "wait", nil, of: self, now: now, in: tx)
        case .emit(_, let type, _): FlowStep.begin(key, "emit", type, of: self, now: now, in: tx)
        case .runSubflow(_, let flow, _): FlowStep.begin(key, "run", flow.description, of: self, now: now, in: tx)
        case .completed, .failed: break
        }
    }

    /// Reads an execution that `owner` holds; nil when it is over or somebody else has it.
    static func load(_ run: String, owner: String, in tx: Transaction) throws -> Execution? {
        let rows = try tx.query(
            """
            SELECT domain, requester, trace, title, machines, phase, failures FROM play_launcher.flow_execution \
            WHERE run = \(run) AND owner = \(owner) AND phase <> 'done'
            """)
        guard let row = rows.first else { return nil }
        guard let domain = DomainPath(try row.string("domain")),
            let requester = Caller(json: try JSONValue(parsing: row.string("requester")))
        else { throw Problem.internalError(cause: "the execution of run \(run) cannot be read") }
        let limits = JSONLimits(bytes: 8 * FlowBounds.stateBytes, depth: 300, values: 4_000_000)
        let stored = try JSONValue(parsing: try row.string("machines"), limits: limits)
        let machines = try (stored.array ?? []).map { machine in
            Machine(
                definition: machine["definition"]?.string ?? "", state: try FlowState(json: machine["state"] ?? .null))
        }
        guard !machines.isEmpty else { throw Problem.internalError(cause: "run \(run) has no flow") }
        return Execution(
            run: run, domain: domain, requester: requester, trace: try row.optionalString("trace"),
            title: try row.string("title"), machines: machines, isNoted: try row.string("phase") == "note",
            failures: try row.int("failures"))
    }

    /// The id of the definition a run was launched with; nil for a run that was never launched.
    static func definition(of run: String, in tx: Transaction) throws -> String? {
        try tx.query(
            """
            SELECT machines::json -> 0 ->> 'definition' AS definition FROM play_launcher.flow_execution \
            WHERE run = \(run)
            """
        ).first?.optionalString("definition")
    }

    /// Has a held run go on for somebody else, at the step it was held at.
    static func resume(_ run: String, for requester: Caller, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET phase = 'flow', requester = \(requester.json.text), failures = 0, \
            due_at = now() WHERE run = \(run) AND phase = 'held'
            """, expecting: 1)
    }

    /// Stores the new state, with the step it asks for; throws when another runner has taken the run over.
    func store(owner: String, due: Timestamp? = nil, in tx: Transaction) {
        let phase = isNoted ? "note" : "flow"
        // A run that has to wait is let go, so that any runner may take it up when its time has come.
        let isReleased = due != nil
        tx.send(
            """
            UPDATE play_launcher.flow_execution SET machines = \(machineText), phase = \(phase), failures = 0, \
            due_at = coalesce(\(due?.sqlValue ?? .null)::timestamptz, now()), \
            owner = CASE WHEN \(isReleased)::boolean THEN NULL ELSE owner END, \
            lease_until = CASE WHEN \(isReleased)::boolean THEN NULL ELSE lease_until END \
            WHERE run = \(run) AND owner = \(owner)
            """, expecting: 1)
    }

    private var machineText: String {
        JSONValue.array(
            machines.map { ["definition": .string($0.definition), "state": $0.state.json] }
        ).text
    }
}

extension Caller {
    /// What is kept of the person who launched: enough to act for them.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "subject": .string(subject), "kind": .string(kind.rawValue), "domain": .string(domain.path),
            "roles": .array(roles.sorted().map { .string($0) }), "locale": .string(locale),
        ]
        if let rolesTrustedUntil { members["rolesTrustedUntil"] = .string(String(rolesTrustedUntil)) }
        if !memberships.isEmpty {
            members["memberships"] = .array(
                memberships.map { membership in
                    var member: [String: JSONValue] = [
                        "account": .string(membership.account), "domain": .string(membership.domain.path),
                    ]
                    if let contact = membership.contact { member["contact"] = .string(contact) }
                    return .object(member)
                })
        }
        return .object(members)
    }

    /// Reads what ``json`` wrote.
    init?(json: JSONValue) {
        guard let subject = json["subject"]?.string, let kind = json["kind"]?.string.flatMap(Kind.init),
            let domain = json["domain"]?.string.flatMap(DomainPath.init), let locale = json["locale"]?.string
        else { return nil }
        let roles = Set((json["roles"]?.array ?? []).compactMap(\.string))
        let memberships = (json["memberships"]?.array ?? []).compactMap { member -> Membership? in
            guard let account = member["account"]?.string,
                let domain = member["domain"]?.string.flatMap(DomainPath.init)
            else { return nil }
            return Membership(account: account, domain: domain, contact: member["contact"]?.string)
        }
        if kind == .customer {
            self.init(subject: subject, roles: roles, memberships: memberships, locale: locale)
        } else {
            self.init(subject: subject, kind: kind, domain: domain, roles: roles, locale: locale)
        }
        rolesTrustedUntil = json["rolesTrustedUntil"]?.string.flatMap { Int64($0) }
    }
}

/// The recorded steps of runs, in table `flow_step`.
extension FlowStep {
    /// Longest error kept.
    private static let errorLimit = 2_000

    /// Records a step that is about to be done; once, also when it is recorded again.
    static func begin(
        _ key: String, _ kind: String, _ method: String?, of execution: Execution, now: Timestamp, in tx: Transaction
    ) {
        tx.send(
            """
            INSERT INTO play_launcher.flow_step (run, key, domain, kind, method, at) \
            VALUES (\(execution.run), \(key), \(execution.domain.path), \(kind), \(method), \(now.sqlValue)) \
            ON CONFLICT DO NOTHING
            """)
    }

    /// Records what became of a step.
    static func end(_ key: String, _ result: StepResult, run: String, now: Timestamp, in tx: Transaction) {
        let state: String
        var answer: String?
        var error: String?
        switch result {
        case .succeeded(let value): (state, answer) = ("done", value.isNull ? nil : value.text)
        case .failed(let problem): (state, error) = ("failed", problem.message)
        }
        tx.send(
            """
            UPDATE play_launcher.flow_step SET state = \(state), attempts = attempts + 1, result = \(answer), \
            error = \(error.map { String($0.prefix(errorLimit)) }), at = \(now.sqlValue) \
            WHERE run = \(run) AND key = \(key)
            """)
    }

    /// Records that a step did not go through and will be tried again.
    static func retry(_ key: String, _ error: String, run: String, now: Timestamp, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_step SET attempts = attempts + 1, error = \(String(error.prefix(errorLimit))), \
            at = \(now.sqlValue) WHERE run = \(run) AND key = \(key)
            """)
    }

    /// The steps of a run in their order.
    static func list(run: String, withResults: Bool, in tx: Transaction) throws -> [FlowStep] {
        try tx.query(
            """
            SELECT key, kind, method, state, attempts, result, error, at FROM play_launcher.flow_step \
            WHERE run = \(run) ORDER BY seq
            """
        ).map { row in
            var step = FlowStep()
            step.key = try row.string("key")
            step.kind = try row.string("kind")
            step.method = try row.optionalString("method") ?? ""
            step.state = try row.string("state")
            step.attempts = Int32(try row.int("attempts"))
            step.result = withResults ? try row.optionalString("result") ?? "" : ""
            step.error = try row.optionalString("error") ?? ""
            step.at = Timestamp(microseconds: try row.timestamp("at"))
            return step
        }
    }
}

extension FlowError {
    /// What people read: what happened, or at least what kind of thing.
    var message: String { detail.isEmpty ? title : detail }

    /// What people read in their language: calls are answered in it, and flows raise errors in the words of their author;
    /// what the machine itself finds is English, and has a Korean sentence for each kind.
    func message(_ language: String) -> String {
        let hasKorean = Hangul.isWritten(in: message)
        guard Text(en: "en", ko: "ko")(language) == "ko", !hasKorean else { return message }
        switch type {
        case FlowError.expression: return "플로우의 표현식을 계산하지 못했습니다."
        case FlowError.validation: return "값이 플로우가 기대하는 형식이 아닙니다."
        case FlowError.runtime: return "플로우 실행이 한도에 도달했거나 계속할 수 없습니다."
        case FlowError.timeout: return "시간이 초과되었습니다."
        default: return message
        }
    }
}
