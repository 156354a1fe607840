/// What is tried of triggers of plays, and of what they read.
extension Attempt {
    static let triggers: [String: Own] = [
        "play-launcher.play_triggers.activate": own(#"{"id": "$ID"}"#, .provider("write", on: "play_trigger")),
        "play-launcher.play_triggers.deactivate": own(#"{"id": "$ID"}"#, .provider("write", on: "play_trigger")),
        "play-launcher.play_triggers.back_test": own(#"{"id": "$ID"}"#, .provider("read", on: "play_trigger")),
        "play-launcher.flow_definitions.compare": own(
            #"{"from": "$ID", "to": "$ID"}"#, .provider("read", on: "flow_definition")),
        "customer-success.records.list_changes": own(
            #"{"table": "engagement", "since": "2026-01-01T00:00:00Z", "fields": ["title"]}"#,
            .provider("read", on: "engagement")),
        "onboarding.records.list_changes": own(
            #"{"table": "onboarding_case", "since": "2026-01-01T00:00:00Z", "fields": ["state"]}"#,
            .provider("read", on: "onboarding_case")),
    ]
}
