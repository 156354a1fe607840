import Flows
import Korean
import PlayLauncherWire
import Postgres
import RPC
import Records
import Wire
import WireCatalog

/// What a finished run has to tell: what was created, and how it ended (F-01, F-02).
struct Telling: Sendable {
    /// The step that writes the work note.
    static let step = "work-note"
    /// Most records a message names.
    private static let named = 10

    /// What a flow that somebody has end is told.
    static let endedBySomebody = "Somebody has canceled the run."

    /// How the run ended.
    let state: String
    /// Where it failed.
    let step: Text?
    /// `[{"table": …, "id": …, "number": …}]`.
    let createdRecords: JSONValue
    /// For people. What a service or a flow said of a failure stays in the words it was said in.
    let message: Text

    init(_ execution: Execution, _ ending: Execution.Ending) {
        self.init(
            execution.machines[0].state.action, title: execution.title, steps: ending.steps,
            canceled: execution.isCanceled ? ending.run.cancelReason ?? "" : nil)
    }

    /// - Parameters:
    ///   - outcome: how the flow ended.
    ///   - title: of the play.
    ///   - canceled: why somebody has the run end; nil when nobody has.
    init(_ outcome: FlowAction, title: Text, steps: [FlowStep], canceled: String? = nil) {
        let made = Self.created(by: steps)
        var records = made.map(\.record)
        var failure: Text?
        switch outcome {
        // What a skipped step would have made is not there.
        case .completed(let output):
            records = output["records"]?.array?.filter { $0[FlowRun.Field.id.rawValue] != .null } ?? records
        case .failed(let error): failure = Text(en: error.message("en"), ko: error.message("ko"))
        default: break
        }
        createdRecords = .array(records)
        let schemas = Dictionary(made.map { ($0.record["id"], $0.schema) }) { first, _ in first }
        let created = Self.list(records, schemas)
        let skipped = Self.skipped(steps)
        if let canceled {
            (state, step) = (FlowRun.State.canceled, nil)
            message = Self.canceled(title, created, canceled)
        } else if let failure {
            state = FlowRun.State.failed
            // Steps are begun one after another: the last one is where the run stands.
            let own = steps.filter { !$0.key.hasPrefix(Self.step) }
            // Of branches that were begun together the one that failed.
            let failed = own.last { $0.state == FlowStep.State.failed }
            step = (own.last?.state == FlowStep.State.canceled ? failed ?? own.last : own.last)?.named
            message = Self.failed(title, created, failure, skipped)
        } else {
            (state, step) = (FlowRun.State.completed, nil)
            message = Self.completed(title, created, skipped)
        }
    }

    /// Why a run does not go on by itself, and what can be done.
    static func held(_ title: Text) -> Text {
        Text(
            en: "Success play \"\(title.en)\" is held: the person it runs for may no longer do this. Somebody who "
                + "administers plays can take it over.",
            ko:
                "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 보류되었습니다. 실행을 시작한 사람에게 더 이상 권한이 없습니다. 플레이 관리자가 이어받을 수 있습니다."
        )
    }

    /// The records that steps created, for a flow that did not come to say so itself.
    private static func created(by steps: [FlowStep]) -> [(record: JSONValue, schema: RecordSchema)] {
        steps.compactMap { step in
            guard step.state == FlowStep.State.done, step.method.hasSuffix(".create"),
                let schema = FlowMethod.schema(step.method),
                let answer = try? JSONValue(parsing: step.result), let id = answer["id"]
            else { return nil }
            var record: [String: JSONValue] = ["table": .string(schema.table), "id": id]
            record["number"] = answer["number"]
            return (.object(record), schema)
        }
    }

    /// How many steps somebody has skipped, behind what else is told.
    private static func skipped(_ steps: [FlowStep]) -> Text {
        let count = steps.count { $0.state == FlowStep.State.skipped }
        guard count > 0 else { return Text(en: "", ko: "") }
        return Text(en: " Skipped steps: \(grouped: count).", ko: " 건너뛴 단계: \(grouped: count)개.")
    }

