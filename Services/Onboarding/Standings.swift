import Identity
import OnboardingWire
import Platform
import Postgres
import RPC
import Records
import StandingWire
import Tenancy
import Wire

/// What is to be known of the people who call, read from the tables that it follows from.
struct Standings: People {
    let database: Database

    /// Onboarding asks nobody: its own tables say who somebody is.
    func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        try await standing(subject, deadline: .after(.seconds(5))).map(KnownPerson.init)
    }

    /// Answers the other services. What it tells goes beyond what people may know of each other.
    var endpoint: Endpoint {
        Endpoint(OnboardingAPI.getStanding) { call, request async throws(Problem) in
            guard call.caller.kind == .service else { throw .permissionDenied() }
            guard Validation.isUUID(request.id), let known = try await standing(request.id, deadline: call.deadline)
            else { throw .notFound(User.schema.label, id: request.id) }
            return known
        }
    }

    private func standing(_ id: String, deadline: Deadline) async throws(Problem) -> Standing? {
        let service = Caller.service(database.service, domain: .root)
        return try await database.transaction(as: service, deadline: deadline, readOnly: true) { tx in
            try Self.find(id, in: tx)
        }
    }

    /// The standing of the user `id`, under the scope of the transaction; nil when there is no such user.
    static func find(_ id: String, in tx: Transaction) throws -> Standing? {
        let answers = try tx.queryAll([
            """
            SELECT domain, account, coalesce(active, true) AS active, kind, public_key FROM onboarding."user" \
            WHERE id = \(id)
            """,
            "SELECT role FROM onboarding.role_grant WHERE \"user\" = \(id) ORDER BY role",
            """
            SELECT id, account, domain FROM onboarding.customer_contact \
            WHERE "user" = \(id) AND coalesce(active, true) ORDER BY id
            """,
        ])
        guard let user = answers[0].first else { return nil }
        var standing = Standing()
        standing.user = id
        standing.domain = try user.string(User.Field.domain)
        standing.account = try user.optionalString(User.Field.account) ?? ""
        standing.active = try user.bool(User.Field.active)
        standing.kind = try user.string(User.Field.kind)
        standing.publicKey = try user.optionalString(User.Field.publicKey) ?? ""
        standing.roles = try answers[1].map { try $0.string(RoleGrant.Field.role) }
        standing.contacts = try answers[2].map { row in
            var contact = StandingContact()
            contact.contact = try row.string(CustomerContact.Field.id)
            contact.account = try row.string(CustomerContact.Field.account)
            contact.domain = try row.string(CustomerContact.Field.domain)
            return contact
        }
        return standing
    }
}
