import Foundation
import Identity
import Platform
import PlayLauncherWire
import RPC
import Records
import Wire
import Work

/// Launches success plays and runs their subflows durably.
public enum PlayLauncher: ServiceDefinition {
    public static let name = "play-launcher"
    public static let summary = "Launches success plays and runs their subflows durably."
    public static let api = PlayLauncherAPI.all
    public static let records = PlayLauncherCatalog.records

    public static var schemaFolder: String {
        Bundle.module.url(forResource: "Schema", withExtension: nil)?.path ?? "Schema"
    }

    public static func assemble(_ parts: ServiceParts) async throws -> Assembly {
        guard let issuer = parts.issuer else {
            throw ConfigurationError("ALE_SERVICE_KEY_FILE must be set: runs act for the people who launched them.")
        }
        let made = make(parts.database, parts.client, issuer, parts.people, FlowHosts(parts.settings))
        return Assembly(
            endpoints: made.endpoints, handlers: made.events.handlers,
            background: [
                Background("flow runner", isSingle: false) { await made.runner.run() },
                Background("flow event types", isSingle: false) { await made.heard.run() },
                Background("firings", isSingle: false) { await made.triggers.launcher.run() },
                Background("known triggers", isSingle: false) { await made.triggers.keepKnown() },
                Background("looks of triggers", isSingle: true) { await made.triggers.look() },
                job(parts.database).background(parts.database),
            ],
            prepare: {
                try await made.seed.prepare()
                // Before the first event is taken: one that concerns nobody is not looked at again.
                try await made.heard.read()
                try await made.triggers.refresh()
            })
    }

    /// What it does each day.
    private static func job(_ database: Database) -> DailyJob {
        DailyJob("expired-firings", FiringRetention(database: database).removeExpired)
    }

    /// What the service is made of, apart from the process around it.
    struct Parts {
        let endpoints: RecordEndpoints
        let runner: Runner
        let seed: PlaySeed
        let triggers: PlayTriggers
        let heard: HeardTypes
        let events: PlayEvents
    }

    /// Makes it.
    static func make(
        _ database: Database, _ client: Client, _ issuer: Issuer, _ people: any People,
        _ hosts: FlowHosts = FlowHosts()
    ) -> Parts {
        let library = FlowLibrary()
        let runner = Runner(database, client, issuer, people, library, hosts)
        let plays = Plays(database: database, client: client, library: library, runner: runner)
        let triggers = PlayTriggers(database, client, issuer, people, plays)
        var endpoints = RecordEndpoints(database, api: api)
        endpoints.add(AleChoice.self)
        endpoints.add(DefinitionRecord.self)
        endpoints.add(listed: FlowDefinition.self)
        endpoints.add(listed: FlowRun.self)
        endpoints.add(PlayTrigger.self)
        endpoints.add(listed: PlayFiring.self)
        endpoints.add(createFlowDefinition(database, hosts))
        endpoints.add(plays.endpoints)
        endpoints.add(triggers.endpoints)
        endpoints.add(FlowComparisons(database: database).endpoint)
        endpoints.add(PlaySearch.endpoint(database))
        let jobs = [job(database)]
        endpoints.add(
            HealthReport.endpoint(
                PlayLauncherAPI.showPlayHealth, database,
                queues: [.init("flow_execution", open: Runner.open), .init("firing_work")], jobs: jobs))
        endpoints.add(DailyJob.endpoint(PlayLauncherAPI.runPlayJob, database, jobs))
        let described = endpoints.described
        endpoints.add(
            Endpoint(PlayLauncherAPI.describePlayLauncher) { call, request async throws(Problem) in
                try DictionaryDescription.answer(described, request, call)
            })
        let heard = HeardTypes(database)
        return Parts(
            endpoints: endpoints, runner: runner, seed: PlaySeed(database: database), triggers: triggers, heard: heard,
            events: PlayEvents(triggers: triggers, heard: heard, runner: runner))
    }

    /// Flow definitions are created and read, never changed: a new text is a new version.
    private static func createFlowDefinition(_ database: Database, _ hosts: FlowHosts) -> Endpoint {
        let method = PlayLauncherAPI.createFlowDefinition
        return Endpoint(method) { call, request async throws(Problem) in
            try hosts.check(request.resource)
            return try await database.perform(
                call, method.name, request, requestID: request.requestID, validateOnly: request.validateOnly
            ) { tx, context in
                let store = Store<FlowDefinition>(database)
                return store.projected(
                    try store.create(request.resource ?? FlowDefinition(), context, in: tx), for: call.caller)
            }
        }
    }
}
