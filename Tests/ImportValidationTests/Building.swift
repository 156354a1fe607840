import ImportValidationWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// A builder in its steps, through the endpoints.
struct Building: Sendable {
    let stage: Stage
    /// An onboarding agent who is a process designer (G-72).
    let designer: Caller
    /// The name of the builder, and of what follows from it.
    let name = "Sites \(UInt32.random(in: 0...UInt32.max))"
    var table: String { "import_" + name.lowercased().replacing(" ", with: "_") }

    init(domain: String = "/provider/") async throws {
        stage = try await Stage()
        designer = Self.caller("sn_acct_lc.agent", "process_automation_designer", domain: domain)
    }

    /// Somebody who holds several roles.
    static func caller(_ roles: String..., domain: String = "/provider/") -> Caller {
        Caller(
            subject: uuid(), kind: .person, domain: DomainPath(domain) ?? .root, roles: RoleCatalog.close(Set(roles)),
            locale: "en")
    }

    /// The titles of a template that is not the product's.
    static let titles = ["Site", "Customer", "Place", "Nation", "Zone", "Remark"]
    /// What the titles mean that are none of the target's.
    static let mapping = [
        ("Site", "name"), ("Customer", "account"), ("Place", "postal_code"), ("Place", "city"), ("Nation", "country"),
        ("Zone", "time_zone"),
    ].map { column($0, $1) }

    static func column(_ title: String, _ field: String) -> ColumnMapping {
        var column = ColumnMapping()
        (column.title, column.field) = (title, field)
        return column
    }

    /// A workbook with these titles and rows.
    static func workbook(_ titles: [String], _ rows: [[String]] = []) throws -> [UInt8] {
        try WorkbookWriter.template(
            sheet: "Sites", columns: titles.map { WorkbookColumn(label: $0) }, example: rows.first ?? [])
    }

    static func map(_ field: String, _ kind: String, _ edit: (inout FieldMap) -> Void = { _ in }) -> FieldMap {
        var map = FieldMap()
        (map.field, map.kind) = (field, kind)
        edit(&map)
        return map
    }

    static func value(_ value: String, _ mapped: String) -> MappedValue {
        var pair = MappedValue()
        (pair.value, pair.mapped) = (value, mapped)
        return pair
    }

    // MARK: Steps

    func create(_ target: String = "location", as caller: Caller? = nil) async throws(Problem) -> ImportBuilder {
        var request = CreateImportBuilderRequest()
        request.importBuilder = ImportBuilder()
        request.importBuilder?.name = name
        request.importBuilder?.targetTable = target
        return try await stage.call(ImportValidationAPI.createImportBuilder, request, as: caller ?? designer)
    }

    func template(
        _ id: String, _ titles: [String] = titles, _ columns: [ColumnMapping] = mapping, as caller: Caller? = nil,
        _ edit: (inout SaveBuilderTemplateRequest) -> Void = { _ in }
    ) async throws -> BuilderState {
        var request = SaveBuilderTemplateRequest()
        request.id = id
        request.fileName = "sites.xlsx"
        request.content = try Self.workbook(titles)
        request.columns = columns
        edit(&request)
        return try await stage.call(ImportValidationAPI.saveBuilderTemplate, request, as: caller ?? designer)
    }

    func dataSource(_ id: String, _ name: String = "", as caller: Caller? = nil) async throws(Problem) -> BuilderState {
        var request = SaveBuilderDataSourceRequest()
        (request.id, request.importSetTableName) = (id, name)
        return try await stage.call(ImportValidationAPI.saveBuilderDataSource, request, as: caller ?? designer)
    }

    func transformMap(
        _ id: String, _ maps: [FieldMap] = [], _ name: String = "", as caller: Caller? = nil
    ) async throws(Problem) -> BuilderState {
        var request = SaveBuilderTransformMapRequest()
        (request.id, request.transformMapName, request.fieldMaps) = (id, name, maps)
        return try await stage.call(ImportValidationAPI.saveBuilderTransformMap, request, as: caller ?? designer)
    }

    func checks(_ id: String, as caller: Caller? = nil) async throws(Problem) -> BuilderState {
        var request = ConfirmBuilderChecksRequest()
        request.id = id
        return try await stage.call(ImportValidationAPI.confirmBuilderChecks, request, as: caller ?? designer)
    }

    func views(_ id: String, _ views: [String: [String]] = [:], as caller: Caller? = nil) async throws(Problem)
        -> BuilderState
    {
        var request = SaveBuilderViewsRequest()
        request.id = id
        request.views = views.map { name, columns in
            var view = BuilderView()
            (view.name, view.columns) = (name, columns)
            return view
        }
        return try await stage.call(ImportValidationAPI.saveBuilderViews, request, as: caller ?? designer)
    }

    func finish(_ id: String, _ responsibility: String = "", as caller: Caller? = nil) async throws(Problem)
        -> BuilderState
    {
        var request = FinishBuilderRequest()
        (request.id, request.responsibility) = (id, responsibility)
        return try await stage.call(ImportValidationAPI.finishBuilder, request, as: caller ?? designer)
    }

    func state(_ id: String, as caller: Caller? = nil) async throws(Problem) -> BuilderState {
        try await stage.call(ImportValidationAPI.getImportBuilderState, Stage.named(id), as: caller ?? designer)
    }

    /// A builder up to the step of the checks.
    func mapped(_ maps: [FieldMap] = []) async throws -> BuilderState {
        let id = try await create().id
        _ = try await template(id)
        _ = try await dataSource(id)
        return try await transformMap(id, maps)
    }

    /// A finished builder.
    func finished(_ maps: [FieldMap] = [], views: [String: [String]] = [:]) async throws -> ImportBuilder {
        let id = try #require(try await mapped(maps).importBuilder).id
        _ = try await checks(id)
        _ = try await self.views(id, views)
        return try #require(try await finish(id).importBuilder)
    }

    /// An import task whose source is the staging table of a builder.
    func task(_ builder: ImportBuilder, _ edit: (inout ImportTask) -> Void = { _ in }) async throws -> ImportTask {
        try await stage.locations {
            $0.sourceTable = builder.importSetTable
            edit(&$0)
        }
    }
}
