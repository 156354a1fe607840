import CustomerSuccessWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// Pages that are opened now and then, each against what it has to ask.
extension MeasuredPages {
    var others: [MeasuredPage] { ofOnboarding + ofPeople + ofSuccess }

    private var ofOnboarding: [MeasuredPage] {
        let (client, agent, customer, tasks) = (data.client, data.agent, data.customer, ownTasks)
        let (record, move) = (ownCases.first ?? "", move)
        return [
            MeasuredPage(
                name: "task in the portal", reader: .customer, path: { "/portal/tasks/\(Self.any(tasks))" },
                request: {
                    var page = GetPortalTaskRequest()
                    (page.id, page.items) = (Self.any(tasks), 50)
                    _ = try await client.call(OnboardingAPI.getPortalTask, page, as: customer)
                }),
            MeasuredPage(
                name: "what a go-live date would move", path: { "/cases/\(record)/go-live?move=\(move)" },
                request: {
                    var (get, moved) = (GetRequest(), GetRequest())
                    (get.id, moved.id) = (record, move)
                    let asked = moved
                    async let told = client.call(OnboardingAPI.getDateMove, asked, as: agent)
                    _ = try await client.call(OnboardingAPI.getOnboardingCase, get, as: agent)
                    _ = try await told
                }),
        ]
    }

    private var ofPeople: [MeasuredPage] {
        let (client, agent, customer) = (data.client, data.agent, data.customer)
        return [
            MeasuredPage(
                name: "people to invite", reader: .customer, path: { "/people" },
                request: { _ = try await client.call(OnboardingAPI.listInvitees, ListInviteesRequest(), as: customer) }),
            MeasuredPage(
                name: "notices", path: { "/notices" },
                request: {
                    var request = ListRequest()
                    request.pageSize = 50
                    _ = try await client.call(NotifierAPI.listInAppNotifications, request, as: agent)
                }),
        ]
    }

    private var ofSuccess: [MeasuredPage] {
        let (client, manager, engagement) = (data.client, data.successManager, engagement)
        let record = ownCases.first ?? ""
        return [
            MeasuredPage(
                name: "launcher of plays", reader: .manager, path: { "/plays?source=onboarding_case:\(record)" },
                request: {
                    var (offer, runs) = (ListPlayCategoriesRequest(), ListRequest())
                    offer.sourceTable = OnboardingCase.schema.table
                    (runs.filter, runs.pageSize) = ("source_record = \"\(record)\" AND NOT state = \"started\"", 10)
                    let (latest, named) = (runs, Self.named([record]))
                    async let last = client.call(PlayLauncherAPI.listFlowRuns, latest, as: manager)
                    async let called = client.call(OnboardingAPI.listOnboardingCases, named, as: manager)
                    _ = try await client.call(PlayLauncherAPI.listPlayCategories, offer, as: manager)
                    _ = try await (last, called)
                }),
            MeasuredPage(
                name: "landing page of customer success", reader: .manager, path: { "/success" },
                request: {
                    var request = GetLandingPageRequest()
                    (request.portfolio, request.engagements) = (25, 1)
                    _ = try await client.call(CustomerSuccessAPI.getLandingPage, request, as: manager)
                }),
            MeasuredPage(
                name: "engagement", reader: .manager, path: { "/engagements/\(engagement)" },
                request: {
                    var request = GetEngagementPageRequest()
                    request.id = engagement
                    var runs = ListRequest()
                    (runs.filter, runs.pageSize) = ("engagement = \"\(engagement)\" AND NOT state = \"started\"", 10)
                    let asked = runs
                    async let plays = client.call(PlayLauncherAPI.listFlowRuns, asked, as: manager)
                    _ = try await client.call(CustomerSuccessAPI.getEngagementPage, request, as: manager)
                    _ = try await plays
                }),
            MeasuredPage(
                name: "who was told of plays", reader: .manager, path: { "/plays/notifiers" },
                request: {
                    var request = ListRequest()
                    request.pageSize = 25
                    let found = try await client.call(NotifierAPI.listFollowedPlays, request, as: manager).plays
                    let named = Self.named(found.map { $0.notifier?.sourceRecord })
                    _ = try await client.call(OnboardingAPI.listOnboardingCases, named, as: manager)
                }),
            MeasuredPage(
                name: "plan of an engagement", reader: .manager, path: { "/engagements/\(engagement)/plan" },
                request: {
                    var request = GetSuccessPlanRequest()
                    request.id = engagement
                    _ = try await client.call(CustomerSuccessAPI.getSuccessPlan, request, as: manager)
                }),
        ]
    }

    /// Pages that are opened now and then, of which the first byte and the weight are measured alone.
    var opened: [MeasuredPage] {
        let addresses = ofWork + ofCustomers + [(.nobody, "/sign-in"), (.nobody, "/forgotten"), (.nobody, "/reset")]
        return addresses.map { reader, address in
            MeasuredPage(name: "\(address.prefix { $0 != "?" })", reader: reader, path: { address })
        }
    }

    private var ofWork: [(MeasuredPage.Reader, String)] {
        let (record, task, account) = (ownCases.first ?? "", ownTasks.first ?? "", data.account)
        let agent = [
            "/lists/lifecycle_task?active=true", "/lists/import_task", "/onboarding/list?card=my_active_cases",
            "/cases/new",
            "/cases/\(record)/go-live", "/tasks/\(task)/due-date", "/tasks/\(task)/register", "/person",
            "/records/customer_account/new", "/records/customer_account/\(account)", "/accounts/\(account)/holidays",
            "/articles/consumer_guide",
        ]
        let manager = [
            "/lists/engagement", "/success?engagement=\(engagement)", "/lists/touchpoint",
            "/plays/blueprints?source=engagement:\(engagement)", "/records/touchpoint/new?engagement=\(engagement)",
            "/objectives/\(success.objective)", "/records/touchpoint/\(success.touchpoint)",
        ]
        return agent.map { (.agent, $0) } + manager.map { (.manager, $0) }
    }

    private var ofCustomers: [(MeasuredPage.Reader, String)] {
        let record = ownCases.first ?? ""
        return [
            "/portal/list/all_cases", "/portal/cases/\(record)/tasks", "/portal/engagements/\(engagement)",
            "/portal/engagements/\(engagement)/plan", "/portal/initiatives/\(success.initiative)",
            "/portal/success-cases/\(success.successCase)", "/portal/touchpoints/\(success.touchpoint)",
        ].map { (.customer, $0) }
    }
}
