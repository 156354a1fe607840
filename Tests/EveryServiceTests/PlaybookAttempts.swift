/// How the administration of playbooks is tried.
extension Attempt {
    /// Methods by "<collection>.<verb>".
    static let administration: [String: Own] = {
        let edit = { (json: String) in own(json, .provider("write", on: playbook), of: playbook) }
        let read = { (json: String) in own(json, .provider("read", on: playbook), of: playbook) }
        return [
            "playbook_definitions.create": own(
                #"{"playbookDefinition": {}}"#, .provider("create", on: playbook), of: playbook),
            "playbook_definitions.import": edit(#"{"yaml": ""}"#),
            "playbook_definitions.get": read(#"{"id": "$ID"}"#),
            "playbook_definitions.list": read(#"{"pageSize": 1000}"#),
            "playbook_definitions.list_versions": read(#"{"definition": "$ID"}"#),
            "playbook_definitions.export": read(#"{"id": "$ID"}"#),
            "playbook_definitions.compare": read(#"{"id": "$ID"}"#),
            "playbook_definitions.validate": read(#"{"id": "$ID"}"#),
            "playbook_definitions.dry_run": read(#"{"id": "$ID", "record": "\#(other)"}"#),
            "playbook_definitions.update": edit(#"{"playbookDefinition": {"id": "$ID"}}"#),
            "playbook_definitions.activate": edit(#"{"id": "$ID"}"#),
            "playbook_definitions.retire": edit(#"{"id": "$ID"}"#),
            "playbook_definitions.delete": own(#"{"id": "$ID"}"#, .provider("delete", on: playbook), of: playbook),
            "playbook_definitions.add_lane": edit(#"{"id": "$ID", "lane": {"key": "x"}}"#),
            "playbook_definitions.change_lane": edit(#"{"id": "$ID", "lane": {"key": "x"}}"#),
            "playbook_definitions.move_lane": edit(#"{"id": "$ID", "key": "x"}"#),
            "playbook_definitions.remove_lane": edit(#"{"id": "$ID", "key": "x"}"#),
            "playbook_definitions.add_activity": edit(#"{"id": "$ID", "lane": "x", "activity": {"key": "x"}}"#),
            "playbook_definitions.change_activity": edit(#"{"id": "$ID", "activity": {"key": "x"}}"#),
            "playbook_definitions.move_activity": edit(#"{"id": "$ID", "key": "x"}"#),
            "playbook_definitions.remove_activity": edit(#"{"id": "$ID", "key": "x"}"#),
            "playbook_migrations.preview": own(
                #"{"definition": "$ID"}"#, .provider("create", on: migration), of: playbook),
            "playbook_migrations.get": own(#"{"id": "$ID"}"#, .provider("read", on: migration), of: migration),
            "playbook_migrations.list": own(
                #"{"definition": "\#(other)"}"#, .provider("read", on: migration)),
            "playbook_migrations.list_cases": own(
                #"{"migration": "$ID"}"#, .provider("read", on: migration), of: migration),
            "playbook_migrations.get_case": own(
                #"{"id": "$ID"}"#, .provider("read", on: migration), of: "playbook_migration_case"),
            "playbook_migrations.apply": own(#"{"id": "$ID"}"#, .provider("write", on: migration), of: migration),
            "playbook_migrations.undo": own(#"{"id": "$ID"}"#, .provider("write", on: migration), of: migration),
            "activity_definitions.create": own(
                #"{"activityDefinition": {}}"#, .provider("create", on: kind), of: kind),
            "activity_definitions.get": own(#"{"id": "$ID"}"#, .provider("read", on: kind), of: kind),
            "activity_definitions.list": own(#"{"pageSize": 1000}"#, .provider("read", on: kind), of: kind),
            "activity_definitions.update": own(
                #"{"activityDefinition": {"id": "$ID"}}"#, .provider("write", on: kind), of: kind),
            "activity_definitions.delete": own(#"{"id": "$ID"}"#, .provider("delete", on: kind), of: kind),
        ]
    }()

    /// The table over whose records the playbooks of each service run.
    static let playbookParents = ["onboarding": "onboarding_case", "customer-success": "success_initiative"]

    /// What is asked of runs over records of `parent`. Whoever works on a run may write the record, which is known only
    /// when the run is found.
    static func runs(over parent: String) -> [String: Own] {
        let work = { (json: String, table: String) in
            own(json, .working("write", on: table, over: parent), of: table, isFoundFirst: true)
        }
        let read = { (json: String, table: String, named: String?) in
            own(json, .provider("read", on: table), of: named)
        }
        let (run, activity) = ("playbook_run", "playbook_activity")
        var methods = [
            "playbook_runs.start": own(
                #"{"table": "\#(parent)", "record": "$ID"}"#, .working("create", on: run, over: parent), of: parent),
            "playbook_runs.get": read(#"{"id": "$ID"}"#, run, run),
            "playbook_runs.list": read(#"{"table": "\#(parent)", "record": "\#(other)"}"#, run, nil),
            "playbook_runs.get_stages": read(#"{"run": "$ID"}"#, run, run),
            "playbook_runs.list_log": read(#"{"run": "$ID"}"#, run, run),
            "playbook_runs.cancel": work(#"{"id": "$ID"}"#, run),
            "playbook_activities.list": read(#"{"run": "$ID"}"#, activity, run),
            "playbook_activities.get": read(#"{"id": "$ID"}"#, activity, activity),
        ]
        for verb in ["save", "complete", "skip", "reopen", "restart"] {
            methods["playbook_activities.\(verb)"] = work(#"{"id": "$ID"}"#, activity)
        }
        return methods
    }

    private static let playbook = "playbook_definition"
    private static let kind = "activity_definition"
    private static let migration = "playbook_migration"
}
