import ImportValidationWire
import NATS
import OnboardingWire
import Platform
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import TestKit
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Cases that were open before there was a playbook get their run, and what tasks they have are taken over.
@Suite(.timeLimit(.minutes(15))) struct PlaybookAdoptionTests {
    private func playbooks(_ stage: PlaybookStage) throws -> Playbooks {
        try #require(Playbooks.of(stage.server.database))
    }

    private func runs(_ record: OnboardingCase, _ stage: PlaybookStage) async throws -> Int {
        var list = ListPlaybookRunsRequest()
        (list.table, list.record) = ("onboarding_case", record.id)
        return try await stage.world.call(OnboardingAPI.listPlaybookRuns, list, as: stage.agent).runs.count
    }

    /// A task of before, of which nobody has thought as an activity.
    private func put(
        _ target: String, _ state: String, below record: OnboardingCase, for user: String? = nil, _ stage: PlaybookStage
    ) -> ImportTask {
        var task = ImportTask()
        (task.id, task.number, task.parent) = (uuid(), "IMPTSK-\(target)", record.id)
        (task.targetTable, task.state, task.domain) = (target, state, record.domain)
        (task.active, task.assignedTo) = (state == "open", user)
        stage.imports.put(task)
        return task
    }

    /// Open ones and closed ones, whoever has them and with notes or without.
    @Test func casesTakeOverTheirTasks() async throws {
        let stage = try await PlaybookStage(isAlone: true)
        let record = try await stage.world.openCase()
        let user = uuid()
        let open = put("location", "open", below: record, for: user, stage)
        let closed = put("contract", "closed", below: record, stage)
        let canceled = put("sold_product", "canceled", below: record, stage)
        for _ in 1...2 { await PlaybookAdoption.run(try playbooks(stage)) }
        #expect(try await runs(record, stage) == 1)
        try await stage.setUp(record)
        let activities = try await stage.importActivities(record)
        func activity(_ key: String) -> PlaybookActivity? { activities.first { $0.key == key } }
        #expect(activity("import_locations")?.created.map(\.id) == [open.id])
        #expect(activity("import_locations")?.state == "in_progress")
        #expect(activity("import_contracts")?.created.map(\.id) == [closed.id])
        #expect(activity("import_contracts")?.state == "done")
        #expect(activity("import_sold_products")?.created.contains { $0.id == canceled.id } == false)
        // Nobody's work becomes somebody else's, and no task is there twice but the one that was canceled.
        #expect(stage.imports.task(open.id, "open")?.assignedTo == user)
        #expect(stage.imports.tasks(of: record.id).count == 9)
    }

    /// Of any number of cases, also while for a moment two instances lead; those that have ended are left alone.
    @Test func eachCaseGetsOneRun() async throws {
        let stage = try await PlaybookStage(isAlone: true)
        var open: [OnboardingCase] = []
        for _ in 1...7 { open.append(try await stage.world.openCase()) }
        let ended = try await stage.world.openCase()
        _ = try await stage.world.update(ended.id, as: stage.agent) { $0.state = "canceled" }
        let playbooks = try playbooks(stage)
        // Wherever one was stopped, others go on.
        let stopped = Task { await PlaybookAdoption.run(playbooks, page: 1) }
        try await stage.eventually("the first run") { try await runs(open[0], stage) == 1 ? () : nil }
        stopped.cancel()
        await stopped.value
        await withTaskGroup(of: Void.self) { group in
            for page in [2, 3] { group.addTask { await PlaybookAdoption.run(playbooks, page: page) } }
        }
        for record in open { #expect(try await runs(record, stage) == 1) }
        #expect(try await runs(ended, stage) == 0)
    }

    /// The service is ready before, and the leader goes on beside.
    @Test func nobodyWaitsForIt() async throws {
        let stage = try await PlaybookStage(isAlone: true)
        let records = [try await stage.world.openCase(), try await stage.world.openCase()]
        let connection = try await Connection.connect(
            ConnectionOptions(urls: [NATSServer.shared.url], name: "adoption"))
        let server = stage.server
        let assembly = try await Onboarding.assemble(
            ServiceParts(
                database: server.database, client: server.client, connection: connection, issuer: nil,
                ownCredential: nil, people: PeopleRegistry(), settings: Settings(values: [:]),
                log: server.database.log))
        try await assembly.prepare()
        for record in records { #expect(try await runs(record, stage) == 0) }
        let adoption = try #require(assembly.background.first { $0.name == "playbook adoption" })
        #expect(adoption.isSingle)
        let leader = Task { await adoption.run() }
        for record in records {
            try await stage.eventually("the run of a case") { try await runs(record, stage) == 1 ? () : nil }
        }
        leader.cancel()
        await leader.value
        await connection.close()
    }
}
