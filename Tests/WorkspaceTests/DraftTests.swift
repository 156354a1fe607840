import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// What somebody has typed into an activity reaches the service input by input, of each type as it takes it.
@Suite struct DraftTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"

    private static var activity: PlaybookActivity {
        var activity = PlaybookActivity()
        (activity.id, activity.key, activity.etag) = ("act-1", "enter_info", "5")
        activity.inputs = [
            ("go_live_date", "date"), ("note", "text"), ("visible", "boolean"), ("kinds", "list_of_users"),
        ]
        .map { key, type in
            var input = ActivityInput()
            (input.key, input.type) = (key, type)
            return input
        }
        return activity
    }

    @Test(arguments: ["save", "complete"]) func whatWasTypedIsKept(act: String) async throws {
        let said = Said()
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions())
        @Sendable func take(_ act: String, _ request: EnterPlaybookActivityRequest) -> PlaybookActivity {
            said.add("\(act) \(request.id) \(request.etag) \(request.values.map { "\($0.input)=\($0.value)" })")
            return Self.activity
        }
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getPlaybookActivity) { _, _ in Self.activity },
                Endpoint(OnboardingAPI.savePlaybookActivity) { _, request in take("save", request) },
                Endpoint(OnboardingAPI.completePlaybookActivity) { _, request in take("complete", request) },
            ])
        let browser = Browser(bench, session: "good")
        let done = try await browser.post(
            "/cases/\(Self.id)/activities/act-1",
            [
                ("csrf", Secrets.proof(of: StandIn.token("good"))), ("do", act), ("etag", "5"),
                ("input-go_live_date", "2026-07-01"), ("input-note", "Two & more"), ("input-visible", "true"),
                ("input-kinds", "a"), ("input-kinds", ""), ("input-kinds", "b"),
            ])
        #expect(done.status == 303 && done.location.contains("saved=form-enter_info"))
        let kinds = #"kinds=["a","b"]"#
        #expect(
            said.texts == [
                "\(act) act-1 5 \(["go_live_date=2026-07-01", "note=Two & more", "visible=true", kinds])"
            ])
    }
}
