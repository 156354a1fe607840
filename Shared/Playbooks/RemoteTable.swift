import PlaybooksWire
import RPC
import Records
import Wire

/// A table of another service in which activities make records: through its create method, once, under a request id that
/// follows from run, activity and how often it was started.
public struct RemoteTable: Sendable {
    /// Its dictionary.
    public let schema: RecordSchema
    /// Makes a record of values in text form, as the service itself.
    let create: @Sendable (Client, Credential, [String: String], String) async throws(Problem) -> CreatedRecord

    /// The table that `create` makes records of.
    public init<R: StandardMessage>(_ type: R.Type, create: Method<R.Creation, R>) {
        schema = R.schema
        self.create = { client, credential, values, requestID async throws(Problem) in
            var record = R()
            try record.enter(values)
            var request = R.Creation()
            request.resource = record
            request.requestID = requestID
            let made = try await client.call(create, request, as: credential)
            var answer = CreatedRecord()
            answer.service = R.schema.service
            answer.table = R.schema.table
            answer.id = made.id
            answer.number = R.schema.index(of: "number").flatMap { made[fieldAt: $0].string } ?? ""
            return answer
        }
    }
}
