import Foundation
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// The run of a play: its steps as they go, what it has made, and what can be done when it stands still.
enum RunPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/plays/runs/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.get("/plays/runs/:id/steps", .page) { visit async throws(Problem) in
            let seen = try await Run(visit)
            return .fragment("play_steps", seen.progress())
        }
        pages.post("/plays/runs/:id/retry") { visit async throws(Problem) in
            try await write(visit, .resumed) { () async throws(Problem) in
                var request = RetryFlowRunRequest()
                request.id = visit.part("id")
                return try await visit.ask(PlayLauncherAPI.retryFlowRun, request)
            }
        }
        pages.post("/plays/runs/:id/skip") { visit async throws(Problem) in
            try await write(visit, .skipped) { () async throws(Problem) in
                var request = SkipFlowStepRequest()
                request.id = visit.part("id")
                (request.step, request.reason) = (visit.form["step"], visit.form["reason"])
                return try await visit.ask(PlayLauncherAPI.skipFlowStep, request)
            }
        }
        pages.post("/plays/runs/:id/cancel") { visit async throws(Problem) in
            try await write(visit, .canceling) { () async throws(Problem) in
                var request = CancelFlowRunRequest()
                (request.id, request.reason) = (visit.part("id"), visit.form["reason"])
                return try await visit.ask(PlayLauncherAPI.cancelFlowRun, request)
            }
        }
        pages.post("/plays/runs/:id/take-over") { visit async throws(Problem) in
            try await write(visit, .resumed) { () async throws(Problem) in
                var request = TakeOverFlowRunRequest()
                request.id = visit.part("id")
                return try await visit.ask(PlayLauncherAPI.takeOverFlowRun, request)
            }
        }
    }

    /// The page of a run.
    static func href(_ run: String) -> String { "/plays/runs/\(Fields.encoded(run))" }

    /// What the play of a run is called in the reader's language.
    static func title(_ run: FlowRun, _ visit: Visit) -> String {
        guard let title = run.title else { return visit.say("Success play", "성공 플레이") }
        return visit.reader(Text(en: title, ko: run.titleKo ?? title))
    }

    private static func write(
        _ visit: Visit, _ done: Toast, _ act: () async throws(Problem) -> FlowRun
    ) async throws(Problem) -> Answer {
        try await Work.write(href(visit.part("id"))) { () async throws(Problem) in
            _ = try await act()
            return done
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let seen = try await Run(visit, showsSource: true)
        let (run, origin, source) = (seen.run, seen.origin, seen.source)
        let title = title(run, visit)
        var values = actions(seen, visit)
        values["heading"] = title
        values["facts"] = facts(seen, source, visit)
        values["notifier"] = NotifierPages.isFor(visit.person) ? NotifierPages.href(run: run.id) : ""
        values["progress"] = seen.progress()
        values["problem"] = PlayPages.said(refused, visit)
        var page = Page(template: "play_run", title: title, values: values)
        page.trail = origin?.trail(source, visit) ?? []
        page.live = LiveTopic.record(table: FlowRun.schema.table, id: run.id).text
        return page
    }

    /// What the state of the run allows; whether the reader may is for the launcher to say.
    private static func actions(_ seen: Run, _ visit: Visit) -> Values {
        let (run, href) = (seen.run, href(seen.run.id))
        var values: Values = ["retry": "", "skip": "", "cancel": "", "takeOver": ""]
        switch run.state {
        case FlowRun.State.failed:
            guard let step = seen.standing else { break }
            values["retry"] = "\(href)/retry"
            if step.state == FlowStep.State.failed {
                values["skip"] =
                    ["action": "\(href)/skip", "step": step.key, "title": step.title, "reason": visit.form["reason"]]
                    as Values
            }
        case FlowRun.State.started, FlowRun.State.inProgress, FlowRun.State.waiting, FlowRun.State.held:
            if run.state == FlowRun.State.held { values["takeOver"] = "\(href)/take-over" }
            if run.canceledBy == nil {
                values["cancel"] = ["action": "\(href)/cancel", "reason": visit.form["reason"]] as Values
            }
        default: break
        }
        return values
    }

    private static func facts(_ seen: Run, _ source: String, _ visit: Visit) -> [Values] {
        let (run, reader) = (seen.run, visit.reader)
        func label(_ field: FlowRun.Field) -> String { FlowRun.schema.label(field, reader.language) }
        var facts: [Values] = []
        let place = Address.of(run.sourceTable ?? "", run.sourceRecord ?? "", id: run.sourceRecord ?? "")
        let from = visit.say("Launched from", "시작한 레코드")
        facts.append(place.isEmpty ? .fact(from, source) : .fact(from, source, href: place))
        facts.append(.fact(label(.requestedBy), seen.parts.name(run.requestedBy ?? "")))
        if let at = run.startedAt { facts.append(.fact(label(.startedAt), reader.text(at))) }
        if let at = run.completedAt { facts.append(.fact(label(.completedAt), reader.text(at))) }
        if let attempt = run.attempt, attempt > 1 { facts.append(.fact(label(.attempt), "\(attempt)")) }
        if let by = run.canceledBy {
            facts.append(.fact(label(.canceledBy), seen.parts.name(by)))
            facts.append(.fact(label(.cancelReason), run.cancelReason ?? ""))
        }
        return facts
    }
}

