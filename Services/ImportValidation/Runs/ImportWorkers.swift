import Foundation
import Identity
import ImportValidationWire
import Logging
import Platform
import RPC
import Records
import Sandbox
import Tenancy
import Wire
import Work

/// Works on runs, a bounded number at a time. Any instance of the service takes any run.
struct ImportWorkers: Sendable {
    private let parts: ServiceParts
    private let settings: ImportSettings
    private let queue: RunQueue
    private let replicas: ReplicaSet

    init(_ parts: ServiceParts, _ settings: ImportSettings, _ queue: RunQueue, _ replicas: ReplicaSet) {
        self.parts = parts
        self.settings = settings
        self.queue = queue
        self.replicas = replicas
    }

    /// Works until the task is cancelled; runs under way are then given back and go on elsewhere, or after a restart.
    func run() async {
        await queue.run { claim in
            // Its process is started when a script is first run.
            let scripts = ScriptWorker(executable: settings.scriptWorker)
            await carryOut(claim, scripts)
            await scripts.stop()
        }
    }

    private func carryOut(_ claim: Claim, _ scripts: ScriptWorker) async {
        let log = parts.log
        let facts: Logger.Metadata = ["run": "\(claim.run)", "kind": "\(claim.kind)"]
        let run = RunTools(
            claim: claim, database: parts.database, queue: queue, client: parts.client,
            connection: parts.connection, issuer: parts.issuer,
            files: settings.files, scripts: scripts, replicas: replicas)
        do {
            guard !claim.isGivenUp else { throw RunFailure(text: RunMessages.givenUp) }
            try await queue.begin(claim)
            // A publication or an undo that was interrupted may have sent rows: it finds out what became of them before it
            // ends, and looks at a cancellation itself.
            let sends = [ImportRun.Kind.publish, ImportRun.Kind.undo].contains(claim.kind)
            if !sends || claim.lease.takings == 1 { try await run.refuseCanceled() }
            try await queue.end(claim, try await Self.body(run))
            log.info("import run completed", metadata: facts)
        } catch {
            await settle(error, run, facts)
        }
    }

    private static func body(_ run: RunTools) async throws -> RunQueue.Ending {
        switch run.claim.kind {
        case ImportRun.Kind.load: try await LoadRun(tools: run).run()
        case ImportRun.Kind.validate: try await ValidateRun(tools: run).run()
        case ImportRun.Kind.plan: try await PlanRun(tools: run).run()
        case ImportRun.Kind.undo: try await UndoRun(tools: run).run()
        default: try await PublishRun(tools: run).run()
        }
    }

    /// What becomes of a run that did not get to its end: it is retried, or has failed for good.
    private func settle(_ error: any Error, _ run: RunTools, _ facts: Logger.Metadata) async {
        let claim = run.claim
        var facts = facts
        // What people are told may quote their file, and does not belong in a log.
        facts["cause"] = error is RunFailure ? "refused" : "\(error)"
        // The service stops, and the queue gives the run back; or it waits there for its turn; or it is another worker's.
        if Task.isCancelled || error is AwaitsTurn { return }
        if (error as? Problem)?.isLeaseLost == true {
            return parts.log.warning("import run taken over by another worker", metadata: facts)
        }
        if (error as? Problem)?.isRunCanceled == true {
            parts.log.info("import run canceled", metadata: facts)
            return await end(run, facts) { try await run.canceled() }
        }
        guard let failure = Self.failure(error) else {
            parts.log.warning("import run is retried", metadata: facts)
            let pause = min(Duration.milliseconds(250) * claim.lease.takings, .seconds(10))
            return await queue.retry(claim, after: pause)
        }
        parts.log.warning("import run failed", metadata: facts)
        let keepsUpload = (error as? RunFailure)?.keepsUpload ?? false
        let isLoad = claim.kind == ImportRun.Kind.load
        await end(run, facts) {
            let untold = try await run.tellJudged()
            try await run.settleLeft()
            if let ending = try await run.brokenMending([failure] + untold) { return ending }
            if isLoad { try await LoadRun.undo(run) }
            let counts = try await run.counts()
            return .init(
                state: ImportRun.State.failed, total: counts.total, done: isLoad ? 0 : counts.done,
                failed: counts.failed, says: [failure] + run.doneBefore(counts) + untold,
                uploadState: isLoad && !keepsUpload ? Upload.State.failed : nil)
        }
    }

    /// Ends a run that did not complete, as `ending` says when it has put in order what the run left.
    private func end(
        _ run: RunTools, _ facts: Logger.Metadata, _ ending: () async throws -> RunQueue.Ending
    ) async {
        do {
            try await queue.end(run.claim, try await ending())
        } catch {
            // The run stays queued and is looked at again.
            var facts = facts
            facts["cause"] = "\(error)"
            parts.log.error("import run could not be ended and is retried", metadata: facts)
            await queue.retry(run.claim, after: .seconds(1))
        }
    }

    /// What people are told about a failure that a retry does not mend; nil when it may.
    static func failure(_ error: any Error) -> Text? {
        switch error {
        case let failure as RunFailure: return failure.text
        case let error as ScriptError:
            if case .workerUnavailable = error { return nil }
            return Text(en: error.english, ko: error.korean)
        case let problem as Problem:
            // Somebody who may has to ask for the run anew: this one would be refused for ever.
            if problem.refusesPerson { return RunMessages.refusedPerson }
            switch problem.code {
            case .unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .canceled, .unauthenticated: return nil
            // A fault may be of the moment; its attempts are counted.
            case .internalError, .unknown, .dataLoss: return nil
            default: return problem.text
            }
        default: return nil
        }
    }
}
