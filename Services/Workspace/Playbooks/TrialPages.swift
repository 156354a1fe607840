import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// Trying a draft on a record that is there: what it would start and make, step by step; nothing is made.
struct TrialPages: Sendable {
    let source: PlaybookSource
    /// The name of the only field of the form.
    private static let record = DryRunPlaybookRequest.Field.record.rawValue

    func add(to pages: Pages) {
        let place = "\(source.root)/:id/try"
        pages.get("\(place)") { visit async throws(Problem) in
            try DesignerPages.check(visit)
            do throws(Problem) {
                return .page(try await page(visit))
            } catch {
                guard error.isRefusal, error.code == .invalidArgument, !visit.query[Self.record].isEmpty else {
                    throw error
                }
                return .page(try await page(visit, refused: error))
            }
        }
        pages.post("\(place)") { visit async throws(Problem) in
            try DesignerPages.check(visit)
            return try await Work.lead { () async throws(Problem) in
                let definition = try await source.definition(visit)
                let id = try await Lookup(visit).chosen(
                    Self.record, in: definition.playbook?.table ?? "", filter: "", blame: Self.record)
                return "\(source.href(definition.id))/try?\(Self.record)=\(Fields.encoded(id))"
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
    }

    private func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let definition = try await source.definition(visit)
        let playbook = definition.playbook ?? Playbook()
        let (root, record) = (source.href(definition.id), visit.query[Self.record])
        let name =
            record.isEmpty
            ? "" : (try? await Lookup(visit).names(of: [record], in: playbook.table))?[record] ?? ""
        let label = source.tables.first { $0.table == playbook.table }?.label(visit.reader.language)
        let field = Forms.Field(
            Self.record, label ?? visit.say("Record", "레코드"),
            .reference(shown: name, choose: "/choose/\(Fields.encoded(playbook.table))"), value: record,
            isRequired: true)
        let forms = Forms(visit)
        let isForm = visit.form.contains(Self.record)
        var values: Values = [
            "action": "\(root)/try", "fields": [forms.values(field, refused: isForm ? refused : nil)],
            "steps": [Values](),
            "tried": false, "check": "\(root)/draft?check=true", "begins": "", "name": name,
        ]
        if let refused {
            values["problem"] = forms.problem(refused, [field])
        } else if !record.isEmpty {
            values.merge(try await tried(playbook, definition.id, record, visit)) { _, own in own }
        }
        var page = Page(
            template: "playbook_try",
            title: visit.say("Try on a record", "레코드에 시험 적용"), values: values)
        let title = PlaybookPages.text(playbook.label, definition.key, visit)
        page.trail = [
            Crumb(label: visit.reader(source.title), href: source.root), Crumb(label: title, href: root),
            Crumb(label: visit.say("Draft", "초안"), href: "\(root)/draft"),
        ]
        return page
    }

    private func tried(
        _ playbook: Playbook, _ id: String, _ record: String, _ visit: Visit
    ) async throws(Problem) -> Values {
        var request = DryRunPlaybookRequest()
        (request.id, request.record) = (id, record)
        let answer = try await visit.ask(source.methods.dryRun, request)
        let people = answer.steps.map(\.assignedTo)
        let names = (try? await Lookup(visit).names(of: people, in: User.schema.table)) ?? [:]
        return [
            "tried": true,
            "begins": answer.triggered
                ? visit.say("The record would start it by itself.", "이 레코드에서 저절로 시작됩니다.")
                : visit.say(
                    "The record would not start it by itself: this is what happens when somebody starts it.",
                    "이 레코드에서 저절로 시작되지 않습니다. 사람이 시작했을 때의 결과입니다."),
            "steps": answer.steps.map { step($0, playbook, names, visit) },
        ]
    }

    private func step(
        _ step: DryRunStep, _ playbook: Playbook, _ names: [String: String], _ visit: Visit
    ) -> Values {
        let lane = playbook.lanes.first { $0.key == step.lane }
        let made = source.made.first { $0.table == step.table }
        let state =
            !step.applies
            ? visit.say("No part of it", "적용 안 함")
            : step.starts ? visit.say("Starts at once", "바로 시작") : visit.say("Waits", "대기")
        return [
            "title": PlaybookPages.text(playbook.activity(step.activity)?.label, step.activity, visit),
            "lane": PlaybookPages.text(lane?.label, step.lane, visit), "state": state, "reason": step.reason,
            "due": CivilDate(step.dueDate).map(visit.reader.text) ?? "",
            "who": step.assignedTo.isEmpty ? "" : names[step.assignedTo] ?? visit.say("Somebody", "다른 사람"),
            "makes": made?.label(visit.reader.language) ?? step.table, "refusal": step.refusal,
            "fields": step.fields.map { field -> Values in
                let schema = made?.field(field.field)
                return .fact(
                    schema?.label(visit.reader.language) ?? field.field,
                    names[field.text] ?? schema?.label(of: field.text, visit.reader.language) ?? field.text)
            },
            "href": "\(source.href(visit.part("id")))/draft?\(DraftForm.place)="
                + Fields.encoded(DraftPlace.activity(step.activity).text),
        ]
    }
}
