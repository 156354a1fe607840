import Foundation
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// The names of fields in the forms of a builder's steps.
enum BuilderField {
    /// Of the first step: the column of a field of the target, by its letters.
    static let column = "column-"
    /// Of the transform map: what fills a field, and what that takes.
    static let (kind, title, text) = ("kind-", "title-", "text-")
    static let (separator, part, values, lookup) = ("separator-", "part-", "values-", "lookup-")
    static let mapName = "transform_map_name"
    static let table = "import_set_table_name"
    static let responsibility = "responsibility"

    /// Of a list view: the place of a field.
    static func place(_ view: String, _ field: String) -> String { "place-\(view)-\(field)" }
}

/// What the forms of the steps ask of import-validation. Each says with which etag the builder was seen.
struct BuilderSaving: Sendable {
    let visit: Visit

    private var id: String { visit.part("id") }
    private var etag: String { visit.form["etag"] }

    /// Saves what was posted for a step.
    func save(_ step: BuilderStage) async throws(Problem) -> BuilderState {
        switch step {
        case .template: return try await columns()
        case .dataSource:
            var request = SaveBuilderDataSourceRequest()
            (request.id, request.etag) = (id, etag)
            request.importSetTableName = visit.form[BuilderField.table]
            return try await visit.ask(ImportValidationAPI.saveBuilderDataSource, request)
        case .transformMap:
            var request = SaveBuilderTransformMapRequest()
            (request.id, request.etag) = (id, etag)
            request.transformMapName = visit.form[BuilderField.mapName]
            request.fieldMaps = visit.form.under(BuilderField.kind).compactMap { map($0.name, $0.value) }
            return try await visit.ask(ImportValidationAPI.saveBuilderTransformMap, request)
        case .checks:
            var request = ConfirmBuilderChecksRequest()
            (request.id, request.etag) = (id, etag)
            return try await visit.ask(ImportValidationAPI.confirmBuilderChecks, request)
        case .views:
            var request = SaveBuilderViewsRequest()
            (request.id, request.etag) = (id, etag)
            request.views = BuilderPage.views.compactMap(view)
            return try await visit.ask(ImportValidationAPI.saveBuilderViews, request)
        case .finish:
            var request = FinishBuilderRequest()
            (request.id, request.etag) = (id, etag)
            request.responsibility = visit.form[BuilderField.responsibility]
            return try await visit.ask(ImportValidationAPI.finishBuilder, request)
        }
    }

    /// Every column with the fields that were chosen for it; one that was chosen for none is not read.
    private func columns() async throws(Problem) -> BuilderState {
        var get = GetRequest()
        get.id = id
        let state = try await visit.ask(ImportValidationAPI.getImportBuilderState, get)
        var request = SaveBuilderTemplateRequest()
        (request.id, request.etag) = (id, etag)
        let chosen = Dictionary(grouping: visit.form.under(BuilderField.column)) { $0.value }
        request.columns = state.columns.flatMap { column -> [ColumnMapping] in
            let fields = chosen[column.column]?.map(\.name) ?? [""]
            return fields.map { field in
                var mapping = ColumnMapping()
                (mapping.column, mapping.title, mapping.field) = (column.column, column.title, field)
                return mapping
            }
        }
        return try await visit.ask(ImportValidationAPI.saveBuilderTemplate, request)
    }

    /// What fills a field. What its kind does not take is left out, whatever stands there.
    private func map(_ field: String, _ kind: String) -> FieldMap? {
        guard !kind.isEmpty else { return nil }
        var map = FieldMap()
        (map.field, map.kind) = (field, kind)
        if kind != "constant" { map.title = visit.form["\(BuilderField.title)\(field)"] }
        switch kind {
        case "constant", "default": map.text = visit.form["\(BuilderField.text)\(field)"]
        case "split":
            map.separator = visit.form[whole: "\(BuilderField.separator)\(field)"]
            map.part = Int32(visit.form["\(BuilderField.part)\(field)"]) ?? 0
        case "value_map": map.values = Self.values(visit.form["\(BuilderField.values)\(field)"])
        case "lookup": map.lookupField = visit.form["\(BuilderField.lookup)\(field)"]
        default: break
        }
        return map
    }

    /// One value a line: `Norwey = Norway`.
    static func values(_ text: String) -> [MappedValue] {
        text.replacing("\r\n", with: "\n").split(separator: "\n").compactMap { line in
            let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = sides.first, !first.allSatisfy(\.isWhitespace) else { return nil }
            var value = MappedValue()
            value.value = first.trimmingCharacters(in: .whitespaces)
            value.mapped = sides.count == 2 ? sides[1].trimmingCharacters(in: .whitespaces) : ""
            return value
        }
    }

    /// The columns of a list view in the order of the places that were given; nil for one that shows all.
    private func view(_ name: String) -> BuilderView? {
        let prefix = BuilderField.place(name, "")
        let places = visit.form.under(prefix).enumerated().compactMap { index, field in
            Int(field.value).map { (place: $0, index: index, field: field.name) }
        }
        guard !places.isEmpty else { return nil }
        var view = BuilderView()
        view.name = name
        view.columns = places.sorted { ($0.place, $0.index) < ($1.place, $1.index) }.map(\.field)
        return view
    }
}
