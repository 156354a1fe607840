import Flows
import Identity
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Calls of steps, and the end of a run.
extension Runner {
    /// How long an answer may take.
    private static let patience: Duration = .seconds(20)

    /// What came of a call.
    enum Answer: Sendable {
        case done(StepResult)
        /// Not this time; the same call may go through later.
        case retry(Problem)
        /// Not for this person any more; the same call may go through for somebody else.
        case held
    }

    /// Makes the call of a step, for the person who launched the play.
    func call(_ method: String, _ request: JSONValue, requestID: String, _ execution: Execution) async -> Answer {
        let credential = execution.requester.credential(issuer, by: PlayLauncher.name)
        return await call(method, request, requestID: requestID, as: credential, execution)
    }

    private func call(
        _ method: String, _ request: JSONValue, requestID: String, as credential: Credential, _ execution: Execution
    ) async -> Answer {
        let body = FlowMethod.body(request, of: method, requestID: requestID)
        let context = CallContext(
            deadline: .after(Self.patience),
            trace: execution.trace.flatMap { TraceContext(header: $0)?.child() } ?? .generate(),
            language: execution.language)
        let client = client
        do throws(Problem) {
            let answer = try await context.run { () async throws(Problem) in
                try await client.call(
                    json: Array(body.text.utf8), to: FlowMethod.subject(method), as: credential, requestID: requestID)
            }
            return .done(Self.result(answer))
        } catch {
            if error.mayPass { return .retry(error) }
            do throws(Problem) {
                if try await hasLostRights(execution.requester.caller, error) { return .held }
            } catch {
                return .retry(error)
            }
            return .done(.failed(FlowError(error, execution.language)))
        }
    }

    /// Whether a call was refused because the person may do less than at the launch, and not because of what it asked.
    private func hasLostRights(_ requester: Caller, _ refusal: Problem) async throws(Problem) -> Bool {
        if refusal.refusesPerson { return true }
        guard refusal.code == .permissionDenied else { return false }
        guard let person = try await people.person(requester.subject), person.isActive else { return true }
        // What an identity provider said of the roles is not asked for again: it ends.
        if let end = requester.rolesTrustedUntil, database.clock.now.seconds < end { return false }
        return !requester.roles.isSubset(of: person.roles)
    }

    private static func result(_ answer: [UInt8]) -> StepResult {
        do throws(JSONError) {
            return .succeeded(try JSONValue(parsing: answer, limits: JSONLimits(bytes: FlowBounds.valueBytes)))
        } catch {
            return .failed(
                FlowError(
                    type: FlowError.runtime, status: 413, title: "The answer of the step cannot be used.",
                    detail: error.description))
        }
    }

    /// Writes the work note on the record the play was launched from, and ends the run.
    ///
    /// The note is the service's own: it says what the system has done, and is due also when the person who launched
    /// has lost the right to write there. A note that is refused does not undo what the play did.
    func finish(_ execution: Execution, _ lease: Lease) async throws {
        let ending = try await ending(of: execution)
        let run = ending.run
        let telling = Telling(execution, ending)
        let schema = try PlaySource.schema(of: run.sourceTable ?? "")
        let method = "\(schema.service).\(schema.collection).add_work_note"
        // Accounts have no work notes: the run, its notifier and the notification tell the end.
        guard FlowMethod.exists(method) else {
            return try await close(execution, telling, noted: .succeeded(.null), nil, lease)
        }
        let answer = await call(
            method, ["id": .string(run.sourceRecord ?? ""), "text": .string(telling.message(execution.language))],
            requestID: RecordID.derived(from: "\(run.id)\n\(execution.telling)"), as: own, execution)
        let result: StepResult
        switch answer {
        case .done(let done): result = done
        // The note is the service's own: nobody's rights are looked at.
        case .held: result = .failed(FlowError(.permissionDenied(), execution.language))
        case .retry(let problem):
            if let pause = StepRetry.pause(after: execution.failures + 1) {
                return try await retry(execution, problem, after: pause, lease)
            }
            result = .failed(FlowError(problem, execution.language))
        }
        try await close(execution, telling, noted: result, method, lease)
    }

