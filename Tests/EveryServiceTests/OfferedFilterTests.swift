import Foundation
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import WorkspaceService

/// What the menus of a list offer is what its service can be asked: every field of every list, each by all that can be said of it.
@Suite(.timeLimit(.minutes(15))) struct OfferedFilterTests {
    private static let id = "01990000-0000-7000-8000-0000000000aa"
    private static let reader = Reader(language: .en, zone: ReaderZone("UTC"), now: Timestamp(seconds: 1_780_000_000))

    @Test(arguments: Tested.names) func servicesTakeWhatMenusOffer(_ name: String) async throws {
        let service = try await Tested.start(name)
        for schema in service.schemas {
            guard let table = ListedTable.named(schema.table)?.seen(by: [RoleCatalog.administrator]),
                table.schema.service == name
            else { continue }
            // A field is asked about in several ways, and a filter holds a hundred.
            for way in 0..<3 {
                let said = schema.fields.compactMap { field in
                    table.control(field.name, for: false).map {
                        Self.examples(field, $0)[way % Self.examples(field, $0).count]
                    }
                }
                let fields = Fields(said.joined(separator: "&"))
                let query = ListQuery(table, fields, Self.reader, person: Self.id, isCustomer: false)
                #expect(query.conditions.count == said.count && !said.isEmpty, "\(schema.table)")
                let filter = try String(decoding: JSONEncoder().encode(["filter": query.filter]), as: UTF8.self)
                let attempt = Attempt(
                    subject: ListedRecords.subject("list", schema), json: filter, need: .nothing, table: schema.table,
                    isFoundFirst: false)
                let problem = await service.problem(attempt, as: .holding(RoleCatalog.administrator))
                #expect(problem == nil, "\(schema.table): \(query.filter): \(problem as Any)")
            }
        }
    }

    /// What an address says of a field, each in one way.
    private static func examples(_ field: FieldSchema, _ control: FieldControl) -> [String] {
        let (name, key) = (field.name, FieldControl.key(of: field.name))
        switch control {
        case .values where field.type == .boolean: return ["\(key)=true", "\(key)=false"]
        case .values where field.type == .listOfRoles: return ["\(key)=\(RoleCatalog.administrator)"]
        case .values: return field.choices.prefix(2).map { "\(key)=\(ListQuery.text($0.value))" }
        case .day: return ["\(key)=week", "\(name)-from=2026-01-01", "\(name)-to=2026-12-31&\(key)=none"]
        case .time: return ["\(key)=today", "\(key)=stale"]
        case .number: return ["\(name)-from=-1", "\(name)-from=0&\(name)-to=7", "\(key)=none"]
        case .text: return ["\(key)=a%22b%2A"]
        case .records(let tables):
            let first = tables.components(separatedBy: " | ").count > 1 ? "\(tables.prefix { $0 != " " }):\(id)" : id
            return tables == "user"
                ? ["\(key)=me", "\(key)=\(id)", "\(key)=none"] : ["\(key)=\(first)", "\(key)=none"]
        }
    }
}
