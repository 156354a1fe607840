import ImportValidationWire
import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// Moving the go-live date of a case, or the due date of a task or an import task: what would happen, before it is done.
enum DateMovePages: PageFolder {
    static func add(to pages: Pages) {
        for kind in Kind.allCases {
            let place = "/\(kind.folder)/:id/\(kind.page)"
            pages.get("\(place)") { visit async throws(Problem) in .page(try await page(kind, visit)) }
            pages.post("\(place)") { visit async throws(Problem) in
                try await answer(kind, visit) { () async throws(Problem) in
                    shown(try await kind.preview(visit), kind, visit)
                }
            }
            pages.post("\(place)/:move/apply") { visit async throws(Problem) in
                try await answer(kind, visit) { () async throws(Problem) in
                    let move = try await settled(visit.ask(OnboardingAPI.applyDateMove, about(visit)), visit)
                    guard move.state == "applied" else { return shown(move, kind, visit) }
                    return kind.moved(move, visit)
                }
            }
            pages.post("\(place)/:move/undo") { visit async throws(Problem) in
                try await answer(kind, visit) { () async throws(Problem) in
                    let move = try await settled(visit.ask(OnboardingAPI.undoDateMove, about(visit)), visit)
                    guard move.state == "undone" else { return shown(move, kind, visit) }
                    return "\(kind.href(visit))?done=\(Toast.back.rawValue)"
                }
            }
        }
        pages.post("/cases/:id/go-live/:move/alone") { visit async throws(Problem) in
            try await answer(.goLive, visit) { () async throws(Problem) in try await setAlone(visit) }
        }
    }

