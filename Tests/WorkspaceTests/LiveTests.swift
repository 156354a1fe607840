import Foundation
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import Testing
import Wire

@testable import WorkspaceService

/// Events are hints, and reach only those that they may concern.
@Suite struct LiveTests {
    private let id = "018f0000-0000-7000-8000-0000000000aa"

    private func event(_ table: String, _ id: String, domain: String, record: some Message) throws -> [UInt8] {
        var event = RecordEvent()
        event.table = table
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
        "flow_run.018f0000-0000-7000-8000-0000000000aa",
    ])
    func aTopicIsReadAsItIsWritten(text: String) { #expect(LiveTopic(text)?.text == text) }

    @Test(arguments: [
        "", "user.018f0000-0000-7000-8000-0000000000aa", "onboarding_case.1", "a.b.c", "list.user", "list.",
    ])
    func anythingElseIsNoTopic(text: String) { #expect(LiveTopic(text) == nil) }

    /// What the provider's people work on is theirs alone: a customer does not even hear that it changes.
    @Test(arguments: ["work", "list.risk_signal", "list.opportunity"])
    func customersHearOfTheirOwnListsAlone(topic: String) async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: [id])))
        #expect(try await Browser(bench, session: "good").get("/live?topic=\(topic)").status == 404)
        #expect(LiveTopic("list.onboarding_case")?.isForCustomers == true)
    }

    /// Each list of the workspace hears of its records.
    @Test(arguments: ListedTable.all.map(\.schema.table))
    func eachListIsHeardOf(table: String) {
        #expect(LiveHub.subjects.contains { $0.split(separator: ".").dropLast().last.map(String.init) == table })
    }
}
