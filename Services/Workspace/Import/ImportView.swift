import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Wire

/// The page of an import task at one of its steps.
struct ImportView: Sendable {
    /// The steps in their order.
    enum Step: String, CaseIterable {
        case upload, match, fix, plan, publish

        var label: Text {
            switch self {
            case .upload: Text(en: "Upload", ko: "업로드")
            case .match: Text(en: "Match", ko: "열 연결")
            case .fix: Text(en: "Check and fix", ko: "검증 및 수정")
            case .plan: Text(en: "Plan", ko: "계획")
            case .publish: Text(en: "Publish", ko: "게시")
            }
        }
    }

    let visit: Visit
    private let asked: String
    private let refused: Problem?
    private let details: ImportDetails

    init(_ visit: Visit, step: String = "", refused: Problem? = nil, of part: ImportDetails.Asked = .nothing) {
        self.visit = visit
        details = ImportDetails(visit: visit.beside, asked: part, refused: part == .nothing ? nil : refused)
        asked = step.isEmpty ? visit.query["step"] : step
        self.refused = refused
    }

    private var href: String { ImportPages.href(visit) }

    /// What every step shows: the task, its counts, and its latest runs.
    struct Facts: Sendable {
        let task: ImportTask
        let summary: ImportSummary
        let runs: [ImportRun]

        /// The run that is under way.
        var busy: ImportRun? {
            runs.first { $0.state == ImportRun.State.queued || $0.state == ImportRun.State.running }
        }
    }

    func page() async throws(Problem) -> Page {
        let grid = ImportGrid(visit, refused: visit.part("row").isEmpty ? nil : refused)
        async let beside = ImportHelp.values(visit)
        // Where the address names the step, its rows are asked for beside everything else.
        async let rows = Outcome.of { () async throws(Problem) in
            asked == Step.fix.rawValue ? try await grid.read() : nil
        }
        let facts = try await facts()
        async let panel = details.values(facts.task)
        let step = Step(rawValue: asked) ?? Self.next(facts)
        var values: Values = [
            "task": facts.task, "href": href, "steps": steps(step, facts), "step": [step.rawValue: true] as Values,
            "summary": counts(facts.summary), "template": "\(href)/template",
        ]
        if facts.task.active != false { values["dueDate"] = "\(href)/due-date" }
        if let run = facts.busy ?? facts.runs.first { values["run"] = self.run(run) }
        values["startOver"] = [.upload, .fix].contains(step) ? ImportStartOver.values(facts, visit) : ""
        let read = try await rows.get()
        values.merge(try await own(step, facts, grid, read)) { own, _ in own }
        let known = await panel
        values["details"] = known
        // What is wrong with the form of the details stands there.
        if let refused, details.asked != .saving || known["form"] == nil {
            values["problem"] = ["text": refused.text(visit.reader.language)] as Values
        }
        let help = await beside
        values.merge(help) { own, _ in own }
        // A page takes one field of files, and where workbooks are sent it is theirs.
        if step != .upload { values["attach"] = ["action": "\(href)/attachments", "shows": true] as Values }
        if !visit.isRead { values["path"] = path(step) }
        var page = Page(
            template: "import", title: "\(facts.task.number ?? "") \(facts.task.shortDescription ?? "")",
            values: values,
            status: refused?.status ?? .ok)
        if let parent = facts.task.parent {
            let above = help["case"] as? WorkItem
            let label = above.map { "\($0.number) \($0.title)" } ?? visit.say("Case", "케이스")
            page.trail = [Crumb(label: label, href: "/cases/\(Fields.encoded(parent))")]
        }
        page.live = LiveTopic.record(table: ImportTask.schema.table, id: facts.task.id).text
        return page
    }

    /// The address of a step that was drawn because something was posted: its form has in its own what the step is narrowed to.
    private func path(_ step: Step) -> String {
        let narrowed = visit.query.pairs.filter { $0.name != "step" }
        return "\(href)?step=\(step.rawValue)"
            + narrowed.map { "&\($0.name)=\(Fields.encoded($0.value))" }.joined()
    }

    private func own(
        _ step: Step, _ facts: Facts, _ grid: ImportGrid, _ read: ImportGrid.Read?
    ) async throws(Problem) -> Values {
        switch step {
        case .upload: try await ImportFiles(visit).values()
        case .match: try await ImportMatch(visit).values(facts.task)
        case .fix: try await grid.values(facts.task, facts.summary, read)
        case .plan: try await ImportPlan(visit).values(facts)
        case .publish: try await ImportPlan(visit).publications(facts)
        }
    }

