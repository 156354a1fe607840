import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Files on their way to a task: in chunks, whole and sound, and from whom (G-15, G-23, G-65, G-112).
@Suite struct UploadTests {
    // MARK: Chunks

    @Test func chunksComeOneAfterTheOther() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let bytes = Stage.file(["Linz", "Graz"])
        let upload = try await stage.begin(bytes, to: task)
        #expect(upload.state == "receiving" && upload.sizeBytes == Int64(bytes.count))
        #expect(try await stage.append(bytes.prefix(10), at: 0, to: upload).receivedBytes == 10)
        // Sent again it changes nothing, with other bytes it is refused.
        #expect(try await stage.append(bytes.prefix(10), at: 0, to: upload).receivedBytes == 10)
        let other = try await stage.refusal { () async throws(Problem) in
            try await stage.append(bytes.prefix(10).reversed(), at: 0, to: upload)
        }
        #expect(other.code == .invalidArgument && other.violations.map(\.field) == ["content"])
        // A gap is refused with the place where to go on.
        let gap = try await stage.refusal { () async throws(Problem) in
            try await stage.append(bytes.dropFirst(12), at: 12, to: upload)
        }
        #expect(gap.code == .failedPrecondition && gap.metadata["received_bytes"] == "10")
        let beyond = try await stage.refusal { () async throws(Problem) in
            try await stage.append(bytes, at: 10, to: upload)
        }
        #expect(beyond.violations.map(\.field) == ["offset"])
        let early = try await stage.refusal { () async throws(Problem) in try await stage.complete(upload) }
        #expect(early.reason == "UPLOAD_INCOMPLETE" && early.metadata["received_bytes"] == "10")
        _ = try await stage.append(bytes.dropFirst(10), at: 10, to: upload)
        let complete = try await stage.complete(upload, sha256: Hex.sha256(bytes))
        #expect(complete.state == "complete" && complete.sha256 == Hex.sha256(bytes) && complete.duplicateOf == nil)
        #expect(try await stage.complete(upload) == complete)
    }

    @Test func whatIsNotWhatWasAnnouncedIsRefused() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let bytes = Stage.file(["Linz"])
        let upload = try await stage.begin(bytes, to: task)
        _ = try await stage.append(bytes, at: 0, to: upload)
        let wrong = try await stage.refusal { () async throws(Problem) in
            try await stage.complete(upload, sha256: Hex.sha256([1]))
        }
        #expect(wrong.code == .invalidArgument && wrong.violations.map(\.field) == ["sha256"])
        #expect(try await stage.upload(upload).state == "failed")
        // What has failed takes no more, and cannot be imported.
        for again in [
            await problem { () async throws(Problem) in try await stage.append(bytes, at: 0, to: upload) },
            await problem { () async throws(Problem) in try await stage.complete(upload) },
        ] { #expect(again?.reason == "UPLOAD_CLOSED") }
        let load = try await stage.refusal { () async throws(Problem) in try await stage.load([upload], of: task) }
        #expect(load.code == .failedPrecondition && load.reason == "UPLOAD_INCOMPLETE")
    }

    @Test(
        arguments: [
            ("locations.pdf", 10, "file_name"), ("", 10, "file_name"), ("a/b.csv", 10, "file_name"),
            ("locations.csv", 0, "size_bytes"), ("locations.csv", Int64(5) << 30, "size_bytes"),
        ] as [(String, Int64, String)])
    func whatCannotBeImportedIsRefusedBeforeItIsSent(name: String, size: Int64, field: String) async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        var request = BeginUploadRequest()
        request.importTask = task.id
        request.fileName = name
        request.sizeBytes = size
        let ask = request
        let problem = try await stage.refusal { () async throws(Problem) in
            try await stage.call(ImportValidationAPI.beginUpload, ask)
        }
        #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == [field])
    }

    // MARK: The same content again

    @Test func theSameContentIsPointedOut() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let bytes = Stage.file(["Linz"])
        // One that failed is no earlier one.
        let failed = try await stage.begin(bytes, to: task)
        _ = try await stage.append(bytes, at: 0, to: failed)
        _ = try await stage.refusal { () async throws(Problem) in
            try await stage.complete(failed, sha256: Hex.sha256([1]))
        }
        let first = try await stage.upload(bytes, to: task)
        let second = try await stage.upload(bytes, "again.csv", to: task)
        let third = try await stage.upload(bytes, to: task)
        #expect(first.duplicateOf == nil && second.duplicateOf == first.id && third.duplicateOf == first.id)
        #expect(try await stage.upload(Stage.file(["Graz"]), to: task).duplicateOf == nil)
        // It is pointed out and not refused, and another task knows nothing of it.
        #expect(try await stage.end(of: try #require(try await stage.load([second], of: task).first)).doneRows == 1)
        let other = try await stage.create { $0.targetTable = "contract" }
        #expect(try await stage.upload(bytes, to: other).duplicateOf == nil)
    }

    // MARK: Who may

    /// G-23: the contact of a task that is visible; until then the task is not there.
    @Test func theContactOfAVisibleTaskUploadsAndImports() async throws {
        let stage = try await Stage()
        let contact = stage.contact
        let task = try await stage.locations { $0.contact = contact }
        let bytes = Stage.file(["Linz"])
        let hidden = try await stage.refusal { () async throws(Problem) in
            try await stage.begin(bytes, to: task, as: stage.customer)
        }
        #expect(hidden.code == .notFound)
        _ = try await stage.update(task.id) { $0.visibleToCustomer = true }
        let upload = try await stage.upload(bytes, to: task, as: stage.customer)
        #expect(upload.state == "complete" && upload.domain.isEmpty && upload.createdBy.isEmpty)
        let run = try #require(try await stage.load([upload], of: task, as: stage.customer).first)
        #expect(run.domain.isEmpty && run.createdBy.isEmpty)
        #expect(try await stage.end(of: run).doneRows == 1)
        // What the agent does with the rows is not the customer's.
        let row = try #require(try await stage.rows(task).stagingRows.first)
        for problem in [
            await problem { () async throws(Problem) in try await stage.validate(task, as: stage.customer) },
            await problem { () async throws(Problem) in try await stage.publish(of: task, as: stage.customer) },
            await problem { () async throws(Problem) in try await stage.startOver(task, as: stage.customer) },
            await problem { () async throws(Problem) in
                try await stage.correct(row, "name", "Wien", as: stage.customer)
            },
        ] { #expect(problem?.code == .permissionDenied, "\(String(describing: problem))") }
    }

    /// The contact sends and imports files of one's own; others of the account send none.
    @Test func filesAreTheirs() async throws {
        let stage = try await Stage()
        let contact = stage.contact
        let task = try await stage.locations { task in
            task.contact = contact
            task.visibleToCustomer = true
        }
        let bytes = Stage.file(["Linz"])
        let provided = try await stage.upload(bytes, to: task)
        let customer = stage.customer
        let sent = try await stage.begin(bytes, to: task, as: customer)
        let load = try await stage.refusal { () async throws(Problem) in
            try await stage.load([provided], of: task, as: customer)
        }
        #expect(load.code == .notFound)
        let list = try await stage.call(ImportValidationAPI.listUploads, ListRequest(), as: customer)
        #expect(list.uploads.map(\.id) == [sent.id])
        for other in [
            Caller.customer("sn_customerservice.customer", of: stage.account, in: stage.domain, contact: uuid()),
            .customer("sn_customerservice.customer", of: uuid(), in: stage.domain, contact: contact),
            .holding("sn_acct_lc.ale_success_viewer"), .holding("sn_acct_lc.agent", domain: "/provider/other/"),
        ] {
            let begun = try await stage.refusal { () async throws(Problem) in
                try await stage.begin(bytes, to: task, as: other)
            }
            #expect([.notFound, .permissionDenied].contains(begun.code), "\(begun)")
            let added = try await stage.refusal { () async throws(Problem) in
                try await stage.append(bytes, at: 0, to: sent, as: other)
            }
            #expect(added.code == .notFound, "\(added)")
        }
        // An agent may finish what the customer has begun.
        _ = try await stage.append(bytes, at: 0, to: sent)
        #expect(try await stage.complete(sent).state == "complete")
    }

    /// G-15: the assignee may everything, without an agent's role.
    @Test func theAssigneeDoesAllOfIt() async throws {
        let stage = try await Stage()
        var user = User()
        user.id = uuid()
        user.domain = "/provider/"
        user.active = true
        user.kind = "person"
        try await stage.hear(user, "created")
        let assignee = Caller.holding("sn_acct_lc.ale_success_viewer", subject: user.id)
        let colleague = Caller.holding("sn_acct_lc.ale_success_viewer")
        let task = try await stage.locations { $0.assignedTo = assignee.subject }
        let upload = try await stage.upload(Stage.file(["Linz"]), to: task, as: assignee)
        let run = try #require(try await stage.load([upload], of: task, as: assignee).first)
        _ = try await stage.end(of: run)
        let row = try #require(try await stage.rows(task).stagingRows.first)
        for caller in [colleague, assignee] {
            let expected: Problem.Code? = caller == colleague ? .permissionDenied : nil
            for problem in [
                await problem { () async throws(Problem) in
                    try await stage.correct(row, "name", "Wien", as: caller)
                },
                await problem { () async throws(Problem) in try await stage.validate(task, as: caller) },
                await stage.bench.problem(ImportValidationAPI.summarizeImport, Stage.named(task.id), as: caller),
                await problem { () async throws(Problem) in try await stage.publish(of: task, as: caller) },
            ] { #expect(problem?.code == expected, "\(String(describing: problem))") }
        }
    }
}
