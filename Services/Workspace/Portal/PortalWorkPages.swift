import CustomerSuccessWire
import OnboardingWire
import RPC
import Wire

/// Success cases, initiatives, touchpoints and milestones in the portal (G-18): where they stand, what is done for the customer, what
/// the customer does oneself, and what is said about them. Each is one request.
enum PortalWorkPages: PageFolder {
    static func add(to pages: Pages) {
        for kind in Kind.allCases {
            let place = "/portal/\(kind.folder)/:id"
            pages.get("\(place)") { visit async throws(Problem) in .page(try await page(kind, visit)) }
            pages.post("\(place)/say") { visit async throws(Problem) in
                try await write(kind, visit, saved: "say") { (work) async throws(Problem) in
                    guard let comment = kind.comment else { throw .noPage }
                    return try await Work.say(visit, work.id, comment: comment, note: nil)
                }
            }
            pages.post("\(place)/tasks/:task/move") { visit async throws(Problem) in
                try await Work.change(href(kind, visit)) { () async throws(Problem) in
                    let change = try await move(try await work(kind, visit), visit)
                    return (.moved, Work.undo(change, href(kind, visit), visit))
                } refused: { (problem) async throws(Problem) in
                    try await page(kind, visit, refused: problem)
                }
            }
            pages.post("\(place)/undo/:change") { visit async throws(Problem) in
                try await write(kind, visit) { _ async throws(Problem) in try await Work.takeBack(visit) }
            }
        }
        addFiles(to: pages)
    }

    /// Touchpoints have files (G-121).
    private static func addFiles(to pages: Pages) {
        pages.receive("/portal/touchpoints/:id/files") { visit async throws(Problem) in
            (
                RecordFiles.touchpoints.target(visit.part("id"), visit),
                .moved(to: "\(href(.touchpoint, visit))?done=\(Toast.attached.rawValue)")
            )
        }
        pages.get("/portal/touchpoints/:id/files/:file") { visit async throws(Problem) in
            .response(try await RecordFiles.touchpoints.response(visit.part("id"), visit.part("file"), visit))
        }
    }

    /// What is followed.
    enum Kind: CaseIterable {
        case successCase, initiative, touchpoint, milestone

        fileprivate var folder: String {
            switch self {
            case .successCase: "success-cases"
            case .initiative: "initiatives"
            case .touchpoint: "touchpoints"
            case .milestone: "milestones"
            }
        }

        fileprivate var table: String {
            switch self {
            case .successCase: SuccessCase.schema.table
            case .initiative: SuccessInitiative.schema.table
            case .touchpoint: Touchpoint.schema.table
            case .milestone: SuccessMilestone.schema.table
            }
        }

        fileprivate var read: Method<GetPortalWorkRequest, PortalWork> {
            switch self {
            case .successCase: CustomerSuccessAPI.getPortalCase
            case .initiative: CustomerSuccessAPI.getPortalInitiative
            case .touchpoint: CustomerSuccessAPI.getPortalTouchpoint
            case .milestone: CustomerSuccessAPI.getPortalMilestone
            }
        }

        /// Where something is said about it; of milestones nothing is.
        fileprivate var comment: Method<AddEntryRequest, ActivityEntry>? {
            switch self {
            case .successCase: CustomerSuccessAPI.addSuccessCaseComment
            case .initiative: CustomerSuccessAPI.addSuccessInitiativeComment
            case .touchpoint: CustomerSuccessAPI.addTouchpointComment
            case .milestone: nil
            }
        }
    }

    /// The page of a record; empty for one of another table.
    static func href(_ table: String, _ id: String) -> String {
        Kind.allCases.first { $0.table == table }.map { "/portal/\($0.folder)/\(Fields.encoded(id))" } ?? ""
    }

    private static func href(_ kind: Kind, _ visit: Visit) -> String {
        "/portal/\(kind.folder)/\(Fields.encoded(visit.part("id")))"
    }

    private static func work(_ kind: Kind, _ visit: Visit) async throws(Problem) -> PortalWork {
        var request = GetPortalWorkRequest()
        request.id = visit.part("id")
        request.items = 50
        return try await visit.ask(kind.read, request)
    }

    private static func write(
        _ kind: Kind, _ visit: Visit, saved form: String = "", _ write: (PortalWork) async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await Work.write(href(kind, visit), saved: form) { () async throws(Problem) in
            try await write(try await work(kind, visit))
        } refused: { (problem) async throws(Problem) in
            try await page(kind, visit, refused: problem)
        }
    }