    /// Changes the go-live date alone, and what the playbook counts from it: where it would begin or end something with that, that
    /// is no move of dates, and nothing gives it back.
    private static func setAlone(_ visit: Visit) async throws(Problem) -> String {
        var about = GetRequest()
        about.id = visit.part("move")
        let move = try await visit.ask(OnboardingAPI.getDateMove, about)
        about.id = visit.part("id")
        let record = try await visit.ask(OnboardingAPI.getOnboardingCase, about)
        guard record.id == move.onboardingCase, move.playbookMoves, record.goLiveDate ?? "" == move.goLiveBefore else {
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "The go-live date has changed since: look again at what would happen.",
                    ko: "그 사이 운영 개시일이 변경되었습니다. 변경 내용을 다시 확인하세요."), reason: "GROUND_MOVED")
        }
        var (request, changed) = (UpdateOnboardingCaseRequest(), OnboardingCase())
        (changed.id, changed.etag, changed.goLiveDate) = (record.id, record.etag, move.goLiveAfter)
        request.onboardingCase = changed
        request.updateMask = FieldMask(paths: [OnboardingCase.Field.goLiveDate.rawValue])
        _ = try await visit.ask(OnboardingAPI.updateOnboardingCase, request)
        return "\(Kind.goLive.href(visit))?done=\(Toast.saved.rawValue)"
    }

    /// The address of what moving the go-live date of a case would do.
    static func asking(_ onboarding: OnboardingCase, goLive date: String, _ visit: Visit) async throws(Problem)
        -> String
    {
        var request = PreviewGoLiveRequest()
        (request.id, request.goLiveDate) = (onboarding.id, date)
        let move = try await visit.ask(OnboardingAPI.previewGoLive, request)
        return "/cases/\(Fields.encoded(onboarding.number ?? onboarding.id))/go-live?move=\(Fields.encoded(move.id))"
    }

    /// What is moved.
    enum Kind: String, CaseIterable {
        case goLive = "cases"
        case dueDate = "tasks"
        case importDueDate = "imports"

        fileprivate var folder: String { rawValue }
        fileprivate var page: String { self == .goLive ? "go-live" : "due-date" }
        fileprivate func href(_ visit: Visit) -> String { "/\(folder)/\(Fields.encoded(visit.part("id")))" }

        /// The page of what was moved, which says so and takes it back.
        fileprivate func moved(_ move: DateMove, _ visit: Visit) -> String {
            let undo = "\(href(visit))/\(page)/\(move.id)/undo"
            return "\(href(visit))?done=\(Toast.dated.rawValue)&undo=\(Fields.encoded(undo))"
        }

        fileprivate func preview(_ visit: Visit) async throws(Problem) -> DateMove {
            if self == .goLive {
                var request = PreviewGoLiveRequest()
                (request.id, request.goLiveDate) = (visit.part("id"), visit.form["date"])
                return try await visit.ask(OnboardingAPI.previewGoLive, request)
            }
            var request = PreviewDueDateRequest()
            (request.id, request.dueDate) = (visit.part("id"), visit.form["date"])
            if self == .importDueDate { request.id = try await importTask(visit).id }
            return try await visit.ask(OnboardingAPI.previewDueDate, request)
        }

        /// The import task, which onboarding knows by its id alone.
        private func importTask(_ visit: Visit) async throws(Problem) -> ImportTask {
            var request = GetRequest()
            request.id = visit.part("id")
            return try await visit.ask(ImportValidationAPI.getImportTask, request)
        }

        /// The number and the title of what is moved, and its date now.
        fileprivate func known(
            _ visit: Visit
        ) async throws(Problem) -> (number: String, title: String, date: String) {
            var request = GetRequest()
            request.id = visit.part("id")
            if self == .goLive {
                let record = try await visit.ask(OnboardingAPI.getOnboardingCase, request)
                return (record.number ?? "", record.shortDescription ?? "", record.goLiveDate ?? "")
            }
            if self == .importDueDate {
                let record = try await importTask(visit)
                return (record.number ?? "", record.shortDescription ?? "", record.dueDate ?? "")
            }
            let record = try await visit.ask(OnboardingAPI.getLifecycleTask, request)
            return (record.number ?? "", record.shortDescription ?? "", record.dueDate ?? "")
        }
    }

    private static func about(_ visit: Visit) -> ActionRequest {
        var request = ActionRequest()
        (request.id, request.etag) = (visit.part("move"), visit.form["etag"])
        return request
    }

    /// The page that shows a move.
    private static func shown(_ move: DateMove, _ kind: Kind, _ visit: Visit) -> String {
        "\(kind.href(visit))/\(kind.page)?move=\(Fields.encoded(move.id))"
    }

    /// Whether import tasks are still being written.
    private static func isUnderWay(_ move: DateMove) -> Bool { ["applying", "undoing"].contains(move.state) }

    /// The move when its import tasks have been written, which takes a moment; after three seconds as it is then.
    private static func settled(_ begun: DateMove, _ visit: Visit) async throws(Problem) -> DateMove {
        var move = begun
        for _ in 0..<15 where isUnderWay(move) {
            // A visit that ends looks no more.
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return move }
            var request = GetRequest()
            request.id = move.id
            move = try await visit.ask(OnboardingAPI.getDateMove, request)
        }
        return move
    }

    /// Does something and leads on; what was refused stands on the page.
    private static func answer(
        _ kind: Kind, _ visit: Visit, _ act: () async throws(Problem) -> String
    ) async throws(Problem) -> Answer {
        try await Work.lead(act) { refused async throws(Problem) in try await page(kind, visit, refused: refused) }
    }

    // MARK: The page

    /// Most rows that are shown; of more the first by date.
    private static let shown = 200

    private static func page(
        _ kind: Kind, _ visit: Visit, refused: Problem? = nil
    ) async throws(Problem) -> Page {
        let isAsked = refused == nil && !visit.query["move"].isEmpty
        async let told = Outcome.of { () async throws(Problem) in isAsked ? try await move(visit) : nil }
        let known = try await kind.known(visit)
        let href = kind.href(visit)
        let title =
            kind == .goLive
            ? visit.say("Move go-live date", "운영 개시일 변경") : visit.say("Move due date", "기한 변경")
        var values: Values = [
            "heading": title, "number": known.number, "href": "\(href)/\(kind.page)", "back": href,
            "nowLabel": kind == .goLive
                ? visit.say("Go-live date now:", "현재 운영 개시일:") : visit.say("Due date now:", "현재 기한:"),
            "newLabel": kind == .goLive ? visit.say("New go-live date", "새 운영 개시일") : visit.say("New due date", "새 기한"),
            "date": visit.form["date"].isEmpty ? known.date : visit.form["date"],
        ]
        if !known.date.isEmpty { values["now"] = ["date": known.date] as Values }
        if let refused {
            values["problem"] = ["text": refused.text(visit.reader.language)] as Values
        } else if let move = try await told.get() {
            values.merge(asked(move, visit)) { _, own in own }
        }
        var page = Page(template: "go_live", title: "\(title) \(known.number)", values: values)
        page.trail = [Crumb(label: "\(known.number) \(known.title)", href: href)]
        return page
    }

    /// The move that the address names.
    private static func move(_ visit: Visit) async throws(Problem) -> DateMove {
        var request = GetRequest()
        request.id = visit.query["move"]
        return try await visit.ask(OnboardingAPI.getDateMove, request)
    }

    /// What was told of a move.
    private static func asked(_ move: DateMove, _ visit: Visit) -> Values {
        let reader = visit.reader
        let task = move.lifecycleTask.isEmpty ? move.importTask : move.lifecycleTask
        let asked = move.items.first { $0.id == task && !task.isEmpty }?.after
        let date = asked ?? move.goLiveAfter
        let day = CivilDate(date).map(reader.text) ?? date
        var values: Values = [
            "asked": true, "date": date,
            "changesTitle": move.state == "applied"
                ? visit.say("What was changed", "변경된 내용") : visit.say("What would change", "변경될 내용"),
            "etag": move.etag, "move": move.id,
            "changes": move.items.prefix(shown).map { change($0, move, reader) },
            "broken": broken(move).map(reader.callAsFunction),
            "more": move.items.count > shown
                ? visit.say(
                    "\(grouped: move.items.count - shown) more are not shown.",
                    "외 \(grouped: move.items.count - shown)개는 표시하지 않습니다.") : "",
        ]
        // What was asked for is not counted, be it the go-live date or that of a task.
        let count = Int(move.moving) - move.items.count { $0.id == task && $0.before != $0.after }
        let apply =
            count == 1
            ? Text(en: "Move to \(day): 1 date changes with it", ko: "\(day, .direction) 변경(함께 바뀌는 날짜 1개)")
            : Text(
                en: "Move to \(day): \(grouped: count) dates change with it",
                ko: "\(day, .direction) 변경(함께 바뀌는 날짜 \(grouped: count)개)")
        if !move.refusal.isEmpty { values["problem"] = ["text": move.refusal] as Values }
        if isUnderWay(move) {
            values["wait"] = visit.say(
                "The dates of import tasks are being written. Look again in a moment.",
                "가져오기 작업의 날짜를 변경하고 있습니다. 잠시 후 다시 확인하세요.")
        }
        switch move.state {
        case "previewed" where move.playbookMoves:
            values["playbookMoves"] = visit.say(
                "With this date the playbook also begins or ends what is marked below. That is more than a move of dates: nothing gives it back.",
                "이 날짜로 변경하면 아래에 표시된 플레이북 활동이 시작되거나 종료됩니다. 날짜만 바뀌는 것이 아니므로 실행 취소할 수 없습니다.")
            values["alone"] = visit.say(
                "Change go-live to \(day) alone, and leave other dates", "운영 개시일만 \(day, .direction) 변경")
        case "previewed": values["apply"] = reader(apply)
        case "applied": values["undo"] = visit.say("Undo: give every date back", "실행 취소: 모든 날짜 되돌리기")
        default: break
        }
        return values
    }

    /// What would break, in words.
    private static func broken(_ move: DateMove) -> [Text] {
        var broken: [Text] = []
        let (late, past) = (Int(move.afterGoLive), Int(move.beforeToday))
        if late > 0 {
            broken.append(
                Text(
                    en: late == 1 ? "1 ends after go-live" : "\(grouped: late) end after go-live",
                    ko: "운영 개시일 이후 종료 \(grouped: late)개"))
        }
        if past > 0 {
            broken.append(
                Text(
                    en: past == 1 ? "1 is due before today" : "\(grouped: past) are due before today",
                    ko: "기한이 이미 지남 \(grouped: past)개"))
        }
        if move.goLiveNotWorking, move.lifecycleTask.isEmpty, move.importTask.isEmpty {
            broken.append(Text(en: "Nobody works on the new go-live date", ko: "새 운영 개시일은 휴무일"))
        }
        return broken
    }

    private static func change(_ item: DateMoveItem, _ move: DateMove, _ reader: Reader) -> Values {
        func day(_ text: String) -> String {
            CivilDate(text).map(reader.text) ?? reader(Text(en: "None", ko: "없음"))
        }
        var marks: [Text] = []
        if item.afterGoLive { marks.append(Text(en: "After go-live", ko: "운영 개시일 이후")) }
        if item.beforeToday { marks.append(Text(en: "Before today", ko: "오늘보다 이전")) }
        if item.notWorking { marks.append(Text(en: "Not a working day", ko: "휴무일")) }
        if let follows = follows(item) { marks.append(follows) }
        let label = item.label.map { reader(Text(en: $0.en, ko: $0.ko.isEmpty ? $0.en : $0.ko)) }
        let title = label ?? "\(item.number) \(item.title)"
        return [
            "title": title, "href": href(of: item, move), "before": day(item.before), "after": day(item.after),
            "moves": item.before != item.after, "marks": marks.map(reader.callAsFunction),
            "note": notes(of: item, move).map(reader.callAsFunction).joined(separator: " · "),
        ]
    }

    /// What the playbook would do with it besides.
    private static func follows(_ item: DateMoveItem) -> Text? {
        switch item.follows {
        case "begins": Text(en: "Would begin", ko: "시작됨")
        case "ends": Text(en: "Would end", ko: "종료됨")
        case "joins": Text(en: "Would become part of the playbook", ko: "플레이북에 포함됨")
        case "leaves": Text(en: "Would be left out of the playbook", ko: "플레이북에서 제외됨")
        default: nil
        }
    }

    private static func href(of item: DateMoveItem, _ move: DateMove) -> String {
        switch item.table {
        case LifecycleTask.schema.table: "/tasks/\(Fields.encoded(item.number))"
        case "import_task": "/imports/\(Fields.encoded(item.id))"
        default: "/cases/\(Fields.encoded(move.caseNumber))"
        }
    }

    private static func notes(of item: DateMoveItem, _ move: DateMove) -> [Text] {
        var notes: [Text] = []
        if item.expected, !item.after.isEmpty { notes.append(Text(en: "Expected, has yet to begin", ko: "시작 전 예상")) }
        switch item.reason {
        case "counted": notes.append(Text(en: "Counted from go-live", ko: "운영 개시일 기준"))
        case "distance": notes.append(Text(en: "Keeps its distance to go-live", ko: "운영 개시일까지 간격 유지"))
        case "pushed": notes.append(Text(en: "Waits for what moves", ko: "선행 작업에 따라 변경"))
        case "asked": break
        default: if !item.expected, item.follows.isEmpty { notes.append(Text(en: "Stays", ko: "변경 없음")) }
        }
        if item.critical { notes.append(Text(en: "On the critical path", ko: "주요 경로")) }
        if !move.goLiveAfter.isEmpty, item.slackDays > 0 {
            let days = Int(item.slackDays)
            notes.append(
                Text(
                    en: days == 1 ? "1 working day to spare" : "\(grouped: days) working days to spare",
                    ko: "여유 영업일 \(grouped: days)일"))
        }
        return notes
    }
}
