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
            "activity_definitions.create": own(
                #"{"activityDefinition": {}}"#, .provider("create", on: kind), of: kind),
            "activity_definitions.get": own(#"{"id": "$ID"}"#, .provider("read", on: kind), of: kind),
            "activity_definitions.list": own(#"{"pageSize": 1000}"#, .provider("read", on: kind), of: kind),
            "activity_definitions.update": own(
                #"{"activityDefinition": {"id": "$ID"}}"#, .provider("write", on: kind), of: kind),
            "activity_definitions.delete": own(#"{"id": "$ID"}"#, .provider("delete", on: kind), of: kind),
        ]
    }()

    private static let playbook = "playbook_definition"
    private static let kind = "activity_definition"
}
