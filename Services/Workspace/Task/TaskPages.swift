import OnboardingWire
import RPC
import Wire

/// The page of one onboarding task.
enum TaskPages: PageFolder {
    private typealias Record = LifecycleTask

    /// What the form of a task has, in its order. Its due date is moved on a page of its own, which says first what that does.
    private static let keys: [LifecycleTask.Field] = [
        .shortDescription, .description, .priority, .progress, .assignedTo, .responsibility, .contact,
        .visibleToCustomer, .watchList,
    ]

    /// Who may be named: whoever does it for the customer is one of the account, and what people answer for on a case is none
    /// of a squad (G-43).
    private static func known(_ record: LifecycleTask) -> KnownFields {
        var known = KnownFields.contacts(of: record.company)
        known.filters[Record.Field.responsibility.rawValue] =
            "NOT \(FilterText.equal(ResponsibilityDefinition.Field.side, ResponsibilityDefinition.Side.squad))"
        return known
    }

    static func add(to pages: Pages) {
        pages.get("/tasks/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/tasks/:id") { visit async throws(Problem) in
            try await Work.change(href(visit), saved: "edit") { () async throws(Problem) in
                let change = try await save(try await record(visit), keys, visit)
                return (.saved, Work.undo(change, href(visit), visit))
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/tasks/:id/undo/:change") { visit async throws(Problem) in
            try await write(visit) { (_) async throws(Problem) in try await Work.takeBack(visit) }
        }
        pages.post("/tasks/:id/move") { visit async throws(Problem) in
            try await Work.change(href(visit)) { () async throws(Problem) in
                let undo = try await TaskMoves(visit: visit).act(try await record(visit), href(visit))
                return (.moved, undo)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/tasks/:id/say") { visit async throws(Problem) in
            try await write(visit, saved: "say") { (record) async throws(Problem) in
                try await Work.say(
                    visit, record.id, comment: OnboardingAPI.addLifecycleTaskComment,
                    note: OnboardingAPI.addLifecycleTaskWorkNote)
            }
        }
        addHelp(to: pages)
        pages.post("/tasks/:id/activities/:activity") { visit async throws(Problem) in try await act(visit) }
        pages.receive("/tasks/:id/files") { visit async throws(Problem) in
            let record = try await Self.record(visit)
            return (RecordFiles.tasks.target(record.id, visit), .moved(to: "\(href(visit))?done=attached#files"))
        }
        pages.get("/tasks/:id/files/:file") { visit async throws(Problem) in
            let record = try await Self.record(visit)
            return .response(try await RecordFiles.tasks.response(record.id, visit.part("file"), visit))
        }
        pages.post("/tasks/:id/files/:file/show") { visit async throws(Problem) in
            try await RecordFiles.tasks.show(visit, at: href(visit)) { () async throws(Problem) in
                try await record(visit).id
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/tasks/:id/files/:file/remove") { visit async throws(Problem) in
            try await write(visit) { (record) async throws(Problem) in
                try await RecordFiles.tasks.remove(record.id, visit.part("file"), visit)
                return .removed
            }
        }
    }

    private static func addHelp(to pages: Pages) {
        pages.post("/tasks/:id/help/:recommendation/assign") { visit async throws(Problem) in
            try await Work.change(href(visit)) { () async throws(Problem) in
                let record = try await record(visit)
                let change = try await help(visit, record).assign(visit.part("recommendation"), record)
                return (.saved, Work.undo(change, href(visit), visit))
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/tasks/:id/help/:recommendation/answer") { visit async throws(Problem) in
            .moved(to: help(visit, LifecycleTask()).answered(visit.part("recommendation")))
        }
    }

    private static func help(_ visit: Visit, _ record: LifecycleTask) -> HelpView {
        HelpView(visit: visit, table: Record.schema.table, record: record.id, href: href(visit))
    }

    private static func href(_ visit: Visit) -> String { "/tasks/\(Fields.encoded(visit.part("id")))" }

    private static func record(_ visit: Visit) async throws(Problem) -> LifecycleTask {
        var request = GetRequest()
        request.id = visit.part("id")
        return try await visit.ask(OnboardingAPI.getLifecycleTask, request)
    }

    private static func write(
        _ visit: Visit, saved form: String = "", _ write: (LifecycleTask) async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await Work.write(href(visit), saved: form) { () async throws(Problem) in
            try await write(try await record(visit))
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    /// Writes what was changed in the form. What somebody else has saved meanwhile in other fields stays. Answers what was
    /// there before; nil when nothing was changed.
    static func save(
        _ record: LifecycleTask, _ keys: [LifecycleTask.Field], _ visit: Visit
    ) async throws(Problem) -> Undos.Change? {
        let form = RecordForm<LifecycleTask>(keys, visit, known: known(record))
        let etag = visit.form["etag"]
        let isApart = etag != record.etag && form.isApart(from: record)
        var request = UpdateLifecycleTaskRequest()
        let (changed, mask) = try await form.record(id: record.id, etag: isApart ? record.etag : etag)
        guard !mask.paths.isEmpty else { return nil }
        request.lifecycleTask = changed
        request.updateMask = mask
        let after = try await visit.ask(OnboardingAPI.updateLifecycleTask, request)
        return Undos.Change(mask.paths, of: record, etag: after.etag)
    }

    private static func act(_ visit: Visit) async throws(Problem) -> Answer {
        let choice = visit.form["do"]
        if choice.hasPrefix("add:") {
            return .page(try await page(visit, adding: String(choice.dropFirst("add:".count))))
        }
        return try await Work.lead { () async throws(Problem) in
            let next = try await ActivityView.act(visit) { () async throws(Problem) in
                var request = GetRequest()
                request.id = try await record(visit).parent ?? ""
                return try await visit.ask(OnboardingAPI.getOnboardingCase, request)
            }
            return next.address(from: href(visit))
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    // MARK: The page

    private static func page(
        _ visit: Visit, refused: Problem? = nil, adding: String = ""
    ) async throws(Problem) -> Page {
        var request = GetOnboardingTaskPageRequest()
        request.id = visit.part("id")
        let answer = try await visit.ask(OnboardingAPI.getOnboardingTaskPage, request)
        let record = answer.lifecycleTask ?? LifecycleTask()
        let href = Self.href(visit)
        let parts = Parts(
            reader: visit.reader,
            names: Dictionary(answer.names.map { ($0.user, $0.name) }, uniquingKeysWith: { first, _ in first }))
        let view = ActivityView(
            visit: visit, href: href, parts: parts, known: FormNames(answer.formRecords, of: record.company),
            refused: refused,
            refusedActivity: visit.part("activity"),
            adding: adding)
        let activities = view.values(answer.activity.map { [$0] } ?? [])
        let (isOpen, moves) = (record.active ?? true, TaskMoves(visit: visit))
        // What was typed stands there, also when the task has ended meanwhile.
        let isEdited = refused != nil && visit.path == href
        var values: Values = [
            "page": Seen(
                answer,
                ["attachments": parts.files(answer.attachments, at: href, mayRemove: isOpen, mayShow: isOpen)]),
            "href": href, "etag": record.etag, "moves": moves.buttons(record),
            "endings": moves.endings(record, refused: refused), "facts": facts(answer, visit), "activities": activities,
            "related": [parts.section(visit.say("Other tasks of the case", "케이스의 다른 작업"), answer.tasks)],
            "stream": parts.stream(answer.stream, of: Record.schema),
            "say": ["action": "\(href)/say", "comment": true, "note": true] as Values,
            "typed": ["text": refused == nil ? "" : visit.form[AddEntryRequest.Field.text]] as Values,
            "help": await help(visit, record).values(answer.recommendedActions, answer.relatedKnowledge),
        ]
        if isOpen {
            values["drop"] = ["action": "\(href)/files", "shows": true] as Values
            values["dueDate"] = "\(href)/due-date"
        }
        if isOpen || isEdited {
            values["form"] = await form(record, answer, visit, refused: isEdited ? refused : nil)
        }
        if let refused, !isEdited, visit.part("activity").isEmpty {
            values["problem"] = ["text": refused.text(visit.reader.language)] as Values
        }
        var page = Page(
            template: "task", title: "\(record.number ?? "") \(record.shortDescription ?? "")", values: values)
        if let parent = answer.onboardingCase {
            page.trail = [Crumb(label: "\(parent.number) \(parent.title)", href: Address.of(parent))]
        }
        page.live = LiveTopic.record(table: Record.schema.table, id: record.id).text
        return page
    }

    private static func form(
        _ record: LifecycleTask, _ answer: OnboardingTaskPage, _ visit: Visit, refused: Problem?
    ) async -> Values {
        let people = answer.names.map { ($0.user, $0.name) }
        let named = [
            (record.assignedTo, answer.assignedToName), (record.contact, answer.contactName),
            (record.responsibility, answer.responsibility),
        ].map { ($0 ?? "", $1) }
        let known = Dictionary(
            (people + named).filter { !$0.1.isEmpty }, uniquingKeysWith: { first, _ in first })
        let names = await Work.names(known, chosenIn: Record.Field.watchList, visit)
        return RecordForm<LifecycleTask>(keys, visit, known: Self.known(record)).values(
            record, names: names, action: href(visit), refused: refused)
    }

    private static func facts(_ answer: OnboardingTaskPage, _ visit: Visit) -> [Values] {
        let language = visit.reader.language
        let record = answer.lifecycleTask ?? LifecycleTask()
        var facts: [Values] = []
        if !answer.accountName.isEmpty { facts.append(.fact(visit.say("Account", "계정"), answer.accountName)) }
        if let date = record.dueDate {
            facts.append(.fact(Record.schema.label(Record.Field.dueDate, language), date: date))
        }
        let assigned = answer.assignedToName.isEmpty ? visit.say("Nobody yet", "없음") : answer.assignedToName
        facts.append(.fact(Record.schema.label(Record.Field.assignedTo, language), assigned))
        if !answer.contactName.isEmpty {
            facts.append(.fact(Record.schema.label(Record.Field.contact, language), answer.contactName))
        }
        if !answer.responsibility.isEmpty {
            facts.append(.fact(Record.schema.label(Record.Field.responsibility, language), answer.responsibility))
        }
        return facts
    }
}
