import ImportValidationWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Starting over with more rows than go at once.
@Suite(.timeLimit(.minutes(15))) struct StartOverTests {
    private static func work(_ stage: Stage, reserve: Duration = .zero) -> StartOver {
        StartOver(
            database: stage.database, access: TaskAccess(database: stage.database), batch: 3, reserve: reserve)
    }

    private static func request(_ task: ImportTask, id: String = "") -> StartOverRequest {
        var request = StartOverRequest()
        (request.id, request.confirm, request.requestID) = (task.id, true, id)
        return request
    }

    /// Rows of every status, of two files; one of them is published.
    private static func filled() async throws -> (Stage, ImportTask) {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "", "B", "", "C", "D"]), of: task)
        _ = try await stage.loaded(Stage.file(["E", "", "F", "G"]), "more.csv", of: task)
        let rows = try await stage.rows(task).stagingRows
        _ = try await stage.end(
            of: try await stage.publish([try #require(rows.first { $0["name"] == "B" })], of: task))
        let edited = try #require(rows.first { $0["name"] == "C" })
        _ = try await stage.correct(edited, "street", "Ring 1")
        #expect(try await stage.summary(task) == [1, 3, 5, 1])
        return (stage, task)
    }

    @Test func batchesComeToTheSame() async throws {
        let (stage, task) = try await Self.filled()
        let call = Call(caller: stage.agent, deadline: .after(.seconds(60)))
        #expect(try await Self.work(stage).answer(call, Self.request(task)).removedRows == 9)
        #expect(try await stage.rows(task).stagingRows.map { $0["name"] } == ["B"])
        var list = ListRequest()
        list.filter = "import_task = \"\(task.id)\""
        let uploads = try await stage.call(ImportValidationAPI.listUploads, list).uploads
        #expect(uploads.map(\.state) == ["complete", "complete"])
        #expect(try await stage.task(task).dataImportState == DataImportState.published.rawValue)
    }

    /// A request that runs out of time says what it did, and the next one does the rest.
    @Test func theNextRequestGoesOn() async throws {
        let (stage, task) = try await Self.filled()
        let call = Call(caller: stage.agent, deadline: .after(.seconds(60)))
        let hurried = Self.work(stage, reserve: .seconds(60))
        let problem = try #require(
            await problem { () async throws(Problem) in try await hurried.answer(call, Self.request(task)) })
        #expect(problem.code == .deadlineExceeded && problem.reason == "START_OVER_UNFINISHED")
        #expect(problem.text.en.hasPrefix("3 rows") && problem.text.ko.hasPrefix("3개 행"))
        #expect(try await stage.summary(task).reduce(0, +) == 7)
        #expect(try await stage.startOver(task).removedRows == 6)
        #expect(try await stage.summary(task) == [0, 0, 0, 1])
    }

    /// The same request again removes nothing that was loaded since.
    @Test func theSameRequestGetsTheSameAnswer() async throws {
        let (stage, task) = try await Self.filled()
        let call = Call(caller: stage.agent, deadline: .after(.seconds(60)))
        let request = Self.request(task, id: uuid())
        let answer = try await Self.work(stage).answer(call, request)
        _ = try await stage.loaded(Stage.file(["H", "I", "J", "K", "L"]), "new.csv", of: task)
        #expect(try await Self.work(stage).answer(call, request) == answer)
        #expect(try await stage.summary(task) == [0, 0, 5, 1])
    }

    /// Only the rows of the task go, and only to somebody who may.
    @Test func othersRowsStay() async throws {
        let (stage, task) = try await Self.filled()
        let other = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["M", "N", "O", "P"]), "other.csv", of: other)
        let call = Call(caller: stage.agent, deadline: .after(.seconds(60)))
        _ = try await Self.work(stage).answer(call, Self.request(task))
        #expect(try await stage.summary(other) == [0, 0, 4, 0])
        let customer = Call(caller: stage.customer, deadline: .after(.seconds(60)))
        let refused = await problem { () async throws(Problem) in
            try await Self.work(stage).answer(customer, Self.request(other))
        }
        #expect(refused?.code == .permissionDenied || refused?.code == .notFound)
        #expect(try await stage.summary(other) == [0, 0, 4, 0])
    }
}
