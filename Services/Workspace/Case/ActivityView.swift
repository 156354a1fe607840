import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// Activities of a playbook as a page shows them, one of them open with its form.
struct ActivityView: Sendable {
    let visit: Visit
    /// The page they stand on.
    let href: String
    let parts: Parts
    /// What their forms name and offer.
    let known: FormNames
    /// What the services refused, and of which activity.
    var refused: Problem?
    var refusedActivity = ""
    /// The table that gets one more row.
    var adding = ""

    /// All of a stage; the first that is at work is open.
    func values(_ activities: [PlaybookActivity]) -> [Values] {
        let open = visit.query["activity"].isEmpty ? refusedActivity : visit.query["activity"]
        let first =
            activities.first { $0.id == open || $0.key == open } ?? activities.first { $0.state == "in_progress" }
        // What is said of each record that the stage has made begins with a row for each; of one that was made anew that alone.
        let made = activities.filter(\.applies).flatMap { activity in
            activity.kind == "create_task" ? activity.created.suffix(1) : activity.created[...]
        }
        return activities.filter(\.applies).map { values($0, isOpen: $0.id == first?.id, made) }
    }

    private func values(_ activity: PlaybookActivity, isOpen: Bool, _ made: [CreatedRecord] = []) -> Values {
        let created = activity.created.map { made in
            Seen(made, ["href": Address.of(made.table, made.number.isEmpty ? made.id : made.number, id: made.id)])
        }
        var values: Values = [
            "activity": Seen(activity, ["created": created]), "stateLabel": visit.reader(Self.label(activity.state)),
            "open": isOpen, "note": note(activity),
        ]
        let address = "\(href)/activities/\(activity.id)"
        if activity.state == "in_progress" || activity.state == "failed" {
            let isRefused = refusedActivity == activity.id
            let showsTyped = isRefused && visit.form.contains("etag")
            let form = ActivityForm(activity, visit, known, made, adding: adding, typed: showsTyped)
            var drawn = self.form(
                form.fields, address, isOptional: activity.optional, refused: isRefused ? refused : nil,
                showsTyped: showsTyped)
            drawn["opens"] = opens(activity)
            values["form"] = drawn
        } else {
            values["facts"] = facts(activity)
        }
        if activity.state == "done" || activity.state == "skipped" { values["reopen"] = address }
        return values
    }

    /// The record by which an activity ends, where that is more than a task: a case or an import is worked on by itself. Nothing where
    /// it has none.
    private func opens(_ activity: PlaybookActivity) -> any Sendable {
        guard activity.kind == "create_task", let made = activity.created.last, !made.id.isEmpty,
            made.table != LifecycleTask.schema.table
        else { return "" }
        let number = made.number.isEmpty ? made.id : made.number
        return ["number": made.number, "href": Address.of(made.table, number, id: made.id)] as Values
    }

    /// The form of an activity; where somebody else has saved meanwhile, with a choice for each field that both have changed.
    private func form(
        _ fields: [Forms.Field], _ address: String, isOptional: Bool, refused: Problem?, showsTyped: Bool
    ) -> Values {
        let isStale = refused?.isStale == true
        let edits = Edits(visit)
        let (forms, stored) = (Forms(visit, showsTyped: showsTyped), Forms(visit))
        var drawn: Values = [
            "action": address, "skip": isOptional,
            "fields": fields.map { field in
                // What somebody else has changed, and nobody here, is shown as it is now.
                let isTheirs = isStale && field.kind.isSingle && !edits.isChanged(field.name)
                return (isTheirs ? stored : forms).values(field, refused: isStale ? nil : refused)
            },
        ]
        drawn.merge(edits.values(fields.filter(\.kind.isSingle), now: [:], isConflict: isStale)) { _, own in own }
        if let refused { drawn["problem"] = forms.problem(refused, fields, isMerged: isStale) }
        return drawn
    }

    private func note(_ activity: PlaybookActivity) -> String {
        if let ended = activity.endedAt {
            let by = activity.endedBy.isEmpty ? "" : "\(parts.name(activity.endedBy)) · "
            return by + visit.reader.text(ended)
        }
        guard let due = CivilDate(activity.dueDate) else { return "" }
        return "\(visit.reader.text(due)) · \(visit.reader.distance(due))"
    }

