import Foundation
import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// Every field of a request that the service refuses by its name is refused here.
@Suite(.timeLimit(.minutes(15))) struct FieldAnswerTests {
    /// The fields in the sources: `SaveMappingRequest.Field.columns`, `named: "cells.value"`.
    private static func written() throws -> Set<String> {
        let keys = try WrittenWords.matching(/Request\.Field\.([A-Za-z0-9]+)/)
        let names = keys.map { key in key.replacing(/[A-Z]/) { "_\($0.output.lowercased())" } }
        return try WrittenWords.matching(/, named: "([a-z0-9_.]+)"/).union(names)
    }

    private typealias Refusal = @Sendable (Stage, ImportTask) async throws -> Problem?

    private static func correction(_ field: String, _ value: String) -> Refusal {
        { stage, task in
            _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
            let row = try #require(try await stage.rows(task).stagingRows.first)
            return await problem { () async throws(Problem) in try await stage.correct(row, field, value) }
        }
    }

    private static func load(_ edit: @escaping @Sendable (inout ImportUploadsRequest) -> Void) -> Refusal {
        { stage, task in
            let upload = try await stage.upload(Stage.file(["Linz"]), to: task)
            return await problem { () async throws(Problem) in try await stage.load([upload], of: task, edit) }
        }
    }

    /// A value of a column to be replaced by "x".
    private static func replacement(
        _ edit: @escaping @Sendable (inout ReplaceStagedValueRequest) -> Void
    ) -> Refusal {
        { stage, task in
            await problem { () async throws(Problem) in
                try await stage.replace("x", in: "name", by: "y", of: task, edit)
            }
        }
    }

    /// What a step of the builder refuses, which has come to the checks.
    private static func step(
        _ body: @escaping @Sendable (Building, String) async throws(Problem) -> BuilderState
    ) -> Refusal {
        { _, _ in
            let building = try await Building()
            let id = try #require(try await building.mapped().importBuilder).id
            return await problem { () async throws(Problem) in try await body(building, id) }
        }
    }

    private static let refusals: [String: Refusal] = [
        "cells": { stage, task in
            _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
            var request = UpdateStagingRowRequest()
            request.id = try #require(try await stage.rows(task).stagingRows.first).id
            let asked = request
            return await problem { () async throws(Problem) in
                try await stage.call(ImportValidationAPI.updateStagingRow, asked)
            }
        },
        "cells.field": correction("colour", "red"),
        "cells.value": correction("name", String(repeating: "x", count: 32_768)),
        "columns": load { $0.columns = [ColumnMapping()] },
        "confirm": { stage, task in
            await problem { () async throws(Problem) in try await stage.startOver(task, isConfirmed: false) }
        },
        "content": { stage, task in
            let upload = try await stage.begin([1, 2], to: task)
            return await problem { () async throws(Problem) in try await stage.append([], at: 0, to: upload) }
        },
        "encoding": load { $0.encoding = "EBCDIC" },
        "error_check": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.errorCheck = "colour" } }
        },
        "error_field": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.errorField = "colour" } }
        },
        "field": replacement { $0.field = "colour" },
        "field_maps": step { building, id async throws(Problem) in
            try await building.transformMap(id, [Building.map("colour", "copy")])
        },
        "file_name": { stage, task in
            await problem { () async throws(Problem) in try await stage.begin([1], "a/b.csv", to: task) }
        },
        "filter": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.filter = "colour = red" } }
        },
        "import_set_table_name": step { building, id async throws(Problem) in
            try await building.dataSource(id, "No name")
        },
        "offset": { stage, task in
            let upload = try await stage.begin([1, 2], to: task)
            return await problem { () async throws(Problem) in try await stage.append([1], at: 2, to: upload) }
        },
        "order_by": { stage, _ in
            await problem { () async throws(Problem) in try await stage.tasks { $0.orderBy = "colour" } }
        },
        "page_token": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.pageToken = "x" } }
        },
        "outcome": { stage, task in
            let plan = try await stage.planned(task)
            return await problem { () async throws(Problem) in try await stage.planRows(plan) { $0.outcome = "x" } }
        },
        "replacement": replacement { $0.replacement = "x" },
        "result": { stage, task in
            let plan = try await stage.planned(task)
            return await problem { () async throws(Problem) in try await stage.planRows(plan) { $0.result = "x" } }
        },
        "rows": { stage, _ in
            await problem { () async throws(Problem) in try await stage.correct([]) }
        },
        "save_mapping": load { $0.saveMapping = true },
        "sha256": { stage, task in
            let upload = try await stage.begin([65], to: task)
            _ = try await stage.append([65], at: 0, to: upload)
            return await problem { () async throws(Problem) in try await stage.complete(upload, sha256: "12") }
        },
        "size_bytes": { stage, task in
            await problem { () async throws(Problem) in try await stage.begin([], to: task) }
        },
        "staging_row": { stage, task in
            _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
            let row = try #require(try await stage.rows(task).stagingRows.first).id
            let script = "function executeCondition(row) { return { validationPassed: true, message: '' }; }"
            let request = CheckTrialTests.request(script: script) {
                $0.stagingRow = row
                $0.dataValidationAssist?.stagingTable = ImportTarget.all.first { $0.table != "location" }?.stagingTable
            }
            return await problem { () async throws(Problem) in
                try await stage.call(ImportValidationAPI.runCheck, request, as: CheckTrialTests.writer)
            }
        },
        "staging_rows": { stage, task in
            await problem { () async throws(Problem) in try await stage.publish([], of: task) }
        },
        "state": { stage, task in
            let run = try await stage.end(of: try await stage.publish(of: task))
            return await problem { () async throws(Problem) in try await stage.publishedRows(run) { $0.state = "x" } }
        },
        "table": { stage, _ in
            await problem { () async throws(Problem) in try await stage.lineage(of: uuid(), table: "user") }
        },
        "text": { stage, _ in
            await problem { () async throws(Problem) in
                try await stage.call(ImportValidationAPI.searchImportTasks, SearchRequest())
            }
        },
        "transform_map_name": step { building, id async throws(Problem) in
            try await building.transformMap(id, [], String(repeating: "x", count: 201))
        },
        "uploads": load { $0.uploads = [] },
        "value": replacement { $0.value = String(repeating: "x", count: 32_768) },
        "view": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.view = "published" } }
        },
        "views": step { building, id async throws(Problem) in
            _ = try await building.checks(id)
            return try await building.views(id, ["published": []])
        },
    ]

    @Test func everyFieldIsRefused() throws {
        let written = try Self.written()
        #expect(written.count > 12)
        #expect(written.subtracting(Self.refusals.keys) == [], "refused by the service and by no test")
        #expect(Set(Self.refusals.keys).subtracting(written) == [], "refused by nobody any more")
    }

    @Test(arguments: refusals.keys.sorted()) func theFieldIsNamed(_ field: String) async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let problem = try #require(try await Self.refusals[field]?(stage, task))
        #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == [field], "\(problem)")
        #expect(problem.violations.allSatisfy { !$0.text.en.isEmpty && !$0.text.ko.isEmpty }, "\(problem)")
    }
}
