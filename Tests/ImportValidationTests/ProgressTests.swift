import ImportValidationWire
import NATS
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import ImportValidationService

/// How far runs are, while they go on.
@Suite(.timeLimit(.minutes(15))) struct ProgressTests {
    /// Whoever listens hears of each run of his domain, up to its end; several files at once are told apart.
    @Test func runsTellHowFarTheyAre() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let connection = try await Connection.connect(
            ConnectionOptions(urls: [NATSServer.shared.url], name: "listener"))
        let heard = Mutex<[ProgressEvent]>([])
        let token = try #require(DomainPath(stage.domain)).subjectToken
        try connection.subscribe("ale.v1.events.\(token).import-validation.import_run.progressed") { message in
            if let event = try? ProgressEvent.decode(protobuf: message.payload) { heard.withLock { $0.append(event) } }
        }
        try await connection.flush(timeout: .seconds(50))
        let names = (1...6_000).map { "Werk \($0)" }
        let uploads = [
            try await stage.upload(Stage.file(names), to: task),
            try await stage.upload(Stage.file(["", "Linz"]), "more.csv", to: task),
        ]
        let runs = try await stage.load(uploads, of: task)
        for (run, count) in zip(runs, [6_000, 2]) {
            let end = try await stage.end(of: run)
            #expect(end.state == "completed" && end.doneRows == Int64(count) && end.totalRows == Int64(count))
            let limit = ContinuousClock.now + .seconds(20)
            func last() -> ProgressEvent? { heard.withLock { $0.last { $0.id == run.id } } }
            while last()?.total != Int64(count), ContinuousClock.now < limit {
                try await Task.sleep(for: .milliseconds(10))
            }
            let event = try #require(last())
            #expect(event.done == Int64(count) && event.total == Int64(count))
            #expect(event.kind == "load" && event.importTask == task.id)
        }
        let large = heard.withLock { $0.filter { $0.id == runs[0].id }.map(\.done) }
        #expect(large.count >= 2 && large == large.sorted(), "\(large)")
        await connection.close()
    }
}
