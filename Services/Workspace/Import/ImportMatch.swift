import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// Columns of a file matched with fields by hand (G-57).
struct ImportMatch: Sendable {
    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    /// Columns that are offered where nothing is saved yet.
    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map { String($0) }

    /// What the step shows: where the titles are, and for each column the field it goes to.
    func values(_ task: ImportTask) async throws(Problem) -> Values {
        var get = GetRequest()
        get.id = task.id
        let saved = try await visit.ask(ImportValidationAPI.getMapping, get)
        let uploads = try await ImportFiles(visit).uploads()
        let chosen = visit.query.all("upload")
        let names = uploads.filter { chosen.contains($0.id) }.compactMap(\.fileName)
        let fields = Self.fields(of: task)
        let forms = Forms(visit)
        let places: [Forms.Field] = [
            .init("sheet", visit.say("Sheet", "시트"), .text("text"), value: saved.sheet),
            .init(
                "title_row", visit.say("Row of the titles", "제목 행"), .text("number"),
                value: saved.titleRow > 0 ? "\(saved.titleRow)" : ""),
        ]
        let columns = saved.columns.isEmpty ? Self.letters.map { Self.column($0) } : saved.columns
        let shown = columns.enumerated().map { place, column -> Values in
            [
                "column": column.column, "title": column.title, "name": "field-\(place)-\(column.column)",
                "choices": fields.map { field -> Values in
                    [
                        "value": field.name, "label": field.label(visit.reader.language),
                        "chosen": field.name == column.field,
                    ]
                },
            ]
        }
        return [
            "match": [
                "action": "\(ImportPages.href(visit))/match"
                    + (chosen.isEmpty
                        ? "" : "?" + chosen.map { "upload=\(Fields.encoded($0))" }.joined(separator: "&")),
                "fileName": names.joined(separator: ", "), "fields": places.map { forms.values($0, refused: nil) },
                "columns": shown,
            ] as Values
        ]
    }

    private static func column(_ letter: String) -> ColumnMapping {
        var mapping = ColumnMapping()
        mapping.column = letter
        return mapping
    }

    /// The fields that a workbook can bring into the target of a task.
    static func fields(of task: ImportTask) -> [FieldSchema] {
        (Dictionaries.schema(task.targetTable ?? "")?.fields ?? []).filter(\.isImportable)
    }

    /// What was posted.
    static func request(_ visit: Visit) -> ImportUploadsRequest {
        var request = ImportUploadsRequest()
        request.id = visit.part("id")
        request.uploads = visit.query.all("upload")
        request.sheet = visit.form[ImportUploadsRequest.Field.sheet]
        request.titleRow = Int32(visit.form[ImportUploadsRequest.Field.titleRow]) ?? 0
        request.saveMapping = visit.form["save"] == "true"
        request.columns = visit.form.under("field-").compactMap { name, field in
            guard !field.isEmpty, let letter = name.split(separator: "-").last else { return nil }
            var mapping = column(String(letter))
            mapping.field = field
            return mapping
        }
        return request
    }
}
