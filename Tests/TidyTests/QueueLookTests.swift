import Testing

/// Every queue of a service is among those of its `health.show`: one that nobody looks at stands still unseen.
@Suite struct QueueLookTests {
    /// What the schema of a service makes a queue, by itself or with the playbooks that it takes.
    static func queues(_ sql: String) -> Set<String> {
        var queues = Set(sql.matches(of: #/make_queue\('(\w+)'\)/#).map { String($0.output.1) })
        if sql.contains("make_playbooks()") { queues.insert("playbook_call") }
        if sql.contains("make_playbook_migrations()") { queues.insert("playbook_migration_call") }
        return queues
    }

    @Test func everyQueueIsShown() {
        let services = Set(Repository.files.filter { $0.path.contains("/Schema/") }.map { $0.folders.prefix(2) })
            .filter { $0.first == "Services" }
        #expect(services.count == 5)
        for folders in services {
            let own = Repository.files.filter { $0.folders.prefix(2) == folders }
            let queues = Self.queues(own.filter { $0.path.hasSuffix(".sql") }.map(\.text).joined(separator: "\n"))
            let code = own.filter { $0.path.hasSuffix(".swift") && $0.text.contains("HealthReport.endpoint") }
                .map(\.text).joined()
            #expect(!queues.isEmpty && queues.allSatisfy { code.contains("\"\($0)\"") }, "\(folders) \(queues)")
        }
    }

    @Test func queuesAreFoundInTheirSchema() {
        let sql = "SELECT a.make_queue('mail_queue');\nSELECT a.make_playbooks();"
        #expect(Self.queues(sql) == ["mail_queue", "playbook_call"])
        #expect(Self.queues("CREATE FUNCTION a.make_queue(name text)").isEmpty)
    }
}
