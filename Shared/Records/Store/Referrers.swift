import Ground
import Korean
import Postgres
import RPC
import Tenancy
import Wire

/// Which records of a service refer to given ones, its own or another's (G-133). What may refer is worked out from the
/// dictionary, so that a reference declared tomorrow is looked at by itself.
public struct Referrers: Sendable {
    /// The most records of one question.
    public static let limit = 500

    /// A column that may name records.
    private struct Place: Sendable {
        let table: String
        let field: FieldSchema
    }

    private enum Column: String {
        case id, record
    }

    private let schema: String
    private let places: [String: [Place]]

    /// The references that `records` declare, which are the records of the service whose database it is.
    public init(_ database: Database, _ records: [any RecordMessage.Type]) {
        schema = database.schema
        var places: [String: [Place]] = [:]
        for type in records.compactMap({ $0 as? any Record.Type }) {
            for place in Self.places(of: type) {
                for table in place.field.referencedTables { places[table, default: []].append(place) }
            }
        }
        self.places = places
    }

    private static func places<R: Record>(of type: R.Type) -> [Place] {
        let withoutColumn = R.storage.derived
        return R.schema.fields.filter { field in
            switch field.type {
            case .reference, .listOfReferences, .documentID:
                !field.keptAsName && !withoutColumn.contains(field.name)
            default: false
            }
        }.map { Place(table: R.schema.table, field: $0) }
    }

    /// For each of `records` of a table, and each field that refers to it, one reference, under the scope of the
    /// transaction. One that was there at the time a record says does not count.
    public func find(_ table: String, _ records: [ReferredRecord], in tx: Transaction) throws -> [FoundReference] {
        let places = places[table] ?? []
        let asked = records.filter { Validation.isUUID($0.id) }
        guard !places.isEmpty, !asked.isEmpty else { return [] }
        let (ids, since) = (asked.map(\.id), asked.map { $0.since?.rfc3339 ?? "" })
        let answers = try tx.queryAll(places.map { statement($0, ids, since) })
        return try zip(places, answers).flatMap { place, rows in
            try rows.map { row in
                var found = FoundReference()
                found.id = try row.string(Column.id)
                found.table = place.table
                found.field = place.field.name
                found.record = try row.string(Column.record)
                return found
            }
        }
    }

    /// A reference that was set later than its record was made stands in the journal. Lists are looked through once, for all
    /// ids: of what they hold no index is used under row-level security.
    private func statement(_ place: Place, _ ids: [String], _ since: [String]) -> SQL {
        let (table, column): (SQL, SQL) = (
            "\(identifier: schema).\(identifier: place.table)", "\(identifier: place.field.name)"
        )
        let source: SQL =
            place.field.storage == .strings
            ? "(SELECT id, created_at, unnest(\(column)) AS named FROM \(table) WHERE \(column) <> '{}')"
            : "(SELECT id, created_at, \(column) AS named FROM \(table))"
        let time: SQL = "nullif(u.since, '')::timestamptz"
        return """
            SELECT u.id, min(r.id::text) AS record FROM unnest(\(ids)::uuid[], \(since)::text[]) AS u (id, since) \
            JOIN \(source) AS r ON r.named = u.id \
            WHERE u.since = '' OR r.created_at > \(time) OR EXISTS (\
            SELECT 1 FROM \(identifier: schema).journal AS j WHERE j.record = r.id AND j.table_name = \(place.table) \
            AND j.at > \(time) AND \(place.field.name) = ANY (j.fields)) GROUP BY u.id
            """
    }

    /// Answers the question to services, which need not see a record to leave it alone. Nobody else may ask.
    public func endpoint(
        _ method: Method<FindReferencesRequest, FindReferencesResponse>, _ database: Database
    ) -> Endpoint {
        Endpoint(method) { call, request async throws(Problem) in
            guard call.caller.kind == .service else { throw .permissionDenied() }
            guard request.records.count <= Self.limit else {
                throw .invalid(
                    field: FindReferencesRequest.Field.records,
                    Text(en: "At most \(Self.limit) records.", ko: "레코드는 최대 \(grouped: Self.limit)개입니다."))
            }
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                var response = FindReferencesResponse()
                response.references = try find(request.table, request.records, in: tx)
                return response
            }
        }
    }
}

extension FoundReference {
    /// What people read of it: `schemas` know the table that refers.
    public func text(among schemas: [RecordSchema]) -> Text {
        let schema = schemas.first { $0.table == table }
        let name = schema?.label ?? Text(en: table, ko: table)
        let label = schema?.field(field)?.label ?? Text(en: field, ko: field)
        return Text(
            en: "\(name.en) refers to it (\(label.en)).",
            ko: "\(name.ko)에서 참조하고 있습니다(‘\(label.ko)’).")
    }
}
