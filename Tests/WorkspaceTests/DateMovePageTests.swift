import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// The page on which a date is moved: what would happen, then that, then back.
@Suite struct DateMovePageTests {
    private static let id = "01990000-0000-7000-8000-000000000001"

    private static var move: DateMove {
        var late = DateMoveItem()
        (late.table, late.id, late.number, late.title) = ("lifecycle_task", "1", "ALETSK0001007", "Train <everybody>")
        (late.before, late.after, late.reason) = ("2026-06-24", "2026-06-15", "distance")
        (late.beforeToday, late.slackDays) = (true, 4)
        var kept = DateMoveItem()
        (kept.table, kept.id, kept.number, kept.title) = ("import_task", "2", "ALEIMP0001003", "Import locations")
        (kept.before, kept.after, kept.afterGoLive, kept.critical) = ("2026-06-23", "2026-06-23", true, true)
        var expected = DateMoveItem()
        (expected.table, expected.id, expected.reason) = ("playbook_activity", "3", "pushed")
        (expected.before, expected.after, expected.expected) = ("2026-06-25", "2026-06-27", true)
        var label = LocalText()
        (label.en, label.ko) = ("Sign off", "승인")
        (expected.label, expected.notWorking) = (label, true)
        var move = DateMove()
        (move.id, move.etag, move.state, move.caseNumber) = (id, "1", "previewed", "ALEONB0001001")
        (move.goLiveBefore, move.goLiveAfter, move.items) = ("2026-06-30", "2026-06-19", [late, kept, expected])
        (move.moving, move.afterGoLive, move.beforeToday) = (1, 1, 1)
        return move
    }

