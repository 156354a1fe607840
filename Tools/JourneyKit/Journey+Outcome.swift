import ImportValidationWire
import RPC
import Wire

/// What became of a file that was imported, and of its rows that were published.
public struct ImportOutcome: Sendable {
    /// "completed" or "failed"; a file that was refused before it could run has failed.
    public var state = ""
    /// What the run, or the refusal, says.
    public var message = ""
    /// The staged rows as they were before anything was published.
    public var rows: [StagingRow] = []
    /// Rows that were ready and failed at publication.
    public var publishFailed: Int64 = 0

    /// Nothing has come of a file yet.
    public init() {}
}

extension Journey {
    /// Meets the people and opens an account with its import tasks, for files that are looked at one by one.
    public func prepareImports() async throws {
        try await meetPeople()
        try await openAccount()
        try await seeCaseAndTasks()
    }

    /// The same with the import tasks of these targets alone, which the agent makes by hand: the playbook is not needed.
    public func prepareImports(of targets: Set<String>) async throws {
        try await meetPeople()
        try await openAccount()
        let agent = try credential(.agent)
        onboardingCase = try await world.automaticCase(of: account.id, as: agent)
        for target in targets.sorted() {
            var creation = CreateImportTaskRequest()
            creation.importTask = ImportTask()
            creation.importTask?.parent = onboardingCase.id
            creation.importTask?.targetTable = target
            importTasks[target] = try await world.call(ImportValidationAPI.createImportTask, creation, as: agent)
        }
    }

    /// Imports a file, whatever comes of it, and publishes all of its rows that are ready.
    public func bring(_ path: String, to target: String, encoding: String = "") async throws -> ImportOutcome {
        guard let task = importTasks[target] else { throw JourneyFailure("no import task for \(target)") }
        let agent = try credential(.agent)
        var outcome = ImportOutcome()
        var request = ImportUploadsRequest()
        request.id = task.id
        request.encoding = encoding
        do {
            request.uploads = [try await world.upload(path, to: task, as: agent).id]
        } catch let problem as Problem {
            (outcome.state, outcome.message) = ("failed", problem.text.en)
            return outcome
        }
        let runs = try await world.call(ImportValidationAPI.importUploads, request, as: agent).importRuns
        guard let run = runs.first else { throw JourneyFailure("no run was started") }
        let loaded = try await world.ended(run, as: agent)
        (outcome.state, outcome.message) = (loaded.state ?? "", loaded.message ?? "")
        outcome.rows = try await stagedRows(task, agent).filter { $0.status != "published" }
        guard outcome.rows.contains(where: { $0.status == "ready_to_publish" }) else { return outcome }
        var publish = PublishStagingRowsRequest()
        publish.id = task.id
        publish.allReady = true
        let published = try await world.ended(
            try await world.call(ImportValidationAPI.publishStagingRows, publish, as: agent), as: agent)
        outcome.publishFailed = published.failedRows ?? 0
        return outcome
    }

    private func stagedRows(_ task: ImportTask, _ agent: Credential) async throws -> [StagingRow] {
        var list = ListStagingRowsRequest()
        list.importTask = task.id
        list.pageSize = 1_000
        return try await world.call(ImportValidationAPI.listStagingRows, list, as: agent).stagingRows
    }
}
