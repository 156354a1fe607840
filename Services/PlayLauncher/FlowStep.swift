import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Wire

/// The recorded steps of runs, in table `flow_step`.
extension FlowStep {
    private enum Column: String {
        case key, kind, method, state, attempts, result, error, at, input, reason
        case beganAt = "began_at"
        case skippedBy = "skipped_by"
    }

    /// Longest error kept.
    private static let errorLimit = 2_000

    /// What is recorded of a step before anything is done for it: its kind, what it calls and what it asks for; nil when
    /// nothing is to be done.
    static func kind(of action: FlowAction) -> (name: String, method: String?, input: JSONValue?)? {
        switch action {
        case .call(_, let method, let request): ("call", method, request)
        case .http(_, let request): ("http", request.host, request.body)
        case .wait: ("wait", nil, nil)
        case .emit(_, let type, let event): ("emit", type, event["data"])
        case .listen(_, let types, _): ("listen", types.joined(separator: ", "), nil)
        case .runSubflow(_, let flow, let input): ("run", flow.description, input)
        case .completed, .failed: nil
        }
    }

    /// Records a step that is about to be done.
    static func begin(
        _ key: String, _ action: FlowAction, of execution: Execution, now: Timestamp, in tx: Transaction
    ) {
        guard let kind = kind(of: action) else { return }
        begin(key, kind.name, kind.method, kind.input, of: execution, now: now, in: tx)
    }

    /// Records that nothing more comes of a step: something else came first.
    static func cancel(_ key: String, run: String, now: Timestamp, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_step SET state = \(literal: State.canceled), at = \(now.sqlValue) \
            WHERE run = \(run) AND key = \(key) AND state = \(literal: State.pending)
            """)
    }

    /// Records a step that is about to be done; once, also when it is recorded again.
    static func begin(
        _ key: String, _ kind: String, _ method: String?, _ input: JSONValue?, of execution: Execution, now: Timestamp,
        in tx: Transaction
    ) {
        tx.send(
            """
            INSERT INTO play_launcher.flow_step (run, key, domain, kind, method, input, began_at, at) \
            VALUES (\(execution.run), \(key), \(execution.domain.path), \(kind), \(method), \(input?.text), \
            \(now.sqlValue), \(now.sqlValue)) ON CONFLICT DO NOTHING
            """)
    }

    /// Has steps of a failed run be done once more.
    static func reopen(_ keys: [String], run: String, now: Timestamp, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_step SET state = \(literal: State.pending), at = \(now.sqlValue) \
            WHERE run = \(run) AND key = ANY(\(keys))
            """)
    }

    /// Records that the failed step is done without, who has it so and why; false when it has not failed.
    static func skip(
        _ key: String, run: String, by person: String, _ reason: String, now: Timestamp, in tx: Transaction
    ) throws -> Bool {
        try tx.query(
            """
            UPDATE play_launcher.flow_step SET state = \(literal: State.skipped), skipped_by = \(person), \
            reason = \(reason), at = \(now.sqlValue) \
            WHERE run = \(run) AND key = \(key) AND state = \(literal: State.failed)
            """
        ).affected == 1
    }

    /// Records what became of a step.
    static func end(_ key: String, _ result: StepResult, run: String, now: Timestamp, in tx: Transaction) {
        let state: String
        var answer: String?
        var error: String?
        switch result {
        case .succeeded(let value): (state, answer) = (State.done, value.isNull ? nil : value.text)
        case .failed(let problem): (state, error) = (State.failed, problem.message)
        }
        tx.send(
            """
            UPDATE play_launcher.flow_step SET state = \(state), attempts = attempts + 1, result = \(answer), \
            error = \(error.map { String($0.prefix(errorLimit)) }), at = \(now.sqlValue) \
            WHERE run = \(run) AND key = \(key)
            """)
    }

    /// Records that a step did not go through and will be retried.
    static func retry(_ key: String, _ error: String, run: String, now: Timestamp, in tx: Transaction) {
        tx.send(
            """
            UPDATE play_launcher.flow_step SET attempts = attempts + 1, error = \(String(error.prefix(errorLimit))), \
            at = \(now.sqlValue) WHERE run = \(run) AND key = \(key)
            """)
    }

    /// The steps of a run in their order, with what they asked for and were answered.
    static func list(run: String, in tx: Transaction) throws -> [FlowStep] {
        try tx.query(
            """
            SELECT key, kind, method, state, attempts, input, result, error, began_at, at, skipped_by, reason \
            FROM play_launcher.flow_step WHERE run = \(run) ORDER BY seq
            """
        ).map { row in
            var step = FlowStep()
            step.key = try row.string(Column.key)
            step.kind = try row.string(Column.kind)
            step.method = try row.optionalString(Column.method) ?? ""
            step.state = try row.string(Column.state)
            step.attempts = Int32(try row.int(Column.attempts))
            step.result = try row.optionalString(Column.result) ?? ""
            step.input = try row.optionalString(Column.input) ?? ""
            step.error = try row.optionalString(Column.error) ?? ""
            step.beganAt = try row.isNull(Column.beganAt) ? nil : Timestamp(microseconds: row.timestamp(Column.beganAt))
            step.skippedBy = try row.optionalString(Column.skippedBy) ?? ""
            step.reason = try row.optionalString(Column.reason) ?? ""
            step.at = Timestamp(microseconds: try row.timestamp(Column.at))
            return step
        }
    }
}

/// What people call a step.
enum StepTitle {
    /// The step that writes the note at the end of a run.
    static let note = Text(en: "Tell the end in a work note", ko: "작업 메모로 결과 알림")

    /// The title of a step of this kind; `method` is the method that it calls, the event or the flow.
    static func text(_ kind: String, _ method: String) -> Text {
        switch kind {
        case "wait": return Text(en: "Wait", ko: "대기")
        case "http": return Text(en: "Ask \(method)", ko: "요청: \(method)")
        case "listen": return Text(en: "Wait for the event \(method)", ko: "이벤트 대기: \(method)")
        case "emit": return Text(en: "Send the event \(method)", ko: "이벤트 전송: \(method)")
        case "run": return Text(en: "Run the flow \(method)", ko: "플로우 실행: \(method)")
        default: break
        }
        let verb = method.split(separator: ".").last.map(String.init) ?? ""
        if verb == "start" { return Text(en: "Start the playbook", ko: "플레이북 시작") }
        guard let label = FlowMethod.schema(method)?.label else { return Text(en: method, ko: method) }
        return switch verb {
        case "create": Text(en: "Create: \(label.en)", ko: "\(label.ko) 생성")
        case "get", "list", "search": Text(en: "Look up: \(label.en)", ko: "\(label.ko) 조회")
        default: Text(en: "Change: \(label.en)", ko: "\(label.ko) 변경")
        }
    }
}

extension FlowStep {
    /// What people call it.
    var named: Text { key.hasPrefix(Telling.step) ? StepTitle.note : StepTitle.text(kind, method) }
}
