import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Wire

/// The rows of one list as a grid that is read block by block, with what is wrong in each.
struct ImportGrid: Sendable {
    private static let blockSize: Int32 = 60
    /// How many reasons are offered to choose from.
    private static let facetLimit: Int32 = 12

    private let visit: Visit
    /// Why the form of a row was not taken.
    private let refused: Problem?

    init(_ visit: Visit, refused: Problem? = nil) {
        self.visit = visit
        self.refused = refused
    }

    private var href: String { ImportPages.href(visit) }
    private var status: String { visit.query["status"].isEmpty ? "needs_attention" : visit.query["status"] }
    /// The reason that rows are narrowed to: what found it, in which field, and what stands there.
    private var check: String { visit.query["check"] }
    private var field: String { visit.query["field"] }
    private var value: String { visit.query[whole: "value"] }

    // MARK: Reading

    /// What the step shows.
    func values(_ task: ImportTask) async throws(Problem) -> Values {
        let needsAttention = status == "needs_attention"
        // What the grid shows is asked for beside why its rows are there.
        async let counted = Outcome.of { () async throws(Problem) in
            needsAttention ? try await self.reasons() : CountStagingErrorsResponse()
        }
        let list = try await rows()
        let columns = columns(task, list.stagingRows)
        var grid = blockValues(list, columns)
        grid["label"] = visit.say("Rows", "행")
        grid["columns"] = columns.map { ["label": $0.label(visit.reader.language)] as Values }
        grid["jump"] = href
        grid["from"] = visit.query["from"]
        grid["more"] = list.nextPageToken.isEmpty ? "" : address(list.nextPageToken, page: href)
        grid["empty"] =
            [
                "title": visit.say("No rows here", "행이 없습니다"),
                "text": visit.say(
                    "Choose another list above, or upload a file.", "위에서 다른 목록을 선택하거나 파일을 업로드하세요."),
                "action": ["href": "\(href)?step=upload", "label": visit.say("Upload", "업로드")] as Values,
            ] as Values
        let reasons = try await counted.get()
        let more = Text(
            en: "Of the first 100,000 rows; there are more reasons.", ko: "앞의 100,000행 기준이며 다른 사유가 더 있습니다.")
        var values: Values = [
            "grid": grid, "facets": reasons.counts.map(facet),
            "facetsMore": reasons.partial || reasons.more ? visit.reader(more) : "",
            "errors": needsAttention && !list.stagingRows.isEmpty ? "\(href)/errors" : "",
            "validate": status == "yet_to_validate" ? "\(href)/validate" : "",
        ]
        if let count = reasons.counts.first(where: isChosen), let replace = replacement(count, columns) {
            values["replace"] = replace
        }
        if let row = try await opened(columns, task) { values["row"] = row }
        return values
    }

    /// A block by itself, for a page that scrolls there.
    func block() async throws(Problem) -> Answer {
        let list = try await rows()
        var get = GetRequest()
        get.id = visit.part("id")
        let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
        return .fragment("import_block", blockValues(list, columns(task, list.stagingRows)))
    }

    private func rows() async throws(Problem) -> ListStagingRowsResponse {
        var request = ListStagingRowsRequest()
        request.importTask = visit.part("id")
        request.status = status
        request.pageSize = Self.blockSize
        request.pageToken = visit.query["page"]
        request.errorCheck = check
        request.errorField = field
        request.errorValue = value
        if let from = Int(visit.query["from"]), from > 0 { request.filter = "row_number >= \(from)" }
        return try await visit.ask(ImportValidationAPI.listStagingRows, request)
    }

    private func blockValues(_ list: ListStagingRowsResponse, _ columns: [FieldSchema]) -> Values {
        [
            "rows": list.stagingRows.map { row($0, columns) },
            "block": address(visit.query["page"], page: "\(href)/block"),
            "next": list.nextPageToken.isEmpty ? "" : address(list.nextPageToken, page: "\(href)/block"),
        ]
    }

