import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Files that customers are shown, or that are hidden from them (G-121): beside each, and as it is sent.
@Suite struct ShownFileTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"
    private static let engagement = "/engagements/\(id)"
    /// Where records have files: the page, what its files are called there, where they stand, and the method asked.
    private static let places = [
        ("/cases/\(id)", "files", "files", OnboardingAPI.updateOnboardingCaseAttachment.subject),
        ("/tasks/\(id)", "files", "files", OnboardingAPI.updateLifecycleTaskAttachment.subject),
        ("/imports/\(id)", "attachments", "attached", ImportValidationAPI.updateImportTaskAttachment.subject),
        (engagement, "files", "files", CustomerSuccessAPI.updateEngagementAttachment.subject),
        ("/records/touchpoint/\(id)", "files", "files", CustomerSuccessAPI.updateTouchpointAttachment.subject),
    ]
    /// `visible_to_customer` in a request to change a file, and in one that announces it.
    private static let (changed, announced) = ("\u{18}\u{1}", "(\u{1}")

    private func browser(_ said: Said, _ person: SignedIn = .ann()) async throws -> Browser {
        let bench = try Bench(agreeing: said)
        try await bench.answer("onboarding", StandIn.sessions(person))
        return Browser(bench, session: "good")
    }

    private var csrf: String { Secrets.proof(of: StandIn.token("good")) }

    @Test(arguments: places)
    func aFileIsShownAndHidden(page: String, files: String, place: String, subject: String) async throws {
        for isShown in [true, false] {
            let said = Said()
            let browser = try await browser(said)
            let address = "\(page)/\(files)/file-1/show"
            let back = "\(address)?to=\(!isShown)"
            let done = try await browser.post(address, [("csrf", csrf), ("to", "\(isShown)")])
            #expect(
                done.location == "\(page)?done=\(isShown ? "shown" : "hidden")&undo=\(Fields.encoded(back))#\(place)")
            let asked = try #require(said.texts.first { $0.hasPrefix("\(subject) ") }, "\(said.texts)")
            #expect(asked.contains(Self.id) && asked.contains("file-1") && asked.contains(Self.changed) == isShown)
            // What takes it back does the other.
            let undone = try await browser.post(back, [("csrf", csrf)])
            #expect(undone.location.hasPrefix("\(page)?done=\(isShown ? "hidden" : "shown")&undo="))
            let asks = said.texts.filter { $0.hasPrefix("\(subject) ") }
            #expect(asks.count == 2 && asks.last?.contains(Self.changed) == !isShown)
        }
    }

    @Test func theToastTakesItBack() async throws {
        let address = "/tasks/\(Self.id)/files/file-1/show?to=false"
        let seen = try await browser(Said()).get("/tasks/\(Self.id)?done=shown&undo=\(Fields.encoded(address))")
        #expect(seen.text.contains("The customer sees the file now.") && seen.text.contains("action=\"\(address)\""))
    }

    @Test func aFileOfAnImportCanBeShown() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.listImportTaskAttachments) { _, _ in
                    var (file, list) = (Attachment(), ListAttachmentsResponse())
                    (file.id, file.fileName, file.complete, file.visibleToCustomer) = ("f-1", "map.pdf", true, true)
                    list.attachments = [file]
                    return list
                }
            ])
        let seen = try await Browser(bench, session: "good").get("/imports/\(Self.id)?step=plan")
        #expect(seen.text.contains("action=\"/imports/\(Self.id)/attachments/f-1/show\""))
        #expect(seen.text.contains("name=\"to\" value=\"false\">Hide from the customer"))
        #expect(seen.text.contains("Customer sees it"))
    }

    /// A tick before the file shows it at once; without it nobody of the customer sees the file.
    @Test(arguments: [
        ("/tasks/\(id)/files", OnboardingAPI.beginLifecycleTaskAttachment.subject, true),
        ("/tasks/\(id)/files", OnboardingAPI.beginLifecycleTaskAttachment.subject, false),
        ("/records/touchpoint/\(id)/files", CustomerSuccessAPI.beginTouchpointAttachment.subject, true),
        ("/imports/\(id)/attachments", ImportValidationAPI.beginImportTaskAttachment.subject, true),
    ])
    func aTickShowsAFileAsItIsSent(path: String, subject: String, isTicked: Bool) async throws {
        let said = Said()
        let tick =
            "--XyZ\r\nContent-Disposition: form-data; name=\"visible_to_customer\"\r\n\r\ntrue\r\n"
        let body = """
            --XyZ\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\(csrf)\r\n\(isTicked ? tick : "")--XyZ\r\n\
            Content-Disposition: form-data; name="file"; filename="sites.csv"\r\n\r\nName,City\r\n--XyZ--\r\n
            """
        let seen = try await browser(said).send(
            .post, path, ["Content-Type": "multipart/form-data; boundary=XyZ"], body)
        #expect(seen.status == 303, "\(seen.text)")
        let asked = try #require(said.texts.first { $0.hasPrefix("\(subject) ") }, "\(said.texts)")
        #expect(asked.contains("sites.csv") && asked.contains(Self.announced) == isTicked)
    }

    /// That the customer sees a file is said to the people of the provider: customers see that they do.
    @Test func customersAreNotToldThatTheySeeAFile() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getPortalTask) { _, request in
                    var (file, page) = (Attachment(), PortalTask())
                    (file.id, file.fileName, file.complete, file.visibleToCustomer) = ("f-1", "map.pdf", true, true)
                    (page.id, page.table, page.attachments) = (request.id, LifecycleTask.schema.table, [file])
                    return page
                }
            ])
        let seen = try await Browser(bench, session: "good").get("/portal/tasks/\(Self.id)")
        #expect(seen.text.contains("map.pdf") && !seen.text.contains("Customer sees it"))
    }

    /// What customers send they see themselves: they are not asked.
    @Test func onlyTheProviderSaysWhoSeesAFile() async throws {
        let tick = "name=\"visible_to_customer\""
        #expect(try await browser(Said()).get("/tasks/\(Self.id)").text.contains(tick))
        let customer = try await browser(Said(), .ann(accounts: ["a"])).get("/portal/tasks/\(Self.id)")
        #expect(customer.status == 200 && !customer.text.contains(tick))
    }
}
