import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Wire

/// The page of one onboarding case: its playbook stage by stage, and what stands beside it.
enum CasePages: PageFolder {
    private typealias Record = OnboardingCase

    static func add(to pages: Pages) {
        pages.get("/cases/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/cases/:id") { visit async throws(Problem) in
            try await Work.change(href(visit), saved: "edit") { () async throws(Problem) in
                let change = try await CaseForm(visit: visit).save(try await record(visit))
                return (.saved, Work.undo(change, href(visit), visit))
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/cases/:id/move") { visit async throws(Problem) in
            try await Work.change(href(visit)) { () async throws(Problem) in
                (.moved, try await CaseMoves(visit: visit).act(try await record(visit), href(visit)))
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/cases/:id/say") { visit async throws(Problem) in
            try await write(visit, saved: "say") { (record) async throws(Problem) in
                try await Work.say(
                    visit, record.id, comment: OnboardingAPI.addOnboardingCaseComment,
                    note: OnboardingAPI.addOnboardingCaseWorkNote)
            }
        }
        pages.post("/cases/:id/activities/:activity") { visit async throws(Problem) in try await act(visit) }
        pages.post("/cases/:id/undo/:change") { visit async throws(Problem) in
            try await write(visit) { (_) async throws(Problem) in try await Work.takeBack(visit) }
        }
        addHelp(to: pages)
        addFiles(to: pages)
    }

    private static func addHelp(to pages: Pages) {
        pages.post("/cases/:id/help/:recommendation/assign") { visit async throws(Problem) in
            try await Work.change(href(visit)) { () async throws(Problem) in
                let record = try await record(visit)
                let change = try await help(visit, record).assign(visit.part("recommendation"), record)
                return (.saved, Work.undo(change, href(visit), visit))
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/cases/:id/help/:recommendation/answer") { visit async throws(Problem) in
            .moved(to: help(visit, OnboardingCase()).answered(visit.part("recommendation")))
        }
    }

    private static func addFiles(to pages: Pages) {
        pages.receive("/cases/:id/files") { visit async throws(Problem) in
            let record = try await Self.record(visit)
            return (RecordFiles.cases.target(record.id, visit), .moved(to: "\(href(visit))?done=attached#files"))
        }
        pages.get("/cases/:id/files/:file") { visit async throws(Problem) in
            let record = try await Self.record(visit)
            return .response(try await RecordFiles.cases.response(record.id, visit.part("file"), visit))
        }
        pages.post("/cases/:id/files/:file/show") { visit async throws(Problem) in
            try await RecordFiles.cases.show(visit, at: href(visit)) { () async throws(Problem) in
                try await record(visit).id
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/cases/:id/files/:file/remove") { visit async throws(Problem) in
            try await write(visit) { (record) async throws(Problem) in
                try await RecordFiles.cases.remove(record.id, visit.part("file"), visit)
                return .removed
            }
        }
    }

    private static func href(_ visit: Visit) -> String { "/cases/\(Fields.encoded(visit.part("id")))" }

    private static func help(_ visit: Visit, _ record: OnboardingCase) -> HelpView {
        HelpView(visit: visit, table: OnboardingCase.schema.table, record: record.id, href: href(visit))
    }

    private static func record(_ visit: Visit) async throws(Problem) -> OnboardingCase {
        var request = GetRequest()
        request.id = visit.part("id")
        return try await visit.ask(OnboardingAPI.getOnboardingCase, request)
    }

    // MARK: Writing

    private static func write(
        _ visit: Visit, saved form: String = "", _ write: (OnboardingCase) async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await Work.write(href(visit), saved: form) { () async throws(Problem) in
            try await write(try await record(visit))
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    private static func act(_ visit: Visit) async throws(Problem) -> Answer {
        let choice = visit.form["do"]
        if choice.hasPrefix("add:") {
            // One more row in a table: the page again with what was typed.
            return .page(try await page(visit, adding: String(choice.dropFirst("add:".count))))
        }
        let lane = visit.query["lane"].isEmpty ? "" : "&lane=\(Fields.encoded(visit.query["lane"]))"
        return try await Work.lead { () async throws(Problem) in
            let next = try await ActivityView.act(visit) { () async throws(Problem) in try await record(visit) }
            return next.address(from: href(visit), "\(lane)#lane")
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    // MARK: The page

    private static func page(
        _ visit: Visit, refused: Problem? = nil, adding: String = ""
    ) async throws(Problem) -> Page {
        var request = GetOnboardingCasePageRequest()
        request.id = visit.part("id")
        request.lane = visit.query[GetOnboardingCasePageRequest.Field.lane]
        let answer = try await visit.ask(OnboardingAPI.getOnboardingCasePage, request)
        let record = answer.onboardingCase ?? OnboardingCase()
        let href = Self.href(visit)
        let parts = Parts(
            reader: visit.reader,
            names: Dictionary(answer.names.map { ($0.user, $0.name) }, uniquingKeysWith: { first, _ in first }))
        let activity = visit.part("activity")
        let view = ActivityView(
            visit: visit, href: href, parts: parts, known: FormNames(answer.formRecords, of: record.account),
            refused: refused, refusedActivity: activity, adding: adding)
        let activities = view.values(answer.activities)
        let isOpen = record.active ?? true
        let moves = CaseMoves(visit: visit)
        let files = parts.files(answer.attachments, at: href, mayRemove: isOpen, mayShow: isOpen)
        var values: Values = [
            "page": Seen(answer, ["attachments": files]), "href": href, "etag": record.etag,
            "moves": moves.buttons(record), "endings": moves.endings(record, refused: refused),
            "next": moves.next(record, answer.stages?.stages ?? []), "stages": stages(answer, href, visit),
            "lane": lane(answer, visit), "activities": activities,
            "facts": facts(record, answer, visit), "people": people(answer.people, visit),
            "related": related(answer, parts, visit), "stream": parts.stream(answer.stream, of: Record.schema),
            "say": ["action": "\(href)/say", "comment": true, "note": true] as Values,
            "typed": ["text": refused == nil ? "" : visit.form[AddEntryRequest.Field.text]] as Values,
            "help": await help(visit, record).values(answer.recommendedActions, answer.relatedKnowledge),
        ]
        // What was typed stands there, also when the case has ended meanwhile.
        let isEdited = refused != nil && visit.path == href
        if isOpen || isEdited, CaseForm(visit: visit).isOffered {
            values["form"] = await CaseForm(visit: visit).values(
                answer, action: href, refused: isEdited ? refused : nil)
        }
        if isOpen {
            values["drop"] = ["action": "\(href)/files", "shows": true] as Values
            values["goLive"] = "\(href)/go-live"
            values["plays"] = PlayOrigin(Record.schema, id: record.id).text
        }
        if let refused, activity.isEmpty, !isEdited || values["form"] == nil {
            values["problem"] = ["text": refused.text(visit.reader.language)] as Values
        }
        var page = Page(
            template: "case", title: "\(record.number ?? "") \(record.shortDescription ?? "")", values: values)
        page.trail = [Navigation.home(visit)]
        page.live = LiveTopic.record(table: Record.schema.table, id: record.id).text
        return page
    }

    private static func stages(_ answer: OnboardingCasePage, _ href: String, _ visit: Visit) -> [Values] {
        let picker = answer.stages ?? StagePicker()
        return picker.stages.enumerated().map { place, stage in
            [
                "stage": stage, "position": place + 1, "href": "\(href)?lane=\(Fields.encoded(stage.lane))#lane",
                "current": stage.lane == picker.current, "shown": stage.lane == answer.lane,
            ]
        }
    }

    private static func lane(_ answer: OnboardingCasePage, _ visit: Visit) -> any Sendable {
        answer.stages?.stages.first { $0.lane == answer.lane }?.label ?? LocalText()
    }

    private static func facts(_ record: OnboardingCase, _ answer: OnboardingCasePage, _ visit: Visit) -> [Values] {
        let language = visit.reader.language
        func label(_ field: Record.Field) -> String { Record.schema.label(field, language) }
        var facts: [Values] = []
        if !answer.accountName.isEmpty, let account = record.account {
            let href = Address.of(CustomerAccount.schema.table, account, id: account)
            let isSeen = Access.allows(visit.person?.roles ?? [], .read, on: CustomerAccount.schema.table)
            facts.append(
                isSeen
                    ? .fact(label(.account), answer.accountName, href: href)
                    : .fact(label(.account), answer.accountName))
        }
        if let account = record.account, HolidayPages.isFor(visit.person) {
            let days = visit.say("Monday to Friday, without holidays", "휴일을 제외한 월요일~금요일")
            facts.append(.fact(visit.say("Working days", "영업일"), days, href: HolidayPages.href(account)))
        }
        if let date = record.goLiveDate { facts.append(.fact(label(.goLiveDate), date: date)) }
        if let priority = record.priority {
            facts.append(
                .fact(label(.priority), Record.schema.label(Record.Field.priority, of: "\(priority)", language)))
        }
        let assigned = answer.assignedToName.isEmpty ? visit.say("Nobody yet", "없음") : answer.assignedToName
        facts.append(.fact(label(.assignedTo), assigned))
        if !answer.contactName.isEmpty { facts.append(.fact(label(.contact), answer.contactName)) }
        if !answer.productNames.isEmpty {
            facts.append(.fact(label(.products), answer.productNames.joined(separator: ", ")))
        }
        if !answer.parentNumber.isEmpty {
            let href = "/cases/\(Fields.encoded(answer.parentNumber))"
            facts.append(.fact(label(.parent), answer.parentNumber, href: href))
        }
        return facts
    }

    private static func people(_ people: OnboardingCasePeople?, _ visit: Visit) -> [Values] {
        guard let people else { return [] }
        let teams = [
            (visit.say("Customer team", "고객 팀"), people.customerTeam),
            (visit.say("Account team", "계정 팀"), people.accountTeam),
            (visit.say("Squad", "스쿼드"), people.squad),
        ]
        return teams.filter { !$0.1.isEmpty }.map { title, members in
            let shown = members.map { member -> Values in
                let detail = [member.responsibility, member.title, member.email, member.phone].filter { !$0.isEmpty }
                return ["name": member.name, "detail": detail.joined(separator: " · ")]
            }
            return ["title": title, "members": shown]
        }
    }

    private static func related(_ answer: OnboardingCasePage, _ parts: Parts, _ visit: Visit) -> [Values] {
        let record = answer.onboardingCase ?? OnboardingCase()
        var tasks = parts.section(parts.reader(Text(en: "Tasks", ko: "작업")), answer.tasks)
        if record.active ?? true {
            tasks["new"] = RecordRelated(visit: visit, schema: Record.schema).new(
                LifecycleTask.schema, LifecycleTask.Field.parent.rawValue, record.id)
        }
        return [
            tasks, parts.section(parts.reader(Text(en: "Risk signals", ko: "위험 신호")), answer.riskSignals),
            parts.section(parts.reader(Text(en: "Cases", ko: "케이스")), answer.cases),
        ]
    }
}
