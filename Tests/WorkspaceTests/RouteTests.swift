import CustomerSuccessWire
import Foundation
import HTTPTypes
import ImportValidationWire
import NotifierWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What is done at an address: which method is asked with what, and where that leads.
struct Route: Sendable, CustomTestStringConvertible {
    let path: String
    let fields: [(String, String)]
    let subject: String
    let holds: [String]
    let leads: String

    init<Request: Message, Response: Message>(
        _ path: String, _ fields: [(String, String)], _ method: Method<Request, Response>, _ holds: [String],
        _ leads: String
    ) {
        (self.path, self.fields, self.holds, self.leads) = (path, fields, holds, leads)
        subject = method.subject
    }

    /// Of a form without fields.
    init<Request: Message, Response: Message>(
        _ path: String, _ method: Method<Request, Response>, _ holds: [String], _ leads: String
    ) {
        self.init(path, [], method, holds, leads)
    }

    var testDescription: String { ([path] + fields.map { "\($0.0)=\($0.1)" }).joined(separator: " ") }
}

/// Addresses that write, one by one, against services that agree to everything.
@Suite struct RouteTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"
    private static let (cases, tasks, imports) = ("/cases/\(id)", "/tasks/\(id)", "/imports/\(id)")

    private static let ofPersons = [
        Route(
            "/person/sessions/s-1/end", OnboardingAPI.endSession, ["s-1"], "/person?done=ended"),
        Route(
            "/person/password", [("current", " old word "), ("new", "new word")], OnboardingAPI.changePassword,
            [" old word ", "new word"], "/person?done=password-changed"),
        Route("/notices/n-1/read", NotifierAPI.markNotificationRead, ["n-1"], "/notices?done=read"),
    ]
    private static let ofImports = [
        Route(
            "\(imports)/replace", [("field", "country"), ("value", " Norwey"), ("replacement", "Norway")],
            ImportValidationAPI.replaceStagedValue, [id, "country", " Norwey", "Norway"],
            "\(imports)?step=fix&done=replaced"),
        Route("\(imports)/validate", ImportValidationAPI.validateRows, [id], "\(imports)?step=fix&done=sent"),
        Route(
            "\(imports)/runs/run-1/cancel", ImportValidationAPI.cancelImportRun, ["run-1"],
            "\(imports)?step=upload&done=run-canceled"),
        Route(
            "\(imports)/rows/row-1", [("etag", "7"), ("was-cell-name", "Gratz"), ("cell-name", "Graz")],
            ImportValidationAPI.updateStagingRow, ["row-1", "7", "name", "Graz"],
            "\(imports)?step=fix&status=needs_attention&done=saved&saved=row&undo="),
        Route(
            "\(imports)/load", [("upload", "file-1"), ("upload", "file-2")], ImportValidationAPI.importUploads,
            [id, "file-1", "file-2"], "\(imports)?step=upload&done=loaded"),
        Route(
            "\(imports)/start-over", [("once", "o-1")], ImportValidationAPI.startOver, [id, "o-1"],
            "\(imports)?step=upload&done=started-over"),
        Route("\(imports)/plan", ImportValidationAPI.planImport, [id], "\(imports)?step=plan&done=sent"),
        Route(
            "\(imports)/publish", [("plan", "plan-1")], ImportValidationAPI.publishStagingRows, [id, "plan-1"],
            "\(imports)?step=publish&done=published"),
        Route(
            "\(imports)/say", [("text", "Hello"), ("kind", "note")], ImportValidationAPI.addImportTaskWorkNote,
            [id, "Hello"], "\(imports)?done=noted&saved=say#stream"),
        Route(
            "\(imports)/attachments/file-1/remove", ImportValidationAPI.deleteImportTaskAttachment, [id, "file-1"],
            "\(imports)?done=removed#attached"),
    ]
    private static let ofImportDates = [
        Route(
            "\(imports)/due-date/move-1/undo", [("etag", "2")], OnboardingAPI.undoDateMove, ["move-1", "2"],
            "\(imports)/due-date?move=")
    ]
    private static let ofPlaybooks = [
        Route(
            "/playbooks/\(id)/migrations", OnboardingAPI.previewPlaybookMigration, [id], "/playbooks//migrations/"),
        Route(
            "/success-playbooks/\(id)/migrations", CustomerSuccessAPI.previewPlaybookMigration, [id],
            "/success-playbooks//migrations/"),
        Route(
            "/playbooks/\(id)/migrations/migration-1", [("do", "all")], OnboardingAPI.applyPlaybookMigration,
            ["migration-1"], "/playbooks//migrations/"),
        Route(
            "/success-playbooks/\(id)/migrations/migration-1", [("do", "undo-all")],
            CustomerSuccessAPI.undoPlaybookMigration, ["migration-1"], "/success-playbooks//migrations/"),
    ]
    private static let ofCases = [
        Route(
            "\(cases)/move", [("to", "closed"), ("etag", "3")], OnboardingAPI.closeOnboardingCase, [id, "3"],
            "\(cases)?done=moved&undo=\(Fields.encoded("\(cases)/move?to=reopen&etag="))"),
        Route(
            "\(cases)/move", [("to", "reopen"), ("etag", "3")], OnboardingAPI.reopenOnboardingCase, [id, "3"],
            "\(cases)?done=moved"),
        Route(
            "\(cases)/move", [("to", "me")], OnboardingAPI.assignOnboardingCaseToMe, [id],
            "\(cases)?done=moved&undo=\(Fields.encoded("\(cases)/move?to=nobody&etag="))"),
        Route(
            cases, [("etag", ""), ("was-short_description", ""), ("short_description", "A second phase")],
            OnboardingAPI.updateOnboardingCase, [id, "A second phase", "short_description"],
            "\(cases)?done=saved&saved=edit&undo="),
        Route(
            "\(cases)/files/file-1/remove", OnboardingAPI.deleteOnboardingCaseAttachment, [id, "file-1"],
            "\(cases)?done=removed"),
        Route(
            "\(cases)/activities/act-1", [("do", "save"), ("etag", "5")], OnboardingAPI.savePlaybookActivity,
            ["act-1", "5"], "\(cases)?done=saved&saved=form-#lane"),
        Route(
            "\(cases)/activities/act-1", [("do", "skip"), ("etag", "5")], OnboardingAPI.skipPlaybookActivity,
            ["act-1", "5"],
            "\(cases)?done=skipped&saved=&undo=\(Fields.encoded("\(cases)/activities/act-1?do=reopen&etag="))#lane"),
        Route(
            "\(cases)/go-live", [("date", "2026-07-01")], OnboardingAPI.previewGoLive, [id, "2026-07-01"],
            "\(cases)/go-live?move="),
    ]
    private static let ofTasks = [
        Route(
            "\(tasks)/move", [("to", "closed"), ("etag", "3")], OnboardingAPI.closeLifecycleTask, [id, "3"],
            "\(tasks)?done=moved&undo=\(Fields.encoded("\(tasks)/move?to=reopen&etag="))"),
        Route(
            "\(tasks)/move", [("to", "reopen")], OnboardingAPI.reopenLifecycleTask, [id], "\(tasks)?done=moved"),
        Route(
            "\(tasks)/move", [("to", "me")], OnboardingAPI.assignLifecycleTaskToMe, [id],
            "\(tasks)?done=moved&undo=\(Fields.encoded("\(tasks)/move?to=nobody&etag="))"),
        Route(
            "\(tasks)/move", [("to", "canceled"), ("etag", "3"), ("canceled-notes", "Twice.")],
            OnboardingAPI.cancelLifecycleTask, [id, "3", "Twice."],
            "\(tasks)?done=moved&undo=\(Fields.encoded("\(tasks)/move?to=reopen&etag="))"),
        Route(
            "\(tasks)/files/file-1/remove", OnboardingAPI.deleteLifecycleTaskAttachment, [id, "file-1"],
            "\(tasks)?done=removed"),
        Route(
            "\(tasks)/activities/act-1", [("do", "save"), ("etag", "5")], OnboardingAPI.savePlaybookActivity,
            ["act-1", "5"], "\(tasks)?done=saved&saved=form-"),
        Route(
            "\(tasks)/due-date", [("date", "2026-07-01")], OnboardingAPI.previewDueDate, [id, "2026-07-01"],
            "\(tasks)/due-date?move="),
        Route(
            "\(tasks)/due-date/move-1/apply", [("etag", "2")], OnboardingAPI.applyDateMove, ["move-1", "2"],
            "\(tasks)/due-date?move="),
    ]

    @Test(arguments: ofPersons + ofImports + ofImportDates + ofCases + ofTasks + ofPlaybooks)
    func anAddressAsksForWhatItSaysAndLeadsOn(route: Route) async throws {
        let said = Said()
        let bench = try Bench(agreeing: said)
        try await bench.answer("onboarding", StandIn.sessions())
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let done = try await Browser(bench, session: "good").post(route.path, [("csrf", csrf)] + route.fields)
        // What an undo is called is said by nobody.
        let isOpen = route.leads.hasSuffix("undo=")
        #expect(done.status == 303)
        #expect(isOpen ? done.location.hasPrefix(route.leads) : done.location == route.leads, "\(done.location)")
        let asked = try #require(said.texts.first { $0.hasPrefix("\(route.subject) ") }, "\(said.texts)")
        for text in route.holds { #expect(asked.contains(text), "\(text)") }
    }

    /// Customers are led to the portal, with what was done.
    @Test func whatCustomersDoToAnImportLeadsToThePortal() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let browser = Browser(bench, session: "good")
        let done = try await browser.post("\(Self.imports)/runs/run-1/cancel", [("csrf", csrf)])
        #expect(done.location == "/portal\(Self.imports)?done=run-canceled")
        let page = try await browser.get(done.location)
        #expect(page.status == 200 && page.text.contains("Canceled."))
        // The counts are numbers there, and no links that lead back.
        #expect(page.text.contains("<div class=\"count-box\">") && !page.text.contains("step=fix"))
    }

    /// All notices are read one by one.
    @Test func everyNoticeIsMarkedRead() async throws {
        let said = Said()
        let bench = try Bench(agreeing: said)
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "notifier",
            [
                Endpoint(NotifierAPI.listInAppNotifications) { _, _ in
                    var list = ListInAppNotificationsResponse()
                    list.inAppNotifications = ["n-1", "n-2"].map {
                        var notice = InAppNotification()
                        notice.id = $0
                        return notice
                    }
                    return list
                },
                Endpoint(NotifierAPI.markNotificationRead) { _, request in
                    said.add("read \(request.id)")
                    return InAppNotification()
                },
            ])
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let done = try await Browser(bench, session: "good").post("/notices/read", [("csrf", csrf)])
        #expect(done.location == "/notices?done=read" && said.texts == ["read n-1", "read n-2"])
    }

    /// Of many notices one click marks all, part by part.
    @Test func allNoticesAreMarked() async throws {
        let said = Said()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "notifier",
            [
                Endpoint(NotifierAPI.listInAppNotifications) { _, _ in
                    var (list, notice) = (ListInAppNotificationsResponse(), InAppNotification())
                    notice.id = "n-\(said.texts.count)"
                    list.inAppNotifications = [notice]
                    list.nextPageToken = said.texts.count < 2 ? "more" : ""
                    return list
                },
                Endpoint(NotifierAPI.markNotificationRead) { _, request in
                    said.add(request.id)
                    return InAppNotification()
                },
            ])
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let done = try await Browser(bench, session: "good").post("/notices/read", [("csrf", csrf)])
        #expect(done.location == "/notices?done=read" && said.texts == ["n-0", "n-1", "n-2"])
    }

    /// Typing ahead asks for what is called so, within what may be chosen.
    @Test func whatIsTypedIsLookedFor() async throws {
        let said = Said()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listCustomerAccounts) { _, request in
                    said.add(request.filter)
                    var account = CustomerAccount()
                    (account.id, account.name) = ("a-1", "Köhler & Söhne")
                    var list = ListCustomerAccountsResponse()
                    list.customerAccounts = [account]
                    return list
                }
            ])
        let browser = Browser(bench, session: "good")
        let filter = Fields.encoded("active = true")
        let seen = try await browser.get("/choose/customer_account?text=K%C3%B6h&filter=\(filter)", ["X-Fragment": "1"])
        #expect(seen.status == 200 && seen.text.contains("Köhler &amp; Söhne") && seen.text.contains("a-1"))
        #expect(said.texts == [#"(active = true) AND name : "Köh""#])
        #expect(try await browser.get("/choose/nothing?text=K", ["X-Fragment": "1"]).status == 200)
    }

    // MARK: Files

    /// Files of every table come from the service that has them, and templates and error workbooks too.
    @Test func filesAreHandedOn() async throws {
        let bench = try Bench()
        @Sendable func part(_ name: String) -> AttachmentPart {
            var part = AttachmentPart()
            var file = Attachment()
            (file.fileName, file.contentType, file.sizeBytes) = (name, "text/csv", 3)
            (part.attachment, part.content, part.last) = (file, Array("a,b".utf8), true)
            return part
        }
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in LifecycleTask() },
                Endpoint(OnboardingAPI.readLifecycleTaskAttachment) { _, request in part("\(request.attachment).csv") },
            ])
        try await bench.answer(
            "customer-success",
            [Endpoint(CustomerSuccessAPI.readTouchpointAttachment) { _, request in part("\(request.attachment).csv") }])
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.readImportTaskAttachment) { _, request in
                    part("\(request.attachment).csv")
                },
                Endpoint(ImportValidationAPI.downloadTemplate) { _, _ in
                    var file = DownloadTemplateResponse()
                    (file.fileName, file.content) = ("file-1.csv", Array("a,b".utf8))
                    return file
                },
                Endpoint(ImportValidationAPI.exportStagingErrors) { _, _ in
                    var export = Export()
                    (export.fileName, export.sizeBytes) = ("file-1.csv", 3)
                    var chunk = ExportChunk()
                    (chunk.content, chunk.last) = (Array("a,b".utf8), true)
                    export.first = chunk
                    return export
                },
            ])
        let browser = Browser(bench, session: "good")
        for path in [
            "\(Self.tasks)/files/file-1", "\(Self.imports)/attachments/file-1",
            "/portal/touchpoints/\(Self.id)/files/file-1", "\(Self.imports)/template", "\(Self.imports)/errors",
        ] {
            let seen = try await browser.get(path)
            #expect(seen.status == 200 && seen.text == "a,b", "\(path)")
            #expect(seen.headers[.contentDisposition]?.hasSuffix("file-1.csv") == true, "\(path)")
        }
    }

    /// A workbook that a customer sends is read as soon as it is there; other files are attached.
    @Test(arguments: [
        ("/portal/imports/\(id)/files", "loaded", ["begin", "append", "complete", ".import"]),
        ("/portal/imports/\(id)/attachments", "attached", ["begin", "append", "complete"]),
        ("/portal/touchpoints/\(id)/files", "attached", ["begin", "append", "complete"]),
        ("/imports/\(id)/files", "sent", ["begin", "append", "complete"]),
        ("\(tasks)/files", "attached#files", ["begin", "append", "complete"]),
    ])
    func aFileGoesToItsService(path: String, done: String, verbs: [String]) async throws {
        let said = Said()
        let bench = try Bench(agreeing: said)
        try await bench.answer("onboarding", StandIn.sessions())
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let body = """
            --XyZ\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\(csrf)\r\n--XyZ\r\nContent-Disposition: form-data; \
            name="file"; filename="sites.csv"\r\nContent-Type: text/csv\r\n\r\nName,City\r\n--XyZ--\r\n
            """
        let seen = try await Browser(bench, session: "good").send(
            .post, path, ["Content-Type": "multipart/form-data; boundary=XyZ"], body)
        let page = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        #expect(seen.status == 303 && seen.location == "\(page)?done=\(done)")
        let asked = said.texts.map { String($0.prefix { $0 != " " }) }
        for verb in verbs { #expect(asked.contains { $0.contains(verb) }, "\(verb) \(asked)") }
        #expect(said.texts.contains { $0.contains("sites.csv") } && said.texts.contains { $0.contains("Name,City") })
        #expect(asked.contains { $0.hasSuffix(".import") } == (done == "loaded"))
    }
}
