import Foundation
import Identity
import Logging
import Platform
import RPC
import Records
import Sandbox
import Tenancy
import Wire

/// Works on runs, a bounded number at a time. Any instance of the service takes any run.
struct ImportWorkers: Sendable {
    private let context: ServiceContext
    private let settings: ImportSettings
    private let queue: RunQueue
    private let replicas: ReplicaSet

    init(_ context: ServiceContext, _ settings: ImportSettings, _ queue: RunQueue, _ replicas: ReplicaSet) {
        self.context = context
        self.settings = settings
        self.queue = queue
        self.replicas = replicas
    }

    /// Works until the task is cancelled; runs under way are then given back and go on elsewhere, or after a restart.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for number in 1...settings.workers {
                group.addTask { await work("\(UUID().uuidString.lowercased())-\(number)") }
            }
        }
    }

    private func work(_ name: String) async {
        let scripts = ScriptWorker(executable: settings.scriptWorker)
        while !Task.isCancelled {
            do {
                if let claim = try await queue.claim(name) {
                    await carryOut(claim, scripts)
                } else {
                    await queue.signal.wait(atMost: .seconds(1))
                }
            } catch {
                context.log.warning("no import run can be taken for now", metadata: ["cause": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await scripts.stop()
    }

    /// Carries out a run while telling that its worker lives.
    private func carryOut(_ claim: Claim, _ scripts: ScriptWorker) async {
        let log = context.log
        let facts: Logger.Metadata = ["run": "\(claim.run)", "kind": "\(claim.kind)"]
        let run = RunContext(
            claim: claim, database: context.database, queue: queue, client: context.client,
            connection: context.connection, issuer: context.issuer,
            files: UploadFiles(directory: settings.filesDirectory), scripts: scripts, replicas: replicas)
        do {
            guard claim.attempts <= RunQueue.maximumAttempts else { throw RunFailure(text: RunMessages.givenUp) }
            let ending = try await alive(claim) {
                try await queue.begin(claim)
                return try await Self.body(run)
            }
            try await queue.end(claim, ending)
            log.info("import run completed", metadata: facts)
        } catch {
            await settle(error, run, facts)
        }
    }

    private static func body(_ run: RunContext) async throws -> RunQueue.Ending {
        switch run.claim.kind {
        case "load": try await LoadRun(context: run).run()
        case "validate": try await ValidateRun(context: run).run()
        default: try await PublishRun(context: run).run()
        }
    }

    /// Runs `body` beside a heartbeat; it is cancelled when the run has become another worker's.
    private func alive(
        _ claim: Claim, _ body: @escaping @Sendable () async throws -> RunQueue.Ending
    ) async throws -> RunQueue.Ending {
        try await withThrowingTaskGroup(of: RunQueue.Ending?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while true {
                    try await Task.sleep(for: RunQueue.heartbeat)
                    // A database that is away for a moment is no reason to give up.
                    guard (try? await queue.beat(claim)) ?? true else { throw ClaimLost() }
                }
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            throw CancellationError()
        }
    }

    /// What becomes of a run that did not get to its end: later again, or failed for good.
    private func settle(_ error: any Error, _ run: RunContext, _ facts: Logger.Metadata) async {
        let claim = run.claim
        var facts = facts
        // What people are told may quote their file, and does not belong in a log.
        facts["cause"] = error is RunFailure ? "refused" : "\(error)"
        if Task.isCancelled || error is CancellationError {
            // The service stops. Written outside of this task, which is cancelled.
            let queue = queue
            await Task.detached { await queue.release(claim, after: .zero) }.value
            return
        }
        if error is ClaimLost { return context.log.warning("import run taken over by another worker", metadata: facts) }
        guard let failure = Self.failure(error, run.language) else {
            context.log.warning("import run is tried again later", metadata: facts)
            let pause = min(Duration.milliseconds(250) * claim.attempts, .seconds(10))
            return await queue.release(claim, after: pause)
        }
        context.log.warning("import run failed", metadata: facts)
        let keepsUpload = (error as? RunFailure)?.keepsUpload ?? false
        do {
            if claim.kind == "load" { try await LoadRun.undo(run) }
            let counts = try await counts(run)
            try await queue.end(
                claim,
                .init(
                    state: "failed", total: counts.total, done: claim.kind == "load" ? 0 : counts.done,
                    failed: counts.failed, message: failure,
                    uploadState: claim.kind == "load" && !keepsUpload ? "failed" : nil))
        } catch {
            // The run stays queued and is looked at again.
            await queue.release(claim, after: .seconds(1))
        }
    }

    private func counts(_ run: RunContext) async throws -> (total: Int64, done: Int64, failed: Int64) {
        let database = context.database
        let id = run.claim.run
        let stored = try await database.transaction(as: run.service, readOnly: true) { tx in
            try Store<ImportRun>(database).find(id, in: tx)
        }
        return (stored?.totalRows ?? 0, stored?.doneRows ?? 0, stored?.failedRows ?? 0)
    }

    /// What people are told about a failure that trying again does not mend; nil when it may.
    static func failure(_ error: any Error, _ language: String) -> String? {
        switch error {
        case let failure as RunFailure: return failure.text(language)
        case let error as ScriptError:
            if case .workerUnavailable = error { return nil }
            return language == "ko" ? error.korean : error.english
        case let problem as Problem:
            // Somebody who may has to ask for the run anew: this one would be refused for ever.
            if problem.refusesPerson { return RunMessages.refusedPerson(language) }
            switch problem.code {
            case .unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .canceled, .unauthenticated: return nil
            // A fault may be of the moment; its attempts are counted.
            case .internalError, .unknown, .dataLoss: return nil
            default: return problem.text(language)
            }
        default: return nil
        }
    }
}
