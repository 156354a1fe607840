import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// What the contact of an import task sees of it, and who else of the customer's does not (G-15, G-23).
@Suite(.timeLimit(.minutes(15))) struct ContactTests {
    /// A visible task to which its contact has sent a file of four rows, and an agent another with a row of the same name.
    private struct Sent {
        let stage: Stage
        let task: ImportTask
        let upload: Upload
        let run: ImportRun
        let provided: Upload
        let providedRun: ImportRun

        init() async throws {
            stage = try await Stage()
            let contact = stage.contact
            task = try await stage.locations { task in
                task.contact = contact
                task.visibleToCustomer = true
            }
            upload = try await stage.upload(Stage.file(["Linz", "", "Graz", "Wien"]), to: task, as: stage.customer)
            let begun = try await stage.load([upload], of: task, as: stage.customer)
            run = try await stage.end(of: try #require(begun.first))
            provided = try await stage.upload(Stage.file(["Wien", "Steyr"]), "provider.csv", to: task)
            providedRun = try await stage.end(of: try #require(try await stage.load([provided], of: task).first))
        }

        /// What a caller meets: how many records a list holds, "ok", or the code of the refusal.
        func met(by caller: Caller) async throws -> [String: String] {
            let own = try await stage.rows(task).stagingRows.first { $0.sourceFile == upload.fileName }
            let row = try #require(own).id
            let requests = [
                "import_tasks.get": #"{"id": "\#(task.id)"}"#, "import_tasks.list": "{}",
                "import_tasks.list_attachments": #"{"id": "\#(task.id)"}"#,
                "import_tasks.list_activity": #"{"id": "\#(task.id)"}"#,
                "import_tasks.download_template": #"{"id": "\#(task.id)"}"#,
                "import_tasks.get_mapping": #"{"id": "\#(task.id)"}"#,
                "import_tasks.summarize": #"{"id": "\#(task.id)"}"#, "uploads.list": "{}",
                "uploads.get": #"{"id": "\#(upload.id)"}"#, "import_runs.list": "{}",
                "import_runs.get": #"{"id": "\#(run.id)"}"#, "staging_rows.list": #"{"importTask": "\#(task.id)"}"#,
                "staging_rows.get": #"{"id": "\#(row)"}"#,
                "uploads.begin": #"{"importTask": "\#(task.id)", "fileName": "a.csv", "sizeBytes": 3}"#,
                "import_tasks.validate": #"{"id": "\#(task.id)"}"#,
                "import_tasks.publish": #"{"id": "\#(task.id)", "allReady": true}"#,
                "import_tasks.start_over": #"{"id": "\#(task.id)", "confirm": true}"#,
                "import_tasks.close": #"{"id": "\#(task.id)", "closeNotes": "x"}"#,
                "staging_rows.update": #"{"id": "\#(row)", "cells": [{"field": "name", "value": "x"}]}"#,
                "staging_rows.replace_value":
                    #"{"id": "\#(task.id)", "field": "name", "value": "Linz", "replacement": "x"}"#,
            ]
            var answers: [String: String] = [:]
            for (verb, json) in requests {
                do throws(Problem) {
                    let answer = try await stage.bench.call(
                        json: json, to: "ale.v1.import-validation.\(verb)", as: caller)
                    let isList = verb.hasSuffix(".list")
                    answers[verb] = isList ? String(answer.matches(of: /"id":\s*"/).count) : "ok"
                } catch {
                    answers[verb] = "\(error.code)"
                }
            }
            return answers
        }
    }

    private static let refused = Set([
        "import_tasks.validate", "import_tasks.publish", "import_tasks.start_over", "import_tasks.close",
        "staging_rows.update", "staging_rows.replace_value",
    ])

    // MARK: What the contact sees

    @Test func theContactFollowsTheImport() async throws {
        let sent = try await Sent()
        let met = try await sent.met(by: sent.stage.customer)
        for (verb, answer) in met where !verb.hasSuffix(".list") {
            #expect(answer == (Self.refused.contains(verb) ? "permissionDenied" : "ok"), "\(verb)")
        }
        // The upload that was just begun besides.
        #expect(met["import_tasks.list"] == "1" && met["staging_rows.list"] == "4" && met["import_runs.list"] == "1")
        let (stage, customer) = (sent.stage, sent.stage.customer)
        let upload = try await stage.call(ImportValidationAPI.getUpload, Stage.named(sent.upload.id), as: customer)
        #expect(upload.fileName == "locations.csv" && upload.state == "loaded" && upload.sha256 == sent.upload.sha256)
        let run = try await stage.call(ImportValidationAPI.getImportRun, Stage.named(sent.run.id), as: customer)
        #expect(run.doneRows == 4 && run.totalRows == 4 && run.kind == "load" && run.message?.isEmpty == false)
        for hidden in [upload.createdBy, upload.updatedBy, upload.domain, run.createdBy, run.updatedBy, run.domain] {
            #expect(hidden.isEmpty)
        }
        let summary = try await stage.call(
            ImportValidationAPI.summarizeImport, Stage.named(sent.task.id), as: customer)
        #expect([summary.readyToPublish, summary.needsAttention, summary.published] == [2, 2, 0])
        #expect(try await stage.summary(sent.task).reduce(0, +) == 6)
    }

    /// Every error of the own rows, cell by cell, without what others have sent.
    @Test func ownRowsAreToldAlone() async throws {
        let sent = try await Sent()
        let (stage, customer) = (sent.stage, sent.stage.customer)
        let rows = try await stage.rows(sent.task, in: "en", as: customer)
        #expect(rows.map { $0["name"] } == ["Linz", "", "Graz", "Wien"])
        #expect(rows[1].errors.map(\.check) == ["mandatory"] && rows[1].errors.map(\.field) == ["name"])
        let double = try #require(rows[3].errors.first)
        #expect(double.check == "double" && !double.message.contains("provider.csv"), "\(double)")
        #expect(rows[3].comment == double.message)
        let all = try await stage.rows(sent.task).stagingRows
        #expect(all.first { $0.id == rows[3].id }?.comment.contains("provider.csv") == true)
        // A double within the own file names its row.
        let again = try await stage.upload(Stage.file(["Rom", "ROM"]), "rom.csv", to: sent.task, as: customer)
        _ = try await stage.end(
            of: try #require(try await stage.load([again], of: sent.task, as: customer).first))
        let romans = try await stage.rows(sent.task, in: "en", as: customer).filter { $0.sourceFile == "rom.csv" }
        #expect(romans.map(\.comment).allSatisfy { $0.contains("rom.csv") }, "\(romans.map(\.comment))")
        for row in all where row.sourceFile == "provider.csv" {
            #expect(
                await stage.bench.problem(ImportValidationAPI.getStagingRow, Stage.named(row.id), as: customer)?.code
                    == .notFound)
        }
        for problem in [
            await stage.bench.problem(ImportValidationAPI.getUpload, Stage.named(sent.provided.id), as: customer),
            await stage.bench.problem(ImportValidationAPI.getImportRun, Stage.named(sent.providedRun.id), as: customer),
        ] { #expect(problem?.code == .notFound, "\(problem as Any)") }
    }

    /// What cannot be seen cannot be searched by; the rest can.
    @Test func filtersTellNoMore() async throws {
        let sent = try await Sent()
        var request = ListStagingRowsRequest()
        (request.importTask, request.count, request.filter) = (sent.task.id, true, "status = needs_attention")
        let found = try await sent.stage.call(ImportValidationAPI.listStagingRows, request, as: sent.stage.customer)
        #expect(found.totalSize == 2 && found.stagingRows.count == 2)
        request.filter = #"comment = "*provider*""#
        let refused = await sent.stage.bench.problem(
            ImportValidationAPI.listStagingRows, request, as: sent.stage.customer)
        #expect(refused?.code == .invalidArgument)
        #expect(try await sent.stage.call(ImportValidationAPI.listStagingRows, request).totalSize == 1)
    }

    /// The contact sees that rows are published, and nothing of the records they became.
    @Test func publishedRowsNameNoRecord() async throws {
        let sent = try await Sent()
        let stage = sent.stage
        let plan = try await stage.planned(sent.task)
        let run = try await stage.end(of: try await stage.publish(of: sent.task))
        let rows = try await stage.rows(sent.task, in: "en", as: stage.customer)
        #expect(rows.map(\.status) == ["published", "needs_attention", "published", "needs_attention"])
        #expect(rows.allSatisfy { $0.targetRecord.isEmpty })
        #expect(try await stage.rows(sent.task).stagingRows.contains { !$0.targetRecord.isEmpty })
        // Nor does who knows the ids of a plan and of a publication read them.
        for problem in [
            await stage.met { () async throws(Problem) in try await stage.planRows(plan, as: stage.customer) },
            await stage.met { () async throws(Problem) in try await stage.publishedRows(run, as: stage.customer) },
        ] { #expect(problem?.code == .permissionDenied) }
        // The run that published them is about the rows of all.
        var list = ListRequest()
        list.filter = "kind = publish"
        #expect(try await stage.call(ImportValidationAPI.listImportRuns, list, as: stage.customer).importRuns.isEmpty)
    }

    /// The same content is pointed out to a customer only where it is the customer's own.
    @Test func duplicatesOfOthersAreNotTold() async throws {
        let sent = try await Sent()
        let (stage, customer) = (sent.stage, sent.stage.customer)
        let content = Stage.file(["Wien", "Steyr"])
        #expect(try await stage.upload(content, to: sent.task, as: customer).duplicateOf == nil)
        let own = try await stage.upload(Stage.file(["Linz", "", "Graz", "Wien"]), to: sent.task, as: customer)
        #expect(own.duplicateOf == sent.upload.id)
    }

    // MARK: Who else does not

    @Test func othersOfTheCustomerSeeNothing() async throws {
        let sent = try await Sent()
        let stage = sent.stage
        let role = "sn_customerservice.customer"
        let subject = stage.customer.subject
        for other in [
            // Of the same account; even who bears the name of the contact's user, and is another contact.
            Caller.customer(role, of: stage.account, in: stage.domain, contact: uuid()),
            .customer(role, of: stage.account, in: stage.domain, contact: uuid(), subject: subject),
            .customer(role, of: stage.account, in: stage.domain, subject: subject),
            .customer("sn_customerservice.customer_admin", of: stage.account, in: stage.domain, contact: uuid()),
            // Of another account.
            .customer(role, of: uuid(), in: stage.domain, contact: stage.contact, subject: subject),
            .customer(role, of: stage.account, in: "/provider/elsewhere/", contact: stage.contact, subject: subject),
        ] {
            for (verb, answer) in try await sent.met(by: other) {
                let isHidden = ["0", "notFound", "permissionDenied"].contains(answer)
                #expect(isHidden, "\(verb) \(answer) \(other.memberships)")
            }
        }
        // A person of the provider is no contact: a role of customers opens no rows.
        let person = try await sent.met(by: .holding(role))
        #expect(
            person["staging_rows.list"] == "permissionDenied" && person["import_tasks.summarize"] == "permissionDenied")
    }

    /// When the contact changes, or the task is hidden, all of it ends at once, and begins again.
    @Test func itEndsWithTheContact() async throws {
        let sent = try await Sent()
        let stage = sent.stage
        var successor = CustomerContact()
        successor.id = uuid()
        successor.domain = stage.domain
        successor.account = stage.account
        try await stage.hear(successor, "created")
        let (next, first) = (successor.id, stage.contact)
        let changes: [(off: @Sendable (inout ImportTask) -> Void, on: @Sendable (inout ImportTask) -> Void)] = [
            ({ $0.contact = next }, { $0.contact = first }),
            ({ $0.visibleToCustomer = false }, { $0.visibleToCustomer = true }),
        ]
        for change in changes {
            _ = try await stage.update(sent.task.id, change.off)
            for (verb, answer) in try await sent.met(by: stage.customer) {
                #expect(["0", "notFound", "permissionDenied"].contains(answer), "\(verb) \(answer)")
            }
            _ = try await stage.update(sent.task.id, change.on)
            #expect(try await sent.met(by: stage.customer)["staging_rows.list"] == "4")
        }
        // Who follows sees the task and may send files, and sees none that were sent before.
        _ = try await stage.update(sent.task.id) { $0.contact = next }
        let heir = Caller.customer("sn_customerservice.customer", of: stage.account, in: stage.domain, contact: next)
        let met = try await sent.met(by: heir)
        #expect(met["import_tasks.get"] == "ok" && met["uploads.begin"] == "ok" && met["staging_rows.list"] == "0")
        #expect(met["uploads.get"] == "notFound" && met["staging_rows.get"] == "notFound", "\(met)")
    }

    // MARK: In the database

    /// What is sent and staged is a customer's in the database, too, only while the task is visible and of the account.
    @Test func theDatabaseHidesWhatTheTaskHides() async throws {
        let sent = try await Sent()
        let stage = sent.stage
        let task = sent.task.id
        func counts(_ caller: Caller) async throws -> [Int] {
            try await stage.database.transaction(as: caller, deadline: .patient, readOnly: true) { tx in
                try ["upload", "import_run", "staging_row"].map { table in
                    let rows = try tx.query(
                        "SELECT count(*) FROM import_validation.\(identifier: table) WHERE import_task = \(task)")
                    return try rows.first?.int(UnnamedColumn.count) ?? 0
                }
            }
        }
        let stranger = Caller.customer(
            "sn_customerservice.customer", of: uuid(), in: stage.domain, contact: stage.contact)
        #expect(try await counts(stage.customer) == [2, 2, 6])
        #expect(try await counts(stranger) == [0, 0, 0])
        _ = try await stage.update(task) { $0.visibleToCustomer = false }
        #expect(try await counts(stage.customer) == [0, 0, 0])
        #expect(try await counts(stage.agent) == [2, 2, 6])
    }
}
