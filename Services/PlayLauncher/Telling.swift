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

    let isFailed: Bool
    /// `[{"table": …, "id": …, "number": …}]`.
    let createdRecords: JSONValue
    /// For people. What a service or a flow said of a failure stays in the words it was said in.
    let message: Text

    init(_ execution: Execution, steps: [FlowStep]) {
        self.init(execution.machines[0].state.action, title: execution.title, steps: steps)
    }

    /// - Parameters:
    ///   - outcome: how the flow ended.
    ///   - title: of the play.
    init(_ outcome: FlowAction, title: Text, steps: [FlowStep]) {
        let made = Self.created(by: steps)
        var records = made.map(\.record)
        var failure: Text?
        switch outcome {
        case .completed(let output): records = output["records"]?.array ?? records
        case .failed(let error): failure = Text(en: error.message("en"), ko: error.message("ko"))
        default: break
        }
        isFailed = failure != nil
        createdRecords = .array(records)
        let schemas = Dictionary(made.map { ($0.record["id"], $0.schema) }) { first, _ in first }
        message = Self.message(title, Self.list(records, schemas), failure)
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

    /// - Parameter created: the records by their names; nil for none.
    private static func message(_ title: Text, _ created: Text?, _ failure: Text?) -> Text {
        if let failure {
            let rest = created.map { Text(en: " Created before that: \($0.en).", ko: " 그 전에 생성된 레코드: \($0.ko).") }
            return Text(
                en: "Success play \"\(title.en)\" failed: \(failure.en)\(rest?.en ?? "")",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 실패했습니다: \(failure.ko)\(rest?.ko ?? "")")
        }
        guard let created else {
            return Text(
                en: "Success play \"\(title.en)\" is completed. No record was created.",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 완료되었습니다. 생성된 레코드는 없습니다.")
        }
        return Text(
            en: "Success play \"\(title.en)\" is completed. Created: \(created.en).",
            ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 완료되었습니다. 생성된 레코드: \(created.ko).")
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
    static func insert(
        _ type: String, _ data: JSONValue, _ execution: Execution, _ database: Database, now: Timestamp,
        in tx: Transaction
    ) throws {
        var event = RecordEvent()
        event.eventID = RecordID.make(at: now)
        event.service = FlowRun.schema.service
        event.table = FlowRun.schema.table
        event.action = "emitted"
        event.id = execution.run
        event.domain = execution.domain.path
        event.actor = execution.requester.caller.subject
        event.at = now
        let text: JSONValue = ["type": .string(type), "data": data]
        event.text = text.text
        let subject = "ale.v1.events.\(execution.domain.subjectToken).\(database.service).flow_run.emitted"
        tx.send(
            """
            INSERT INTO play_launcher.outbox (event_id, domain, subject, record, trace, payload) \
            VALUES (\(event.eventID), \(event.domain), \(subject), \(event.id), \(execution.trace), \
            \(try event.encodeProtobuf()))
            """)
    }
}
