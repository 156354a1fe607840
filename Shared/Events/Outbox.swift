import Ground
import Postgres
import Tenancy
import Wire

/// Events leave a service through its outbox: a row in the transaction of the change, sent later by the relay.
package enum Outbox {
    /// The statement that adds events, to be filled with ``values(_:service:trace:)`` for each of so many.
    package static func insertion(into schema: String, rows: Int = 1) -> SQL {
        """
        INSERT INTO \(identifier: schema).outbox (event_id, domain, subject, record, trace, payload) \
        VALUES \(SQL.placeholders(6, rows: rows))
        """
    }

    /// What ``insertion(into:)`` is filled with for an event of `service`.
    package static func values(_ event: RecordEvent, service: String, trace: String?) throws -> [SQLValue] {
        let domain = DomainPath(event.domain) ?? .root
        let subject = "ale.v1.events.\(domain.subjectToken).\(service).\(event.table).\(event.action)"
        return [
            .text(event.eventID), .text(event.domain), .text(subject), .text(event.id), trace.sqlValue,
            .bytes(try event.encodeProtobuf()),
        ]
    }
}
