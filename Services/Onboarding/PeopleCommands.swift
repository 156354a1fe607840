import ArgumentParser
import Foundation
import Identity
import OnboardingWire
import Platform
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// `onboarding admin`: the first administrator, who makes all others.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Make the first administrator.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make the first administrator, and print the id. Refused as long as there is an active one: "
                + "administrators make others themselves.")

        @Option(help: "How the person is called.")
        var name: String

        @Option(help: "E-mail address of the person.")
        var email: String

        @Flag(help: "Succeed without doing anything when there is an active administrator.")
        var ifNone = false

        func run() async throws {
            let made = try await OnboardingCommand.run { database in try await create(in: database) }
            if let made { print(made) }
        }

        /// Makes the administrator as any write does, with journal and event; nil when there is one and that is fine.
        func create(in database: Database) async throws -> String? {
            try await OnboardingSeed.run(database)
            let (name, email, ifNone) = (name, email, ifNone)
            let context = try OnboardingCommand.context(database)
            return try await database.transaction(as: context.caller) { tx in
                // Two who try at once: the second finds the first one's.
                tx.send("SELECT pg_advisory_xact_lock(hashtextextended('onboarding.administrator', 0))")
                let known = try tx.query(
                    """
                    SELECT 1 FROM onboarding.role_grant g JOIN onboarding."user" u ON u.id::text = g."user" \
                    WHERE g.role = 'admin' AND coalesce(u.active, true) LIMIT 1
                    """)
                guard known.isEmpty else {
                    if ifNone { return nil }
                    throw Problem.failedPrecondition(
                        rule: "ADMINISTRATOR_EXISTS",
                        Text(
                            en: "There is an active administrator, who makes others by users.create and "
                                + "role_grants.create.",
                            ko: "활성 관리자가 이미 있습니다. 다른 관리자는 기존 관리자가 'users.create'와 'role_grants.create'로 추가합니다."))
                }
                var user = User()
                user.name = name
                user.email = email
                return try OnboardingCommand.create(user, roles: ["admin"], database, context, tx)
            }
        }
    }
}

/// `onboarding system`: outside systems, which sign their own tokens.
struct SystemCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "Make the users of outside systems.", subcommands: [Create.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Make an outside system with its roles and a key of its own; print its id and the key's file.")

        @Option(help: "How the system is called.")
        var name: String

        @Option(name: .customLong("role"), help: "A role it holds; may be given several times.")
        var roles: [String]

        @Option(help: "File for the private key, which is not written over.")
        var keyFile: String

        @Option(help: "Domain it works in.")
        var domain: String = OnboardingSeed.provider

        @Option(help: "Where its operators are reached; by default an address that nobody has.")
        var email: String?

        func run() async throws {
            let id = try await OnboardingCommand.run { database in try await create(in: database) }
            print("\(id)\n\(keyFile)")
        }

        /// Makes key, user and grants; a key that nobody was made for is not left behind.
        func create(in database: Database) async throws -> String {
            guard !roles.isEmpty else { throw ValidationError("--role is needed: without one it may do nothing.") }
            try await OnboardingSeed.run(database)
            let key = try SystemKey.generate(keyFile: keyFile)
            do {
                return try await create(key, in: database)
            } catch {
                try? FileManager.default.removeItem(atPath: keyFile)
                throw error
            }
        }

        private func create(_ key: String, in database: Database) async throws -> String {
            guard let path = DomainPath(domain) else {
                throw ValidationError("--domain must be a path such as /provider/.")
            }
            let context = try OnboardingCommand.context(database, in: path)
            let (name, email, roles) = (name, email, roles)
            return try await database.transaction(as: context.caller) { tx in
                guard try !Store<Domain>(database).find(where: "path = \(path.path)", in: tx).isEmpty else {
                    throw ValidationError("There is no domain \(path).")
                }
                var user = User()
                user.id = RecordID.make(at: context.now)
                user.name = name
                user.email = email ?? "\(user.id)@systems.invalid"
                user.kind = User.Kind.system
                user.publicKey = key
                return try OnboardingCommand.create(user, roles: roles, database, context, tx)
            }
        }
    }
}

/// What the commands about people have in common.
enum OnboardingCommand {
    /// Lets `body` work on the schema as the service. What goes wrong is told in a sentence.
    static func run<T: Sendable>(_ body: (Database) async throws -> T) async throws -> T {
        do {
            return try await ServiceHost<Onboarding>(.load()).withDatabase(body)
        } catch let problem as Problem {
            throw ValidationError(([problem.text.en] + problem.violations.map(\.text.en)).joined(separator: " "))
        } catch let error as ValidationError {
            throw error
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The service at work in a domain, the provider's if none is named.
    static func context(_ database: Database, in domain: DomainPath? = nil) throws -> WriteContext {
        let domain = domain ?? DomainPath(OnboardingSeed.provider) ?? .root
        return .system(database.service, domain: domain, now: database.clock.now)
    }

    /// Creates a user and grants the roles; the id of the user.
    static func create(
        _ user: User, roles: [String], _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws -> String {
        let user = try Store<User>(database).create(user, context, in: tx)
        for role in roles {
            var grant = RoleGrant()
            grant.user = user.id
            grant.role = role
            // The service's own references to users are not looked up, so they give no domain.
            grant.domain = user.domain
            _ = try Store<RoleGrant>(database).create(grant, context, in: tx)
        }
        return user.id
    }
}
