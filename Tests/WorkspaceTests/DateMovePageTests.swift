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
}