    private func ending(of execution: Execution) async throws -> Execution.Ending {
        if let known = execution.ending { return known }
        let database = database
        return try await asService(execution.domain) { tx in
            try Execution.Ending.load(execution.run, database, in: tx)
        }
    }

    private func close(
        _ execution: Execution, _ telling: Telling, noted: StepResult, _ method: String?, _ lease: Lease
    ) async throws {
        let database = database
        let now = database.clock.now
        let state = telling.state
        try await shared.run(in: execution.domain) { tx in
            execution.stop(.done, lease, in: tx)
            tx.send(
                """
                UPDATE play_launcher.flow_step SET method = \(method) \
                WHERE run = \(execution.run) AND key = \(execution.telling)
                """)
            FlowStep.end(execution.telling, noted, run: execution.run, now: now, in: tx)
            try Store<FlowRun>(database).change(execution.run, execution.context(database, now), in: tx) { run in
                run.state = state
                run.completedAt = now
                run.stand(at: telling.step)
                run.createdRecords = telling.createdRecords.text
                run.tell(telling.message, execution.language)
            }
        }
        database.log.info(
            "run is over",
            metadata: ["run": "\(execution.run)", "state": "\(state)"])
    }
}

extension Problem {
    /// Whether a token was refused for its times, which the service that was called says together with its own time.
    var clocksDiffer: Bool { metadata[Problem.serverTime] != nil }

    /// How far the clock of the service that refused a token is ahead of `now`, in seconds.
    func skew(from now: Timestamp) -> Int64? {
        metadata[Problem.serverTime].flatMap(Int64.init).map { $0 - now.seconds }
    }

    /// The problem of a step as the person who launched the play reads it, who cannot sign in again for it.
    var ofStep: Problem {
        guard clocksDiffer else { return self }
        var problem = self
        problem.text = Text(
            en: "The clocks of the system's machines differ too much. An operator has to set them.",
            ko: "시스템 장비 간의 시각 차이가 너무 큽니다. 운영자가 시각을 맞춰야 합니다.")
        return problem
    }

    /// Whether the very same request may go through later.
    var mayPass: Bool {
        switch code {
        case .unavailable, .deadlineExceeded, .canceled: true
        // An answer that is too large, or an etag that is old, stays so.
        case .resourceExhausted: reason != "RESPONSE_TOO_LARGE"
        case .aborted: reason != "ETAG_MISMATCH"
        // The token was made a moment ago: what is wrong are the clocks, until somebody sets them.
        case .unauthenticated: clocksDiffer
        default: false
        }
    }
}

extension FlowError {
    /// The error of a step whose call was refused, as flows catch it and people read it.
    init(_ problem: Problem, _ language: String) {
        let problem = problem.ofStep
        let isRight = problem.code == .permissionDenied || problem.code == .unauthenticated
        let details = problem.violations.map { "\($0.field): \($0.text(language))" }
        let detail = ([problem.text(language)] + details.filter { !$0.hasSuffix(problem.text(language)) })
            .joined(separator: " ")
        self.init(
            type: isRight ? FlowError.authorization : FlowError.communication, status: Self.status(problem.code),
            title: problem.reason, detail: detail)
    }

    /// The HTTP status that stands for a code, as google.rpc.Code maps them.
    private static func status(_ code: Problem.Code) -> Int {
        switch code {
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .unauthenticated: 401
        case .permissionDenied: 403
        case .notFound: 404
        case .aborted, .alreadyExists: 409
        case .resourceExhausted: 429
        case .canceled: 499
        case .unimplemented: 501
        case .unavailable: 503
        case .deadlineExceeded: 504
        default: 500
        }
    }
}