    private static func failed(_ title: Text, _ created: Text?, _ failure: Text, _ skipped: Text) -> Text {
        let rest = before(created)
        return Text(
            en: "Success play \"\(title.en)\" failed: \(failure.en)\(rest.en)\(skipped.en)",
            ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 실패했습니다: \(failure.ko)\(rest.ko)\(skipped.ko)")
    }

    private static func canceled(_ title: Text, _ created: Text?, _ reason: String) -> Text {
        let rest = before(created)
        return Text(
            en: "Success play \"\(title.en)\" was canceled: \(reason)\(rest.en)",
            ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 취소되었습니다: \(reason)\(rest.ko)")
    }

    private static func completed(_ title: Text, _ created: Text?, _ skipped: Text) -> Text {
        guard let created else {
            return Text(
                en: "Success play \"\(title.en)\" is completed. No record was created.\(skipped.en)",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 완료되었습니다. 생성된 레코드는 없습니다.\(skipped.ko)")
        }
        return Text(
            en: "Success play \"\(title.en)\" is completed. Created: \(created.en).\(skipped.en)",
            ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 완료되었습니다. 생성된 레코드: \(created.ko).\(skipped.ko)")
    }

    /// What was made before a run ended early: the records by their names; nil for none.
    private static func before(_ created: Text?) -> Text {
        guard let created else { return Text(en: "", ko: "") }
        return Text(en: " Created before that: \(created.en).", ko: " 그 전에 생성된 레코드: \(created.ko).")
    }

    /// Flows name the table alone: whose it is, the step knows that made the record, in `schemas` by its id.
    private static func list(_ records: [JSONValue], _ schemas: [JSONValue?: RecordSchema]) -> Text? {
        guard !records.isEmpty else { return nil }
        let shown = records.prefix(named).map { record in
            let table = record["table"]?.string ?? ""
            let number = record["number"]?.string.map { " \($0)" } ?? ""
            let schema = schemas[record["id"]] ?? Catalog.schemas.first { $0.table == table }
            let label = schema?.label ?? Text(en: table, ko: table)
            return Text(en: label.en + number, ko: label.ko + number)
        }
        let rest = records.count - shown.count
        return Text(
            en: shown.map(\.en).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : ""),
            ko: shown.map(\.ko).joined(separator: ", ") + (rest > 0 ? " 외 \(grouped: rest)건" : ""))
    }
}

/// Events that flows emit themselves: they go out like those of records, under the run, with the action `emitted`.
enum FlowEvent {
    static let action = "emitted"

    /// The type by which flows know the event of a record: `customer-success.touchpoint.closed`.
    static func type(of event: RecordEvent) -> String { "\(event.service).\(event.table).\(event.action)" }

    /// An event as flows hear it: of a record what it is about and what became of it, but none of its content, which the
    /// run has to read as the person it acts for; of another flow what that emits, unless it passes for an event of a record.
    static func heard(_ event: RecordEvent) -> JSONValue? {
        if event.service == FlowRun.schema.service, event.table == FlowRun.schema.table, event.action == action {
            guard let emitted = try? JSONValue(parsing: event.text), let type = emitted["type"]?.string,
                Listening.record(ofType: type) == nil
            else { return nil }
            return emitted
        }
        return [
            "specversion": "1.0", "id": .string(event.eventID), "type": .string(type(of: event)),
            "source": .string("ale/\(event.service)"), "subject": .string(event.id),
            "time": event.at.map { .string(FlowInstant($0).text) } ?? .null,
            "data": [
                "table": .string(event.table), "id": .string(event.id), "number": .string(event.number),
                "domain": .string(event.domain), "action": .string(event.action),
            ],
        ]
    }

    static func insert(
        _ emitted: JSONValue, _ execution: Execution, _ database: Database, now: Timestamp, in tx: Transaction
    ) throws {
        var event = RecordEvent()
        event.eventID = RecordID.make(at: now)
        event.service = FlowRun.schema.service
        event.table = FlowRun.schema.table
        event.action = action
        event.id = execution.run
        event.domain = execution.domain.path
        event.actor = execution.requester.caller.subject
        event.at = now
        event.text = emitted.text
        let subject = "ale.v1.events.\(execution.domain.subjectToken).\(database.service).flow_run.\(action)"
        tx.send(
            """
            INSERT INTO play_launcher.outbox (event_id, domain, subject, record, trace, payload) \
            VALUES (\(event.eventID), \(event.domain), \(subject), \(event.id), \(execution.trace), \
            \(try event.encodeProtobuf()))
            """)
    }
}
