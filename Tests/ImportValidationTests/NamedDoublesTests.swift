import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// Rows whose keys are records.
@Suite(.timeLimit(.minutes(15))) struct NamedDoublesTests {
    /// One that names its records by what they are called and one that names them by their ids are of one record.
    @Test func aNameAndAnIdAreTheSame() async throws {
        let stage = try await Stage()
        let task = try await stage.locations { $0.targetTable = "sold_product_install_base_m2m" }
        let (product, item) = (RecordID.derived(from: "P1".alike), RecordID.derived(from: "I1".alike))
        let file = "Sold product,Install base item\nP1,I1\n\(product),\(item)\nP1,I2\n"
        let run = try await stage.loaded(Array(file.utf8), "links.csv", of: task)
        #expect(run.state == "completed" && run.failedRows == 2, "\(run.message ?? "")")
        let rows = try await stage.rows(task).stagingRows
        #expect(rows.map { $0.errors.map(\.check) } == [["double"], ["double"], []])
        #expect(rows[0].comment.contains("row 3 of links.csv") && rows[1].comment.contains("row 2 of links.csv"))
    }
}
