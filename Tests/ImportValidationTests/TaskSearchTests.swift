import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// The search for import tasks (G-125): what is found by which words, and by whom.
@Suite struct TaskSearchTests {
    private func found(_ text: String, _ stage: Stage, as caller: Caller? = nil) async throws -> [WorkItem] {
        var request = SearchRequest()
        request.text = text
        return try await stage.call(ImportValidationAPI.searchImportTasks, request, as: caller).items
    }

    /// An agent who sees the stage's own domain alone: other tests have tasks, too.
    private func agent(_ stage: Stage) throws -> Caller {
        var agent = stage.agent
        agent.domain = try #require(DomainPath(stage.domain))
        return agent
    }

    @Test func tasksAreFoundByTheirWords() async throws {
        let stage = try await Stage()
        let agent = try agent(stage)
        let task = try await stage.locations {
            ($0.shortDescription, $0.description) = ("Import the warehouses", "창고 목록을 보내 주세요.")
        }
        for text in ["warehouse", "WAREHOUSES import", "창고", "목록을", task.number ?? "", "ernst"] {
            let items = try await found(text, stage, as: agent)
            #expect(items.map(\.id) == [task.id], "\(text)")
        }
        let item = try #require(try await found("창고", stage, as: agent).first)
        #expect(
            item.service == "import-validation" && item.table == "import_task" && item.title == task.shortDescription)
        #expect(item.accountName == "Ernst Handel" && item.parentNumber == "ALEONB0000001" && item.state == "open")
        for text in ["house", "창목", "elsewhere"] { #expect(try await found(text, stage, as: agent).isEmpty, "\(text)") }
        // What it is called now is what it is found by.
        _ = try await stage.update(task.id) { $0.shortDescription = "Import the offices" }
        #expect(try await found("warehouse", stage, as: agent).isEmpty)
        #expect(try await found("offices", stage, as: agent).map(\.id) == [task.id])
    }

    /// The open ones first, by priority and date.
    @Test func whatIsFoundIsPrioritized() async throws {
        let stage = try await Stage()
        let agent = try agent(stage)
        var ids: [String] = []
        for (priority, date) in [(3, "2027-01-02"), (3, "2027-01-01"), (1, "2027-02-01"), (1, "2027-01-01")] {
            ids.append(
                try await stage.locations {
                    ($0.shortDescription, $0.priority, $0.dueDate) = ("Depots", Int32(priority), date)
                }.id)
        }
        _ = try await stage.update(ids[3]) { $0.state = "canceled" }
        #expect(try await found("depots", stage, as: agent).map(\.id) == [ids[2], ids[1], ids[0], ids[3]])
    }

    /// A customer finds the task whose contact he is once it is visible (G-23); nobody finds what is another tenant's.
    @Test func everybodyFindsWhatTheySee() async throws {
        let stage = try await Stage()
        let contact = stage.contact
        let task = try await stage.locations { $0.shortDescription = "Silos" }
        #expect(try await found("silos", stage, as: stage.customer).isEmpty)
        _ = try await stage.update(task.id) { ($0.contact, $0.visibleToCustomer) = (contact, true) }
        let items = try await found("silos", stage, as: stage.customer)
        #expect(items.map(\.id) == [task.id] && items.allSatisfy { $0.assignedTo.isEmpty })
        let other = try await Stage()
        for caller in [try agent(other), other.customer] {
            for text in ["silos", task.number ?? ""] {
                #expect(try await found(text, stage, as: caller).isEmpty, "\(text)")
            }
        }
    }

    @Test func somethingHasToBeLookedFor() async throws {
        let stage = try await Stage()
        var request = SearchRequest()
        request.text = "…"
        let asked = request
        let problem = try await stage.refusal { () async throws(Problem) in
            try await stage.call(ImportValidationAPI.searchImportTasks, asked)
        }
        #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == ["text"])
    }
}
