import Wire

/// What is read of the copy of a user.
private enum UserColumn: String {
    case language
}

extension RuleContext {
    /// The language in which a text is written for `user`, out of the service's copy of the users, `en` when it does not
    /// say; that of the caller when there is nobody to write for.
    public func language(of user: String?) throws -> String {
        guard let user, Validation.isUUID(user) else { return write.caller.locale }
        let rows = try queryAbove(
            "SELECT language FROM \(identifier: database.schema).\(identifier: "user") WHERE id = \(user)")
        return try rows.first?.optionalString(UserColumn.language) ?? Language.en.rawValue
    }
}
