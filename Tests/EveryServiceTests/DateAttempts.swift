/// How moves of dates are tried.
extension Attempt {
    /// Methods by "<collection>.<verb>".
    static let dates: [String: Own] = [
        "onboarding_cases.preview_go_live": own(
            #"{"id": "$ID", "goLiveDate": "2027-06-30"}"#, .provider("write", on: "onboarding_case")),
        "lifecycle_tasks.preview_due_date": own(
            #"{"id": "$ID", "dueDate": "2027-06-30"}"#, .provider("write", on: "lifecycle_task")),
        "date_moves.get": own(#"{"id": "$ID"}"#, .provider("read", on: "onboarding_case"), of: "date_move"),
        "date_moves.apply": own(#"{"id": "$ID"}"#, .provider("write", on: "onboarding_case"), of: "date_move"),
        "date_moves.undo": own(#"{"id": "$ID"}"#, .provider("write", on: "onboarding_case"), of: "date_move"),
    ]
}
