extension PostgresServer {
    /// Makes the login and the owner of a schema, as the deployment does. They are the server's: other suites make them, too,
    /// and two that do so at once meet in the catalogue before either role is there. Throws `ServerError`.
    /// - Parameter attributes: what follows the name: `LOGIN`.
    public func makeRoles(of schema: String, _ attributes: String = "LOGIN") async throws {
        for role in ["ale_\(schema)", "ale_\(schema)_owner"] {
            try await psql(
                """
                DO $$ BEGIN CREATE ROLE \(role) \(attributes);
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
                """)
        }
    }
}
