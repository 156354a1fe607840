import ImportValidationWire
import OnboardingWire
import RPC
import Records
import Wire

/// A table that rows can be imported into, with what follows from its dictionary: staging table, template, columns.
public struct ImportTarget: Sendable {
    /// The dictionary of the target table.
    public let schema: RecordSchema
    /// The fields a workbook can fill in, in the order in which staged rows keep their cells. Positions are kept for
    /// good: a field that is added to the dictionary comes last.
    public let fields: [FieldSchema]
    private let importing: ImportSchema

    /// The target that a dictionary declares; nil when it declares none.
    init?(_ schema: RecordSchema) {
        guard let importing = schema.importing else { return nil }
        self.schema = schema
        self.importing = importing
        fields = schema.fields.filter(\.isImportable)
    }

    /// The default targets in their declared order: every table whose record has the option `import`.
    public static let all: [ImportTarget] = OnboardingCatalog.records.map { $0.schema }.compactMap(ImportTarget.init)
        .sorted {
            $0.importing.order < $1.importing.order
        }

    /// The target of this name or alias; nil when nothing can be imported there.
    public static func named(_ name: String?) -> ImportTarget? {
        guard let name, !name.isEmpty else { return nil }
        return all.first { $0.table == name || $0.importing.alias == name }
    }

    /// The target of a task. Its table was checked when it was made: without a target it is a fault of the service.
    static func of(_ task: ImportTask) throws(Problem) -> ImportTarget {
        guard let target = named(task.targetTable) else {
            throw .internalError(cause: "import task \(task.id) has no target")
        }
        return target
    }

    /// The target table: `contract`.
    public var table: String { schema.table }

    /// What a task that imports into it is called.
    public var taskTitle: Text { importing.task }

    /// The staging table, named after the one printed example: `sn_acct_lc_account_onb_import_locations`.
    public var stagingTable: String { "sn_acct_lc_account_onb_import_\(schema.collection)" }

    /// The file name of the template: `contract_template.xlsx`.
    public var templateName: String { importing.template ?? "\(table)_template.xlsx" }

    /// The fields that tell a record from the account's others (G-56).
    var key: [FieldSchema] {
        importing.key.compactMap(schema.field).filter { $0.name != Location.Field.account.rawValue }
    }

    /// The position of a field among the cells of a row; with or without the prefix that staging columns have.
    public func position(of field: String) -> Int? {
        let name = field.hasPrefix("u_") ? String(field.dropFirst(2)) : field
        return fields.firstIndex { $0.name == name } ?? (field == "u_company" ? accountColumn : nil)
    }

    /// The position of the account that a row belongs to.
    public var accountColumn: Int? {
        fields.firstIndex { $0.reference == CustomerAccount.schema.table && $0.name == Location.Field.account.rawValue }
    }
}
