import ImportValidationWire
import OnboardingWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// Two people at one record: what each has changed is kept, and where both have, whoever comes second chooses.
@Suite struct EditTests {
    private static let id = "018f0000-0000-7000-8000-0000000000cc"

    /// A task that is stored, changed by whoever has its etag.
    private final class Stored: Sendable {
        private let task: Mutex<LifecycleTask>
        let said = Said()

        init() {
            var task = LifecycleTask()
            (task.id, task.etag, task.number, task.state) = (id, "1", "ALETSK0001", LifecycleTask.State.open)
            (task.shortDescription, task.description, task.priority) = ("Order laptops", "Ten of them", 4)
            self.task = Mutex(task)
        }

        var value: LifecycleTask { task.withLock { $0 } }

        /// Somebody else saves.
        func change(_ edit: (inout LifecycleTask) -> Void) {
            task.withLock { task in
                edit(&task)
                task.etag = "\((Int(task.etag) ?? 0) + 1)"
            }
        }

        private func takeBack(_ request: BatchUpdateLifecycleTasksRequest) -> BatchResponse {
            var response = BatchResponse()
            for new in request.lifecycleTasks {
                var result = BatchResult()
                result.id = new.id
                if new.etag == value.etag {
                    said.add("back: \((request.updateMask?.paths ?? []).joined(separator: " "))")
                    change { ($0.description, $0.priority) = (new.description, new.priority) }
                    response.succeeded += 1
                } else {
                    result.error = Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
                        .status(language: "en")
                    response.failed += 1
                }
                response.results.append(result)
            }
            return response
        }