    /// What was asked for.
    private final class Asked: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func add(_ text: String) { texts.withLock { $0.append(text) } }
    }

    private static func endpoints(_ asked: Asked) -> [Endpoint] {
        [
            Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in
                var record = OnboardingCase()
                (record.number, record.goLiveDate) = ("ALEONB0001001", "2026-06-30")
                record.shortDescription = "Roll out"
                return record
            },
            Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                var page = OnboardingCasePage()
                page.onboardingCase = OnboardingCase()
                return page
            },
            Endpoint(OnboardingAPI.previewGoLive) { _, request in
                asked.add("\(request.id) \(request.goLiveDate)")
                return Self.move
            },
            Endpoint(OnboardingAPI.getDateMove) { _, _ in Self.move },
            Endpoint(OnboardingAPI.applyDateMove) { _, request async throws(Problem) in
                asked.add("apply \(request.id) \(request.etag)")
                guard request.etag == "1" else {
                    throw Problem(
                        .failedPrecondition, Text(en: "Look again.", ko: "다시 확인하세요."), reason: "GROUND_MOVED")
                }
                var move = Self.move
                move.state = "applied"
                return move
            },
            Endpoint(OnboardingAPI.undoDateMove) { _, request in
                asked.add("undo \(request.id)")
                var move = Self.move
                move.state = "undone"
                return move
            },
        ]
    }

    @Test func whatWouldHappenIsShownDoneAndUndone() async throws {
        let asked = Asked()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", Self.endpoints(asked))
        let browser = Browser(bench, session: "good")
        let address = "/cases/ALEONB0001001/go-live"
        let begin = try await browser.get(address)
        #expect(begin.text.contains(">ALEONB0001001 Roll out</a>"))
        #expect(begin.text.contains("30 Jun 2026") && !begin.text.contains("What would change</h2>"))
        let told = try await browser.post(address, [("csrf", begin.csrf), ("date", "2026-06-19")])
        #expect(told.status == 303 && told.location == "\(address)?move=\(Self.id)")
        let seen = try await browser.get(told.location)
        for text in [
            "Train &lt;everybody&gt;", "24 Jun 2026", "15 Jun 2026", "Before today", "Keeps its distance to go-live",
            "4 working days to spare", "href=\"/imports/2\"", "After go-live", "On the critical path",
            "1 ends after go-live", "Sign off", "Expected, has yet to begin · Waits for what moves",
            "Not a working day", "Move to 19 Jun 2026: 1 date changes with it",
        ] { #expect(seen.text.contains(text), "\(text)") }
        let apply = "\(address)/\(Self.id)/apply"
        let refused = try await browser.post(apply, [("csrf", seen.csrf), ("etag", "0")])
        #expect(refused.status == 422 || refused.status == 409 || refused.status == 412, "\(refused.status)")
        #expect(refused.text.contains("Look again."))
        let done = try await browser.post(apply, [("csrf", seen.csrf), ("etag", "1")])
        #expect(done.location.hasPrefix("/cases/ALEONB0001001?done=dated&undo="))
        let toast = try await browser.get(done.location)
        #expect(toast.text.contains("\(address)/\(Self.id)/undo") && toast.text.contains("The dates were moved."))
        let undone = try await browser.post("\(address)/\(Self.id)/undo", [("csrf", seen.csrf)])
        #expect(undone.location == "/cases/ALEONB0001001?done=back")
        #expect(
            asked.all == [
                "ALEONB0001001 2026-06-19", "apply \(Self.id) 0", "apply \(Self.id) 1", "undo \(Self.id)",
            ])
    }

    // MARK: Due dates

    private static func due(_ state: String, ofImport: Bool) -> DateMove {
        var move = Self.move
        let place = ofImport ? 1 : 0
        (move.goLiveAfter, move.state) = (move.goLiveBefore, state)
        if ofImport { move.importTask = "2" } else { move.lifecycleTask = "1" }
        (move.items[place].before, move.items[place].after) = ("2026-06-23", "2026-06-24")
        (move.items[place].reason, move.refusal) = ("asked", state == "refused" ? "It is <kept>." : "")
        return move
    }

    /// Of a task and of an import task: with the states in which the other service is at work, or has refused.
    @Test(arguments: [false, true]) func aDueDateIsMovedTheSame(ofImport: Bool) async throws {
        let asked = Asked()
        let bench = try Bench()
        @Sendable func state() -> String { asked.all.last.map { String($0.split(separator: " ")[0]) } ?? "previewed" }
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in
                    var task = LifecycleTask()
                    (task.id, task.number, task.dueDate) = (Self.id, "ALETSK0001007", "2026-06-23")
                    return task
                },
                Endpoint(OnboardingAPI.previewDueDate) { _, request in
                    asked.add("previewed \(request.id) \(request.dueDate)")
                    return Self.due("previewed", ofImport: ofImport)
                },
                Endpoint(OnboardingAPI.getDateMove) { _, _ in Self.due(state(), ofImport: ofImport) },
                Endpoint(OnboardingAPI.applyDateMove) { _, request in
                    asked.add(request.etag == "1" ? "applying" : "refused")
                    return Self.due(state(), ofImport: ofImport)
                },
            ])
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in
                    var task = ImportTask()
                    (task.id, task.number, task.dueDate) = (Self.id, "ALEIMP0001003", "2026-06-23")
                    return task
                }
            ])
        let browser = Browser(bench, session: "good")
        let address = ofImport ? "/imports/ALEIMP0001003/due-date" : "/tasks/\(Self.id)/due-date"
        let begin = try await browser.get(address)
        #expect(begin.text.contains("Move due date") && begin.text.contains("23 Jun 2026"))
        let told = try await browser.post(address, [("csrf", begin.csrf), ("date", "2026-06-24")])
        #expect(told.location == "\(address)?move=\(Self.id)")
        let seen = try await browser.get(told.location)
        #expect(seen.text.contains("Move to 24 Jun 2026: 0 dates change with it"))
        let refused = try await browser.post("\(address)/\(Self.id)/apply", [("csrf", seen.csrf), ("etag", "0")])
        let why = try await browser.get(refused.location)
        #expect(why.text.contains("It is &lt;kept&gt;.") && !why.text.contains("/apply\""))
        let waiting = try await browser.post("\(address)/\(Self.id)/apply", [("csrf", seen.csrf), ("etag", "1")])
        #expect(waiting.location == "\(address)?move=\(Self.id)")
        #expect(try await browser.get(waiting.location).text.contains("The dates of import tasks are being written."))
        #expect(asked.all == ["previewed \(Self.id) 2026-06-24", "refused", "applying"])
    }

    // MARK: What the playbook would do

    private static var following: DateMove {
        var begins = DateMoveItem()
        (begins.table, begins.id, begins.follows, begins.expected) = ("playbook_activity", "4", "begins", true)
        var label = LocalText()
        (label.en, label.ko) = ("Second phase", "2단계")
        begins.label = label
        var move = Self.move
        (move.onboardingCase, move.playbookMoves) = (Self.id, true)
        move.items.insert(begins, at: 0)
        return move
    }

    /// What is told stands there in the language of whoever reads.
    @Test func whatIsToldIsToldInKorean() async throws {
        var korean = SignedIn.ann()
        korean.language = "ko"
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(korean))
        try await bench.answer(
            "onboarding", Self.endpoints(Asked()).filter { $0.subject != OnboardingAPI.getDateMove.subject })
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getDateMove) { _, _ in Self.following }])
        let seen = try await Browser(bench, session: "good").get("/cases/ALEONB0001001/go-live?move=\(Self.id)")
        for text in [
            "2단계", "시작됨", "운영 개시일까지 간격 유지 · 여유 영업일 4일", "변경 없음 · 주요 경로", "시작 전 예상 · 선행 작업에 따라 변경", "휴무일",
            "운영 개시일 이후 종료 1개", "기한이 이미 지남 1개", "실행 취소할 수 없습니다", "운영 개시일만 2026년 6월 19일로 변경",
        ] { #expect(seen.text.contains(text), "\(text)") }
    }

    /// It is told, and then the date is changed alone or not at all.
    @Test func whatThePlaybookWouldDoIsTold() async throws {
        let said = Asked()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in
                    var record = OnboardingCase()
                    (record.id, record.etag, record.number) = (Self.id, "7", "ALEONB0001001")
                    record.goLiveDate = said.all.isEmpty ? "2026-06-30" : "2026-06-29"
                    return record
                },
                Endpoint(OnboardingAPI.getDateMove) { _, _ in Self.following },
                Endpoint(OnboardingAPI.updateOnboardingCase) { _, request in
                    let record = request.onboardingCase ?? OnboardingCase()
                    said.add("\(record.etag) \(record.goLiveDate ?? "") \(request.updateMask?.paths ?? [])")
                    return record
                },
            ])
        let browser = Browser(bench, session: "good")
        let address = "/cases/ALEONB0001001/go-live"
        let seen = try await browser.get("\(address)?move=\(Self.id)")
        for text in [
            "Second phase", "Would begin", "nothing gives it back", "Change go-live to 19 Jun 2026 alone",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(!seen.text.contains("/apply\""))
        let alone = "\(address)/\(Self.id)/alone"
        #expect(try await browser.post(alone, [("csrf", seen.csrf)]).location == "/cases/ALEONB0001001?done=saved")
        #expect(said.all == ["7 2026-06-19 [\"go_live_date\"]"])
        // Somebody else has changed it since.
        let refused = try await browser.post(alone, [("csrf", seen.csrf)])
        #expect(refused.status != 303 && refused.text.contains("look again") && said.all.count == 1)
    }

    /// The form of an activity that would give the case another go-live date leads to what that does; the first date is given.
    @Test func aFormDoesNotGoAroundWhatWouldHappen() async throws {
        let said = Asked()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in
                    var record = OnboardingCase()
                    (record.id, record.number) = (Self.id, "ALEONB0001001")
                    record.goLiveDate = said.all.contains("complete") ? nil : "2026-06-30"
                    return record
                },
                Endpoint(OnboardingAPI.getPlaybookActivity) { _, _ in
                    var activity = PlaybookActivity()
                    (activity.id, activity.key) = ("a", "enter_info")
                    var input = ActivityInput()
                    (input.key, input.type, input.field) = ("live", "date", "go_live_date")
                    activity.inputs = [input]
                    return activity
                },
                Endpoint(OnboardingAPI.savePlaybookActivity) { _, request in
                    said.add("save \(request.values.map(\.value))")
                    return PlaybookActivity()
                },
                Endpoint(OnboardingAPI.completePlaybookActivity) { _, _ in
                    said.add("complete")
                    return PlaybookActivity()
                },
                Endpoint(OnboardingAPI.previewGoLive) { _, request in
                    said.add("\(request.id) \(request.goLiveDate)")
                    return Self.move
                },
            ])
        let browser = Browser(bench, session: "good")
        let csrf = Secrets.proof(of: StandIn.token("good"))
        func complete(_ date: String) async throws -> String {
            try await browser.post(
                "/cases/ALEONB0001001/activities/a",
                [("csrf", csrf), ("do", "complete"), ("etag", "1"), ("input-live", date)]
            ).location
        }
        #expect(try await complete("2026-07-07") == "/cases/ALEONB0001001/go-live?move=\(Self.id)")
        #expect(said.all == ["save [\"2026-07-07\"]", "\(Self.id) 2026-07-07"])
        #expect(try await complete("2026-06-30").contains("done=completed"))
        // Where there is no date yet none moves.
        #expect(try await complete("2026-07-14").contains("done=completed"))
        #expect(said.all.count == 4)
    }
}
