import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// A task from where it begins to where it ends, on its page: what is offered, what is asked of onboarding, and what its form names.
@Suite struct TaskMoveTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ab"
    private static let watcher = "018f0000-0000-7000-8000-0000000000ac"
    private static let href = "/tasks/ALETSK0001001"

    private static func record(_ state: String, activity: String? = nil) -> LifecycleTask {
        var record = LifecycleTask()
        (record.id, record.number, record.etag, record.state) = (id, "ALETSK0001001", "7", state)
        (record.assignedTo, record.company, record.responsibility) = ("u-1", "acc-1", "r-1")
        (record.playbookActivity, record.watchList) = (activity, [watcher])
        record.active = ![LifecycleTask.State.closed, LifecycleTask.State.canceled].contains(state)
        return record
    }

    private func browser(_ record: LifecycleTask, said: Said = Said()) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in record },
                Endpoint(OnboardingAPI.getOnboardingTaskPage) { _, _ in
                    var (page, person) = (OnboardingTaskPage(), NamedPerson())
                    (person.user, person.name) = (Self.watcher, "Wanda Watcher")
                    (page.lifecycleTask, page.names, page.responsibility) = (record, [person], "Key developer")
                    return page
                },
                Endpoint(OnboardingAPI.updateLifecycleTask) { _, request in
                    let (new, mask) = (request.lifecycleTask ?? LifecycleTask(), request.updateMask?.paths ?? [])
                    said.add("\(mask) \(new.etag) \(new.state ?? "") \(new.responsibility ?? "") \(new.watchList)")
                    return record
                },
                Endpoint(OnboardingAPI.cancelLifecycleTask) { _, request async throws(Problem) in
                    said.add("cancel \(request.etag) \(request.closeNotes)")
                    guard !request.closeNotes.isEmpty else {
                        throw .invalid(
                            field: LifecycleTask.path(.closeNotes), Text(en: "Say why.", ko: "사유를 입력하세요."))
                    }
                    return record
                },
            ])
        return Browser(bench, session: "good")
    }

    /// A task waits for either side, and goes to any open state but its own (G-02).
    @Test(arguments: [
        ("open", ["in_progress", "awaiting_customer", "awaiting_internal", "review", "closed"]),
        ("awaiting_internal", ["in_progress", "awaiting_customer", "review", "closed"]),
        ("review", ["in_progress", "awaiting_customer", "awaiting_internal", "closed"]), ("canceled", ["reopen"]),
    ])
    func aTaskGoesToAnyOpenState(state: String, goals: [String]) async throws {
        let said = Said()
        let browser = try await browser(Self.record(state), said: said)
        let page = try await browser.get(Self.href)
        let offered = page.text.matches(of: #/name="to" value="([^"]+)"/#).map { String($0.output.1) }
        #expect(offered == goals + (state == "canceled" ? [] : ["canceled"]))
        guard goals.contains("awaiting_internal") else { return }
        let done = try await browser.post(
            "\(Self.href)/move", [("csrf", page.csrf), ("etag", "7"), ("to", "awaiting_internal")])
        let undo = "\(Self.href)/move?to=\(state)&etag=7"
        #expect(done.location == "\(Self.href)?done=moved&undo=\(Fields.encoded(undo))")
        #expect(said.texts == ["[\"state\"] 7 awaiting_internal  []"])
    }

    /// A task is canceled with what is said of it; what the service refuses stands in the form, which stays open.
    @Test func aTaskIsCanceledAndTakenBack() async throws {
        let said = Said()
        let browser = try await browser(Self.record("in_progress"), said: said)
        let csrf = try await browser.get(Self.href).csrf
        func cancel(_ notes: String) async throws -> Bench.Seen {
            try await browser.post(
                "\(Self.href)/move", [("csrf", csrf), ("etag", "7"), ("to", "canceled"), ("canceled-notes", notes)])
        }
        let refused = try await cancel("")
        #expect(refused.status == 422 && refused.text.contains("<details class=\"menu\" open>"))
        #expect(refused.text.contains("id=\"canceled-notes-wrong\">Say why."))
        let undo = "\(Self.href)/move?to=reopen&etag=7"
        #expect(try await cancel("Twice.").location == "\(Self.href)?done=moved&undo=\(Fields.encoded(undo))")
        #expect(said.texts == ["cancel 7 ", "cancel 7 Twice."])
        // With a task of the playbook its activity ends: that is not taken back by opening the task.
        let made = try await self.browser(Self.record("open", activity: "act-1"))
        let done = try await made.post(
            "\(Self.href)/move", [("csrf", csrf), ("etag", "7"), ("to", "canceled"), ("canceled-notes", "Twice.")])
        #expect(done.location == "\(Self.href)?done=moved")
    }

    /// The form names who watches and what is answered for by the answer of the page, and offers what the rules take: contacts of
    /// the account, and no responsibility of a squad (G-43).
    @Test func theFormNamesWhatTheTaskRefersTo() async throws {
        let said = Said()
        let browser = try await browser(Self.record("open"), said: said)
        let page = try await browser.get(Self.href)
        let squad = Fields.encoded("NOT side = \"squad\"")
        let contacts = Fields.encoded("account = \"acc-1\"")
        for text in [
            "value=\"\(Self.watcher)\" checked> Wanda Watcher",
            "name=\"responsibility-text\" type=\"text\" value=\"Key developer\"",
            "/choose/responsibility_definition?filter=\(squad)", "/choose/customer_contact?filter=\(contacts)",
            "data-choose=\"/choose/user\"",
        ] { #expect(page.text.contains(text), "\(text)") }
        let was = [("was-responsibility", "r-1"), ("was-watch_list", "[\"\(Self.watcher)\"]"), ("etag", "7")]
        let added = "018f0000-0000-7000-8000-0000000000ad"
        let done = try await browser.post(
            Self.href,
            [("csrf", page.csrf)] + was + [
                ("responsibility", "r-2"), ("responsibility-text", "Architect"), ("watch_list", Self.watcher),
                ("watch_list-add", added),
                ("watch_list-add-text", "Olivia"),
            ])
        #expect(done.location.hasPrefix("\(Self.href)?done=saved&saved=edit&undo="))
        #expect(said.texts == ["[\"responsibility\", \"watch_list\"] 7  r-2 \([Self.watcher, added])"])
    }
}
