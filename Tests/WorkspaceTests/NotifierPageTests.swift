import CustomerSuccessWire
import NotifierWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// The launcher notifiers as a page, of stand-in answers.
@Suite struct NotifierPageTests {
    private static let record = "01990000-0000-7000-8000-000000000001"

    private static var play: FollowedPlay {
        var notifier = SuccessLauncherNotifier()
        (notifier.id, notifier.number, notifier.status) = ("n", "SLNTF0000001", "failed")
        (notifier.flowRun, notifier.sourceTable, notifier.sourceRecord) = ("run-1", "touchpoint", record)
        (notifier.step, notifier.stepKo, notifier.startedAt) = ("Create: Case", "케이스 생성", Bench.now)
        var telling = PlayTelling()
        (telling.at, telling.name, telling.kind) = (Bench.now, "Pat <P>", "play_failed")
        (telling.byEmail, telling.emailState) = (true, "sent")
        var play = FollowedPlay()
        (play.notifier, play.title, play.requestedByName, play.told) = (notifier, "Get to <green>", "Ann", [telling])
        return play
    }

    private func browser(_ said: Said, roles: [String], accounts: [String] = []) async throws -> Browser {
        let bench = try Bench(agreeing: Said())
        var ann = SignedIn.ann(accounts: accounts)
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "notifier",
            [
                Endpoint(NotifierAPI.listFollowedPlays) { _, request in
                    said.add("\(request.pageSize) \(request.filter) \(request.pageToken)")
                    var answer = ListFollowedPlaysResponse()
                    (answer.plays, answer.nextPageToken) = ([Self.play], "more of them")
                    return answer
                }
            ])
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.listTouchpoints) { _, request in
                    var touchpoint = Touchpoint()
                    (touchpoint.id, touchpoint.subject) = (Self.record, "Review")
                    var list = ListTouchpointsResponse()
                    list.touchpoints = [touchpoint]
                    return list
                }
            ])
        return Browser(bench, session: "good")
    }

    @Test func whoWasToldWhatStandsBelowThePlay() async throws {
        let said = Said()
        let browser = try await browser(said, roles: ["admin"])
        let page = try await browser.get("/plays/notifiers")
        #expect(page.status == 200)
        for text in [
            "SLNTF0000001", "Get to &lt;green&gt;", "href=\"/plays/runs/run-1\"", "data-value=\"failed\">Failed",
            "Touchpoint Review", "href=\"/records/touchpoint/\(Self.record)\"", "Pat &lt;P&gt;", "Play failed",
            "E-mail Sent",
            "Create: Case", "/plays/notifiers?status=&amp;page=more%20of%20them",
            "data-live=\"/live?topic=list.success_launcher_notifier\"",
        ] { #expect(page.text.contains(text), "\(text)") }
        let korean = try await browser.get("/plays/notifiers?status=failed&run=run-1&page=2&language=ko")
        #expect(korean.text.contains("케이스 생성") && korean.text.contains("플레이 실패"))
        #expect(said.texts == ["25  ", #"25 status = "failed" AND flow_run = "run-1" 2"#])
    }

    /// Whoever may not read notifiers has no such page, and nothing is asked.
    @Test(arguments: [[], ["a"]]) func itIsNotThereForOthers(accounts: [String]) async throws {
        let said = Said()
        let browser = try await browser(said, roles: ["sn_acct_lc.touchpoint_read"], accounts: accounts)
        #expect(try await browser.get("/plays/notifiers").status == 404)
        #expect(said.texts.isEmpty)
    }
}
