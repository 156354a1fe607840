import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

/// Development and automation, and Testing and training: tasks of both sides.
extension FivePeople {
    /// The task that an activity has made, as the playbook describes it.
    private func task(
        _ printed: PrintedActivity, type: String?, due: String? = nil, at place: SourceLocation = #_sourceLocation
    ) async throws -> LifecycleTask {
        let activity = try await playbook.activity(printed.key)
        #expect(activity.state == "in_progress" && activity.applies, "\(activity)", sourceLocation: place)
        #expect(activity.created.map(\.table) == ["lifecycle_task"], "\(activity)", sourceLocation: place)
        let task = try await get(
            OnboardingAPI.getLifecycleTask, activity.created.first?.id ?? "", as: cast.manager)
        #expect(task.shortDescription == printed.name(cast.language), "\(task)", sourceLocation: place)
        #expect(cast.reads(task.description ?? ""), "\(task)", sourceLocation: place)
        #expect(task.parent == onboarding.id && task.company == account.id, "\(task)", sourceLocation: place)
        #expect(task.type == type && task.dueDate == due, "\(task)", sourceLocation: place)
        #expect(task.state == "open" && task.progress == "not_started", "\(task)", sourceLocation: place)
        // Of the provider's ServiceNow administrator (G-44), who is told by name in M3.
        #expect(task.assignedTo == cast.administrator.user, "\(task)", sourceLocation: place)
        #expect(activity.assignedTo == cast.administrator.user, "\(activity)", sourceLocation: place)
        #expect(task.playbookActivity == activity.id && task.visibleToCustomer == false, sourceLocation: place)
        #expect(task.number?.wholeMatch(of: /ALETSK\d{7}/) != nil, "\(task)", sourceLocation: place)
        return task
    }

    private func printed(_ key: String) throws -> PrintedActivity {
        try #require(PrintedActivity.all.first { $0.key == key })
    }

    /// The task is closed, by whom it says, and its activity done.
    private func expectClosed(
        _ task: LifecycleTask, _ key: String, by person: Person, at place: SourceLocation = #_sourceLocation
    ) async throws {
        let closed = try await get(OnboardingAPI.getLifecycleTask, task.id, as: cast.manager)
        #expect(closed.state == "closed" && closed.progress == "finished", "\(closed)", sourceLocation: place)
        #expect(closed.closedBy == person.user && closed.active == false, "\(closed)", sourceLocation: place)
        let activity = try await playbook.activity(key)
        #expect(activity.state == "done" && activity.endedBy == person.user, "\(activity)", sourceLocation: place)
    }

    private func change(
        _ task: LifecycleTask, as person: Person, _ edit: (inout LifecycleTask) -> Void
    ) async throws -> LifecycleTask {
        var update = UpdateLifecycleTaskRequest()
        update.lifecycleTask = LifecycleTask()
        update.lifecycleTask?.id = task.id
        if var draft = update.lifecycleTask {
            edit(&draft)
            update.lifecycleTask = draft
        }
        return try await ask(OnboardingAPI.updateLifecycleTask, update, as: person)
    }

    /// Gives a task to somebody of the customer, who sees it then, says something, and closes it.
    private func haveDone(_ task: LifecycleTask, _ key: String, by person: Person) async throws {
        var request = GetRequest()
        request.id = task.id
        try await refuse(person, OnboardingAPI.getLifecycleTask, request, .notFound)
        _ = try await change(task, as: cast.manager) {
            $0.contact = person.contact
            $0.visibleToCustomer = true
        }
        let shown = try await list(OnboardingAPI.listLifecycleTasks, "", as: person)
        #expect(shown.map(\.id) == [task.id])
        try await lookAtTask(task, as: person)
        try await refuseCompletion(key, as: person, .permissionDenied)
        var comment = AddEntryRequest()
        comment.id = task.id
        comment.text = "Done here."
        _ = try await ask(OnboardingAPI.addLifecycleTaskComment, comment, as: person)
        // The words of the task are the provider's.
        var words = UpdateLifecycleTaskRequest()
        words.lifecycleTask = LifecycleTask()
        words.lifecycleTask?.id = task.id
        words.lifecycleTask?.shortDescription = "Something else"
        try await refuse(person, OnboardingAPI.updateLifecycleTask, words, .permissionDenied)
        _ = try await change(task, as: person) { $0.state = "closed" }
        try await expectClosed(task, key, by: person)
    }

