import ImportValidationWire
import Korean
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Wire

/// How a case ends (G-128): it does not close over open tasks unquestioned, and what is canceled takes its tasks along.
///
/// Import tasks are import-validation's. Here their state is known from their events, and from asking before a case
/// closes; there the case's event cancels those that are still open, also the ones that were made meanwhile.
extension OnboardingCase {
    /// Refuses to close over open work.
    static let closesWhenDone = Rule<OnboardingCase>("G-128") { change, context in
        guard change.old != nil, change.changes(.state), change.new.state == State.closed else { return }
        let open = try openWork(of: change.new.id, context.transaction)
        guard open.isEmpty else { throw stillOpen(open) }
    }

    /// Cancels the open tasks of a case that is canceled.
    static let cancelsTasks = Rule<OnboardingCase>.after("G-128") { change, context in
        guard change.old != nil, change.changes(.state), change.new.state == State.canceled else { return }
        try cancelWork(of: change.new.id, context)
    }

    /// Answers the request to close a case.
    static func closeEndpoint(_ database: Database, _ replicas: ReplicaSet) -> Endpoint {
        let method = OnboardingAPI.closeOnboardingCase
        return Endpoint(method) { call, request async throws(Problem) in
            await refreshImportTasks(of: try await id(of: request.id, call, database), replicas)
            return try await database.perform(call, method.name, request, requestID: request.requestID) { tx, context in
                let store = Store<OnboardingCase>(database)
                // Should the caller not be allowed to close the case, all of this is undone.
                if request.cancelOpenTasks, let known = try store.find(request.id, lock: .update, in: tx) {
                    try cancelWork(
                        of: known.id, RuleContext(transaction: tx, write: context, database: database))
                }
                return store.projected(try store.close(request.closing, context, in: tx), for: call.caller)
            }
        }
    }

    /// Brings what is known of the import tasks of a case up to date before it closes: one whose event is late or lost
    /// would be passed over. While import-validation does not answer, what is known has to do.
    static func refreshImportTasks(of id: String, _ replicas: ReplicaSet) async {
        guard Validation.isUUID(id) else { return }
        await replicas.refresh(ImportTask.self, where: .equal(.parent, id))
    }

    /// The id of the case that a request names by id or number, as far as the caller may know it.
    private static func id(of name: String, _ call: Call, _ database: Database) async throws(Problem) -> String {
        guard !Validation.isUUID(name) else { return name }
        let store = Store<OnboardingCase>(database)
        return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try store.find(name, in: tx)?.id ?? ""
        }
    }

    /// The numbers of the open tasks and import tasks of a case. The case is locked, and whoever adds a task holds a
    /// share of it: none comes in between.
    private static func openWork(of id: String, _ tx: Transaction) throws -> [String] {
        let answers = try tx.queryAll([
            "SELECT number FROM onboarding.lifecycle_task WHERE parent = \(id) AND \(isOpen) ORDER BY number",
            "SELECT number FROM onboarding.import_task WHERE parent = \(id) AND \(isOpen) ORDER BY number",
        ])
        return try answers.flatMap { rows in try rows.map { try $0.optionalString(LifecycleTask.Field.number) ?? "" } }
    }

    private static let isOpen: SQL =
        "state NOT IN (\(literal: LifecycleTask.State.closed), \(literal: LifecycleTask.State.canceled))"

    /// Activities of the playbook that have made them end with them, and first: nothing begins in their place.
    private static func cancelWork(of id: String, _ context: RuleContext) throws {
        let tasks = try context.transaction.query(
            "SELECT id FROM onboarding.lifecycle_task WHERE parent = \(id) AND \(isOpen) ORDER BY id"
        ).map { try $0.string(LifecycleTask.Field.id) }
        try Playbooks.of(context.database)?.cancelsMade(tasks, over: id, context)
        for task in tasks {
            try context.change(LifecycleTask.self, task) { $0.state = LifecycleTask.State.canceled }
        }
        // What import-validation is going to do when it hears of the case; its events overwrite this.
        context.transaction.send(
            """
            UPDATE onboarding.import_task SET state = \(literal: ImportTask.State.canceled), active = FALSE \
            WHERE parent = \(id) AND \(isOpen)
            """)
    }

    /// Most numbers, or activities, that a refusal names.
    static let named = 20

    private static func stillOpen(_ numbers: [String]) -> Problem {
        heldOpen(by: numbers, reason: "OPEN_TASKS", rule: "G-128") { list in
            Text(
                en:
                    "The case still has open tasks: \(list.en). Close them, or have them canceled together with the case.",
                ko: "케이스에 열린 작업이 남아 있습니다: \(list.ko). 작업을 종결하거나 열린 작업도 함께 취소하며 케이스를 종결하세요.")
        }
    }

    /// The refusal to close a case over what is still open, by their numbers; `sentence` is given the list of them.
    static func heldOpen(
        by numbers: [String], reason: String, rule: String, _ sentence: (_ list: Text) -> Text
    ) -> Problem {
        let list = numbers.prefix(named).joined(separator: ", ")
        let rest = numbers.count - named
        let text = sentence(
            rest > 0
                ? Text(en: "\(list) and \(rest) more", ko: "\(list) 외 \(grouped: rest)개") : Text(en: list, ko: list))
        return Problem(
            .failedPrecondition, text, reason: reason,
            violations: [.init(field: path(.state), text: text, rule: rule)],
            metadata: ["open": numbers.prefix(named).joined(separator: " "), "count": String(numbers.count)])
    }
}

extension CloseOnboardingCaseRequest {
    /// What the request has in common with that of every record.
    fileprivate var closing: CloseRequest {
        var request = CloseRequest()
        request.id = id
        request.etag = etag
        request.closeNotes = closeNotes
        return request
    }
}
