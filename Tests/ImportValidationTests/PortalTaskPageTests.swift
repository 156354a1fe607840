import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// What the portal shows of an import task beside its instructions (G-23, G-28, G-121): what was said and attached where
/// customers see it, by names, and what the caller may do.
@Suite struct PortalTaskPageTests {
    private func page(_ task: ImportTask, _ stage: Stage, as caller: Caller) async throws(Problem) -> PortalImportTask {
        var request = GetPortalImportTaskRequest()
        request.id = task.id
        return try await stage.call(ImportValidationAPI.getPortalImportTask, request, as: caller)
    }

    @Test func theContactSeesWhatWasSaidAndAttached() async throws {
        let stage = try await Stage()
        let contact = stage.contact
        let task = try await stage.locations { ($0.contact, $0.visibleToCustomer) = (contact, true) }
        var user = User()
        (user.id, user.domain, user.name) = (stage.agent.subject, "/provider/", "Ann Agent")
        try await stage.hear(user, "created")
        var entry = AddEntryRequest()
        (entry.id, entry.text) = (task.id, "Send all of them")
        _ = try await stage.call(ImportValidationAPI.addImportTaskComment, entry, as: stage.agent)
        entry.text = "They are slow"
        _ = try await stage.call(ImportValidationAPI.addImportTaskWorkNote, entry, as: stage.agent)
        entry.text = "Here they are"
        _ = try await stage.call(ImportValidationAPI.addImportTaskComment, entry, as: stage.customer)
        for (name, isShown) in [("list.xlsx", true), ("notes.txt", false)] {
            _ = try await stage.bench.admin.run(
                """
                INSERT INTO import_validation.attachment (id, table_name, record, domain, file_name, size_bytes, \
                complete, visible_to_customer, created_at, created_by) VALUES (gen_random_uuid(), 'import_task', \
                \(task.id), \(stage.domain), \(name), 3, true, \(isShown), now(), \(stage.agent.subject))
                """)
        }
        let page = try await page(task, stage, as: stage.customer)
        #expect(page.id == task.id && page.number == task.number)
        #expect(page.comments.map(\.text) == ["Here they are", "Send all of them"])
        #expect(page.comments.map(\.by) == ["", "Ann Agent"] && page.comments.map(\.own) == [true, false])
        #expect(page.attachments.map(\.fileName) == ["list.xlsx"])
        #expect(!(try page.jsonText()).contains(stage.agent.subject))
        // A contact comments and attaches; the task is not the contact's to change.
        let rights = try #require(page.rights)
        #expect(rights.mayComment && rights.mayAttach && rights.writableFields.isEmpty && rights.states.isEmpty)
        // Whoever looks sees what customers see.
        let seen = try await self.page(task, stage, as: stage.agent)
        #expect(seen.attachments.map(\.fileName) == ["list.xlsx"] && seen.comments.count == 2)
        #expect(seen.rights?.writableFields.contains("due_date") == true)
    }

    @Test func othersDoNotKnowIt() async throws {
        let stage = try await Stage()
        let hidden = try await stage.locations()
        let colleague = Caller.customer(
            "sn_customerservice.customer_case_manager", of: stage.account, in: stage.domain, contact: uuid())
        let other = try await Stage()
        for caller in [stage.customer, colleague, other.customer] {
            do throws(Problem) {
                _ = try await page(hidden, stage, as: caller)
                Issue.record("it is not shown")
            } catch { #expect(error.code == .notFound) }
        }
    }
}
