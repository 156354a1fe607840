import CustomerSuccessWire
import Foundation
import OnboardingWire
import Platform
import Playbooks
import RPC
import RecommendedActions
import Records
import Wire
import Work

/// The journey after go-live: engagements and everything done for them.
public enum CustomerSuccess: ServiceDefinition {
    public static let name = "customer-success"
    public static let summary = "Engagements with their objectives, cases, touchpoints, plays and risks."
    public static let api = CustomerSuccessAPI.all
    public static let records = CustomerSuccessCatalog.records

    public static var schemaFolder: String {
        Bundle.module.url(forResource: "Schema", withExtension: nil)?.path ?? "Schema"
    }

    public static func assemble(_ parts: ServiceParts) async throws -> Assembly {
        let replicas = replicas(parts.database, parts.client, own: parts.ownCredential)
        let jobs = jobs(
            parts.database, watchesRenewals: try parts.settings.bool("ale.renewal.watch", default: false))
        let playbooks = playbooks(parts.database)
        return Assembly(
            endpoints: endpoints(
                parts.database, replicas, jobs, playbooks, parts.client, try parts.settings.attachmentBounds()),
            replicas: replicas,
            handlers: [playbookTrigger(playbooks)],
            background: [
                Background("playbook migrations", isSingle: false) { await MigrationCalls(playbooks).run() }
            ] + jobs.filter { $0.offUntil == nil }.map { $0.background(parts.database) },
            prepare: {
                try await SuccessActivities.seed(playbooks)
                let actions = recommendedActions(parts.database, parts.client)
                try await actions.seed(ShippedSuccessActions.all)
            })
    }

    /// What the service does every day, and what it would do if it was configured.
    static func jobs(_ database: Database, watchesRenewals: Bool) -> [DailyJob] {
        [
            DailyJob("renewal-dates", RenewalDates(database).run),
            SuccessMilestone.missOverdue(database),
            DailyJob("scorecard-snapshots", ScorecardSnapshots(database).run),
            DailyJob("expired-exports", Exports(database).removeExpired),
            DailyJob(
                "renewal-watch", offUntil: watchesRenewals ? nil : "ALE_RENEWAL_WATCH", RenewalWatch(database).run),
            DailyJob(
                "renewal-opportunities", offUntil: watchesRenewals ? nil : "ALE_RENEWAL_WATCH",
                RenewalOpportunities(database).run),
        ]
    }

    /// What the service answers.
    static func endpoints(
        _ database: Database, _ replicas: ReplicaSet, _ jobs: [DailyJob], _ playbooks: Playbooks,
        _ client: Client, _ attachments: AttachmentBounds = .standard
    ) -> RecordEndpoints {
        var endpoints = RecordEndpoints(
            database, api: api, replicas: replicas.source, attachments: attachments)
        endpoints.add(SquadMember.self)
        endpoints.add(Engagement.self) { brought, _ async throws(Problem) in
            await replicas.refresh(OnboardingCase.self, brought.values.initialOnboarding)
        }
        endpoints.add(EngagementContract.self) { brought, _ async throws(Problem) in
            await replicas.refresh(Contract.self, brought.values.contract)
        }
        endpoints.add(SuccessObjective.self)
        endpoints.add(SuccessOutcome.self)
        endpoints.add(SuccessMilestone.self)
        endpoints.add(SuccessInitiative.self)
        endpoints.add(CloseInitiative.endpoint(database))
        endpoints.add(SuccessCase.self)
        endpoints.add(SuccessTask.self)
        endpoints.add(Touchpoint.self)
        endpoints.add(InternalPlay.self)
        endpoints.add(InternalPlayTask.self)
        endpoints.add(RiskSignal.self)
        endpoints.add(RiskSignalSolution.self)
        endpoints.add(Opportunity.self)
        endpoints.add(listed: Measurement.self)
        endpoints.add(listed: ProductUsage.self)
        endpoints.add(MeasurementWriting(database).endpoints)
        endpoints.add(ResponseTemplate.self)
        endpoints.add(CaseServiceDefinition.self)
        endpoints.add(playbooks.runEndpoints(api, replicas: replicas.source))
        endpoints.add(playbooks.definitionEndpoints(api))
        endpoints.add(playbooks.migrationEndpoints(api))
        endpoints.add(recommendedActions(database, client).actionEndpoints(api, replicas: replicas.source))
        endpoints.add(TemplateRendering(database).endpoint)
        endpoints.add(LandingPages(database).endpoints)
        endpoints.add(EngagementPages(database).endpoint)
        endpoints.add(ObjectivePages(database).endpoint)
        endpoints.add(PortalWorkPages(database).endpoints)
        endpoints.add([PortalSuccessPage(database).endpoint])
        SuccessPlans(database).add(to: &endpoints)
        endpoints.add(SuccessSearch.endpoint(database))
        endpoints.add(DailyJob.endpoint(CustomerSuccessAPI.runJob, database, jobs))
        endpoints.add(
            HealthReport.endpoint(
                CustomerSuccessAPI.showSuccessHealth, database,
                queues: [.init("playbook_call"), .init("playbook_migration_call")], jobs: jobs))
        endpoints.add(Exports(database).endpoint(CustomerSuccessAPI.readExport))
        endpoints.add(Referrers(database, records).endpoint(CustomerSuccessAPI.findReferences, database))
        endpoints.add(replicas.endpoints(CustomerSuccessAPI.listReplicas, CustomerSuccessAPI.rebuildReplica))
        endpoints.add(endpoints.changes(CustomerSuccessAPI.listChangesOfCustomerSuccess))
        let described = endpoints.described
        endpoints.add(
            Endpoint(CustomerSuccessAPI.describeCustomerSuccess) { call, request async throws(Problem) in
                try DictionaryDescription.answer(described, request, call)
            })
        return endpoints
    }
}
