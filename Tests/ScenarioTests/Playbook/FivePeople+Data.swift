import CampaignKit
import ImportValidationWire
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

/// Data capture and validation: eight import tasks, and the customer's locations on their way through one of them.
extension FivePeople {
    func dataCapture() async throws {
        let tasks = try await importTasks()
        try await bringLocations(try #require(tasks["location"]))
        try await leaveOpen(try #require(tasks["contract"]))
        try await summarize()
        try await playbook.reach("development")
        for task in try await ownImportTasks() {
            #expect(task.state == "closed" && task.progress == "finished" && task.active == false, "\(task)")
            #expect(task.closeNotes?.isEmpty == false && task.closedAt != nil, "\(task)")
        }
        let activities = try await playbook.activities(of: "data_capture")
        #expect(activities.allSatisfy { $0.state == "done" && $0.created.count <= 1 })
    }

    private func ownImportTasks() async throws -> [ImportTask] {
        try await list(
            ImportValidationAPI.listImportTasks, "parent = \"\(onboarding.id)\"", as: cast.analyst)
    }

    /// The task that an activity of the stage has made.
    private func made(_ key: String) async throws -> CreatedRecord {
        try await world.eventually("what \(key) makes") { try await playbook.activity(key).created.first }
    }

    /// They come ready, each with what is to be brought from where to where, and go to the provider's ServiceNow
    /// administrator (G-44).
    private func importTasks() async throws -> [String: ImportTask] {
        let tasks = try await world.eventually("eight import tasks") {
            let tasks = try await ownImportTasks()
            return tasks.count == 8 ? tasks : nil
        }
        let activities = try await world.eventually("what the activities know of their tasks") {
            let found = try await playbook.activities(of: "data_capture")
            return found.count(where: { $0.created.first?.id.isEmpty == false }) == 8 ? found : nil
        }
        expectNames(PrintedActivity.dataCapture, activities)
        #expect(activities.allSatisfy { $0.state == "in_progress" })
        for printed in PrintedActivity.imports {
            let task = try #require(tasks.first { $0.targetTable == printed.target })
            let activity = try #require(activities.first { $0.key == printed.key })
            #expect(activity.created.map(\.id) == [task.id] && activity.created.first?.number == task.number)
            #expect(activity.created.first?.service == "import-validation")
            #expect(activity.assignedTo == cast.administrator.user)
            #expect(task.shortDescription == printed.name(cast.language))
            #expect(task.account == account.id && task.company == account.id && task.type == "data_capture")
            #expect(task.sourceTable?.hasPrefix("sn_acct_lc_account_onb_import_") == true)
            #expect(task.dataSource?.hasSuffix("_template.xlsx") == true)
            #expect(task.visibleToCustomer == false && task.dataImportState == 1 && task.state == "open")
            #expect(task.assignedTo == cast.administrator.user)
            #expect(task.number?.wholeMatch(of: /ALEIMP\d{7}/) != nil)
        }
        let locations = tasks.first { $0.targetTable == "location" }
        #expect(locations?.sourceTable == "sn_acct_lc_account_onb_import_locations")
        #expect(locations?.dataSource == "cmn_location_template.xlsx")
        return Dictionary(uniqueKeysWithValues: tasks.map { ($0.targetTable ?? "", $0) })
    }

    /// The customer's expert delivers the file as soon as the task is hers or his, the analyst publishes it: the task
    /// closes by its condition once it has notes.
    private func bringLocations(_ task: ImportTask) async throws {
        var request = GetRequest()
        request.id = task.id
        try await refuse(cast.expert, ImportValidationAPI.getImportTask, request, .notFound)
        var update = UpdateImportTaskRequest()
        update.importTask = ImportTask()
        update.importTask?.id = task.id
        update.importTask?.contact = cast.expert.contact
        update.importTask?.visibleToCustomer = true
        _ = try await ask(ImportValidationAPI.updateImportTask, update, as: cast.analyst)
        try await lookAtPages(task)
        let shown = try await list(ImportValidationAPI.listImportTasks, "", as: cast.expert)
        #expect(shown.map(\.id) == [task.id] && shown.first?.closeNotes == nil)
        try await attachFiles(to: task)
        var template = DownloadTemplateRequest()
        template.id = task.id
        let file = try await ask(ImportValidationAPI.downloadTemplate, template, as: cast.expert)
        #expect(file.content.starts(with: Array("PK".utf8)))
        let workbook = "\(ScenarioStack.root)/Samples/locations.xlsx"
        var load = ImportUploadsRequest()
        load.id = task.id
        load.uploads = [try await world.upload(workbook, to: task, as: cast.expert.credential).id]
        let runs = try await ask(ImportValidationAPI.importUploads, load, as: cast.expert).importRuns
        for run in runs {
            #expect(try await world.ended(run, as: cast.expert.credential).state == "completed")
        }
        try await follow(task, ready: 6, published: 0)
        try await publish(task)
        try await follow(task, ready: 0, published: 6)
        update.importTask?.visibleToCustomer = false
        update.importTask?.closeNotes = "All six."
        _ = try await ask(ImportValidationAPI.updateImportTask, update, as: cast.analyst)
        _ = try await world.eventually("the end of the locations") {
            try await playbook.activity("import_locations").state == "done" ? true : nil
        }
    }

    /// The expert follows what becomes of the file, without the records that its rows became (G-15).
    private func follow(_ task: ImportTask, ready: Int64, published: Int64) async throws {
        var request = GetRequest()
        request.id = task.id
        let summary = try await ask(ImportValidationAPI.summarizeImport, request, as: cast.expert)
        #expect(summary.readyToPublish == ready && summary.published == published, "\(summary)")
        var list = ListStagingRowsRequest()
        list.importTask = task.id
        let rows = try await ask(ImportValidationAPI.listStagingRows, list, as: cast.expert).stagingRows
        #expect(rows.count == 6 && rows.allSatisfy { $0.targetRecord.isEmpty })
    }

    private func publish(_ task: ImportTask) async throws {
        var publication = PublishStagingRowsRequest()
        publication.id = task.id
        publication.allReady = true
        try await refuse(cast.expert, ImportValidationAPI.publishStagingRows, publication, .permissionDenied)
        let run = try await ask(ImportValidationAPI.publishStagingRows, publication, as: cast.analyst)
        #expect(try await world.ended(run, as: cast.analyst.credential).state == "completed")
        let locations = try await list(OnboardingAPI.listLocations, "account = \"\(account.id)\"", as: cast.analyst)
        #expect(locations.count == 6)
        let published = try await get(ImportValidationAPI.getImportTask, task.id, as: cast.analyst)
        #expect(published.dataImportState == 7 && published.state == "open")
    }

    /// An activity is done by the end of its task and not before. Nobody closes one by hand whose data has not been
    /// published (G-53): it waits for the summary. Tasks are no agent's to delete.
    private func leaveOpen(_ task: ImportTask) async throws {
        try await refuseCompletion("import_contracts", as: cast.analyst, .failedPrecondition, "G-66")
        var delete = DeleteRequest()
        delete.id = task.id
        try await refuse(cast.analyst, ImportValidationAPI.deleteImportTask, delete, .permissionDenied)
        var close = CloseRequest()
        close.id = task.id
        close.closeNotes = "No contracts yet."
        let refused = try await refuse(
            cast.analyst, ImportValidationAPI.closeImportTask, close, .failedPrecondition, "CLOSED_CONDITION")
        #expect(refused.violations.map(\.field) == ["import_task.state"], "\(refused)")
        let activity = try await playbook.activity("import_contracts")
        #expect(activity.state == "in_progress" && activity.completions == 0, "\(activity)")
    }

    /// The analyst looks through the data: each task that is still open needs notes, and is closed with them (G-66).
    private func summarize() async throws {
        let open = PrintedActivity.imports.filter { $0.key != "import_locations" }
        var rows: [[String: String]] = []
        for printed in open { rows.append(["record": try await made(printed.key).id, "close_notes": printed.english]) }
        let missing = try await refuseCompletion(
            "data_summary", ["close_notes": CasePlaybook.rows(Array(rows.dropFirst()))], as: cast.analyst,
            .invalidArgument, "G-66")
        let number = try await made(open[0].key).number
        #expect(missing.text.en.contains(number), "\(missing)")
        let done = try await playbook.complete(
            "data_summary", ["close_notes": CasePlaybook.rows(rows)], as: cast.analyst.credential)
        #expect(done.state == "done" && done.endedBy == cast.analyst.user)
        for (printed, row) in zip(open, rows) {
            let closed = try await world.eventually("the end of \(printed.key)") {
                try await playbook.activity(printed.key).state == "done"
                    ? try await get(ImportValidationAPI.getImportTask, row["record"] ?? "", as: cast.analyst) : nil
            }
            #expect(closed.state == "closed" && closed.closeNotes == printed.english)
        }
    }
}
