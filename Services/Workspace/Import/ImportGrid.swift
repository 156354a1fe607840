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
    /// The page.
    private let href: String
    /// Why the form of a row was not taken.
    private let refused: Problem?

    init(_ visit: Visit, refused: Problem? = nil) {
        self.visit = visit
        href = ImportPages.href(visit)
        self.refused = refused
    }

    private var status: String { visit.query["status"].isEmpty ? "needs_attention" : visit.query["status"] }
    /// The reason that rows are narrowed to: what found it, in which field, and what stands there.
    private var check: String { visit.query["check"] }
    private var field: String { visit.query["field"] }
    private var value: String { visit.query[whole: "value"] }

    // MARK: Reading

    /// The first rows of the list, and why they are there.
    struct Read: Sendable {
        let list: ListStagingRowsResponse
        let reasons: CountStagingErrorsResponse
    }

    private var needsAttention: Bool { status == "needs_attention" }

    /// Asks for what the grid shows beside why its rows are there.
    func read() async throws(Problem) -> Read {
        async let counted = Outcome.of { () async throws(Problem) in
            needsAttention ? try await self.reasons() : CountStagingErrorsResponse()
        }
        return Read(list: try await rows(), reasons: try await counted.get())
    }

    /// What the step shows, of what was read before, where it was.
    func values(
        _ task: ImportTask, _ summary: ImportSummary, _ before: Read?
    ) async throws(Problem) -> Values {
        let read = if let before { before } else { try await read() }
        let (list, reasons) = (read.list, read.reasons)
        let columns = columns(task, list.stagingRows, wrong: reasons.counts.map(\.field))
        var grid = blockValues(list, columns)
        grid["label"] = visit.say("Rows", "행")
        grid["columns"] = columns.map { ["label": $0.label(visit.reader.language)] as Values }
        grid["jump"] = href
        grid["kept"] = (kept + [("columns", visit.query["columns"])].filter { !$0.1.isEmpty }).map {
            ["name": $0.0, "value": $0.1] as Values
        }
        grid["from"] = visit.query["from"]
        // Blocks that come later have the columns that stand above them.
        grid["columnNames"] = columns.map(\.name).joined(separator: ",")
        // Rows further below may have values in fields that the first ones leave out.
        let all = ImportMatch.fields(of: task)
        grid["allColumns"] =
            columns.count < all.count
            ? address("", page: href, columns: all.map(\.name).joined(separator: ",")) : ""
        grid["more"] = list.nextPageToken.isEmpty ? "" : address(list.nextPageToken, page: href)
        grid["empty"] =
            [
                "title": visit.say("No rows here", "행이 없습니다"),
                "text": visit.say(
                    "Choose another list above, or upload a file.", "위에서 다른 목록을 선택하거나 파일을 업로드하세요."),
                "action": ["href": "\(href)?step=upload", "label": visit.say("Upload", "업로드")] as Values,
            ] as Values
        let more = Text(
            en: "Of the first 100,000 rows; there are more reasons.", ko: "앞의 100,000행 기준이며 다른 사유가 더 있습니다.")
        var values: Values = [
            "grid": grid, "facets": reasons.counts.map(facet),
            "facetsMore": reasons.partial || reasons.more ? visit.reader(more) : "",
            "errors": needsAttention && !list.stagingRows.isEmpty ? "\(href)/errors" : "",
            // Whatever was corrected waits for it, in whichever list one is.
            "validate": status == "yet_to_validate" || summary.yetToValidate > 0 ? "\(href)/validate" : "",
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
        let (names, block) = (columns.map(\.name).joined(separator: ","), "\(href)/block")
        return [
            "rows": list.stagingRows.map { row($0, columns) },
            "block": address(visit.query["page"], page: block, columns: names),
            "next": list.nextPageToken.isEmpty ? "" : address(list.nextPageToken, page: block, columns: names),
        ]
    }

    /// What the list is narrowed to, which stays where another row is gone to.
    private var kept: [(name: String, value: String)] {
        let reason = [("check", check), ("field", field), ("value", value)].filter { !$0.1.isEmpty }
        return [("step", "fix"), ("status", status)] + reason
    }

    /// An address with the list that is shown, in the columns that were asked for: below `page`, a block of it.
    func address(_ token: String, page: String, columns: String = "") -> String {
        var address = "\(page)?" + kept.map { "\($0.name)=\(Fields.encoded($0.value))" }.joined(separator: "&")
        if !visit.query["from"].isEmpty { address += "&from=\(Fields.encoded(visit.query["from"]))" }
        if !token.isEmpty { address += "&page=\(Fields.encoded(token))" }
        let columns = columns.isEmpty ? visit.query["columns"] : columns
        // Names of fields and commas stand in an address as they are.
        let isPlain = columns.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_,".contains($0)) }
        return columns.isEmpty || !isPlain ? address : address + "&columns=\(columns)"
    }

    /// The fields of the target, of which at least one row has a cell, or in which something is `wrong` in any row, however far
    /// below. A part of a page that is there has the columns of that page.
    func columns(_ task: ImportTask, _ rows: [StagingRow], wrong: [String] = []) -> [FieldSchema] {
        let fields = ImportMatch.fields(of: task)
        let said = visit.form["columns"].isEmpty ? visit.query["columns"] : visit.form["columns"]
        if !said.isEmpty {
            let named = Set(said.split(separator: ",").map { String($0) })
            return fields.filter { named.contains($0.name) }
        }
        let used = Set(rows.flatMap { $0.cells.map(\.field) })
        return fields.filter {
            used.isEmpty || used.contains($0.name) || $0.mandatory || wrong.contains($0.name)
        }
    }

    func row(_ row: StagingRow, _ columns: [FieldSchema]) -> Values {
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
            "action": address("", page: "\(href)/replace"), "field": count.field, "value": count.value,
            "label": column.label(language),
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
        var form: Values = [
            "action": address(visit.query["page"], page: "\(href)/rows/\(row.id)"), "etag": row.etag, "fields": drawn,
        ]
        form.merge(edits.values(fields, now: [:], isConflict: isStale)) { _, own in own }
        if let refused { form["problem"] = forms.problem(refused, fields, isMerged: isStale) }
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
}
