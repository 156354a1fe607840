import ImportValidationWire
import OnboardingWire
import RPC
import Roles
import Wire

/// A table that rows of imports are staged in: one of a target's own, or one that an import builder has made.
struct StagingTable: Sendable {
    /// Its internal name.
    let name: String
    /// What people call it.
    let label: Text
    /// What its rows become.
    let target: RecordSchema

    /// The fields that its rows have.
    var fields: [FieldSchema] { target.fields.filter(\.isImportable) }

    /// Those that follow from the dictionary, in their order.
    static let standard = Dictionaries.all.compactMap { schema in schema.importing.map { (schema, $0.order) } }
        .sorted { $0.1 < $1.1 }
        .map { schema, _ in
            StagingTable(
                name: "sn_acct_lc_account_onb_import_\(schema.collection)", label: schema.label, target: schema)
        }

    /// Every one that the person may know of.
    static func all(_ visit: Visit) async -> [StagingTable] {
        guard visit.person.map({ Access.allows($0.roles, .read, on: ImportBuilder.schema.table) }) == true else {
            return standard
        }
        var request = ListRequest()
        (request.pageSize, request.orderBy) = (200, ImportBuilder.Field.name.rawValue)
        let builders = try? await visit.ask(ImportValidationAPI.listImportBuilders, request).importBuilders
        return standard
            + (builders ?? []).compactMap { builder in
                guard let name = builder.importSetTable, let target = Dictionaries.schema(builder.targetTable ?? "")
                else { return nil }
                let label = builder.name ?? name
                return StagingTable(name: name, label: Text(en: label, ko: label), target: target)
            }
    }
}
