import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// A builder is tried with a file before anybody imports by it: its rows are read, transformed and checked, and nothing is kept.
@Suite(.timeLimit(.minutes(15))) struct BuilderTrialTests {
    private static let file = """
        Site,Customer,Place,Nation,Zone,Remark
        Linz,Ernst Handel,Linz,Norwey,Europe/Vienna,x
        ,Ernst Handel,Graz,Austria,Europe/Vienna,
        """

    private static func request(_ builder: String, _ content: String = file) -> TryBuilderRequest {
        var request = TryBuilderRequest()
        (request.id, request.fileName, request.content) = (builder, "sites.csv", Array(content.utf8))
        return request
    }

    @Test func theFirstRowsAreReadAsAnImportWould() async throws {
        let building = try await Building()
        let maps = [
            Building.map("country", "value_map") {
                $0.values = [Building.value("Norwey", "Norway"), Building.value("Austria", "Austria")]
            }
        ]
        let id = try #require(try await building.mapped(maps).importBuilder).id
        let trial = try await building.stage.call(
            ImportValidationAPI.tryBuilder, Self.request(id), as: building.designer)
        #expect(trial.readable && trial.checked == 2 && trial.ready == 1 && trial.needsAttention == 1, "\(trial)")
        let country = try #require(trial.fields.firstIndex(of: "country"))
        #expect(trial.rows.map { $0.cells[country] } == ["Norway", "Austria"])
        #expect(trial.rows.map(\.number) == [2, 3])
        #expect(trial.rows.map(\.status) == ["ready_to_publish", "needs_attention"])
        #expect(trial.rows[1].comment.contains("Site"))
        // Before the last step, and after it.
        _ = try await building.checks(id)
        _ = try await building.views(id)
        _ = try await building.finish(id)
        let again = try await building.stage.call(
            ImportValidationAPI.tryBuilder, Self.request(id), as: building.designer)
        #expect(again.rows == trial.rows)
    }

    @Test func whatIsNoFileOfItsIsSaid() async throws {
        let building = try await Building()
        let id = try #require(try await building.mapped().importBuilder).id
        let other = try await building.stage.call(
            ImportValidationAPI.tryBuilder, Self.request(id, "Colour,Size\nred,4\n"), as: building.designer)
        #expect(!other.readable && other.message.contains("Site") && other.rows.isEmpty)
        var empty = Self.request(id, "")
        empty.content = []
        let asked = empty
        let none = await problem { () async throws(Problem) in
            try await building.stage.call(ImportValidationAPI.tryBuilder, asked, as: building.designer)
        }
        #expect(none?.violations.first?.field == "content")
    }

    /// Without a transform map nothing can be made of a file; who is no designer tries none, and another's builder is none.
    @Test func whoMayNotAndWhatIsTooEarly() async throws {
        let building = try await Building()
        let id = try await building.create().id
        func met(_ caller: Caller) async -> Problem? {
            await problem { () async throws(Problem) in
                try await building.stage.call(ImportValidationAPI.tryBuilder, Self.request(id), as: caller)
            }
        }
        #expect(await met(building.designer)?.reason == "IMP-04")
        #expect(await met(Building.caller("sn_acct_lc.agent"))?.code == .permissionDenied)
        let elsewhere = Building.caller("sn_acct_lc.agent", "process_automation_designer", domain: "/elsewhere/")
        #expect(await met(elsewhere)?.code == .notFound)
    }
}
