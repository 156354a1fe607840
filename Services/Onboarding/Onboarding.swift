import ArgumentParser
import Foundation
import Identity
import OnboardingWire
import Platform
import Playbooks
import RPC
import RecommendedActions
import Records
import Wire
import Work

/// Accounts, people, domains and onboarding cases: from signed to live.
public enum Onboarding: ServiceDefinition {
    public static let name = "onboarding"
    public static let summary = "Accounts, people, domains and onboarding cases: from signed to live."
    public static let api = OnboardingAPI.all
    public static let records = OnboardingCatalog.records

    public static var schemaFolder: String {
        Bundle.module.url(forResource: "Schema", withExtension: nil)?.path ?? "Schema"
    }

    public static var commands: [any ParsableCommand.Type] {
        [KeysCommand.self, TokenCommand.self, AdminCommand.self, SystemCommand.self]
    }

    public static func people(_ database: Database) -> (any People)? { Standings(database: database) }

    public static func assemble(_ parts: ServiceParts) async throws -> Assembly {
        let database = parts.database
        let isCaseAutomatic = try parts.settings.bool("ale.onboarding.auto.case", default: true)
        let replicas = replicas(database, parts.client, own: parts.ownCredential)
        let playbooks = playbooks(database)
        let actions = recommendedActions(database)
        let handshakes = try ServiceBridge.handshakes(parts.settings, database)
        let calls = RemoteCalls(playbooks, parts.client)
        let issuer = parts.issuer
        let dates = DateMoveCalls(database, parts.client) { kept in issuer.map { kept.credential($0, by: name) } }
        let signIn = try SignIn(parts)
        return Assembly(
            endpoints: endpoints(
                database, replicas, playbooks, try parts.settings.attachmentBounds(), handshakes?.wake ?? Signal(),
                signIn, dates.wake),
            replicas: replicas,
            handlers: [AutomaticCase.handler(database, isOn: isCaseAutomatic), playbookTrigger(playbooks)],
            background: [
                Background("playbook calls", isSingle: false) { await calls.run() },
                Background("playbook migrations", isSingle: false) { await MigrationCalls(playbooks).run() },
                Background("moves of dates", isSingle: false) { await dates.run() },
                PlaybookAdoption.background(playbooks),
            ] + daily(database).map { $0.background(database) } + ServiceBridge.background(handshakes)
                + signIn.background,
            prepare: {
                try await OnboardingSeed.run(database)
                try await PortalHeader.seed(database)
                try await PlaybookSeed.run(playbooks)
                try await actions.seed(ShippedActions.all)
                try await KnowledgeSeed.run(database)
            })
    }

    /// What it does each day, beside what sign-in cleans up.
    private static func daily(_ database: Database) -> [DailyJob] {
        [CardSnapshots.job(database), DailyJob("expired-exports", Exports(database).removeExpired)]
    }

    /// Everything the service answers.
    static func endpoints(
        _ database: Database, _ replicas: ReplicaSet, _ playbooks: Playbooks,
        _ attachments: AttachmentBounds = .standard, _ handshakes: Signal = Signal(), _ signIn: SignIn? = nil,
        _ dates: Signal = Signal()
    ) -> RecordEndpoints {
        var endpoints = RecordEndpoints(
            database, api: api, replicas: replicas.source, attachments: attachments)
        endpoints.add(Domain.self)
        endpoints.add(CustomerAccount.self)
        endpoints.add(CustomerContact.self)
        endpoints.add(User.self)
        endpoints.add(RoleGrant.self)
        addFoundation(to: &endpoints)
        endpoints.add(ResponsibilityDefinition.self)
        endpoints.add(OnboardingCase.self) { brought, _ async throws(Problem) in
            guard brought.values.state == OnboardingCase.State.closed else { return }
            await OnboardingCase.refreshImportTasks(of: brought.values.id, replicas)
        }
        endpoints.add(OnboardingCase.closeEndpoint(database, replicas))
        endpoints.add(LifecycleTask.self)
        endpoints.add(CaseTeamMember.self)
        endpoints.add(AccountHoliday.self)
        endpoints.add(DateMoves(database, dates).endpoints)
        endpoints.add(listed: TeamMessage.self)
        endpoints.add(listed: ConsumerRegistration.self)
        endpoints.add(ConsumerRegistration.endpoints(database, handshakes))
        endpoints.add(listed: SignInLink.self)
        let signIn = signIn ?? SignIn(database, issuer: nil)
        endpoints.add(signIn.endpoints)
        endpoints.add(health(database, signIn))
        endpoints.add(KnowledgeArticle.self)
        endpoints.add(KnowledgeRule.self)
        endpoints.add(KnowledgeLink.self)
        endpoints.add(KnowledgeEndpoints(database: database).endpoints)
        endpoints.add(playbooks.runEndpoints(api, replicas: replicas.source))
        endpoints.add(playbooks.definitionEndpoints(api))
        endpoints.add(playbooks.migrationEndpoints(api))
        endpoints.add(recommendedActions(database).actionEndpoints(api, replicas: replicas.source))
        endpoints.add(LandingPages(database).endpoints)
        endpoints.add(CasePages(database).endpoint)
        endpoints.add(TaskPages(database).endpoint)
        endpoints.add(BesideImports(database).endpoint)
        endpoints.add(PortalHeaderField.self)
        endpoints.add(PortalPages(database).endpoints)
        endpoints.add(PortalRecords(database).endpoints)
        endpoints.add(WorkSearch.endpoint(database))
        endpoints.add(SavedViews(database).endpoints)
        endpoints.add(Exports(database).endpoint(OnboardingAPI.readExport))
        endpoints.add(replicas.endpoints(OnboardingAPI.listReplicas, OnboardingAPI.rebuildReplica))
        endpoints.add(endpoints.changes(OnboardingAPI.listChangesOfOnboarding))
        let described = endpoints.described
        endpoints.add(CustomerAccount.escalationEndpoints(database))
        endpoints.add(ReferenceSearch.endpoint(database))
        endpoints.add(Publishing.endpoint(database))
        endpoints.add(SettledPublishing.published(database))
        endpoints.add(SettledPublishing.unpublished(database))
        endpoints.add(Unpublishing.endpoint(database))
        endpoints.add(Standings(database: database).endpoint)
        endpoints.add(
            Endpoint(OnboardingAPI.describeOnboarding) { call, request async throws(Problem) in
                try DictionaryDescription.answer(described, request, call)
            })
        return endpoints
    }

    /// How the service is.
    private static func health(_ database: Database, _ signIn: SignIn) -> [Endpoint] {
        let queues = [
            "playbook_call", "playbook_migration_call", "date_move_call", "consumer_handshake", "forgotten_password",
        ]
        let jobs = daily(database) + [signIn.job]
        return [
            HealthReport.endpoint(
                OnboardingAPI.showOnboardingHealth, database, queues: queues.map { QueueLook($0) }, jobs: jobs),
            DailyJob.endpoint(OnboardingAPI.runOnboardingJob, database, jobs),
        ]
    }

    /// What an account has.
    private static func addFoundation(to endpoints: inout RecordEndpoints) {
        endpoints.add(Location.self)
        endpoints.add(Contract.self)
        endpoints.add(SoldProduct.self)
        endpoints.add(ServiceEntitlement.self)
        endpoints.add(InstallBaseItem.self)
        endpoints.add(AccountAddressRelationship.self)
        endpoints.add(SoldProductInstallBaseM2m.self)
    }
}
