import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import Wire

/// A table that rows can be imported into, with what follows from its dictionary: staging table, template, columns.
public struct ImportTarget: Sendable {
    /// The dictionary of the target table.
    public let schema: RecordSchema
    /// The fields a workbook can fill in, in the order in which staged rows keep their cells. Positions are kept for
    /// good: a field that is added to the dictionary comes last. Those of a builder's staging table go by the titles of its
    /// template.
    public let fields: [FieldSchema]
    private let importing: ImportSchema
    /// What a finished builder says of the rows; nil for the target's own staging table.
    let built: BuiltImport?

    /// The target that a dictionary declares; nil when it declares none.
    init?(_ schema: RecordSchema) {
        guard let importing = schema.importing else { return nil }
        self.schema = schema
        self.importing = importing
        fields = schema.fields.filter(\.isImportable)
        built = nil
    }

    /// The same table, filled from files as a builder has it.
    init(_ target: ImportTarget, _ built: BuiltImport) {
        let titles = built.columns.map { $0.title.isEmpty ? nil : Text(en: $0.title, ko: $0.title) }
        self.init(target, titles: titles, built)
    }

    /// The same table, whose columns go by these titles; nil leaves a field its label.
    init(_ target: ImportTarget, titles: [Text?], _ built: BuiltImport) {
        schema = target.schema
        importing = target.importing
        fields = zip(target.fields, titles).map { field, title in title.map(field.titled) ?? field }
        self.built = built
    }

    /// The default targets in their declared order: every table whose record has the option `import`.
    public static let all: [ImportTarget] = OnboardingCatalog.records.map { $0.schema }.compactMap(ImportTarget.init)
        .sorted {
            $0.importing.order < $1.importing.order
        }

    /// Targets that are declared beside the default ones.
    private static let others = Mutex<[String: ImportTarget]>([:])

    /// Makes a table a target that is none of the product's own: its declaration is all it takes. The product declares all of
    /// its own by the option `import`; what proves that nothing else is needed declares one more.
    static func declare(_ schema: RecordSchema) {
        guard let target = ImportTarget(schema) else { return }
        others.withLock { $0[target.table] = target }
    }

    /// The target of this name or alias; nil when nothing can be imported there.
    public static func named(_ name: String?) -> ImportTarget? {
        guard let name, !name.isEmpty else { return nil }
        return all.first { $0.table == name || $0.importing.alias == name } ?? others.withLock { $0[name] }
    }

    /// The target of a task, as the builder of its source table has it, where there is one. Its table was checked when it
    /// was made: without a target it is a fault of the service.
    static func of(_ task: ImportTask, _ tx: Transaction) throws -> ImportTarget {
        guard let target = named(task.targetTable) else {
            throw Problem.internalError(cause: "import task \(task.id) has no target")
        }
        guard let table = task.sourceTable, table != target.stagingTable,
            let domain = DomainPath(task.domain),
            let builder = try StoredBuilder.find(table, for: domain, tx), builder.isFinished,
            builder.targetTable == target.table
        else { return target }
        return ImportTarget(target, builder.built(target))
    }

    /// The same table without what a builder says of its files.
    var plain: ImportTarget { built == nil ? self : ImportTarget(schema) ?? self }

    /// The target table: `contract`.
    public var table: String { schema.table }

    /// What a task that imports into it is called.
    public var taskTitle: Text { importing.task }

    /// The staging table, named after the one printed example: `sn_acct_lc_account_onb_import_locations`.
    public var stagingTable: String { "\(Self.stagingPrefix)import_\(schema.collection)" }

    /// What the names of staging tables begin with.
    static let stagingPrefix = "sn_acct_lc_account_onb_"

    /// The file name of the template: `contract_template.xlsx`.
    public var templateName: String { importing.template ?? "\(table)_template.xlsx" }

    /// The fields that tell a record from the account's others (G-56).
    var key: [FieldSchema] {
        importing.key.compactMap(field).filter { $0.name != Location.Field.account.rawValue }
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

    /// The field of this name, by the title that its column goes by.
    func field(_ name: String) -> FieldSchema? {
        fields.first { $0.name == name } ?? schema.field(name)
    }

    // MARK: Columns of a file

    /// The positions of the fields whose titles are looked for in a file: every field, of a builder's staging table the
    /// first of those that its map fills from one column.
    var heads: [Int] { fields.indices.filter { head(of: $0) == $0 } }

    /// The position of the field whose column fills the one at `position`; nil for one that no column fills.
    func head(of position: Int) -> Int? {
        guard let built else { return position }
        return built.columns[position].head
    }

    /// Whether a file without a column for the field at `position`, a head, cannot be loaded.
    func needsColumn(_ position: Int) -> Bool {
        fields.indices.contains { fields[$0].mandatory && head(of: $0) == position }
    }
}

extension FieldSchema {
    /// The same field, whose column goes by this title and by no other.
    fileprivate func titled(_ title: Text) -> FieldSchema {
        FieldSchema(
            name: name, jsonName: jsonName, label: title, type: type, mandatory: mandatory,
            choices: choices, reference: reference, outputOnly: outputOnly, customerVisible: customerVisible,
            defaultValue: defaultValue, side: side, format: format, minimum: minimum, maximum: maximum,
            notBefore: notBefore, titles: [], keptAsName: keptAsName, storage: storage)
    }
}