    /// What was entered.
    private func facts(_ activity: PlaybookActivity) -> [Values] {
        activity.inputs.compactMap { input in
            let value = activity.values.first { $0.input == input.key }?.value ?? ""
            guard !value.isEmpty, input.type != "rows", let label = input.label else { return nil }
            let name = visit.reader.language == .ko && !label.ko.isEmpty ? label.ko : label.en
            if input.type == "date" { return .fact(name, date: value) }
            let choice = input.choices.first { $0.value == value }?.label
            if let choice { return .fact(name, visit.reader.language == .ko ? choice.ko : choice.en) }
            if input.type == "boolean" { return .fact(name, ListQuery.flag(value == "true", visit.reader)) }
            guard input.type.contains("reference") || input.type == "list_of_users" else { return .fact(name, value) }
            let names = Forms.list(value).compactMap { known.names[$0] ?? parts.names[$0] }
            return names.isEmpty ? nil : .fact(name, names.joined(separator: ", "))
        }
    }

    /// A state in words.
    static func label(_ state: String) -> Text {
        switch state {
        case "in_progress": Text(en: "In progress", ko: "진행 중")
        case "done": Text(en: "Done", ko: "완료")
        case "skipped": Text(en: "Skipped", ko: "건너뜀")
        case "canceled": Text(en: "Canceled", ko: "취소됨")
        case "failed": Text(en: "Failed", ko: "실패")
        default: Text(en: "Not begun", ko: "시작 전")
        }
    }

    /// Where it goes on.
    enum Next {
        /// On the page itself: what says what was done, which form was kept by it, and the address that takes it back.
        case here(String)
        /// On another page.
        case there(String)

        func address(from page: String, _ end: String = "") -> String {
            switch self {
            case .here(let said): "\(page)?\(said)\(end)"
            case .there(let address): address
            }
        }
    }

    /// Carries out what somebody chose below the form, or what takes that back. An activity that would change the go-live date of
    /// its `onboarding` leads to what that would do, before it is completed.
    static func act(
        _ visit: Visit, of onboarding: () async throws(Problem) -> OnboardingCase
    ) async throws(Problem) -> Next {
        let isUndo = visit.form["do"].isEmpty
        var get = GetRequest()
        get.id = visit.part("activity")
        let choice = isUndo ? visit.query["do"] : visit.form["do"]
        func said(_ done: Toast, _ saved: String, _ after: PlaybookActivity?) -> Next {
            // As long as nobody has changed it since; reopening is taken back by completing it anew.
            let undo = after.map { "\(visit.path)?do=reopen&etag=\(Fields.encoded($0.etag))" } ?? ""
            return .here("done=\(done.rawValue)&saved=\(saved)" + (undo.isEmpty ? "" : "&undo=\(Fields.encoded(undo))"))
        }
        switch choice {
        case "skip", "reopen":
            var request = MovePlaybookActivityRequest()
            request.id = get.id
            request.etag = isUndo ? visit.query["etag"] : visit.form["etag"]
            guard choice == "skip" else {
                _ = try await visit.ask(OnboardingAPI.reopenPlaybookActivity, request)
                return said(.reopened, "", nil)
            }
            return said(.skipped, "", try await visit.ask(OnboardingAPI.skipPlaybookActivity, request))
        default:
            let activity = try await visit.ask(OnboardingAPI.getPlaybookActivity, get)
            var request = EnterPlaybookActivityRequest()
            request.id = get.id
            request.etag = visit.form["etag"]
            request.values = try await ActivityForm.entered(activity, visit) { () async throws(Problem) in
                try await onboarding().account
            }
            let kept = "form-\(activity.key)"
            guard choice == "complete" else {
                _ = try await visit.ask(OnboardingAPI.savePlaybookActivity, request)
                return said(.saved, kept, nil)
            }
            if let date = goLive(request, of: activity) {
                let record = try await onboarding()
                if let now = record.goLiveDate, now != date {
                    // What was entered is kept until it is known what the date does.
                    _ = try await visit.ask(OnboardingAPI.savePlaybookActivity, request)
                    return .there(try await DateMovePages.asking(record, goLive: date, visit))
                }
            }
            return said(.completed, kept, try await visit.ask(OnboardingAPI.completePlaybookActivity, request))
        }
    }

    /// The go-live date that a form gives its case; nil for a form that gives none.
    private static func goLive(_ request: EnterPlaybookActivityRequest, of activity: PlaybookActivity) -> String? {
        let input = activity.inputs.first { $0.field == OnboardingCase.Field.goLiveDate.rawValue }?.key
        guard let date = request.values.first(where: { $0.input == input })?.value, CivilDate(date) != nil else {
            return nil
        }
        return date
    }
}
