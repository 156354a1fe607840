import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Wire

/// What a publication would do, before it does it; and what was published, with what can be taken back.
struct ImportPlan: Sendable {
    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    private var href: String { ImportPages.href(visit) }

    /// What the step of the plan shows: the newest plan, or the offer to make one.
    func values(_ facts: ImportView.Facts) async throws(Problem) -> Values {
        let make: Values = facts.summary.readyToPublish > 0 && facts.busy == nil ? ["make": "\(href)/plan"] : [:]
        let run = facts.runs.first { $0.kind == ImportRun.Kind.plan && $0.state == ImportRun.State.completed }
        guard let run else { return make }
        var request = ListPlanRowsRequest()
        request.plan = run.id
        request.outcome = visit.query[ListPlanRowsRequest.Field.outcome]
        request.pageSize = 50
        request.pageToken = visit.query["page"]
        request.count = true
        let list = try await visit.ask(ImportValidationAPI.listPlanRows, request)
        let counts = list.counts ?? PlanCounts()
        let schema = Dictionaries.schema(facts.task.targetTable ?? "")
        var plan: Values = [
            "outcomes": outcomes(counts, chosen: request.outcome), "rows": list.planRows.map { row($0, schema) },
            "stale": list.isStale, "shown": "",
            "more": list.nextPageToken.isEmpty
                ? ""
                : "\(href)?step=plan&outcome=\(request.outcome)&page=\(Fields.encoded(list.nextPageToken))",
        ]
        let isDone = counts.published + counts.failed + counts.moved > 0
        if !list.isStale, !isDone, facts.busy == nil {
            plan["publish"] =
                ["action": "\(href)/publish", "plan": run.id, "button": visit.reader(Self.button(counts))] as Values
        }
        return (isDone || list.isStale ? make : [:]).merging(["plan": plan]) { own, _ in own }
    }

    /// A button that says exactly what will happen.
    private static func button(_ counts: PlanCounts) -> Text {
        Text(
            en: "Publish: \(grouped: counts.inserts) new, \(grouped: counts.updates) changed",
            ko: "게시: 생성 \(grouped: counts.inserts)건, 수정 \(grouped: counts.updates)건")
    }

    private func outcomes(_ counts: PlanCounts, chosen: String) -> [Values] {
        let all: [(String, Text, Int64)] = [
            ("insert", Text(en: "New", ko: "생성"), counts.inserts),
            ("update", Text(en: "Change", ko: "수정"), counts.updates),
            ("unchanged", Text(en: "Unchanged", ko: "변경 없음"), counts.unchanged),
            ("conflict", Text(en: "Conflict", ko: "충돌"), counts.conflicts),
            ("double", Text(en: "Double", ko: "중복"), counts.doubles),
        ]
        return all.map { value, label, count in
            let isChosen = value == chosen
            return [
                "label": visit.reader(label), "value": value, "count": count, "current": isChosen,
                "href": "\(href)?step=plan" + (isChosen ? "" : "&outcome=\(value)"),
            ]
        }
    }

    private func row(_ row: PlanRow, _ schema: RecordSchema?) -> Values {
        let language = visit.reader.language
        let fields = row.fields.map { change -> Values in
            [
                "label": schema?.field(change.field)?.label(language) ?? change.field, "before": change.before,
                "after": change.after,
            ]
        }
        let changes = Text(en: "\(fields.count) fields", ko: "필드 \(grouped: fields.count)개")
        return [
            "number": row.rowNumber, "outcome": row.outcome, "outcomeLabel": row.outcomeLabel,
            "target": row.fields.first?.after ?? "", "result": row.result, "resultLabel": row.resultLabel,
            "fields": fields,
            "reasons": row.reasons.map { ["text": $0.message] as Values },
            "changes": fields.isEmpty ? "" : visit.reader(changes),
        ]
    }

    /// Publications of which is asked what still stands; of those before them when somebody wants to know.
    private static let newest = 3

    /// What was published, the newest first, all asked for beside each other; what still stands can be undone.
    func publications(_ facts: ImportView.Facts) async throws(Problem) -> Values {
        let runs = facts.runs.filter { $0.kind == ImportRun.Kind.publish || $0.kind == ImportRun.Kind.undo }
        let newest = Set(runs.filter(Self.isDone).prefix(Self.newest).map(\.id))
        let shown = try await Outcome.each(runs) { (run) async throws(Problem) -> Values in
            guard Self.isDone(run), facts.busy == nil else { return said(run) }
            guard newest.contains(run.id) || visit.query["run"] == run.id else {
                return said(run).merging(["rowsHref": rowsHref(run)]) { own, _ in own }
            }
            return try await publication(run, facts)
        }
        return ["publications": shown]
    }

    /// Whether rows of a run can be looked at and taken back.
    private static func isDone(_ run: ImportRun) -> Bool {
        run.kind == ImportRun.Kind.publish && run.state == ImportRun.State.completed
    }

    private func rowsHref(_ run: ImportRun) -> String { "\(href)?step=publish&run=\(run.id)#run-\(run.id)" }

