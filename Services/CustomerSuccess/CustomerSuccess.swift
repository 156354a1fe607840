import Foundation
import Platform
import RPC
import Records
import Wire

/// The journey after go-live: engagements and everything done for them.
public enum CustomerSuccess: ServiceDefinition {
    public static let name = "customer-success"
    public static let summary = "Engagements with their objectives, cases, touchpoints, plays and risks."
    public static let api = CustomerSuccessAPI.all

    public static var schemaFolder: String {
        Bundle.module.url(forResource: "Schema", withExtension: nil)?.path ?? "Schema"
    }

    public static func assemble(_ context: ServiceContext) async throws -> Assembly {
        let replicas = Replicas(context.database, context.client, own: context.ownCredential)
        var jobs = [DailyJob("renewal-dates", RenewalDates(context.database).run)]
        jobs.append(DailyJob("expired-exports", Exports(context.database).removeExpired))
        if try context.settings.bool("ale.renewal.watch", default: false) {
            jobs.append(DailyJob("renewal-watch", RenewalWatch(context.database).run))
        }
        return Assembly(
            endpoints: endpoints(context.database, replicas), handlers: replicas.handlers,
            background: jobs.map { $0.background(context.database) })
    }

    /// What the service answers.
    static func endpoints(_ database: Database, _ replicas: Replicas) -> RecordEndpoints {
        var endpoints = RecordEndpoints(database, api: api, replicas: replicas.source)
        endpoints.add(SquadMember.self)
        endpoints.add(Engagement.self) { engagement async throws(Problem) in
            await replicas.refresh("onboarding_case", engagement.initialOnboarding)
        }
        endpoints.add(EngagementContract.self) { link async throws(Problem) in
            await replicas.refresh("contract", link.contract)
        }
        endpoints.add(SuccessObjective.self)
        endpoints.add(SuccessOutcome.self)
        endpoints.add(SuccessInitiative.self)
        endpoints.add(CloseInitiative.endpoint(database))
        endpoints.add(SuccessCase.self)
        endpoints.add(SuccessTask.self)
        endpoints.add(Touchpoint.self)
        endpoints.add(InternalPlay.self)
        endpoints.add(InternalPlayTask.self)
        endpoints.add(RiskSignal.self)
        endpoints.add(RiskSignalSolution.self)
        endpoints.add(Exports(database).endpoint(CustomerSuccessAPI.readExport))
        let described = endpoints.described
        endpoints.add(
            Endpoint(CustomerSuccessAPI.describeCustomerSuccess) { call, request async throws(Problem) in
                try DictionaryDescription.answer(described, request, call)
            })
        return endpoints
    }
}
