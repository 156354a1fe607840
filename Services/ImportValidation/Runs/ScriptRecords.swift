import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Sandbox
import Tenancy
import Wire

/// What scripts may look at beside the row: task, case and account (G-62).
struct ScriptRecords: Sendable {
    private struct Facts: Sendable {
        var name: String?
        var number: String?
        var state: String?
    }

    let database: Database
    let replicas: ReplicaSet

    /// Those of a task, read by the service inside the domain of the task.
    func of(_ task: ImportTask) async throws -> [String: ScriptValue] {
        let service = Caller.service(database.service, domain: DomainPath(task.domain) ?? .root)
        let id = task.account ?? ""
        let parent = task.parent ?? ""
        var facts = try await facts(account: id, parent: parent, service)
        if facts.name == nil, !id.isEmpty {
            // The event that brings the account has not come yet.
            try await replicas.fetch(CustomerAccount.self, id)
            facts = try await self.facts(account: id, parent: parent, service)
        }
        return Self.values(task, account: facts.name, number: facts.number, state: facts.state)
    }

    /// Those of a row that belongs to no task, as if it were of the account that is called so; none without one.
    static func ofAccount(_ name: String) -> [String: ScriptValue] {
        name.isEmpty ? [:] : values(ImportTask(), account: name, number: nil, state: nil)
    }

    private static func values(
        _ task: ImportTask, account name: String?, number: String?, state: String?
    ) -> [String: ScriptValue] {
        let account = ScriptValue.record([
            "id": .text(task.account ?? ""), "name": name.map(ScriptValue.text) ?? .null,
        ])
        let onboarding = ScriptValue.record([
            "id": .text(task.parent ?? ""), "number": number.map(ScriptValue.text) ?? .null,
            "state": state.map(ScriptValue.text) ?? .null, "account": account,
        ])
        let fields: [String: ScriptValue] = [
            "id": .text(task.id), "number": .text(task.number ?? ""), "target_table": .text(task.targetTable ?? ""),
            "source_table": .text(task.sourceTable ?? ""), "company": account, "account": account, "parent": onboarding,
        ]
        return ["task": .record(fields), "case": onboarding, "account": account]
    }

    private func facts(account: String, parent: String, _ service: Caller) async throws -> Facts {
        let accounts = database.replica(CustomerAccount.self, .name, as: service)
        let cases = database.replica(OnboardingCase.self, .number, .state, as: service)
        return try await database.transaction(as: service, readOnly: true) { tx in
            let answers = try tx.queryAll([
                "SELECT name FROM \(accounts) account WHERE id = \(account.isEmpty ? nil : account)",
                "SELECT number, state FROM \(cases) onboarding WHERE id = \(parent.isEmpty ? nil : parent)",
            ])
            return Facts(
                name: try answers[0].first?.optionalString(CustomerAccount.Field.name),
                number: try answers[1].first?.optionalString(OnboardingCase.Field.number),
                state: try answers[1].first?.optionalString(OnboardingCase.Field.state))
        }
    }
}
