import CustomerSuccessWire
import Foundation
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// The launcher: what can be launched from a record, the questions of a play, and what it will make before it is made.
enum PlayPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/plays") { visit async throws(Problem) in .page(try await launcher(visit)) }
        // Creation starts here: from now on a launcher notifier follows it (G-78).
        pages.post("/plays") { visit async throws(Problem) in
            let origin = try PlayOrigin(visit)
            var request = BeginPlayRequest()
            (request.sourceTable, request.sourceRecord) = (origin.schema.table, origin.id)
            return try await Work.lead { () async throws(Problem) in
                let run = try await visit.ask(PlayLauncherAPI.beginPlay, request)
                return "\(origin.href)&run=\(Fields.encoded(run.id))"
            } refused: { (problem) async throws(Problem) in
                try await launcher(visit, refused: problem)
            }
        }
        pages.get("/plays/blueprints") { visit async throws(Problem) in .page(try await blueprints(visit)) }
        pages.get("/plays/entries/:entry") { visit async throws(Problem) in .page(try await play(visit)) }
        pages.post("/plays/entries/:entry") { visit async throws(Problem) in
            guard visit.form["do"] == "launch" else { return try await preview(visit) }
            return try await Work.lead { () async throws(Problem) in
                let run = try await launch(visit)
                return "\(RunPages.href(run.id))?done=\(Toast.launched.rawValue)"
            } refused: { (problem) async throws(Problem) in
                try await play(visit, refused: problem)
            }
        }
        RunPages.add(to: pages)
        NotifierPages.add(to: pages)
    }

    // MARK: What can be launched

    private static func launcher(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let origin = try PlayOrigin(visit)
        var request = ListPlayCategoriesRequest()
        request.sourceTable = origin.schema.table
        async let last = Outcome.of { () async throws(Problem) in
            try await runs(of: FlowRun.Field.sourceRecord, origin.id, atMost: 10, visit)
        }
        async let called = Outcome.of { () async throws(Problem) in try await origin.name(visit) }
        let answer = try await visit.ask(PlayLauncherAPI.listPlayCategories, request)
        let categories = answer.categories.map { category -> Values in
            group(category.label, category.subcategories, category.entries, origin, visit)
        }
        return page(
            origin, try await called.get(), categories, isBlueprint: false, visit,
            more: ["runs": try await last.get(), "problem": said(refused, visit)])
    }

    /// What was refused, above the page; nothing where nothing was.
    static func said(_ refused: Problem?, _ visit: Visit) -> any Sendable {
        guard let refused else { return "" }
        return ["text": refused.text(visit.reader.language)] as Values
    }

    /// The blueprints of an engagement: there is no category to choose (G-81).
    private static func blueprints(_ visit: Visit) async throws(Problem) -> Page {
        let origin = try PlayOrigin(visit)
        async let called = Outcome.of { () async throws(Problem) in try await origin.name(visit) }
        let answer = try await visit.ask(PlayLauncherAPI.listBlueprints, ListBlueprintsRequest())
        let group = group("", answer.subcategories, answer.entries, origin, visit)
        let isEmpty = answer.subcategories.isEmpty && answer.entries.isEmpty
        return page(
            origin, try await called.get(), isEmpty ? [] : [group], isBlueprint: true, visit,
            more: ["runs": "", "problem": ""])
    }

    private static func page(
        _ origin: PlayOrigin, _ name: String, _ categories: [Values], isBlueprint: Bool, _ visit: Visit, more: Values
    ) -> Page {
        let title =
            isBlueprint
            ? visit.say("Create success blueprint", "성공 청사진 생성") : visit.say("Create success play", "성공 플레이 생성")
        let isEngagement = origin.schema.table == Engagement.schema.table
        let begun = run(visit).map { "&run=\($0)" }.joined()
        let blueprints = origin.blueprints + begun
        var values: Values = [
            "heading": title, "source": name, "categories": categories,
            "blueprints": isEngagement && !isBlueprint ? blueprints : "",
            "path": isBlueprint ? blueprints : origin.href + begun,
            "notifiers": NotifierPages.isFor(visit.person) ? NotifierPages.href : "",
        ]
        values.merge(more) { _, own in own }
        var page = Page(template: "plays", title: title, values: values)
        page.trail = origin.trail(name, visit)
        return page
    }

    private static func group(
        _ label: String, _ subcategories: [PlaySubcategory], _ entries: [PlayEntry], _ origin: PlayOrigin,
        _ visit: Visit
    ) -> Values {
        func shown(_ entries: [PlayEntry]) -> [Seen] {
            entries.map { Seen($0, ["href": href($0.definitionRecord, origin, visit)]) }
        }
        return [
            "label": label, "entries": shown(entries),
            "subcategories": subcategories.map { ["label": $0.name, "entries": shown($0.entries)] as Values },
        ]
    }

    /// The run that was begun, when one was; a list, so that it can be joined.
    private static func run(_ visit: Visit) -> [String] {
        let run = visit.form["run"].isEmpty ? visit.query["run"] : visit.form["run"]
        return run.isEmpty ? [] : [Fields.encoded(run)]
    }

    private static func href(_ entry: String, _ origin: PlayOrigin, _ visit: Visit) -> String {
        "/plays/entries/\(Fields.encoded(entry))?source=\(Fields.encoded(origin.text))"
            + run(visit).map { "&run=\($0)" }.joined()
    }

    /// The last plays of a record, or of all that belongs to an engagement: those in which a field names it.
    static func runs(
        of field: FlowRun.Field, _ id: String, atMost count: Int32, _ visit: Visit
    ) async throws(Problem) -> [Seen] {
        var request = ListRequest()
        request.pageSize = count
        request.filter = [
            FilterText.equal(field, id), "NOT \(FilterText.equal(FlowRun.Field.state, FlowRun.State.started))",
        ].joined(separator: " AND ")
        return try await visit.ask(PlayLauncherAPI.listFlowRuns, request).flowRuns.map { run in
            let source = Dictionaries.schema(run.sourceTable ?? "")?.label(visit.reader.language) ?? ""
            return Seen(
                run, ["href": RunPages.href(run.id), "name": RunPages.title(run, visit), "source": source])
        }
    }

    // MARK: One play

    private static func described(_ visit: Visit) async throws(Problem) -> DescribePlayResponse {
        var request = DescribePlayRequest()
        request.definitionRecord = visit.part("entry")
        return try await visit.ask(PlayLauncherAPI.describePlay, request)
    }

    /// The run that was begun, for the account that it is about.
    private static func account(_ origin: PlayOrigin, _ visit: Visit) async throws(Problem) -> String {
        if origin.schema.table == CustomerAccount.schema.table { return origin.id }
        guard let run = run(visit).first else { return "" }
        var request = GetRequest()
        request.id = run
        return try await visit.ask(PlayLauncherAPI.getFlowRun, request).account ?? ""
    }

    private static func form(_ visit: Visit) async throws(Problem) -> (DescribePlayResponse, PlayForm) {
        let play = try await described(visit)
        let account = try await account(try PlayOrigin(visit), visit)
        return (play, PlayForm(visit: visit, questions: play.questions, account: account))
    }

    private static func launch(_ visit: Visit) async throws(Problem) -> FlowRun {
        let origin = try PlayOrigin(visit)
        var request = LaunchPlayRequest()
        request.flowRun = run(visit).first ?? ""
        request.definitionRecord = visit.part("entry")
        (request.sourceTable, request.sourceRecord) = (origin.schema.table, origin.id)
        request.answers = try await form(visit).1.answers()
        return try await visit.ask(PlayLauncherAPI.launchPlay, request, requestID: visit.form["once"])
    }

    /// The page again, with what a launch would make.
    private static func preview(_ visit: Visit) async throws(Problem) -> Answer {
        let origin = try PlayOrigin(visit)
        return try await Work.answer { () async throws(Problem) in
            var request = PreviewPlayRequest()
            request.definitionRecord = visit.part("entry")
            (request.sourceTable, request.sourceRecord) = (origin.schema.table, origin.id)
            request.answers = try await form(visit).1.answers()
            let records = try await visit.ask(PlayLauncherAPI.previewPlay, request).records
            return .page(try await play(visit, planned: records))
        } refused: { (problem) async throws(Problem) in
            try await play(visit, refused: problem)
        }
    }

    private static func play(
        _ visit: Visit, refused: Problem? = nil, planned: [PlannedRecord]? = nil
    ) async throws(Problem) -> Page {
        let origin = try PlayOrigin(visit)
        // Before anything was answered the page shows what would come of the usual answers.
        async let usual =
            planned == nil && refused == nil ? Self.usual(origin, visit) : Part(value: nil, isAway: false)
        let (play, form) = try await form(visit)
        let fields = try await form.fields()
        let forms = Forms(visit, showsTyped: planned != nil)
        var values: Values = [
            "heading": play.title, "schedule": play.schedule,
            "action": "/plays/entries/\(Fields.encoded(visit.part("entry")))",
            "source": origin.text, "run": run(visit).first ?? "", "path": href(visit.part("entry"), origin, visit),
            "once": visit.form["once"].isEmpty ? UUID().uuidString.lowercased() : visit.form["once"],
            "fields": fields.map { forms.values($0, refused: refused) }, "problem": "", "plan": "",
        ]
        if let refused { values["problem"] = forms.problem(refused, fields) }
        if let planned = await usual.value ?? planned {
            values["plan"] = ["records": tree(planned), "any": !planned.isEmpty] as Values
        }
        let name = try await origin.name(visit)
        values["sourceName"] = name
        var page = Page(template: "play", title: play.title, values: values)
        page.trail = origin.trail(name, visit)
        return page
    }

    /// What a launch would make if every question were left as it stands; nothing where one has to be answered first.
    private static func usual(_ origin: PlayOrigin, _ visit: Visit) async -> Part<[PlannedRecord]> {
        let beside = visit.beside
        return await Part.of { () async throws(Problem) in
            var request = PreviewPlayRequest()
            request.definitionRecord = beside.part("entry")
            (request.sourceTable, request.sourceRecord) = (origin.schema.table, origin.id)
            request.answers = "{}"
            return try await beside.ask(PlayLauncherAPI.previewPlay, request).records
        }
    }

    /// What will be made, each record below the one that it belongs to.
    private static func tree(_ records: [PlannedRecord], below parent: Int32 = 0) -> [Values] {
        records.enumerated().filter { $0.element.parent == parent }.map { place, record in
            [
                "label": record.label, "title": record.title,
                // Of records that name each other none is above: a list has an end.
                "records": place + 1 > parent ? tree(records, below: Int32(place + 1)) : [],
            ]
        }
    }
}
