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

    /// Plans all rows that are ready; the seconds that it took.
    public func planOnly(_ target: String) async throws -> Double {
        let (task, agent) = try work(on: target)
        var request = PlanImportRequest()
        request.id = task.id
        request.allReady = true
        return try await timed(try await world.call(ImportValidationAPI.planImport, request, as: agent), agent).seconds
    }

    /// Publishes all rows that are ready; the run, and the seconds that it took.
    public func publishOnly(_ target: String) async throws -> (run: String, seconds: Double) {
        let (task, agent) = try work(on: target)
        var request = PublishStagingRowsRequest()
        request.id = task.id
        request.allReady = true
        return try await timed(
            try await world.call(ImportValidationAPI.publishStagingRows, request, as: agent), agent)
    }

    /// Takes back what a run has published; the seconds that it took.
    public func undoOnly(_ run: String, of target: String) async throws -> Double {
        let (task, agent) = try work(on: target)
        var request = UndoPublicationRequest()
        (request.id, request.importRun) = (task.id, run)
        return try await timed(
            try await world.call(ImportValidationAPI.undoPublication, request, as: agent), agent
        ).seconds
    }

    private func timed(_ run: ImportRun, _ agent: Credential) async throws -> (run: String, seconds: Double) {
        let done = try await world.ended(run, as: agent)
        try expect(
            done.state == "completed" && done.failedRows == 0, "\(done.kind ?? ""): \(done.message ?? "")")
        guard let start = done.startedAt, let end = done.completedAt else {
            throw JourneyFailure("the run has no times")
        }
        return (done.id, Double(end.microseconds - start.microseconds) / 1e6)
    }
}