    private func address(_ token: String, page: String) -> String {
        var address = "\(page)?step=fix&status=\(Fields.encoded(status))"
        for (name, said) in [("check", check), ("field", field), ("value", value)] where !said.isEmpty {
            address += "&\(name)=\(Fields.encoded(said))"
        }
        if !visit.query["from"].isEmpty { address += "&from=\(Fields.encoded(visit.query["from"]))" }
        return token.isEmpty ? address : address + "&page=\(Fields.encoded(token))"
    }

    /// The fields of the target, of which at least one row has a cell.
    private func columns(_ task: ImportTask, _ rows: [StagingRow]) -> [FieldSchema] {
        let used = Set(rows.flatMap { $0.cells.map(\.field) })
        return ImportMatch.fields(of: task).filter { used.isEmpty || used.contains($0.name) || $0.mandatory }
    }

    private func row(_ row: StagingRow, _ columns: [FieldSchema]) -> Values {
        let cells = Dictionary(row.cells.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
        let reasons = Dictionary(row.errors.map { ($0.field, $0.message) }, uniquingKeysWith: { "\($0) \($1)" })
        // What is wrong with the row as a whole, or with what has no column, stands at its number.
        let shown = Set(columns.map(\.name))
        let ofRow = row.errors.filter { !shown.contains($0.field) }.map(\.message).joined(separator: " ")
        let mayEdit = row.status != "published"
        return [
            "reason": ofRow,
            "etag": row.etag, "number": "\(row.rowNumber)",
            "href": address("", page: href) + "&row=\(row.id)#row-title",
            "edit": mayEdit ? "\(href)/cells/\(row.id)" : "",
            "cells": columns.map { column -> Values in
                ["field": column.name, "value": cells[column.name] ?? "", "reason": reasons[column.name] ?? ""]
            },
        ]
    }

    /// Why rows need attention, each reason with how many rows have it.
    private func reasons() async throws(Problem) -> CountStagingErrorsResponse {
        var request = CountStagingErrorsRequest()
        request.importTask = visit.part("id")
        request.limit = Self.facetLimit
        return try await visit.ask(ImportValidationAPI.countStagingErrors, request)
    }

    private func isChosen(_ count: StagingErrorCount) -> Bool {
        count.check == check && count.field == field && count.value == value
    }

    private func facet(_ count: StagingErrorCount) -> Values {
        let isCurrent = isChosen(count)
        let reason = [("check", count.check), ("field", count.field), ("value", count.value)]
            .filter { !$0.1.isEmpty }.map { "&\($0.0)=\(Fields.encoded($0.1))" }.joined()
        return [
            "label": count.value.isEmpty ? count.message : "‘\(count.value)’: \(count.message)", "count": count.rows,
            "current": isCurrent, "href": "\(href)?step=fix" + (isCurrent ? "" : reason),
        ]
    }

    /// The value that the chosen reason is about, to be replaced in the whole column.
    private func replacement(_ count: StagingErrorCount, _ columns: [FieldSchema]) -> Values? {
        guard let column = columns.first(where: { $0.name == count.field }),
            !count.value.isEmpty || count.check == "mandatory"
        else { return nil }
        let language = visit.reader.language
        let button = Text(
            en: "Replace in all \(grouped: count.rows)", ko: "\(grouped: count.rows)행 모두 바꾸기")
        return [
            "action": "\(href)/replace", "field": count.field, "value": count.value, "label": column.label(language),
            "button": visit.reader(button),
            "choices": column.choices.map { ["value": $0.label(language), "label": $0.label(language)] as Values },
        ]
    }

    // MARK: One row

    /// The row that is open beside the grid, with a form of its cells.
    private func opened(
        _ columns: [FieldSchema], _ task: ImportTask
    ) async throws(Problem) -> Values? {
        let id = visit.part("row").isEmpty ? visit.query["row"] : visit.part("row")
        guard !id.isEmpty else { return nil }
        var get = GetRequest()
        get.id = id
        let row = try await visit.ask(ImportValidationAPI.getStagingRow, get)
        if row.status == "published" { return published(row, columns, task) }
        return [
            "number": row.rowNumber, "sourceFile": row.sourceFile, "sourceSheet": row.sourceSheet,
            "close": address("", page: href), "form": form(row, columns),
            "reasons": row.errors.map { error -> Values in
                let source = [error.sourceTitle, error.sourceCell, error.sourceValue].filter { !$0.isEmpty }
                return ["text": error.message, "source": source.joined(separator: " · ")]
            },
        ]
    }

    /// The cells of a row as a form; what was typed stands in it when it was refused.
    private func form(_ row: StagingRow, _ columns: [FieldSchema]) -> Values {
        let cells = Dictionary(row.cells.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
        let (forms, edits) = (Forms(visit), Edits(visit))
        let isStale = refused?.isStale == true
        let fields = columns.map { column in
            Forms.Field(
                "cell-\(column.name)", column.label(visit.reader.language), .text("text"),
                value: cells[column.name] ?? "", key: column.name, isRequired: column.mandatory)
        }
        let drawn = fields.map { field -> Values in
            var field = field
            if isStale { field.value = edits.merged(field.name, now: field.value) }
            var values = forms.values(field, refused: isStale ? nil : refused)
            let wrong = row.errors.filter { $0.field == field.key }.map(\.message)
            if refused == nil { values["wrong"] = wrong.joined(separator: " ") }
            return values
        }
        var form: Values = ["action": "\(href)/rows/\(row.id)", "etag": row.etag, "fields": drawn]
        form.merge(edits.values(fields, now: [:], isConflict: isStale)) { _, own in own }
        if let refused { form["problem"] = forms.problem(refused, fields) }
        return form
    }

    /// A row that was published: its cells, each with where its value comes from.
    private func published(_ row: StagingRow, _ columns: [FieldSchema], _ task: ImportTask) -> Values {
        let cells = Dictionary(row.cells.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
        let lineage = "\(href)/lineage?table=\(task.targetTable ?? "")&record=\(Fields.encoded(row.targetRecord))"
        return [
            "number": row.rowNumber, "sourceFile": row.sourceFile, "sourceSheet": row.sourceSheet, "form": "",
            "close": address("", page: href), "lineage": row.targetRecord.isEmpty ? "" : lineage,
            "cells": columns.filter { cells[$0.name]?.isEmpty == false }.map { column -> Values in
                [
                    "label": column.label(visit.reader.language), "value": cells[column.name] ?? "",
                    "href": row.targetRecord.isEmpty ? "" : "\(lineage)&field=\(column.name)",
                ]
            },
        ]
    }

    /// Writes the cells of the form that differ.
    func save() async throws(Problem) -> Answer {
        let edits = Edits(visit)
        let cells = visit.form.under("cell-").filter { edits.isChanged("cell-\($0.name)") }
        do throws(Problem) {
            if !cells.isEmpty { _ = try await update(cells) }
            return .moved(to: "\(href)?step=fix&done=\(Toast.saved.rawValue)&saved=row")
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            return .page(try await ImportView(visit, step: "fix", refused: error).page())
        }
    }

    /// Writes one cell and answers with its row as it is now.
    func saveCell() async throws(Problem) -> Answer {
        let updated = try await update([(visit.form["field"], visit.form["value"])])
        var get = GetRequest()
        get.id = visit.part("id")
        let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
        guard visit.isFragment else { return .moved(to: "\(href)?step=fix&done=\(Toast.saved.rawValue)") }
        return .fragment("import_row", row(updated, columns(task, [updated])))
    }

    private func update(_ cells: [(name: String, value: String)]) async throws(Problem) -> StagingRow {
        var request = UpdateStagingRowRequest()
        request.id = visit.part("row")
        request.etag = visit.form["etag"]
        request.cells = cells.map { name, value in
            var cell = StagedCell()
            cell.field = name
            cell.value = value
            return cell
        }
        return try await visit.ask(ImportValidationAPI.updateStagingRow, request)
    }
}
