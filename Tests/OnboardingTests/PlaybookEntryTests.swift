import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Runs that come before their record, how much can be entered, and what the log says of it (G-38, G-51, G-52).
@Suite struct PlaybookEntryTests {
    // MARK: Before there is a case

    private func start(_ stage: PlaybookStage, _ values: [String: String] = [:]) async throws -> PlaybookRun {
        var start = StartPlaybookRunRequest()
        (start.definition, start.table) = ("account_lifecycle_onboarding", "onboarding_case")
        start.values = values.map { input, value in
            var entered = EnteredValue()
            (entered.input, entered.value) = (input, value)
            return entered
        }
        return try await stage.world.call(OnboardingAPI.startPlaybookRun, start, as: stage.agent)
    }

    private func list(_ stage: PlaybookStage, _ size: Int32 = 100) async throws -> [String] {
        var request = ListPlaybookRunsRequest()
        (request.table, request.pageSize) = ("onboarding_case", size)
        var found: [String] = []
        repeat {
            let page = try await stage.world.call(OnboardingAPI.listPlaybookRuns, request, as: stage.agent)
            found += page.runs.map(\.id)
            #expect(page.runs.allSatisfy { $0.record.isEmpty && $0.state == "in_progress" })
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        return found
    }

    @Test func aRunWithoutACaseIsFoundAgain() async throws {
        let stage = try await PlaybookStage()
        let account = stage.world.account
        let runs = [try await start(stage, ["account": account.id]), try await start(stage)]
        #expect(try await Set(list(stage, 1)).isSuperset(of: runs.map(\.id)))
        // One that has its case is found there, and one that was given up nowhere.
        let first = try await stage.activity(of: runs[0], "select_account")
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(first, [:]), as: stage.agent)
        var cancel = CancelPlaybookRunRequest()
        cancel.id = runs[1].id
        _ = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: stage.agent)
        #expect(try await Set(list(stage)).isDisjoint(with: runs.map(\.id)))
        // Who works elsewhere hears nothing of it.
        let open = try await start(stage)
        var request = ListPlaybookRunsRequest()
        request.table = "onboarding_case"
        let elsewhere = try await PlaybookStage().world.account.domain
        let stranger = Caller.holding("sn_acct_lc.agent", domain: elsewhere)
        let seen = try await stage.world.call(OnboardingAPI.listPlaybookRuns, request, as: stranger).runs
        #expect(!seen.map(\.id).contains(open.id))
    }

    @Test func aCaseIsGeneratedFromAnother() async throws {
        let stage = try await PlaybookStage()
        let source = try await stage.world.openCase()
        let other = try await PlaybookStage().world.openCase()
        let run = try await start(stage, ["account": source.account ?? "", "parent": other.id])
        let first = try await stage.activity(of: run, "select_account")
        let refused = await stage.world.problem(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(first, [:]), as: stage.agent)
        #expect(
            refused?.reason == "NO_SUCH_REFERENCE" && refused?.violations.map(\.field) == ["values.parent"],
            "\(refused as Any)")
        #expect(try await stage.now(run).record.isEmpty)
        let entered = PlaybookStage.entering(first, ["parent": source.id])
        _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, entered, as: stage.agent)
        let made = try await stage.case(stage.now(run).record)
        #expect(made.parent == source.id && made.account == source.account)
    }

    // MARK: Sizes

    private static let asking = """
        table: onboarding_case
        label: {en: Asking, ko: 질문}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
        """
        + (0..<6).map { place in
            """

                  - key: ask_\(place)
                    kind: related_work
                    label: {en: Ask, ko: 질문}
                    start: {when: with_lane}
                    inputs:
                      - {key: one, type: text, label: {en: One, ko: 하나}}
                      - {key: two, type: text, label: {en: Two, ko: 둘}}
                      - {key: three, type: text, label: {en: Three, ko: 셋}}
            """
        }.joined()

    private func save(
        _ run: PlaybookRun, _ key: String, _ values: [String: String], _ stage: PlaybookStage
    ) async throws -> Problem? {
        let request = PlaybookStage.entering(try await stage.activity(of: run, key), values)
        return await stage.world.problem(OnboardingAPI.savePlaybookActivity, request, as: stage.agent)
    }

    /// However large the values are: what is entered can be read again, and so can the log.
    @Test func whatIsEnteredFitsIntoAnAnswer() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(Self.asking, over: stage.world.openCase())
        func text(_ letter: Character) -> String { String(repeating: letter, count: 1 << 16) }
        #expect(try await save(run, "ask_0", ["one": text("a")], stage) == nil)
        #expect(try await save(run, "ask_0", ["two": text("a")], stage) == nil)
        let more = try await save(run, "ask_0", ["three": "a"], stage)
        #expect(more?.code == .invalidArgument && more?.violations.map(\.field) == ["values"], "\(more as Any)")
        for place in 1...2 {
            #expect(try await save(run, "ask_\(place)", ["one": text("b"), "two": text("b")], stage) == nil)
        }
        let all = try await save(run, "ask_3", ["one": "c"], stage)
        #expect(all?.code == .invalidArgument && all?.text.en.contains("of a run") == true, "\(all as Any)")
        // Where less is entered there is room again.
        #expect(try await save(run, "ask_0", ["one": "a"], stage) == nil)
        #expect(try await save(run, "ask_3", ["one": "c"], stage) == nil)
        for letter in "defghijk" { #expect(try await save(run, "ask_1", ["one": text(letter)], stage) == nil) }
        var request = ListPlaybookLogRequest()
        request.run = run.id
        var (entries, pages) = ([PlaybookLogEntry](), 0)
        repeat {
            let page = try await stage.world.call(OnboardingAPI.listPlaybookLog, request, as: stage.agent)
            entries += page.entries
            pages += 1
            #expect(!page.entries.isEmpty)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && pages < 50
        let written = try await stage.server.admin.run("SELECT 1 FROM onboarding.playbook_log WHERE run = \(run.id)")
        #expect(pages > 1 && entries.count == written.count && Set(entries.map(\.id)).count == entries.count)
    }

    // MARK: Words

    /// What the log says in words, everybody reads in their language.
    @Test func theLogTellsAFailureInTheReadersLanguage() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(
            """
            table: onboarding_case
            label: {en: Making, ko: 생성}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - key: make
                    kind: create_task
                    label: {en: Make, ko: 생성}
                    creates: {table: lifecycle_task, fields: [{field: parent, text: \(uuid())}, {field: short_description, text: M}]}
            """, over: stage.world.openCase())
        let failure = try #require(try await stage.activity(of: run, "make").failure)
        #expect(!failure.ko.isEmpty && failure.ko != failure.en)
        var request = ListPlaybookLogRequest()
        request.run = run.id
        for (locale, text) in [("en", failure.en), ("ko", failure.ko)] {
            var reader = stage.agent
            reader.locale = locale
            let entries = try await stage.world.call(OnboardingAPI.listPlaybookLog, request, as: reader).entries
            #expect(entries.filter { $0.action == "failed" }.map(\.newValue) == [text])
        }
        // A sentence says the state, and what to do.
        let failed = PlaybookStage.entering(try await stage.activity(of: run, "make"), [:])
        for (locale, said) in [("en", "has failed"), ("ko", "실패한")] {
            var reader = stage.agent
            reader.locale = locale
            let refused = await stage.world.problem(OnboardingAPI.completePlaybookActivity, failed, as: reader)
            #expect(refused?.reason == "ACTIVITY_STATE" && refused?.metadata["state"] == "failed")
            let text = locale == "ko" ? refused?.text.ko : refused?.text.en
            #expect(text?.contains(said) == true, "\(text ?? "")")
        }
    }

    // MARK: Options of the shipped playbook

    /// Foundation data sync brings the two activities that every option brings, and its own.
    @Test func foundationDataSyncHasItsActivities() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record, "foundation_data_sync")
        try await stage.finishImports(record)
        let bridge: Set = [
            "install_service_bridge", "register_consumer", "remote_catalog", "remote_task", "foundation_data_sync",
        ]
        let shown = try await stage.activities(record, lane: "development")
            .filter { bridge.contains($0.key) && $0.applies }.map { "\($0.key) \($0.state)" }
        #expect(
            shown == [
                "install_service_bridge in_progress", "register_consumer in_progress",
                "foundation_data_sync in_progress",
            ])
    }
}
