import ImportValidationWire
import RPC
import Wire

/// Planning, publishing and undoing what a workbook has staged, one after the other and timed.
extension Journey {
    /// The task of a target, and who works on it.
    private func work(on target: String) throws -> (ImportTask, Credential) {
        guard let task = importTasks[target] else { throw JourneyFailure("no import task for \(target)") }
        return (task, try credential(.agent))
    }

    /// Checks the rows that are yet to validate, so many; the seconds that it took.
    public func validateOnly(_ target: String, rows: Int64) async throws -> Double {
        let (task, agent) = try work(on: target)
        var request = ValidateRowsRequest()
        request.id = task.id
        return try await timed(
            try await world.call(ImportValidationAPI.validateRows, request, as: agent), rows, agent
        ).seconds
    }

    /// Plans all rows that are ready, so many; the seconds that it took.
    public func planOnly(_ target: String, rows: Int64) async throws -> Double {
        let (task, agent) = try work(on: target)
        var request = PlanImportRequest()
        request.id = task.id
        request.allReady = true
        return try await timed(
            try await world.call(ImportValidationAPI.planImport, request, as: agent), rows, agent
        ).seconds
    }

    /// Publishes all rows that are ready, so many; the run, and the seconds that it took.
    public func publishOnly(_ target: String, rows: Int64) async throws -> (run: String, seconds: Double) {
        let (task, agent) = try work(on: target)
        var request = PublishStagingRowsRequest()
        request.id = task.id
        request.allReady = true
        return try await timed(
            try await world.call(ImportValidationAPI.publishStagingRows, request, as: agent), rows, agent)
    }

    /// Takes back what a run has published, so many rows; the seconds that it took.
    public func undoOnly(_ run: String, of target: String, rows: Int64) async throws -> Double {
        let (task, agent) = try work(on: target)
        var request = UndoPublicationRequest()
        (request.id, request.importRun) = (task.id, run)
        return try await timed(
            try await world.call(ImportValidationAPI.undoPublication, request, as: agent), rows, agent
        ).seconds
    }

    /// A run at its end, which must have dealt with so many rows and left none of them out.
    private func timed(
        _ run: ImportRun, _ rows: Int64, _ agent: Credential
    ) async throws -> (run: String, seconds: Double) {
        let done = try await world.ended(run, of: rows, as: agent)
        try expect(
            done.state == "completed" && done.failedRows == 0 && done.doneRows == rows,
            "\(done.kind ?? "") of \(done.doneRows ?? 0) rows instead of \(rows): \(done.message ?? "")")
        guard let start = done.startedAt, let end = done.completedAt else {
            throw JourneyFailure("the run has no times")
        }
        return (done.id, Double(end.microseconds - start.microseconds) / 1e6)
    }
}
