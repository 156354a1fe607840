import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// What a file has beside what it goes to: the sheet and the row of titles that were found, and each column with its field and
/// some of its values. What does not match comes first, and is matched by hand (G-57).
struct ImportMatch: Sendable {
    /// The choice of a column that is not read.
    private static let unread = "-"

    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    private var language: Language { visit.reader.language }
    /// What was said of the file: by the form that was posted, which comes again when it is refused or the file is looked at anew,
    /// else by the address.
    private var said: Fields { visit.form.contains("do") ? visit.form : visit.query }

    /// What the step shows.
    func values(_ task: ImportTask) async throws(Problem) -> Values {
        let uploads = try await ImportFiles(visit).uploads()
        let arrived = uploads.filter { $0.state == Upload.State.complete || $0.state == Upload.State.loaded }
        let named = visit.query.all("upload")
        let chosen = named.isEmpty ? arrived.prefix(1).map { $0 } : arrived.filter { named.contains($0.id) }
        guard let first = chosen.first else {
            return ["match": "", "matchless": "\(ImportPages.href(visit))?step=upload"]
        }
        let preview = try await preview(first.id)
        let fields = Self.fields(of: task)
        let open = preview.columns.filter { $0.field.isEmpty }
        let count = Text(en: "\(open.count) columns without a field", ko: "필드에 연결되지 않은 열 \(grouped: open.count)개")
        let uploadsOf = chosen.map { "upload=\(Fields.encoded($0.id))" }.joined(separator: "&")
        return [
            "match": [
                "action": "\(ImportPages.href(visit))/match?\(uploadsOf)",
                "fileName": chosen.compactMap(\.fileName).joined(separator: ", "),
                "found": found(preview), "readable": preview.readable, "message": preview.message,
                "fields": places(preview), "save": said["save"] == "true",
                "unmatched": open.isEmpty ? "" : visit.reader(count),
                "columns": (open + preview.columns.filter { !$0.field.isEmpty }).map { column($0, fields) },
            ] as Values, "matchless": "",
        ]
    }

    private func preview(_ upload: String) async throws(Problem) -> UploadPreview {
        var request = PreviewUploadRequest()
        request.id = upload
        request.sheet = said[PreviewUploadRequest.Field.sheet]
        request.titleRow = Int32(said[PreviewUploadRequest.Field.titleRow]) ?? 0
        return try await visit.ask(ImportValidationAPI.previewUpload, request)
    }

    /// Where the titles were found, in words.
    private func found(_ preview: UploadPreview) -> String {
        guard preview.titleRow > 0 else { return "" }
        let row = Text(
            en: "The titles are in row \(grouped: Int(preview.titleRow)).",
            ko: "제목은 \(grouped: Int(preview.titleRow))행에 있습니다.")
        guard !preview.sheet.isEmpty else { return visit.reader(row) }
        return visit.reader(
            Text(
                en: "Sheet “\(preview.sheet)”: the titles are in row \(grouped: Int(preview.titleRow)).",
                ko: "‘\(preview.sheet)’ 시트: 제목은 \(grouped: Int(preview.titleRow))행에 있습니다."))
    }

    /// Sheet and row of the titles, to be said where they were found wrongly.
    private func places(_ preview: UploadPreview) -> [Values] {
        let forms = Forms(visit)
        let row = Forms.Field(
            "title_row", visit.say("Row of the titles", "제목 행"), .text("number"),
            value: said[PreviewUploadRequest.Field.titleRow],
            help: visit.say("Leave it empty to have it found.", "비워 두면 자동으로 찾습니다."))
        guard !preview.sheets.isEmpty else { return [forms.values(row, refused: nil)] }
        let sheet = Forms.Field(
            "sheet", visit.say("Sheet", "시트"), .choice(preview.sheets.map { Forms.Option($0, $0) }),
            value: said[PreviewUploadRequest.Field.sheet])
        return [sheet, row].map { forms.values($0, refused: nil) }
    }

    private func column(_ column: PreviewColumn, _ fields: [FieldSchema]) -> Values {
        let suggested = fields.first { $0.name == column.suggestedField }?.label(language) ?? ""
        let hint = Text(en: "Perhaps \(suggested)?", ko: "혹시 \(suggested)입니까?")
        let chosen = chosen(column)
        var choices: [Values] = fields.map { field in
            ["value": field.name, "label": field.label(language), "chosen": field.name == chosen]
        }
        choices.append([
            "value": Self.unread, "label": visit.say("Do not read", "읽지 않음"), "chosen": chosen == Self.unread,
        ])
        return [
            "column": column.column, "title": column.title, "samples": column.samples,
            "open": column.field.isEmpty, "name": "field-\(column.column)", "titleName": "title-\(column.column)",
            "wasName": "was-\(column.column)", "was": Self.was(column, fields),
            "hint": suggested.isEmpty ? "" : visit.reader(hint), "choices": choices,
        ]
    }

    /// The field that a column goes to: what was chosen by hand for a column of this title, else what was found.
    private func chosen(_ column: PreviewColumn) -> String {
        let found = column.field.isEmpty ? Self.unread : column.field
        let byHand = visit.form["field-\(column.column)"]
        guard !byHand.isEmpty, visit.form[whole: "title-\(column.column)"] == column.title else { return found }
        return byHand
    }

    /// What a column is without anybody's word: what its title says. What something else says of it has to be said again.
    private static func was(_ column: PreviewColumn, _ fields: [FieldSchema]) -> String {
        guard let field = fields.first(where: { $0.name == column.field }) else { return unread }
        func key(_ text: String) -> String { text.lowercased().filter { !$0.isWhitespace } }
        let titles = [field.label.en, field.label.ko, field.name].map(key)
        return titles.contains(key(column.title)) ? field.name : ""
    }

    /// The fields that a workbook can bring into the target of a task.
    static func fields(of task: ImportTask) -> [FieldSchema] {
        (Dictionaries.schema(task.targetTable ?? "")?.fields ?? []).filter(\.isImportable)
    }

    /// What was posted: of the columns those that are not what their titles say.
    static func request(_ visit: Visit) -> ImportUploadsRequest {
        var request = ImportUploadsRequest()
        request.id = visit.part("id")
        request.uploads = visit.query.all("upload")
        request.sheet = visit.form[ImportUploadsRequest.Field.sheet]
        request.titleRow = Int32(visit.form[ImportUploadsRequest.Field.titleRow]) ?? 0
        let was = Dictionary(
            visit.form.under("was-").map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        request.columns = visit.form.under("field-").compactMap { letters, field in
            guard field != was[letters] else { return nil }
            var mapping = ColumnMapping()
            mapping.column = letters
            mapping.title = visit.form[whole: "title-\(letters)"]
            mapping.field = field == unread ? "" : field
            return mapping
        }
        // There is nothing to keep of a file that is read as its titles say.
        let isSaid = !request.columns.isEmpty || !request.sheet.isEmpty || request.titleRow > 0
        request.saveMapping = visit.form["save"] == "true" && isSaid
        return request
    }
}