    /// Moves a task. Answers what takes that back, unless the task has ended.
    private static func move(_ work: PortalWork, _ visit: Visit) async throws(Problem) -> Undos.Change? {
        var task = SuccessTask()
        (task.id, task.state) = (visit.part("task"), visit.form["to"])
        let keys = [SuccessTask.Field.state.rawValue]
        var request = UpdateSuccessTaskRequest()
        request.successTask = task
        request.updateMask = FieldMask(paths: keys)
        let after = try await visit.ask(CustomerSuccessAPI.updateSuccessTask, request)
        guard let known = work.tasks.first(where: { $0.id == task.id }), after.state != SuccessTask.State.closed else {
            return nil
        }
        var before = SuccessTask()
        (before.id, before.state) = (known.id, known.state)
        return Undos.Change(keys, of: before, etag: after.etag)
    }

    // MARK: The page

    private static func page(_ kind: Kind, _ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let work = try await work(kind, visit)
        let view = PortalView(visit: visit, href: href(kind, visit))
        var values: Values = [
            "page": Seen(work, ["attachments": view.files(work.attachments)]), "facts": facts(work, visit),
            "say": view.say(work.comments, kind.comment == nil ? nil : work.rights), "talks": kind.comment != nil,
            "has": ["tasks": kind != .milestone, "files": kind == .touchpoint] as Values,
            "drop": view.drop(work.rights),
            "tasks": work.tasks.map { task in
                Seen(
                    task,
                    [
                        "move": "\(view.href)/tasks/\(Fields.encoded(task.id))/move",
                        "moves": task.own ? view.moves(task.rights) : [],
                    ])
            },
        ]
        values.merge(view.refused(refused)) { _, refused in refused }
        var page = Page(template: "portal_work", title: "\(work.number) \(work.title)", values: values)
        page.trail = [Navigation.home(visit)]
        if !work.engagementTitle.isEmpty {
            page.trail.append(Crumb(label: work.engagementTitle, href: PortalEngagementPage.href(work.engagement)))
        }
        page.live = LiveTopic.record(table: work.table, id: work.id).text
        return page
    }

    private static func facts(_ work: PortalWork, _ visit: Visit) -> [Values] {
        let language = visit.reader.language
        func label(_ field: SuccessInitiative.Field) -> String { SuccessInitiative.schema.label(field, language) }
        let said: [(SuccessInitiative.Field, String)] = [
            (.progress, work.progressLabel), (.category, work.categoryLabel), (.successOutcome, work.outcomeTitle),
            (.assignedTo, work.assignedToName), (.closeCode, work.closeCodeLabel), (.closeNotes, work.closeNotes),
        ]
        var facts: [Values] = [.fact(label(.state), badge: work.state, work.stateLabel)]
        facts += said.filter { !$0.1.isEmpty }.map { field, value in .fact(label(field), value) }
        facts += meeting(work, visit) + reached(work, visit)
        if !work.dueDate.isEmpty, work.table != SuccessMilestone.schema.table {
            facts.append(.fact(label(.dueDate), date: work.dueDate))
        }
        return facts
    }

    /// What a touchpoint says of itself.
    private static func meeting(_ work: PortalWork, _ visit: Visit) -> [Values] {
        func label(_ field: Touchpoint.Field) -> String { Touchpoint.schema.label(field, visit.reader.language) }
        let day = CivilDate(work.meetingDate).map { [Values.fact(label(.meetingDate), visit.reader.text($0))] } ?? []
        let said: [(Touchpoint.Field, String)] = [
            (.meetingType, work.meetingTypeLabel), (.channel, work.channelLabel),
        ]
        return day + said.filter { !$0.1.isEmpty }.map { field, value in .fact(label(field), value) }
    }

    /// What a milestone says of itself: what it leads to, when it is to be reached, and when it was.
    private static func reached(_ work: PortalWork, _ visit: Visit) -> [Values] {
        guard work.table == SuccessMilestone.schema.table else { return [] }
        func label(_ field: SuccessMilestone.Field) -> String {
            SuccessMilestone.schema.label(field, visit.reader.language)
        }
        var facts: [Values] = []
        if !work.objectiveTitle.isEmpty { facts.append(.fact(label(.successObjective), work.objectiveTitle)) }
        guard let day = CivilDate(work.reachedOn) else {
            return facts + [.fact(label(.targetDate), date: work.dueDate)]
        }
        // Only what is not reached yet can be late.
        if let target = CivilDate(work.dueDate) { facts.append(.fact(label(.targetDate), visit.reader.text(target))) }
        return facts + [.fact(label(.reachedOn), visit.reader.text(day))]
    }
}