/// A run with its steps, as its page shows it.
private struct Run: Sendable {
    /// Most of a value that is shown.
    private static let shown = 4_000

    let run: FlowRun
    let steps: [FlowStep]
    let parts: Parts
    /// What it was launched from, and what that is called where it `showsSource`.
    let origin: PlayOrigin?
    let source: String
    private let visit: Visit

    init(_ visit: Visit, showsSource: Bool = false) async throws(Problem) {
        var get = GetRequest()
        get.id = visit.part("id")
        var list = ListFlowStepsRequest()
        list.flowRun = get.id
        let (asked, listed) = (get, list)
        async let found = Outcome.of { () async throws(Problem) in
            try await visit.ask(PlayLauncherAPI.getFlowRun, asked)
        }
        async let begun = Outcome.of { () async throws(Problem) in
            try await visit.ask(PlayLauncherAPI.listFlowSteps, listed).steps
        }
        let run = try await found.get()
        (self.run, steps) = (run, try await begun.get())
        let people = [run.requestedBy ?? "", run.canceledBy ?? ""] + steps.map(\.skippedBy)
        let origin = Dictionaries.schema(run.sourceTable ?? "").map { PlayOrigin($0, id: run.sourceRecord ?? "") }
        async let called = Outcome.of { () async throws(Problem) in
            showsSource ? try await origin?.name(visit) ?? "" : ""
        }
        // Who may not look up people reads that it was somebody.
        let names = try? await Lookup(visit).names(of: people, in: User.schema.table)
        parts = Parts(reader: visit.reader, names: names ?? [:])
        self.origin = origin
        source = try await called.get()
        self.visit = visit
    }

    /// The step at which a failed run stands: the last one that was begun, but for the note at the end.
    var standing: FlowStep? {
        let own = steps.filter { $0.key.hasPrefix("do/") }
        guard own.last?.state == FlowStep.State.canceled else { return own.last }
        // Of branches that were begun together the one that failed.
        return own.last { $0.state == FlowStep.State.failed } ?? own.last
    }

    private var isBusy: Bool {
        [FlowRun.State.inProgress, FlowRun.State.waiting].contains(run.state)
    }

    /// What changes while the run goes on.
    func progress() -> Values {
        let language = visit.reader.language
        let step = run.step.map { Text(en: $0, ko: run.stepKo ?? $0)(language) } ?? ""
        let message = run.messageEn.map { Text(en: $0, ko: run.messageKo ?? $0)(language) } ?? run.message ?? ""
        return [
            "href": "\(RunPages.href(run.id))/steps", "busy": isBusy, "run": run, "step": step, "message": message,
            "canceling": isBusy && run.canceledBy != nil, "records": records(), "steps": steps.map(shown),
        ]
    }

    /// A record as the run names it.
    private struct Made: Decodable {
        let table: String
        let id: String?
        let number: String?
    }

    private func records() -> [Values] {
        let made = (try? JSONDecoder().decode([Made].self, from: Data((run.createdRecords ?? "").utf8))) ?? []
        return made.map { record in
            let label = Dictionaries.schema(record.table)?.label(visit.reader.language) ?? record.table
            let id = record.id ?? ""
            return [
                "label": "\(label) \(record.number ?? "")".trimmed,
                "href": Address.of(record.table, record.number ?? id, id: id),
            ]
        }
    }

    private func shown(_ step: FlowStep) -> Values {
        let attempts = Int(step.attempts)
        let times = [step.beganAt, step.at].compactMap { $0.map(visit.reader.text) }
        let isOver = step.state != FlowStep.State.pending
        return [
            "title": step.title, "state": step.state, "stateLabel": label(step.state),
            "attempts": attempts > 1
                ? visit.say("\(attempts) attempts", "시도 \(attempts)회") : "",
            "began": times.first ?? "", "ended": isOver ? times.last ?? "" : "", "error": step.error,
            "reason": step.reason, "by": step.skippedBy.isEmpty ? "" : parts.name(step.skippedBy),
            "facts": StepFacts(parts: parts).facts(of: step),
            "input": showsValues ? Self.pretty(step.input) : "", "result": showsValues ? Self.pretty(step.result) : "",
            "open": step.state == FlowStep.State.failed,
        ]
    }

    private func label(_ state: String) -> String {
        switch state {
        case FlowStep.State.done: visit.say("Done", "완료")
        case FlowStep.State.failed: visit.say("Failed", "실패")
        case FlowStep.State.skipped: visit.say("Skipped", "건너뜀")
        default: visit.say("Pending", "대기 중")
        }
    }

    /// Whoever administers plays looks for faults in what programs said to each other.
    private var showsValues: Bool {
        visit.person.map { Access.allows($0.roles, .write, on: DefinitionRecord.schema.table) } ?? false
    }

    /// JSON in lines, as much as anybody reads.
    private static func pretty(_ json: String) -> String {
        guard !json.isEmpty, let value = try? JSONSerialization.jsonObject(with: Data(json.utf8)),
            let data = try? JSONSerialization.data(
                withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { return String(json.prefix(shown)) }
        return String(String(decoding: data, as: UTF8.self).prefix(shown))
    }
}