        var endpoints: [Endpoint] {
            [
                Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in self.value },
                Endpoint(OnboardingAPI.getOnboardingTaskPage) { _, _ in
                    var page = OnboardingTaskPage()
                    page.lifecycleTask = self.value
                    return page
                },
                Endpoint(OnboardingAPI.reopenLifecycleTask) { _, _ in
                    self.said.add("reopened")
                    return self.value
                },
                Endpoint(OnboardingAPI.updateLifecycleTask) { _, request async throws(Problem) in
                    let new = request.lifecycleTask ?? LifecycleTask()
                    guard new.etag.isEmpty || new.etag == self.value.etag else {
                        throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "다른 사용자가 먼저 변경했습니다."))
                    }
                    let paths = request.updateMask?.paths ?? []
                    self.said.add(paths.joined(separator: " "))
                    self.change { task in
                        if paths.contains("short_description") { task.shortDescription = new.shortDescription }
                        if paths.contains("description") { task.description = new.description }
                        if paths.contains("priority") { task.priority = new.priority }
                        if paths.contains("state") { task.state = new.state }
                    }
                    return self.value
                },
                Endpoint(OnboardingAPI.batchUpdateLifecycleTasks) { _, request in self.takeBack(request) },
            ]
        }
    }

    private static let form = [
        ("was-short_description", "Order laptops"), ("was-description", "Ten of them"), ("was-priority", "4"),
        ("was-progress", ""), ("was-assigned_to", ""), ("was-visible_to_customer", ""),
        ("etag", "1"),
    ]

    private func opened() async throws -> (Browser, Stored, String) {
        let bench = try Bench()
        let stored = Stored()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", stored.endpoints)
        let browser = Browser(bench, session: "good")
        let page = try await browser.get("/tasks/ALETSK0001")
        #expect(page.text.contains("name=\"was-priority\" value=\"4\""))
        return (browser, stored, page.csrf)
    }

    @Test func onlyWhatWasChangedIsWritten() async throws {
        let (browser, stored, csrf) = try await opened()
        let done = try await browser.post(
            "/tasks/ALETSK0001",
            [("csrf", csrf)] + Self.form + [
                ("short_description", "Order laptops"), ("description", "Ten of\r\nthem"), ("priority", "4"),
            ])
        #expect(done.location.hasPrefix("/tasks/ALETSK0001?done=saved"))
        #expect(stored.said.texts == ["description"])
        // Nothing changed, nothing written.
        let same = try await browser.post(
            "/tasks/ALETSK0001",
            [("csrf", csrf)] + Self.form + [
                ("short_description", "Order laptops"), ("description", "Ten of them"), ("priority", "4"),
            ])
        #expect(same.status == 303 && stored.said.texts.count == 1)
    }

    @Test func whatOthersSavedInOtherFieldsStays() async throws {
        let (browser, stored, csrf) = try await opened()
        stored.change { $0.priority = 2 }
        let done = try await browser.post(
            "/tasks/ALETSK0001",
            [("csrf", csrf)] + Self.form + [
                ("short_description", "Order phones"), ("description", "Ten of them"), ("priority", "4"),
            ])
        #expect(done.status == 303 && stored.said.texts == ["short_description"])
        #expect(stored.value.priority == 2 && stored.value.shortDescription == "Order phones")
    }

    @Test func oneFieldOfTwoPeopleIsAChoice() async throws {
        let (browser, stored, csrf) = try await opened()
        stored.change { ($0.priority, $0.description) = (2, "Twelve of them") }
        let typed = [
            ("short_description", "Order phones"), ("description", "Ten of them"), ("priority", "1"),
        ]
        let asked = try await browser.post("/tasks/ALETSK0001", [("csrf", csrf)] + Self.form + typed)
        #expect(asked.status == 409 && stored.said.texts.isEmpty)
        for text in [
            "name=\"keep-priority\" value=\"theirs\"", "Critical", "High", "value=\"1\" selected",
            "value=\"Order phones\"", "Twelve of them", "name=\"was-priority\" value=\"2\"",
        ] { #expect(asked.text.contains(text), "\(text)") }
        // Of fields that one of them has left alone nobody is asked.
        #expect(!asked.text.contains("keep-description") && !asked.text.contains("keep-short_description"))
        let again = [
            ("was-short_description", "Order laptops"), ("was-description", "Twelve of them"),
            ("was-priority", "2"), ("was-progress", ""), ("was-assigned_to", ""), ("was-visible_to_customer", ""),
            ("etag", stored.value.etag), ("short_description", "Order phones"), ("description", "Twelve of them"),
            ("priority", "1"),
        ]
        let theirs = try await browser.post(
            "/tasks/ALETSK0001", [("csrf", csrf)] + again + [("keep-priority", "theirs")])
        #expect(theirs.status == 303 && stored.said.texts == ["short_description"])
        #expect(stored.value.priority == 2 && stored.value.description == "Twelve of them")
    }

    @Test func aMoveIsTakenBack() async throws {
        let (browser, stored, csrf) = try await opened()
        let moved = try await browser.post(
            "/tasks/ALETSK0001/move", [("csrf", csrf), ("to", LifecycleTask.State.inProgress)])
        let page = try await browser.get(moved.location)
        #expect(page.text.contains("action=\"/tasks/ALETSK0001/move?to=open&amp;etag=2\""))
        // Whoever has changed it since keeps what they did.
        #expect(try await browser.post("/tasks/ALETSK0001/move?to=open&etag=1", [("csrf", csrf)]).status == 409)
        #expect(stored.value.state == LifecycleTask.State.inProgress)
        _ = try await browser.post("/tasks/ALETSK0001/move?to=open&etag=2", [("csrf", csrf)])
        #expect(stored.value.state == LifecycleTask.State.open)
        // No other address than one of the page itself is offered.
        for other in ["/cases/ALEONB0001/say", "//evil.example", "/tasks/ALETSK0002/move"] {
            let seen = try await browser.get("/tasks/ALETSK0001?done=moved&undo=\(Fields.encoded(other))")
            #expect(!seen.text.contains("action=\"\(other)"), "\(other)")
        }
    }

    /// What a form has changed is what was there before, as long as nobody has changed it since, and once.
    @Test func whatWasSavedIsTakenBack() async throws {
        let (browser, stored, csrf) = try await opened()
        func save(_ etag: String) async throws -> String {
            let fields =
                Self.form.filter { $0.0 != "etag" } + [
                    ("etag", etag), ("short_description", "Order laptops"), ("description", "Twelve"), ("priority", ""),
                ]
            let saved = try await browser.post("/tasks/ALETSK0001", [("csrf", csrf)] + fields)
            let page = try await browser.get(saved.location)
            let found = page.text.firstMatch(of: #/action="(\/tasks\/ALETSK0001\/undo\/[^"]+)"/#)
            return try String(#require(found).output.1)
        }
        let undo = try await save("1")
        #expect(stored.value.description == "Twelve" && stored.value.priority == nil)
        let other = Browser(browser.bench, session: "ended")
        #expect(try await other.post(undo, [("csrf", csrf)]).status != 200)
        let back = try await browser.post(undo, [("csrf", csrf)])
        #expect(back.location == "/tasks/ALETSK0001?done=restored")
        #expect(stored.value.description == "Ten of them" && stored.value.priority == 4)
        #expect(stored.said.texts == ["description priority", "back: description priority"])
        let again = try await browser.post(undo, [("csrf", csrf)])
        #expect(again.status == 409 && again.text.contains("This can no longer be undone."))
        let late = try await save(stored.value.etag)
        stored.change { $0.state = LifecycleTask.State.inProgress }
        let refused = try await browser.post(late, [("csrf", csrf)])
        #expect(refused.status == 409 && refused.text.contains("It was changed meanwhile."))
        #expect(stored.value.description == "Twelve")
    }

    /// Of one person nobody else takes anything back; what is long ago, and what is large, is not remembered. Where a service was
    /// away it can be tried again.
    @Test func undosAreOnesOwnAndBounded() async throws {
        let now = Mutex<Int64>(1_000)
        let undos = Undos(now: { Timestamp(seconds: now.withLock { $0 }) })
        let (ann, bob) = (Person(.ann()), Person(Self.bob))
        func change(_ records: Int, _ text: String = "before") -> Undos.Change {
            Undos.Change(
                schema: LifecycleTask.schema, fields: ["description"],
                records: (0..<records).map {
                    Undos.Record(id: "\($0)", etag: "1", before: ["description": .string(text)])
                })
        }
        /// How many records are taken back; nil where nothing is.
        func taken(_ id: String, _ person: Person, away: Bool = false) async -> Int? {
            try? await undos.take(id, of: person) { (change: Undos.Change) async throws(Problem) in
                guard !away else { throw Problem(.unavailable, Text(en: "Away.", ko: "응답이 없습니다.")) }
                return change.records.count
            }
        }
        let kept = try #require(undos.keep(change(1), of: ann))
        #expect(await taken(kept, bob) == nil)
        #expect(await taken(kept, ann, away: true) == nil)
        #expect(await taken(kept, ann) == 1)
        #expect(await taken(kept, ann) == nil)
        for large in [change(101), change(1, String(repeating: "x", count: 70_000)), change(0)] {
            #expect(undos.keep(large, of: ann) == nil)
        }
        let old = try #require(undos.keep(change(1), of: ann))
        now.withLock { $0 += 601 }
        #expect(await taken(old, ann) == nil)
        let first = try #require(undos.keep(change(1), of: ann))
        for _ in 0..<1_000 { _ = undos.keep(change(1), of: bob) }
        #expect(await taken(first, ann) == nil)
    }

    private static var bob: SignedIn {
        var bob = SignedIn.ann()
        bob.user = "018f0000-0000-7000-8000-000000000002"
        return bob
    }
}
