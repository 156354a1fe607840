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
        [
            .text(event.eventID), .text(event.domain), .text(subject(event, service: service)), .text(event.id),
            trace.sqlValue, .bytes(try event.encodeProtobuf()),
        ]
    }

    /// Where an event of `service` is published.
    package static func subject(_ event: RecordEvent, service: String) -> String {
        let domain = DomainPath(event.domain) ?? .root
        return "ale.v1.events.\(domain.subjectToken).\(service).\(event.table).\(event.action)"
    }
}
