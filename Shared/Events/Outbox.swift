import Ground
import Postgres
import Tenancy
import Wire

/// Events leave a service through its outbox: a row in the transaction of the change, sent later by the relay.
package enum Outbox {
    /// The statement that adds one event.
    package static func insertion(_ event: RecordEvent, service: String, schema: String, trace: String?) throws -> SQL {
        let domain = DomainPath(event.domain) ?? .root
        let subject = "ale.v1.events.\(domain.subjectToken).\(service).\(event.table).\(event.action)"
        let payload = try event.encodeProtobuf()
        return """
            INSERT INTO \(identifier: schema).outbox (event_id, domain, subject, record, trace, payload) \
            VALUES (\(event.eventID), \(event.domain), \(subject), \(event.id), \(trace.sqlValue), \(payload))
            """
    }
}
