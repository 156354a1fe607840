import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// The search of play-launcher (G-125): what can be launched is found from below its domain, by whom it is shown to.
@Suite struct SearchTests {
    private func found(_ text: String, _ stage: Stage, as caller: Caller) async throws(Problem) -> [WorkItem] {
        var request = SearchRequest()
        request.text = text
        return try await stage.call(PlayLauncherAPI.searchPlayLauncher, request, as: caller).items
    }

    @Test func definitionsAreFoundFromBelow() async throws {
        let stage = try await Stage.shared.value
        let word = "quux" + uuid().filter(\.isLetter)
        var record = DefinitionRecord()
        record.flow = try await stage.entry("Responsible Contact").flow
        (record.title, record.category) = ("\(word) 온보딩", "onboarding")
        record.description = "Begins \(word)."
        var request = CreateDefinitionRecordRequest()
        request.definitionRecord = record
        let made = try await stage.call(
            PlayLauncherAPI.createDefinitionRecord, request,
            as: try person(playAdministrator, domain: "/provider/d0000071/"))
        for domain in ["/provider/", "/provider/d0000071/", "/provider/d0000071/below/"] {
            let viewer = try person("sn_acct_lc.ale_success_viewer", domain: domain)
            for text in [word, "온보딩 \(word)"] {
                let items = try await found(text, stage, as: viewer)
                #expect(items.map(\.id) == [made.id] && items.first?.table == "definition_record", "\(domain)")
            }
        }
        // Beside it nobody sees it, and customers see none.
        let beside = try person("sn_acct_lc.ale_success_viewer", domain: "/provider/d0000072/")
        #expect(try await found(word, stage, as: beside).isEmpty)
        let customer = Caller.customer("sn_customerservice.customer_admin", of: uuid(), in: "/provider/d0000071/")
        await #expect(throws: Problem.self) { () async throws(Problem) in try await found(word, stage, as: customer) }
    }

    @Test func shippedEntriesAndFlowsAreFound() async throws {
        let stage = try await Stage.shared.value
        let viewer = try person("sn_acct_lc.ale_success_viewer")
        let tables = Set(try await found("responsible contact", stage, as: viewer).map(\.table))
        #expect(tables.isSuperset(of: ["definition_record", "flow_definition"]), "\(tables)")
        #expect(try await found("onboarding", stage, as: viewer).contains { $0.table == "ale_choice" })
    }
}
