/// How recommended actions are tried.
extension Attempt {
    /// A table of each service that has them.
    static let actionTables = [
        "onboarding": "lifecycle_task", "import-validation": "import_task", "customer-success": "success_initiative",
    ]

    /// What is asked for a record of `table`, by "<collection>.<verb>": what it needs depends on the table that the request
    /// names.
    static func actions(for table: String) -> [String: Own] {
        let record = #""table": "\#(table)", "record": "$ID""#
        return [
            "recommended_actions.show": own("{\(record)}", .provider("read", on: table), of: table),
            "recommended_actions.answer": own(
                "{\(record), \"recommendation\": \"x\"}", .provider("read", on: table), of: table),
            "recommended_actions.assign": own(
                "{\(record), \"recommendation\": \"x\"}", .provider("write", on: table), of: table),
            "action_definitions.create": own(
                #"{"actionDefinition": {}}"#, .provider("create", on: action), of: action),
            "action_definitions.get": own(#"{"id": "$ID"}"#, .provider("read", on: action), of: action),
            "action_definitions.list": own(#"{"pageSize": 1000}"#, .provider("read", on: action), of: action),
            "action_definitions.validate": own(#"{"id": "$ID"}"#, .provider("read", on: action), of: action),
            "action_definitions.update": own(
                #"{"actionDefinition": {"id": "$ID"}}"#, .provider("write", on: action), of: action),
            "action_definitions.delete": own(#"{"id": "$ID"}"#, .provider("delete", on: action), of: action),
        ]
    }

    private static let action = "action_definition"
}
