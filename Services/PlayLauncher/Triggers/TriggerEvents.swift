import CustomerSuccessWire
import Events
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Events of the records that triggers look at. Each says what was before and after, so that it is judged by itself: it does not
/// matter in which order events come, or how often. Those that meet no trigger cost no transaction; those that are lost the
/// journal makes up for (``TriggerLooks``).
extension PlayTriggers {
    /// What the service does about events.
    var handlers: [EventHandler] {
        [
            EventHandler(
                "play-launcher-triggers-success", service: Engagement.schema.service, record: "*", wanted: meets,
                apply: note),
            EventHandler(
                "play-launcher-triggers-case", service: OnboardingCase.schema.service,
                record: OnboardingCase.schema.table, wanted: meets,
                apply: note),
            EventHandler(
                "play-launcher-triggers-account", service: CustomerAccount.schema.service,
                record: CustomerAccount.schema.table, wanted: meets,
                apply: note),
        ]
    }

    private func meets(_ event: RecordEvent) -> Bool { !index.met(by: event).isEmpty }

    private func note(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        guard let domain = DomainPath(event.domain), let at = event.at?.kept else { return }
        let occurrences = index.met(by: event).map { met in
            Firings.Occurrence(
                trigger: met.trigger.id, edge: met.edge, table: event.table, record: event.id, domain: domain, at: at,
                cause: context.trace.flatMap(TraceContext.cause))
        }
        _ = try firings.note(occurrences, now: context.now, in: tx)
    }
}
