import Filters
import Postgres
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
    /// A record of the table out of protobuf.
    let decode: @Sendable ([UInt8]) throws -> any RecordMessage
    let create: @Sendable (Client, [String: String], _ requestID: String) async throws(Problem) -> any RecordMessage
    let close: @Sendable (Client, CloseRequest) async throws(Problem) -> Void
    let cancel: @Sendable (Client, CloseRequest) async throws(Problem) -> Void
    /// Finds the records that were made before there was the playbook and could be taken over in the place of one with these
    /// values: none when nothing is taken over, or when one of the fields by which they are found has no value.
    let find: @Sendable (Client, [String: String]) async throws(Problem) -> [any RecordMessage]
    /// The values that some fields may have, where the dictionary does not say them.
    let known: [String: Set<String>]
    /// Whether a record was changed since it was made, as far as this service has heard.
    let isChanged: @Sendable (_ id: String, Transaction) throws -> Bool
    /// Whether a record has ended, as far as this service has heard: of one that no activity has made any more nobody is told.
    let hasEnded: @Sendable (_ id: String, Transaction) throws -> Bool

    /// The table that these methods of its service work on; `adoptedBy` names the fields whose values must be the same for
    /// a record to be taken over instead of making another, `known` the values that its service takes for fields without
    /// choices.
    public init<R: StandardMessage, Page: ListResponse>(
        _ type: R.Type, create: Method<R.Creation, R>, get: Method<GetRequest, R>,
        update: Method<R.Modification, R>, close: Method<CloseRequest, R>, cancel: Method<CloseRequest, R>,
        list: Method<ListRequest, Page>, adoptedBy: [R.Field],
        known: [R.Field: Set<String>] = [:],
        isChanged: @escaping @Sendable (String, Transaction) throws -> Bool = { _, _ in false },
        hasEnded: @escaping @Sendable (String, Transaction) throws -> Bool = { _, _ in false }
    ) where Page.Resource == R {
        schema = R.schema
        (self.isChanged, self.hasEnded) = (isChanged, hasEnded)
        filterFields = R.schema.fields.compactMap { FilterField($0, of: R.schema, isSearched: false) }
        self.known = Dictionary(uniqueKeysWithValues: known.map { ($0.rawValue, $1) })
        decode = { try R.decode(protobuf: $0) }
        self.create = { client, values, requestID async throws(Problem) in
            var record = R()
            try record.enter(values)
            var request = R.Creation()
            request.resource = record
            request.requestID = requestID
            return try await client.call(create, request)
        }
        self.close = { client, request async throws(Problem) in
            do throws(Problem) {
                _ = try await client.call(close, request)
            } catch {
                if error.reason == "STATE_MOVE" { try await Self.complete(request, get, update, client) }
                throw error
            }
        }
        self.cancel = { client, request async throws(Problem) in _ = try await client.call(cancel, request) }
        find = { client, values async throws(Problem) in
            let key = values.compactMap { name, value in R.Field(rawValue: name).map { ($0, value) } }
                .filter { adoptedBy.contains($0.0) }
            guard !key.isEmpty, key.count == adoptedBy.count else { return [] }
            var request = ListRequest()
            request.filter = FieldFilter.equal(Dictionary(uniqueKeysWithValues: key)).text
            return try await client.call(list, request).resources
        }
    }

    /// Gives a record that was closed before without notes those of a request that comes too late (G-66).
    private static func complete<R: StandardMessage>(
        _ request: CloseRequest, _ get: Method<GetRequest, R>, _ update: Method<R.Modification, R>, _ client: Client
    ) async throws(Problem) {
        var asked = GetRequest()
        asked.id = request.id
        let known = try await client.call(get, asked)
        guard !request.closeNotes.isEmpty, known.text(.state) == EndState.closed.rawValue,
            known.text(.closeNotes).isEmpty
        else { return }
        var noted = R()
        try noted.enter([KnownField.closeNotes.rawValue: request.closeNotes])
        (noted.id, noted.etag) = (known.id, known.etag)
        var modification = R.Modification()
        modification.resource = noted
        modification.requestID = RecordID.derived(from: "\(request.requestID) notes")
        _ = try await client.call(update, modification)
    }
}