    func development() async throws {
        let found = try await playbook.activities(of: "development")
        expectNames(PrintedActivity.development, found)
        // The option that was chosen brings its activities along, and no other's (G-45).
        #expect(Set(found.filter { !$0.applies }.map(\.key)) == PrintedActivity.options.subtracting([option]))
        try await getHelp(
            installing: try await task(printed("install_service_bridge"), type: "development"),
            registering: try await task(printed("register_consumer"), type: "development"),
            further: try await task(printed(option), type: "development"))
        for key in ["process_slas", "reporting", "catalog_development", "register_consumer", option] {
            let task = try await task(printed(key), type: "development")
            try await complete(key, as: cast.administrator)
            try await expectClosed(task, key, by: cast.administrator)
        }
        let relationships = try await task(printed("account_relationships"), type: "development")
        let started = try await change(relationships, as: cast.administrator) { $0.state = "in_progress" }
        #expect(started.progress == "on_track")
        var close = CloseRequest()
        close.id = relationships.id
        _ = try await ask(OnboardingAPI.closeLifecycleTask, close, as: cast.administrator)
        try await expectClosed(relationships, "account_relationships", by: cast.administrator)
        let schedules = try await task(printed("maintenance_schedules"), type: "development")
        try await complete("maintenance_schedules", as: cast.administrator)
        try await expectClosed(schedules, "maintenance_schedules", by: cast.administrator)
        try await haveDone(
            try await task(printed("install_service_bridge"), type: "development"), "install_service_bridge",
            by: cast.contact)
        try await relatedWork()
        try await complete("development_summary", as: cast.manager)
        let stages = try await playbook.stages()
        #expect(stages.current == "testing_and_training")
        let lane = try await playbook.activities(of: "development")
        #expect(lane.allSatisfy { $0.applies ? $0.state == "done" : $0.state == "pending" && $0.created.isEmpty })
    }

    /// A task that came up meanwhile, for the administrator.
    private func relatedWork() async throws {
        let row = [
            "short_description": "Ask for a firewall rule", "due_date": "2027-05-03",
            "assigned_to": cast.administrator.user,
        ]
        let done = try await complete(
            "related_work", ["tasks": CasePlaybook.rows([row])], as: cast.manager)
        #expect(done.created.count == 1)
        let task = try await get(
            OnboardingAPI.getLifecycleTask, done.created.first?.id ?? "", as: cast.administrator)
        #expect(task.shortDescription == row["short_description"] && task.dueDate == row["due_date"])
        #expect(task.assignedTo == cast.administrator.user && task.parent == onboarding.id)
        #expect((task.playbookActivity ?? "").isEmpty)
        _ = try await change(task, as: cast.administrator) { $0.state = "closed" }
    }

    func testingAndTraining() async throws {
        let found = try await playbook.activities(of: "testing_and_training")
        expectNames(PrintedActivity.testingAndTraining, found)
        // Training is carried out once it is planned.
        #expect(found.filter { $0.state == "pending" }.map(\.key) == ["execute_training"])
        #expect(found.last?.created.isEmpty == true && found.filter(\.optional).map(\.key) == ["testing"])
        let due = Self.workingDayBefore
        let skipping = CasePlaybook.moving(try await playbook.activity("go_live_change_request"))
        try await refuse(
            cast.manager, OnboardingAPI.skipPlaybookActivity, skipping, .failedPrecondition, "G-50")
        for key in ["go_live_change_request", "go_live_communications"] {
            let task = try await task(printed(key), type: nil, due: due)
            try await complete(key, as: cast.administrator)
            try await expectClosed(task, key, by: cast.administrator)
        }
        try await haveDone(
            try await task(printed("testing"), type: "testing", due: due), "testing", by: cast.expert)
        for key in ["plan_training", "execute_training"] {
            let task = try await task(printed(key), type: "training", due: due)
            try await complete(key, as: cast.administrator)
            try await expectClosed(task, key, by: cast.administrator)
        }
        #expect(try await playbook.stages().current == "go_live")
    }
}