    /// What is known of a run without being asked for.
    private func said(_ run: ImportRun) -> Values {
        let rows = Text(en: "\(grouped: run.doneRows ?? 0) rows", ko: "\(grouped: run.doneRows ?? 0)행")
        return ["import": run, "done": visit.reader(rows)]
    }

    private func publication(_ run: ImportRun, _ facts: ImportView.Facts) async throws(Problem) -> Values {
        var values = said(run)
        async let kept = Outcome.of { () async throws(Problem) in try await rowsThat(stand: "kept", in: run) }
        async let own = Outcome.of { () async throws(Problem) in
            visit.query["run"] == run.id ? try await published(run, facts) : [:]
        }
        let left = try await rowsThat(stand: "published", in: run)
        let button = Text(
            en: "Undo: take back \(grouped: left.total) rows", ko: "실행 취소: \(grouped: left.total)행 되돌리기")
        values["rowsHref"] = rowsHref(run)
        values.merge(try await own.get()) { _, own in own }
        if left.total > 0 {
            values["undo"] =
                ["action": "\(href)/runs/\(run.id)/undo", "button": visit.reader(button)] as Values
        }
        values["kept"] = try await kept.get().rows.map { row -> Values in
            ["number": row.rowNumber, "text": row.reasons.map(\.message).joined(separator: " ")]
        }
        return values
    }

    /// What a publication did with each row, a page at a time, each with where it comes from; those that are chosen are undone.
    private func published(_ run: ImportRun, _ facts: ImportView.Facts) async throws(Problem) -> Values {
        var request = ListPublishedRowsRequest()
        request.importRun = run.id
        request.pageSize = 50
        request.pageToken = visit.query["page"]
        let list = try await visit.ask(ImportValidationAPI.listPublishedRows, request)
        let table = facts.task.targetTable ?? ""
        let schema = Dictionaries.schema(table)
        let rows = list.publishedRows.map { row -> Values in
            let changes = Text(en: "\(row.fields.count) fields", ko: "필드 \(grouped: row.fields.count)개")
            return [
                "id": row.state == "published" ? row.stagingRow : "", "number": row.rowNumber, "outcome": row.outcome,
                "outcomeLabel": row.outcomeLabel, "state": row.state, "stateLabel": row.stateLabel,
                "target": row.fields.first?.after ?? "", "changes": row.fields.isEmpty ? "" : visit.reader(changes),
                "lineage": row.targetRecord.isEmpty
                    ? "" : "\(href)/lineage?table=\(table)&record=\(Fields.encoded(row.targetRecord))",
                "fields": row.fields.map { change -> Values in
                    [
                        "label": schema?.field(change.field)?.label(visit.reader.language) ?? change.field,
                        "before": change.before, "after": change.after,
                    ]
                },
            ]
        }
        let next = "\(href)?step=publish&run=\(run.id)&page=\(Fields.encoded(list.nextPageToken))#run-\(run.id)"
        return [
            "rowsHref": "", "rows": rows, "undoChosen": "\(href)/runs/\(run.id)/undo", "shown": "",
            "more": list.nextPageToken.isEmpty ? "" : next,
        ]
    }

    private func rowsThat(
        stand state: String, in run: ImportRun
    ) async throws(Problem) -> (rows: [PublishedRow], total: Int64) {
        var request = ListPublishedRowsRequest()
        request.importRun = run.id
        request.state = state
        request.pageSize = 20
        request.count = true
        let list = try await visit.ask(ImportValidationAPI.listPublishedRows, request)
        return (list.publishedRows, list.totalSize ?? 0)
    }
}

/// Where the values of a published record come from.
enum LineagePage {
    static func page(_ visit: Visit) async throws(Problem) -> Page {
        var request = GetLineageRequest()
        request.table = visit.query[GetLineageRequest.Field.table]
        request.record = visit.query[GetLineageRequest.Field.record]
        request.field = visit.query[GetLineageRequest.Field.field]
        let answer = try await visit.ask(ImportValidationAPI.getLineage, request)
        let schema = Dictionaries.schema(request.table)
        var named = RecordNames()
        named.add(answer.entries, schema)
        let parts = Parts(reader: visit.reader, names: await named.found(visit))
        let entries = answer.entries.map { entry in
            Seen(
                entry,
                [
                    "label": schema?.field(entry.field)?.label(visit.reader.language) ?? entry.field,
                    "before": schema.map { parts.shown(entry.before, entry.field, $0) } ?? entry.before,
                    "after": schema.map { parts.shown(entry.after, entry.field, $0) } ?? entry.after,
                    "publishedByName": parts.names[entry.publishedBy] ?? "",
                    "correctedByName": parts.names[entry.correctedBy] ?? "",
                ])
        }
        let values: Values = [
            "record": ["title": schema?.label(visit.reader.language) ?? "", "href": ImportPages.href(visit)] as Values,
            "entries": entries, "more": answer.hasMore,
        ]
        return Page(template: "lineage", title: visit.say("Where from?", "데이터 계보"), values: values)
    }
}
