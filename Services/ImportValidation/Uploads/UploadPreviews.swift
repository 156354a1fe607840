import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Workbook

/// What a load would read of a file that has arrived, for whoever matches its columns (G-57).
struct UploadPreviews: Sendable {
    /// Rows below the titles in which values are looked for.
    private static let sampledRows = 50
    private static let samples = 3
    /// Characters of a value.
    private static let longest = 120
    private static let mostColumns = 500

    let database: Database
    let files: UploadFiles
    let access: TaskAccess

    var endpoint: Endpoint {
        Endpoint(ImportValidationAPI.previewUpload) { call, request async throws(Problem) in
            let (upload, target, options) = try await database.transaction(
                as: call.caller, deadline: call.deadline, readOnly: true
            ) { tx in try asked(request, call.caller, tx) }
            return try preview(upload, target, options, call)
        }
    }

    /// The file, for a caller who may have it loaded, and what is said of it.
    private func asked(
        _ request: PreviewUploadRequest, _ caller: Caller, _ tx: Transaction
    ) throws -> (Upload, ImportTarget, LoadOptions) {
        let unknown = Problem.notFound(Upload.schema.label, id: request.id)
        guard let upload = try Store<Upload>(database).find(request.id, in: tx),
            TaskAccess.isAgent(caller) || upload.createdBy == caller.subject
        else { throw unknown }
        let task = try access.uploaded(upload.importTask ?? "", by: caller, in: tx)
        guard upload.state == Upload.State.complete || upload.state == Upload.State.loaded else {
            throw Problem(
                .failedPrecondition,
                Text(en: "The file has not arrived as a whole. Upload it again.", ko: "파일 업로드가 끝나지 않았습니다. 다시 업로드하세요."),
                reason: "UPLOAD_INCOMPLETE")
        }
        var said = ImportUploadsRequest()
        said.encoding = request.encoding
        said.sheet = request.sheet
        said.titleRow = request.titleRow
        said.columns = request.columns
        said.ignoreSavedMapping = request.ignoreSavedMapping
        return (upload, try ImportTarget.of(task, tx), try TaskEndpoints.options(said, task, tx))
    }

    private func preview(
        _ upload: Upload, _ target: ImportTarget, _ options: LoadOptions, _ call: Call
    ) throws(Problem) -> UploadPreview {
        var preview = UploadPreview()
        preview.upload = upload.id
        preview.fileName = upload.fileName ?? ""
        do {
            let encoding = try LoadRun.encoding(options)
            let open = { try files.open(upload.id, name: upload.fileName ?? "", encoding: encoding) }
            do {
                let table = try TableFinder.find(target, options, open)
                preview.readable = true
                preview.savedMappingUsed = options.isSaved == true && !table.mapping.isEmpty
                let remarks = (table.remarks + [table.header.remark].compactMap(\.self)).map { $0(call.language) }
                preview.message = remarks.joined(separator: " ")
                try Self.tell(&preview, table.titles, table.source, target, options)
            } catch let failure as RunFailure {
                preview.message = failure.text(call.language)
                let nearest = try TableFinder.nearest(target, options, open)
                if let nearest { try Self.tell(&preview, nearest.titles, nearest.source, target, options) }
            }
        } catch let failure as RunFailure {
            preview.message = failure.text(call.language)
        } catch let error as WorkbookError {
            preview.readable = false
            preview.message = Text(en: error.english, ko: error.korean)(call.language)
        } catch {
            throw .internalError(cause: "the file of upload \(upload.id) cannot be looked at: \(error)")
        }
        return preview
    }

    /// The columns below a row of titles, each with what stands in the rows that follow.
    private static func tell(
        _ preview: inout UploadPreview, _ titles: SheetRow, _ source: any RowSource, _ target: ImportTarget,
        _ options: LoadOptions
    ) throws(WorkbookError) {
        preview.titleRow = Int32(clamping: titles.number)
        if let workbook = source as? WorkbookReader {
            preview.sheets = workbook.sheets.filter(\.isVisible).prefix(TableFinder.namedSheets).map(\.name)
            preview.sheet = workbook.openSheet ?? ""
        } else if let text = source as? CSVReader {
            preview.encoding = text.encoding.rawValue
        }
        let (byHand, _) = options.mapping.columns(in: titles, isSaved: options.isSaved == true)
        let match = SheetHeader.matcher(target).match(titles, byHand: byHand)
        let fields = Dictionary(match.columns.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        let suggested = Dictionary(
            match.unmatched.map { ($0.column, $0.suggestion?.name ?? "") }, uniquingKeysWith: { first, _ in first })
        let width = min(titles.count, mostColumns)
        let values = try values(source, width)
        preview.missingFields = match.missing.map(\.name)
        preview.columns = (0..<width).compactMap { place in
            var column = PreviewColumn()
            column.title = titles.text(at: place) ?? ""
            guard !column.title.isEmpty || !values[place].isEmpty else { return nil }
            column.column = CellName.column(place)
            column.field = fields[place] ?? ""
            column.suggestedField = suggested[place] ?? ""
            column.samples = values[place]
            return column
        }
    }

    private static func values(_ source: any RowSource, _ width: Int) throws(WorkbookError) -> [[String]] {
        var values = [[String]](repeating: [], count: width)
        var row = SheetRow()
        var looked = 0
        while looked < sampledRows, try source.next(into: &row) {
            looked += 1
            for place in 0..<min(width, row.count) where values[place].count < samples {
                let text = String((row.text(at: place) ?? "").prefix(longest))
                if !text.isEmpty, !values[place].contains(text) { values[place].append(text) }
            }
        }
        return values
    }
}

extension TableFinder {
    /// The row that comes nearest to being one of titles in a file that has none, and the file behind that row.
    static func nearest(
        _ target: ImportTarget, _ options: LoadOptions, _ open: () throws -> any RowSource
    ) throws -> (titles: SheetRow, source: any RowSource)? {
        let finder = TableFinder(target: target, options: options)
        let source = try open()
        var best = Candidate()
        var sheet: Int?
        if let workbook = source as? WorkbookReader {
            let named = workbook.sheets.indices.filter {
                options.sheet.isEmpty ? workbook.sheets[$0].isVisible : workbook.sheets[$0].name == options.sheet
            }
            for index in named {
                let before = best.row == nil ? nil : best.score
                try workbook.open(at: index)
                _ = try finder.titles(in: workbook, &best)
                if best.row != nil, before.map({ best.score > $0 }) ?? true { sheet = index }
            }
        } else {
            _ = try finder.titles(in: source, &best)
        }
        guard let titles = best.row else { return nil }
        let again = try open()
        if let sheet { try (again as? WorkbookReader)?.open(at: sheet) }
        var row = SheetRow()
        while try again.next(into: &row), row.number < titles.number {}
        return (titles, again)
    }
}
