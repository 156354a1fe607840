import CustomerSuccessWire
import Foundation
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Events are hints, and reach only those that they may concern.
@Suite struct LiveTests {
    private let id = "018f0000-0000-7000-8000-0000000000aa"

    private func event(
        _ table: String, _ id: String, domain: String, record: some Message, action: String = "updated"
    ) throws -> [UInt8] {
        var event = RecordEvent()
        (event.table, event.action) = (table, action)
        event.service = table == "risk_signal" ? "customer-success" : "onboarding"
        event.id = id
        event.domain = domain
        event.record = try record.encodeProtobuf()
        return try event.encodeProtobuf()
    }

    private func signals(_ stream: AsyncStream<LiveSignal>, _ hub: LiveHub) async -> [LiveSignal] {
        // What was told is in the stream before this end of it.
        var all: [LiveSignal] = []
        for await signal in stream {
            if signal == .beat { break }
            all.append(signal)
        }
        return all
    }

    @Test func aPageHearsOfItsRecordAndWhatBelongsToIt() async throws {
        let hub = LiveHub()
        let topic = LiveTopic.record(table: "onboarding_case", id: id)
        let stream = try #require(hub.open(topic, user: "ann", domain: "/provider/"))
        let other = try #require(
            hub.open(.record(table: "onboarding_case", id: "another"), user: "ben", domain: "/provider/"))
        hub.take("s", try event("onboarding_case", id, domain: "/provider/d1/", record: OnboardingCase()))
        var task = LifecycleTask()
        task.parent = id
        hub.take("s", try event("lifecycle_task", "t", domain: "/provider/d1/", record: task))
        hub.tellAll(.beat)
        #expect(await signals(stream, hub) == [.changed, .changed])
        #expect(await signals(other, hub) == [])
    }

    @Test func workIsHeardOfInOnesOwnDomain() async throws {
        let hub = LiveHub()
        let own = try #require(hub.open(.work, user: "ann", domain: "/provider/"))
        let other = try #require(hub.open(.work, user: "ben", domain: "/other/"))
        hub.take("s", try event("lifecycle_task", "t", domain: "/provider/d1/", record: LifecycleTask()))
        hub.tellAll(.beat)
        #expect(await signals(own, hub) == [.changed])
        #expect(await signals(other, hub) == [])
    }

    /// A list hears of its own table, and the landing page of what its cards count.
    @Test func aListHearsOfItsTable() async throws {
        let hub = LiveHub()
        let list = try #require(hub.open(.list(table: "touchpoint"), user: "ann", domain: "/provider/"))
        let elsewhere = try #require(hub.open(.list(table: "touchpoint"), user: "ben", domain: "/other/"))
        let risks = try #require(hub.open(.list(table: "risk_signal"), user: "ann", domain: "/provider/"))
        let work = try #require(hub.open(.work, user: "ann", domain: "/provider/"))
        hub.take("s", try event("touchpoint", "t", domain: "/provider/d1/", record: LifecycleTask()))
        hub.take("s", try event("onboarding_case", "c", domain: "/provider/d1/", record: OnboardingCase()))
        hub.tellAll(.beat)
        #expect(await signals(list, hub) == [.changed])
        #expect(await signals(elsewhere, hub) == [])
        #expect(await signals(risks, hub) == [])
        #expect(await signals(work, hub) == [.changed])
    }

    /// A run that comes further refreshes the page of its import, and no other.
    @Test func progressReachesThePageOfItsImport() async throws {
        let hub = LiveHub()
        let own = try #require(hub.open(.record(table: "import_task", id: id), user: "ann", domain: "/provider/"))
        let other = try #require(
            hub.open(.record(table: "import_task", id: "another"), user: "ann", domain: "/provider/"))
        var progressed = ProgressEvent()
        progressed.importTask = id
        hub.take("ale.v1.events.provider.import-validation.import_run.progressed", try progressed.encodeProtobuf())
        var run = ImportRun()
        run.importTask = id
        hub.take("s", try event("import_run", "r", domain: "/provider/", record: run))
        hub.tellAll(.beat)
        #expect(await signals(own, hub) == [.progress, .progress])
        #expect(await signals(other, hub) == [])
    }

    /// So does a play, step by step, on the page of its run.
    @Test func stepsReachThePageOfTheirRun() async throws {
        let hub = LiveHub()
        let own = try #require(hub.open(.record(table: "flow_run", id: id), user: "ann", domain: "/provider/"))
        let other = try #require(hub.open(.record(table: "flow_run", id: "another"), user: "ann", domain: "/provider/"))
        let work = try #require(hub.open(.work, user: "ann", domain: "/provider/"))
        hub.take("s", try event("flow_run", id, domain: "/provider/", record: FlowRun()))
        hub.tellAll(.beat)
        #expect(await signals(own, hub) == [.progress])
        #expect(await signals(other, hub) == [])
        #expect(await signals(work, hub) == [])
    }

    /// What it listens to is what its NATS user may hear.
    @Test func whatItListensToItMayHear() throws {
        let root = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { folder, _ in folder.deletingLastPathComponent() }
        let rights = try String(contentsOf: root.appendingPathComponent("deploy/nats/config.sh"), encoding: .utf8)
        for subject in LiveHub.subjects { #expect(rights.contains("\"\(subject)\""), "\(subject)") }
    }

    @Test func noticesAreTheReadersAlone() async throws {
        let hub = LiveHub()
        let own = try #require(hub.open(nil, user: "ann", domain: "/provider/"))
        let other = try #require(hub.open(nil, user: "ben", domain: "/provider/"))
        var notice = InAppNotification()
        notice.user = "ann"
        hub.take("s", try event("in_app_notification", "n", domain: "/provider/", record: notice))
        hub.tellAll(.beat)
        #expect(await signals(own, hub) == [.notices])
        #expect(await signals(other, hub) == [])
    }

    @Test func streamsAreBounded() async throws {
        let hub = LiveHub()
        var kept: [AsyncStream<LiveSignal>] = []
        for _ in 0..<LiveHub.limits.person { kept.append(try #require(hub.open(nil, user: "ann", domain: "/"))) }
        let other = try #require(hub.open(nil, user: "ben", domain: "/"))
        // Of one's own pages the oldest gives way: it may have been left long ago.
        kept.append(try #require(hub.open(nil, user: "ann", domain: "/")))
        #expect(hub.count == LiveHub.limits.person + 1)
        hub.tellAll(.beat)
        var heard: [Int] = []
        for (place, stream) in kept.enumerated() {
            let signal = await stream.first { _ in true }
            if signal == .beat { heard.append(place) }
        }
        #expect(heard == Array(1...LiveHub.limits.person))
        let told = await other.first { _ in true }
        #expect(told == .beat)
    }

    @Test(arguments: [
        "work", "list.touchpoint", "onboarding_case.018f0000-0000-7000-8000-0000000000aa",
        "flow_run.018f0000-0000-7000-8000-0000000000aa", "list.contract", "list.definition_record",
        "knowledge_article.018f0000-0000-7000-8000-0000000000aa",
    ])
    func aTopicIsReadAsItIsWritten(text: String) { #expect(LiveTopic(text)?.text == text) }

    @Test(arguments: [
        "", "user.018f0000-0000-7000-8000-0000000000aa", "onboarding_case.1", "a.b.c", "list.user", "list.",
        "list.sign_in_link", "list.nothing",
    ])
    func anythingElseIsNoTopic(text: String) { #expect(LiveTopic(text) == nil) }

    /// What the provider's people work on is theirs alone: a customer does not even hear that it changes.
    @Test(arguments: ["list.risk_signal", "list.opportunity"])
    func customersHearOfTheirOwnListsAlone(topic: String) async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: [id])))
        #expect(try await Browser(bench, session: "good").get("/live?topic=\(topic)").status == 404)
        #expect(LiveTopic("list.onboarding_case")?.isForCustomers == true)
    }

    /// A customer on a page of one's own hears of what is shown there, and of nothing that is the provider's own or another's.
    @Test func customersHearOfWhatIsShownToThem() async throws {
        let (hub, domain, account) = (LiveHub(), "/provider/d1/", "018f0000-0000-7000-8000-0000000000ac")
        func open(_ topic: LiveTopic) throws -> AsyncStream<LiveSignal> {
            try #require(hub.open(topic, user: "carla", domain: domain, accounts: [account]))
        }
        let (own, work) = (try open(.record(table: "onboarding_case", id: id)), try open(.work))
        let engagement = try open(.record(table: "engagement", id: id))
        hub.take("s", try event("onboarding_case", id, domain: domain, record: OnboardingCase(), action: "noted"))
        var task = LifecycleTask()
        (task.parent, task.company) = (id, account)
        hub.take("s", try event("lifecycle_task", "t", domain: domain, record: task))
        var risk = RiskSignal()
        (risk.engagement, risk.account) = (id, account)
        hub.take("s", try event("risk_signal", "r", domain: domain, record: risk))
        task.visibleToCustomer = true
        hub.take("s", try event("lifecycle_task", "t", domain: domain, record: task))
        (task.parent, task.company) = ("another", "018f0000-0000-7000-8000-0000000000ad")
        hub.take("s", try event("lifecycle_task", "u", domain: domain, record: task))
        hub.tellAll(.beat)
        #expect(await signals(own, hub) == [.changed])
        #expect(await signals(work, hub) == [.changed])
        #expect(await signals(engagement, hub) == [])
    }

    /// Of a domain that is none nobody hears anything.
    @Test func aDomainThatIsNoneHearsNothing() {
        #expect(LiveHub().open(.work, user: "ann", domain: "nowhere") == nil)
    }

    /// A list of any table hears of its records; events of what nobody looks at are not even read.
    @Test func listsOfAllTablesHear() async throws {
        let hub = LiveHub()
        let contracts = try #require(hub.open(.list(table: "contract"), user: "ann", domain: "/provider/"))
        func subject(_ service: String, _ table: String) -> String { "ale.v1.events.d.\(service).\(table).created" }
        hub.take(
            subject("onboarding", "contract"), try event("contract", "c", domain: "/provider/", record: Contract()))
        hub.take(subject("onboarding", "location"), Array("no event at all".utf8))
        hub.tellAll(.beat)
        #expect(await signals(contracts, hub) == [.changed])
    }

    /// The page of an objective hears of what its outcomes and milestones come to.
    @Test func anObjectiveHearsOfItsOutcomes() async throws {
        let hub = LiveHub()
        let page = try #require(
            hub.open(.record(table: "success_objective", id: id), user: "ann", domain: "/provider/"))
        let other = try #require(
            hub.open(.record(table: "success_objective", id: "o"), user: "ben", domain: "/provider/"))
        var (outcome, milestone) = (SuccessOutcome(), SuccessMilestone())
        (outcome.successObjective, milestone.successObjective) = (id, id)
        func subject(_ table: String) -> String { "ale.v1.events.d.customer-success.\(table).updated" }
        for (table, record) in [("success_outcome", outcome), ("success_milestone", milestone)]
            as [(String, any Message)]
        {
            hub.take(subject(table), try event(table, "x", domain: "/provider/", record: record))
        }
        hub.tellAll(.beat)
        #expect(await signals(page, hub) == [.changed, .changed])
        #expect(await signals(other, hub) == [])
    }

    /// An initiative names its outcome alone: the page of an objective hears of those of its own, and of one that has come since.
    @Test func anObjectiveHearsOfItsInitiatives() async throws {
        let hub = LiveHub()
        func open(_ objective: String, _ outcomes: [String]) throws -> AsyncStream<LiveSignal> {
            let topic = LiveTopic.record(table: "success_objective", id: objective)
            return try #require(hub.open(topic, user: objective, domain: "/provider/", outcomes: outcomes))
        }
        let (page, other) = (try open(id, ["known"]), try open("o", ["another"]))
        func tell(_ table: String, _ id: String, _ record: some Message) throws {
            let subject = "ale.v1.events.d.customer-success.\(table).updated"
            hub.take(subject, try event(table, id, domain: "/provider/", record: record))
        }
        func initiative(of outcome: String) throws {
            var initiative = SuccessInitiative()
            initiative.successOutcome = outcome
            try tell("success_initiative", "i", initiative)
        }
        try initiative(of: "known")
        try initiative(of: "added")
        var outcome = SuccessOutcome()
        outcome.successObjective = id
        try tell("success_outcome", "added", outcome)
        try initiative(of: "added")
        hub.tellAll(.beat)
        #expect(await signals(page, hub) == [.changed, .changed, .changed])
        #expect(await signals(other, hub) == [])
    }

    /// Which outcomes it has is asked for as its stream is opened.
    @Test func theStreamOfAnObjectiveKnowsItsOutcomes() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions())
        let id = id
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.listSuccessOutcomes) { _, request in
                    var (list, one) = (ListSuccessOutcomesResponse(), SuccessOutcome())
                    one.id = "known"
                    if request.filter == "success_objective = \"\(id)\"" { list.successOutcomes = [one] }
                    return list
                }
            ])
        async let seen = Browser(bench, session: "good").get("/live?topic=success_objective.\(id)")
        try await waitUntil("the stream") { bench.live.count == 1 }
        var initiative = SuccessInitiative()
        initiative.successOutcome = "known"
        bench.live.take(
            "ale.v1.events.d.customer-success.success_initiative.updated",
            try event("success_initiative", "i", domain: "/provider/", record: initiative))
        // Of too many streams of one person the oldest ends.
        let others = (0..<LiveHub.limits.person).compactMap { _ in
            bench.live.open(nil, user: SignedIn.ann().user, domain: "/provider/")
        }
        let text = try await seen.text
        #expect(text.contains("event: changed") && others.count == LiveHub.limits.person)
    }

    /// Whoever may not read a table hears nothing of its list.
    @Test(arguments: ["contract", "definition_record"]) func whoMayNotReadHearsNothing(table: String) async throws {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["sn_acct_lc.touchpoint_read"]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        #expect(try await Browser(bench, session: "good").get("/live?topic=list.\(table)").status == 404)
    }

    /// Each list of the workspace hears of its records.
    @Test(arguments: ListedTable.all.map(\.schema.table))
    func eachListIsHeardOf(table: String) {
        let service = ListedTable.named(table)?.schema.service ?? ""
        #expect(
            LiveHub.subjects.contains { subject in
                ["\(service).\(table).*", "\(service).*.*"].contains { subject.hasSuffix(".\($0)") }
            })
        #expect(LiveTopic.isLive(table))
    }
}
