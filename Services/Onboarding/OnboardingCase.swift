import Korean
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension OnboardingCase: Record {
    /// What activity 2 of the playbook asks for; empty until the case leaves New.
    static let askedLater: [Field] = [.assignedTo, .serviceBridgeIntegration, .goLiveDate]

    public static let storage = Storage<OnboardingCase>(
        domain: .references([.account]),
        computed: [.daysRemaining(until: .goLiveDate)],
        customer: CustomerAccess(rows: CustomerRows.cases(.contact)),
        redaction: Redaction([.products]) { $0.productsCustomerVisible != true },  // G-101
        requiredRule: "CASE_SETUP",
        conditional: Set(askedLater),
        immutable: [.account])

    public static let rules: [Rule<OnboardingCase>] = [
        .drafting("G-38") { change, context in
            // Generated from another case: that one supplies the account.
            guard change.new.account == nil, let parent = change.new.parent else { return }
            change.new.account = try context.find(OnboardingCase.self, parent)?.account
        },
        .drafting("G-39") { change, context in
            if change.new.type == nil { change.new.type = context.write.isSystem ? TypeChoice.full : TypeChoice.phased }
        },
        Rule("CASE_SETUP") { change, _ in try checkAskedLater(change) },
        goLiveCanBeCountedFrom,
        goLiveIsAhead,
        Rule("CASE_TREE") { change, context in try refuseCycle(change, context) },
        closesWhenDone,
        stagesDone,
        issuesSolved,
        // Of cases those below another one may be made by its playbook, as the go-live support case is.
        .closesAsPlaybookSays(made: .parent),
        // Its runs end before its tasks: no activity goes on over a case that is canceled.
        movesPlaybook,
        cancelsTasks,
        .warnsOfAssignee(.assignedTo),
        startsByPlay,
    ]

    /// The first value of each state is its default (G-01).
    static let stages = [
        State.new: [Stage.notStarted, Stage.atRisk], State.unassigned: [Stage.notStarted, Stage.atRisk],
        State.active: [Stage.onTrack, Stage.atRisk],
        State.blocked: [Stage.paused, Stage.atRisk], State.closed: [Stage.finished], State.canceled: [Stage.finished],
    ]

    /// G-02; reopening leads to Active.
    static let moves: [String: Set<String>] = [
        State.new: [State.unassigned, State.active, State.blocked, State.canceled],
        State.unassigned: [State.active, State.blocked, State.canceled],
        State.active: [State.blocked, State.closed, State.canceled], State.blocked: [State.active, State.canceled],
    ]

    public static let lifecycle: Lifecycle<OnboardingCase>? = Lifecycle(
        moves: moves, reopened: State.active, tie: Lifecycle.Tie(.stage, stages),
        mayMove: { caller, record, state in
            // G-21: the assignee or any agent closes; an agent cancels and reopens. `closedAt` still stands when a
            // closed case is being reopened.
            if state == State.canceled || record.closedAt != nil { return caller.isOnboardingAgent }
            return caller.isOnboardingAgent || record.assignedTo == caller.subject
        })

    /// A case was generated from another one (G-38), never from itself or one below it. Changes of parents wait for each
    /// other, so that two of them cannot close a cycle together.
    private static func refuseCycle(_ change: Change<OnboardingCase>, _ context: RuleContext) throws {
        guard change.old != nil, change.changes(.parent), let parent = change.new.parent else { return }
        let tx = context.transaction
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended('onboarding_case.parent', 0))")
        let rows = try tx.query(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent FROM onboarding.onboarding_case WHERE id = \(parent)
                UNION SELECT c.id, c.parent FROM onboarding.onboarding_case c JOIN above a ON c.id = a.parent)
            SELECT 1 FROM above WHERE id = \(change.new.id) LIMIT 1
            """)
        guard rows.isEmpty else {
            throw Problem.broken(
                "CASE_TREE", OnboardingCase.self, field: .parent,
                Text(en: "A case cannot be below itself.", ko: "케이스를 자기 자신의 하위 항목으로 지정할 수 없습니다."))
        }
    }

    private static func checkAskedLater(_ change: Change<OnboardingCase>) throws {
        // What was stored before there was the rule does not keep a case from being worked on.
        guard ([.state] + askedLater).contains(where: { change.changes($0) }) else { return }
        guard let state = change.new.state, state != State.new, state != State.canceled else { return }
        // Unassigned says that nobody has the case; everything else is asked for there, too.
        let empty = askedLater.filter { field in
            change.new[field: field].isEmpty && !(field == .assignedTo && state == State.unassigned)
        }
        guard empty.isEmpty else {
            throw Problem.invalid(
                empty.map { field in
                    .init(field: path(field), text: asking(for: field), rule: "CASE_SETUP")
                })
        }
    }

    private static func asking(for field: Field) -> Text {
        guard field != .assignedTo else {
            return Text(
                en: "Somebody must be assigned to a case that is neither New nor Unassigned.",
                ko: "‘신규’나 ‘미할당’ 상태가 아닌 케이스에는 담당자가 필요합니다.")
        }
        let label = label(field)
        return Text(
            en: "\(label.en) is mandatory once the case has left New.",
            ko: "케이스가 ‘신규’ 상태를 벗어나면 \(label.ko, .topic) 필수입니다.")
    }
}

/// A new account brings its onboarding case along (G-37).
enum AutomaticCase {
    /// Reacts to `customer_account.created`. With the switch off the event is only taken note of (G-37).
    static func handler(_ database: Database, isOn: Bool) -> EventHandler {
        EventHandler(
            "onboarding-automatic-case", service: Onboarding.name, record: CustomerAccount.schema.table,
            action: "created"
        ) { event, context, tx in
            guard isOn else { return }
            let account = try CustomerAccount.decode(protobuf: event.record)
            try open(for: account, actor: event.actor, database, context, tx)
        }
    }

    /// Opens the case of an account, unless the account is gone or has an open one already.
    static func open(
        for account: CustomerAccount, actor: String, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        // Whoever opens a case by hand at this moment holds a share of this row: one waits for the other.
        let known = try tx.query("SELECT 1 FROM onboarding.customer_account WHERE id = \(account.id) FOR UPDATE")
        guard !known.isEmpty else { return }
        let open = try tx.query(
            "SELECT 1 FROM onboarding.onboarding_case WHERE account = \(account.id) AND active LIMIT 1")
        guard open.isEmpty else { return }
        var record = OnboardingCase()
        record.account = account.id
        record.type = OnboardingCase.TypeChoice.full
        // An account that an outside system made has a case that waits for somebody.
        let rules = RuleContext(transaction: tx, write: context, database: database)
        if Validation.isUUID(actor), try rules.mayBeAssigned(actor) { record.assignedTo = actor }
        // In the language of the person who is to do it.
        let name = account.name ?? account.id
        let title = Text(en: "Onboarding for \(name)", ko: "\(name) 온보딩")
        record.shortDescription = try title(rules.language(of: record.assignedTo))
        _ = try Store<OnboardingCase>(database).create(record, context, in: tx)
    }
}
