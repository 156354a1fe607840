/// How people sign in is tried.
extension Attempt {
    /// What onboarding alone answers, by "<collection>.<verb>".
    static let others = knowledge.merging(registrations) { $1 }.merging(signIn) { $1 }.merging(dates) { $1 }

    /// Methods by "<collection>.<verb>". Those that work without a token refuse nobody for who he is.
    static let signIn: [String: Own] = [
        "sessions.sign_in": own("{}", .nothing), "sessions.renew": own("{}", .nothing),
        "sessions.sign_out": own("{}", .nothing), "sessions.list_issuers": own("{}", .nothing),
        "sessions.begin_federated": own("{}", .nothing), "sessions.complete_federated": own("{}", .nothing),
        // One's own.
        "sessions.list": own("{}", .nothing, of: "session"),
        "sessions.end": own(#"{"session": "$ID"}"#, .nothing, of: "session"),
        "invitations.create": own(#"{"user": "$ID"}"#, .operation("create", on: "sign_in_link"), of: "user"),
        // Who is not one of one's own is not listed.
        "invitations.list_people": own("{}", .operation("create", on: "sign_in_link")),
        "invitations.open": own("{}", .nothing), "invitations.accept": own("{}", .nothing),
        "passwords.forget": own("{}", .nothing), "passwords.reset": own("{}", .nothing),
        "passwords.change": own("{}", .nothing), "preferences.change": own("{}", .nothing),
        "sign_in_links.issue": own(#"{"id": "$ID"}"#, .service, of: "sign_in_link"),
    ]
}