    private func facts() async throws(Problem) -> Facts {
        var get = GetRequest()
        get.id = visit.part("id")
        let asked = get
        async let summary = Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.summarizeImport, asked)
        }
        async let runs = Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.listImportRuns, Self.runs(asked.id)).resources
        }
        let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
        return Facts(task: task, summary: try await summary.get(), runs: try await runs.get())
    }

    /// The latest runs of a task.
    private static func runs(_ task: String) -> ListRequest {
        var request = ListRequest()
        request.filter = FilterText.equal(ImportRun.Field.importTask, task)
        request.pageSize = 20
        return request
    }

    /// Where somebody goes on who comes to the page.
    private static func next(_ facts: Facts) -> Step {
        let summary = facts.summary
        if summary.needsAttention > 0 || summary.yetToValidate > 0 { return .fix }
        if summary.readyToPublish > 0 { return .plan }
        return summary.published > 0 ? .publish : .upload
    }

    private func steps(_ current: Step, _ facts: Facts) -> [Values] {
        let summary = facts.summary
        let hasRows = summary.needsAttention + summary.readyToPublish + summary.published + summary.yetToValidate > 0
        return Step.allCases.enumerated().map { place, step in
            let isDone =
                switch step {
                case .upload, .match: hasRows
                case .fix: hasRows && summary.needsAttention == 0 && summary.yetToValidate == 0
                case .plan:
                    facts.runs.contains { $0.kind == ImportRun.Kind.plan && $0.state == ImportRun.State.completed }
                case .publish: summary.published > 0 && summary.readyToPublish == 0
                }
            return [
                "label": visit.reader(step.label), "position": place + 1, "href": "\(href)?step=\(step.rawValue)",
                "done": isDone, "current": step == current, "note": "",
            ]
        }
    }

    // MARK: Counts and runs

    /// The three lists and what was published, and their shares of all rows.
    func counts(_ summary: ImportSummary) -> Values {
        let lists: [(status: String, label: Text, count: Int64, kind: String)] = [
            ("needs_attention", Text(en: "Needs attention", ko: "확인 필요"), summary.needsAttention, "bad"),
            ("yet_to_validate", Text(en: "Yet to validate", ko: "검증 전"), summary.yetToValidate, "idle"),
            ("ready_to_publish", Text(en: "Ready to publish", ko: "게시 준비 완료"), summary.readyToPublish, "good"),
            ("published", Text(en: "Published", ko: "게시됨"), summary.published, "done"),
        ]
        let all = lists.reduce(0) { $0 + $1.count }
        var from: Int64 = 0
        let shares =
            all == 0
            ? []
            : lists.filter { $0.count > 0 }.map { list -> Values in
                defer { from += list.count }
                return [
                    "kind": list.kind, "from": Self.percent(from, of: all), "width": Self.percent(list.count, of: all),
                ]
            }
        let words = lists.map { "\(visit.reader($0.label)): \(Figure.grouped($0.count))" }.joined(separator: ", ")
        return [
            "lists": lists.map { list -> Values in
                [
                    "label": visit.reader(list.label), "value": list.status, "count": list.count,
                    // Customers have the lists as numbers: their rows are mended in the workbook.
                    "href": visit.person?.isCustomer == true ? "" : "\(href)?step=fix&status=\(list.status)",
                    "current": visit.query["status"] == list.status,
                ]
            }, "shares": shares, "words": words,
        ]
    }

    private static func percent(_ part: Int64, of all: Int64) -> String {
        let tenths = part * 1_000 / max(1, all)
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// A run with how far it has come.
    func run(_ run: ImportRun) -> Values {
        let isBusy = run.state == ImportRun.State.queued || run.state == ImportRun.State.running
        let (done, total) = (run.doneRows ?? 0, run.totalRows ?? 0)
        let rows = Text(
            en: total > 0 ? "\(grouped: done) of \(grouped: total) rows" : "\(grouped: done) rows",
            ko: total > 0 ? "\(grouped: total)행 중 \(grouped: done)행" : "\(grouped: done)행")
        // Runs that ended before messages were kept in both languages have the one of whoever asked for them.
        let message = run.messageEn.map { visit.reader(Text(en: $0, ko: run.messageKo ?? $0)) } ?? run.message ?? ""
        return [
            "href": "\(href)/run", "import": run, "percent": total > 0 ? Int(done * 100 / total) : 0,
            "done": visit.reader(rows), "busy": isBusy, "message": message,
            "cancel": isBusy ? "\(href)/runs/\(run.id)/cancel" : "",
        ]
    }

    /// The run by itself, for a page that is open.
    func runFragment() async throws(Problem) -> Answer {
        let runs = try await visit.ask(ImportValidationAPI.listImportRuns, Self.runs(visit.part("id"))).resources
        guard let first = runs.first else { throw .notFound(Text(en: "There is no run.", ko: "실행이 없습니다.")) }
        return .fragment("import_run", run(first))
    }
}

/// A number as people write it, outside of a sentence.
enum Figure {
    static func grouped(_ number: Int64) -> String { "\(grouped: number)" }
}
