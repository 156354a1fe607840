import CustomerSuccessWire
import Events
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What the service does about events: triggers are met by them, and runs listen to them. All of a service come by one consumer,
/// so that each is delivered and read once for both; those that concern neither cost no transaction.
///
/// An event says what was before and after, so that a trigger judges it by itself: it does not matter in which order events come,
/// or how often. Those that are lost the journal makes up for (``PlayTriggers/look()``).
struct PlayEvents: Sendable {
    let triggers: PlayTriggers
    let heard: HeardTypes
    let runner: Runner

    var handlers: [EventHandler] {
        [
            EventHandler(
                "play-launcher-listen-success", service: Engagement.schema.service, record: "*", wanted: concerns,
                apply: take),
            EventHandler(
                "play-launcher-listen-onboarding", service: OnboardingCase.schema.service, record: "*",
                wanted: concerns, apply: take),
            EventHandler(
                "play-launcher-listen-plays", service: PlayLauncher.name, record: "*", wanted: concerns, apply: take),
        ]
    }

    private func concerns(_ event: RecordEvent) -> Bool {
        heard.wants(event) || triggers.isMet(by: event) || triggers.index.isHeard(event)
    }

    private func take(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        try Listening.hear(event, runner, in: tx)
        try triggers.note(event, context, tx)
        try triggers.gather(event, context, tx)
    }
}

extension PlayTriggers {
    /// Whether any trigger is met by an event.
    func isMet(by event: RecordEvent) -> Bool { !index.met(by: event).isEmpty }

    /// Writes down what triggers an event meets. Leaves the transaction under the scope of the service.
    func note(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let met = index.met(by: event)
        guard !met.isEmpty, let domain = DomainPath(event.domain), let at = event.at?.kept else { return }
        let occurrences = met.map { met in
            Firings.Occurrence(
                trigger: met.trigger.id, edge: met.edge, table: event.table, record: event.id, domain: domain, at: at,
                cause: context.trace.flatMap(TraceContext.cause), engagement: met.engagement)
        }
        _ = try firings.note(occurrences, now: context.now, in: tx)
    }
}
