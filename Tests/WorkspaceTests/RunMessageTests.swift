import ImportValidationWire
import OnboardingWire
import RPC
import TestKit
import Testing

@testable import WorkspaceService

/// What a run of an import tells stands there in the language of whoever reads it, not of whoever asked for it.
@Suite struct RunMessageTests {
    private func read(in language: String, _ change: @escaping @Sendable (inout ImportRun) -> Void = { _ in })
        async throws -> String
    {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.language = language
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.listImportRuns) { _, _ in
                    var run = ImportRun()
                    (run.id, run.kind, run.state) = ("run", ImportRun.Kind.load, ImportRun.State.completed)
                    (run.message, run.messageEn, run.messageKo) = ("Two <rows>.", "Two <rows>.", "행 2개")
                    change(&run)
                    var page = ListImportRunsResponse()
                    page.importRuns = [run]
                    return page
                }
            ])
        let answer = try await Browser(bench, session: "good").get("/imports/task/run")
        #expect(answer.status == 200)
        return answer.text
    }

    @Test func itIsToldInTheLanguageOfTheReader() async throws {
        #expect(try await read(in: "en").contains("<p>Two &lt;rows&gt;.</p>"))
        let korean = try await read(in: "ko")
        #expect(korean.contains("<p>행 2개</p>") && !korean.contains("rows"))
    }

    /// Of a run from before messages were kept in both languages there is one.
    @Test func anOlderRunSaysWhatItSaid() async throws {
        let korean = try await read(in: "ko") { ($0.messageEn, $0.messageKo) = (nil, nil) }
        #expect(korean.contains("<p>Two &lt;rows&gt;.</p>"))
    }
}
