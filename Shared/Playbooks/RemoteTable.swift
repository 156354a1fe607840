import Filters
import RPC
import Records
import Wire

/// A table of another service in which activities make records: through its methods, once each, under request ids that
/// follow from the activity and how often it was started.
public struct RemoteTable: Sendable {
    /// Its dictionary.
    public let schema: RecordSchema
    /// What conditions over its records may name.
    let filterFields: [FilterField]
    let create: @Sendable (Client, [String: String], _ requestID: String) async throws(Problem) -> any RecordMessage
    let close: @Sendable (Client, CloseRequest) async throws(Problem) -> Void
    let cancel: @Sendable (Client, CloseRequest) async throws(Problem) -> Void
    /// Finds a record that was made before there was the playbook, by values of fields.
    let find: @Sendable (Client, [String: String]) async throws(Problem) -> [any RecordMessage]
    /// The fields by which such a record is found; none when nothing is taken over.
    let adoptedBy: [String]

    /// The table that these methods of its service work on; `adoptedBy` names the fields whose values must be the same for
    /// a record to be taken over instead of making another.
    public init<R: StandardMessage, Page: ListResponse>(
        _ type: R.Type, create: Method<R.Creation, R>, close: Method<CloseRequest, R>,
        cancel: Method<CloseRequest, R>, list: Method<ListRequest, Page>, adoptedBy: [R.Field]
    ) where Page.Resource == R {
        schema = R.schema
        filterFields = R.schema.fields.compactMap { FilterField($0, of: R.schema, isSearched: false) }
        self.adoptedBy = adoptedBy.map(\.rawValue)
        self.create = { client, values, requestID async throws(Problem) in
            var record = R()
            try record.enter(values)
            var request = R.Creation()
            request.resource = record
            request.requestID = requestID
            return try await client.call(create, request)
        }
        self.close = { client, request async throws(Problem) in _ = try await client.call(close, request) }
        self.cancel = { client, request async throws(Problem) in _ = try await client.call(cancel, request) }
        find = { client, values async throws(Problem) in
            var request = ListRequest()
            request.filter = values.sorted { $0.key < $1.key }.map { "\($0.key) = \"\($0.value)\"" }
                .joined(separator: " AND ")
            return try await client.call(list, request).resources
        }
    }
}
