import Foundation
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// What stands beside an import task on its page: recommended actions and articles, what was said and done, and files. A part
/// that cannot be read is left out; where a service is away the page says so.
enum ImportHelp: PageFolder {
    static func add(to pages: Pages) {
        pages.post("/imports/:id/help/:recommendation/assign") { visit async throws(Problem) in
            try await change(visit, "help") { () async throws(Problem) in
                var get = GetRequest()
                get.id = visit.part("id")
                let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
                let change = try await view(visit).assign(visit.part("recommendation"), task)
                return (.saved, Work.undo(change, ImportPages.href(visit), visit))
            }
        }
        pages.post("/imports/:id/undo/:change") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await Work.takeBack(visit) }
        }
        pages.post("/imports/:id/help/:recommendation/answer") { visit async throws(Problem) in
            .moved(to: view(visit).answered(visit.part("recommendation")))
        }
        pages.post("/imports/:id/say") { visit async throws(Problem) in
            try await write(visit, "stream") { () async throws(Problem) in
                try await Work.say(
                    visit, visit.part("id"), comment: ImportValidationAPI.addImportTaskComment,
                    note: ImportValidationAPI.addImportTaskWorkNote)
            }
        }
        pages.receive("/imports/:id/attachments") { visit async throws(Problem) in
            let target = RecordFiles.imports.target(visit.part("id"), visit)
            return (target, .moved(to: "\(ImportPages.href(visit))?done=attached#attached"))
        }
        pages.get("/imports/:id/attachments/:file") { visit async throws(Problem) in
            .response(try await RecordFiles.imports.response(visit.part("id"), visit.part("file"), visit))
        }
        pages.post("/imports/:id/attachments/:file/show") { visit async throws(Problem) in
            try await RecordFiles.imports.show(visit, at: ImportPages.href(visit), place: "attached") {
                visit.part("id")
            } refused: { (problem) async throws(Problem) in
                try await ImportView(visit, refused: problem).page()
            }
        }
        pages.post("/imports/:id/attachments/:file/remove") { visit async throws(Problem) in
            try await write(visit, "attached") { () async throws(Problem) in
                try await RecordFiles.imports.remove(visit.part("id"), visit.part("file"), visit)
                return .removed
            }
        }
    }

    private static func write(
        _ visit: Visit, _ part: String = "", _ write: () async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await change(visit, part) { () async throws(Problem) in (try await write(), "") }
    }

    /// The same where what is written can be taken back, at an address of the page.
    private static func change(
        _ visit: Visit, _ part: String, _ write: () async throws(Problem) -> (done: Toast, undo: String)
    ) async throws(Problem) -> Answer {
        try await Work.lead { () async throws(Problem) in
            let (done, undo) = try await write()
            let saved = part == "stream" ? "&saved=say" : ""
            let back = undo.isEmpty ? "" : "&undo=\(Fields.encoded(undo))"
            return "\(ImportPages.href(visit))?done=\(done.rawValue)\(saved)\(back)" + (part.isEmpty ? "" : "#\(part)")
        } refused: { (problem) async throws(Problem) in
            try await ImportView(visit, refused: problem).page()
        }
    }

    /// Everything, asked for beside each other.
    static func values(_ whole: Visit) async -> Values {
        let visit = whole.beside
        let help = view(visit)
        async let recommended = help.recommended()
        async let known = beside(visit)
        async let said = stream(visit)
        async let kept = files(visit)
        let (cards, beside, stream, files) = (await recommended, await known, await said, await kept)
        let page = beside.value
        var values: Values = [
            "help": await help.values(cards.value ?? [], page?.relatedKnowledge ?? []),
            "away": visit.missing([
                (cards.isAway, visit.say("recommended actions", "권장 작업")),
                (beside.isAway, visit.say("related records", "관련 레코드")),
                (stream.isAway, visit.say("activity", "활동")), (files.isAway, visit.say("files", "파일")),
            ]),
            "typed": ["text": visit.form[AddEntryRequest.Field.text]] as Values,
        ]
        if let page {
            values["accountName"] = page.accountName
            values["related"] = related(page, visit)
            if let above = page.onboardingCase { values["case"] = above }
        }
        if let stream = stream.value {
            values["stream"] = stream
            values["say"] = ["action": "\(ImportPages.href(visit))/say", "comment": true, "note": true] as Values
        }
        if let files = files.value { values["attached"] = ["attachments": files] as Values }
        return values
    }

    /// What onboarding shows beside it; nothing as long as that has not heard of the task.
    private static func beside(_ visit: Visit) async -> Part<OnboardingImportPage> {
        var request = GetOnboardingImportPageRequest()
        request.id = visit.part("id")
        let asked = request
        return await Part.of { () async throws(Problem) in
            try await visit.ask(OnboardingAPI.getOnboardingImportPage, asked)
        }
    }

    /// Its case, and what else belongs to that.
    private static func related(_ page: OnboardingImportPage, _ visit: Visit) -> [Values] {
        let parts = Parts(reader: visit.reader)
        var above = OnboardingCaseSection()
        above.items = [page.onboardingCase].compactMap(\.self)
        above.all = Int32(above.items.count)
        return [
            parts.section(OnboardingCase.schema.label(visit.reader.language), above),
            parts.section(visit.say("Other tasks of the case", "케이스의 다른 작업"), page.tasks),
        ]
    }

    private static func stream(_ visit: Visit) async -> Part<Values> {
        var request = ListActivityRequest()
        request.id = visit.part("id")
        request.pageSize = 50
        let asked = request
        return await Part.of { () async throws(Problem) in
            let entries = try await visit.ask(ImportValidationAPI.listImportTaskActivity, asked).entries
            let people = entries.flatMap { [$0.by, $0.oldValue, $0.newValue] }.filter { UUID(uuidString: $0) != nil }
            let names = (try? await Lookup(visit).names(of: people, in: User.schema.table)) ?? [:]
            return Parts(reader: visit.reader, names: names).stream(entries, of: ImportTask.schema)
        }
    }

    private static func files(_ visit: Visit) async -> Part<[Seen]> {
        var request = ListAttachmentsRequest()
        request.id = visit.part("id")
        let asked = request
        return await Part.of { () async throws(Problem) in
            // Below this address lie the workbooks of the import.
            try await visit.ask(ImportValidationAPI.listImportTaskAttachments, asked).attachments.filter(\.complete).map
            {
                file in
                let address = "\(ImportPages.href(visit))/attachments/\(file.id)"
                return Seen(
                    file,
                    [
                        "href": address, "size": Parts.size(file.sizeBytes), "remove": "\(address)/remove",
                        "show": "\(address)/show",
                    ])
            }
        }
    }

    /// The help for the task of the page.
    static func view(_ visit: Visit) -> HelpView {
        HelpView(
            visit: visit, source: .importValidation, table: ImportTask.schema.table, record: visit.part("id"),
            href: ImportPages.href(visit))
    }
}
