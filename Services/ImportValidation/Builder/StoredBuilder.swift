import Foundation
import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The parts of a builder as they are stored beside its record.
struct StoredBuilder: Sendable {
    /// The columns of `import_builder_parts`.
    private enum Column: String {
        case template, parts
    }

    let targetTable: String
    let isFinished: Bool
    /// File name of the template.
    let templateName: String
    let parts: BuilderState
    /// What the lineage of its rows keeps of its transform map.
    let applied: AppliedMap

    /// How its rows are filled.
    func built(_ target: ImportTarget) -> BuiltImport {
        var built = BuiltImport(parts, target)
        built.applied = applied
        return built
    }

    /// The builder whose staging table this is, of the domain nearest to `domain`, in which or below which it holds; nil when
    /// there is none.
    static func find(_ stagingTable: String, for domain: DomainPath, _ tx: Transaction) throws -> StoredBuilder? {
        let domains = domain.ancestors.map(\.path)
        let rows = try tx.query(
            """
            SELECT b.target_table, b.step, b.template, b.transform_map_name, b.fingerprint, b.updated_by, b.updated_at, \
            p.parts FROM import_validation.import_builder b \
            JOIN import_validation.import_builder_parts p ON p.import_builder = b.id \
            WHERE b.import_set_table = \(stagingTable) AND b.domain = ANY(\(domains)::text[]) \
            ORDER BY length(b.domain) DESC LIMIT 1
            """)
        return try rows.first.map { row in
            let parts = try BuilderState.decode(protobuf: row.bytes(Column.parts))
            var builder = ImportBuilder()
            builder.transformMapName = try row.optionalString(ImportBuilder.Field.transformMapName)
            builder.fingerprint = try row.optionalString(ImportBuilder.Field.fingerprint)
            builder.updatedBy = try row.string(ImportBuilder.Field.updatedBy)
            builder.updatedAt = Timestamp(microseconds: try row.timestamp(ImportBuilder.Field.updatedAt))
            return StoredBuilder(
                targetTable: try row.string(ImportBuilder.Field.targetTable),
                isFinished: try row.string(ImportBuilder.Field.step) == ImportBuilder.Step.complete,
                templateName: try row.optionalString(ImportBuilder.Field.template) ?? "",
                parts: parts, applied: AppliedMap(builder, parts.fieldMaps))
        }
    }

    /// What is stored for a builder; nothing for one that is new.
    static func parts(of builder: String, _ tx: Transaction) throws -> BuilderState {
        let rows = try tx.query(
            "SELECT parts FROM import_validation.import_builder_parts WHERE import_builder = \(builder)")
        return try rows.first.map { try BuilderState.decode(protobuf: $0.bytes(Column.parts)) } ?? BuilderState()
    }

    /// The template as it was sent; nil while there is none.
    static func template(of builder: String, _ tx: Transaction) throws -> [UInt8]? {
        let rows = try tx.query(
            """
            SELECT template FROM import_validation.import_builder_parts \
            WHERE import_builder = \(builder) AND template IS NOT NULL
            """)
        return try rows.first?.bytes(Column.template)
    }

    /// The template of the builder whose staging table is the source of a task, as ``find(_:for:_:)`` finds it.
    static func template(of task: ImportTask, _ tx: Transaction) throws -> [UInt8]? {
        let domains = (DomainPath(task.domain) ?? .root).ancestors.map(\.path)
        let rows = try tx.query(
            """
            SELECT p.template FROM import_validation.import_builder b \
            JOIN import_validation.import_builder_parts p ON p.import_builder = b.id \
            WHERE b.import_set_table = \(task.sourceTable) AND b.domain = ANY(\(domains)::text[]) \
            AND p.template IS NOT NULL ORDER BY length(b.domain) DESC LIMIT 1
            """)
        return try rows.first?.bytes(Column.template)
    }

    /// Keeps the parts of a builder, and its template unless it is nil.
    static func save(_ parts: BuilderState, _ template: [UInt8]?, of builder: ImportBuilder, _ tx: Transaction) throws {
        let content = try parts.encodeProtobuf()
        tx.send(
            """
            INSERT INTO import_validation.import_builder_parts (import_builder, domain, template, parts) \
            VALUES (\(builder.id), \(builder.domain), \(template), \(content)) \
            ON CONFLICT (import_builder) DO UPDATE SET parts = EXCLUDED.parts, \
            template = coalesce(EXCLUDED.template, import_builder_parts.template)
            """)
    }
}
