import ArgumentParser
import Foundation
import Identity
import OnboardingWire
import Platform
import RPC
import Records
import Roles
import ServiceTestKit
import StandingWire
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The commands of the operator, on the database of a service.
@Suite struct CommandTests {
    /// A folder with the operator's key and the key set.
    private struct Keys {
        let folder: String

        init() async throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
            try await KeysCommand.Initialize.parse(["--directory", folder]).run()
        }

        var settings: Settings { Settings(values: ["ALE_SERVICE_KEY_FILE": folder + "/operator.key"]) }

        /// What the services would say to a token.
        func caller(_ token: String, _ server: Server) async throws -> Caller {
            let people = Standings(database: server.database)
            let verifier = try await Verifier(
                issuers: [TrustedIssuer(name: "ale", keySetFile: folder + "/jwks.json", mayActAsService: true)],
                people: people)
            return try await StandingAuthenticator(verifier, people).authenticate(token)
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static func user(_ world: World, account: String? = nil, roles: [String]) async throws -> User {
        var user = User()
        user.name = "Una User"
        user.email = "\(uuid())@provider.example"
        user.account = account
        user.language = "ko"
        var creation = CreateUserRequest()
        creation.user = user
        let stored = try await world.call(OnboardingAPI.createUser, creation, as: world.administrator)
        for role in roles {
            var grant = RoleGrant()
            grant.user = stored.id
            grant.role = role
            var granting = CreateRoleGrantRequest()
            granting.roleGrant = grant
            _ = try await world.call(OnboardingAPI.createRoleGrant, granting, as: world.administrator)
        }
        return stored
    }

    private static func change(_ user: User, _ world: World, _ edit: (inout User) -> Void) async throws {
        var changed = User()
        changed.id = user.id
        edit(&changed)
        var request = UpdateUserRequest()
        request.user = changed
        _ = try await world.call(OnboardingAPI.updateUser, request, as: world.administrator)
    }

    @Test func aTokenSaysWhatTheDatabaseSays() async throws {
        let keys = try await Keys()
        defer { keys.remove() }
        #expect(
            try FileManager.default.attributesOfItem(atPath: keys.folder + "/operator.key")[.posixPermissions] as? Int
                == 0o600)
        let world = try await World()
        let database = world.server.database
        let user = try await Self.user(world, roles: ["sn_acct_lc.agent"])
        let byEmail = try TokenCommand.parse(["--user", (user.email ?? "").uppercased()])
        let caller = try await keys.caller(try await byEmail.token(keys.settings, database), world.server)
        #expect(caller.subject == user.id && caller.kind == .person && caller.domain.path == "/provider/")
        #expect(caller.roles == RoleCatalog.close(["sn_acct_lc.agent"]) && caller.locale == "ko")
        let inEnglish = try TokenCommand.parse(["--user", user.id, "--locale", "en", "--lifetime", "86400"])
        #expect(try await keys.caller(try await inEnglish.token(keys.settings, database), world.server).locale == "en")
        // A token of before is worth what was granted since, and nothing to somebody inactive.
        let token = try await inEnglish.token(keys.settings, database)
        try await Self.change(user, world) { $0.active = false }
        let refusal = await #expect(throws: Problem.self) { try await keys.caller(token, world.server) }
        #expect(refusal?.reason == "PERSON_INACTIVE")
        await #expect(throws: ValidationError.self) { try await inEnglish.token(keys.settings, database) }
    }

    /// A token has the roles of its person and what they contain: neither less nor more.
    @Test(arguments: RoleCatalog.all.filter { $0.kind == .persona })
    func aTokenHasTheRolesOfItsPersona(persona: Role) async throws {
        let keys = try await Keys()
        defer { keys.remove() }
        let world = try await World()
        let user = try await Self.user(
            world, account: persona.isExternal ? world.account.id : nil, roles: persona.contained)
        let token = try await TokenCommand.parse(["--user", user.id]).token(keys.settings, world.server.database)
        let caller = try await keys.caller(token, world.server)
        #expect(caller.roles == Set(persona.closure).subtracting([persona.name]))
        #expect(caller.kind == (persona.isExternal ? .customer : .person))
        #expect(caller.memberships.map(\.account) == (persona.isExternal ? [world.account.id] : []))
    }

    @Test func aCustomersTokenNamesAccountDomainAndContact() async throws {
        let keys = try await Keys()
        defer { keys.remove() }
        let world = try await World()
        let user = try await Self.user(world, account: world.account.id, roles: ["sn_acct_lc.ale_success_customer"])
        let command = try TokenCommand.parse(["--user", user.id])
        func caller() async throws -> Caller {
            try await keys.caller(try await command.token(keys.settings, world.server.database), world.server)
        }
        let plain = try await caller()
        #expect(plain.kind == .customer && plain.account == world.account.id && plain.contact == nil)
        #expect(plain.domain.path == world.account.domain)
        #expect(plain.roles == RoleCatalog.close(["sn_acct_lc.ale_success_customer"]))
        var contact = CustomerContact()
        contact.id = world.contact.id
        contact.user = user.id
        var request = UpdateCustomerContactRequest()
        request.customerContact = contact
        _ = try await world.call(OnboardingAPI.updateCustomerContact, request, as: world.agent)
        let named = try await command.token(keys.settings, world.server.database)
        #expect(try await keys.caller(named, world.server).contact == world.contact.id)
        // The contact is no longer active: who speaks as that contact is refused.
        contact.user = nil
        contact.active = false
        request.customerContact = contact
        _ = try await world.call(OnboardingAPI.updateCustomerContact, request, as: world.agent)
        let refusal = await #expect(throws: Problem.self) { try await keys.caller(named, world.server) }
        #expect(refusal?.reason == "TOKEN_OUTDATED")
        #expect(try await caller().contact == nil)
    }

    /// G-126: a contact of another account may name the same person; nobody of the provider, and nobody who is not there.
    @Test func aPersonOfSeveralAccountsActsForAll() async throws {
        let keys = try await Keys()
        defer { keys.remove() }
        let world = try await World()
        let user = try await Self.user(world, account: world.account.id, roles: ["sn_acct_lc.ale_success_customer"])
        let other = try await World()
        func name(_ user: String) async throws {
            var contact = CustomerContact()
            contact.id = other.contact.id
            contact.user = user
            var request = UpdateCustomerContactRequest()
            request.customerContact = contact
            _ = try await world.call(OnboardingAPI.updateCustomerContact, request, as: world.agent)
        }
        for stranger in [world.agent.subject, uuid()] {
            let refused = await #expect(throws: Problem.self) { try await name(stranger) }
            #expect(refused?.reason == "PORTAL_USER")
        }
        try await name(user.id)
        let token = try await TokenCommand.parse(["--user", user.id]).token(keys.settings, world.server.database)
        let caller = try await keys.caller(token, world.server)
        #expect(Set(caller.memberships.map(\.account)) == [world.account.id, other.account.id])
        #expect(caller.membership(of: other.account.id)?.contact == other.contact.id)
        #expect(caller.membership(of: other.account.id)?.domain.path == other.account.domain)
    }

    @Test func whatIsMissingIsSaid() async throws {
        let keys = try await Keys()
        defer { keys.remove() }
        let world = try await World()
        let user = try await Self.user(world, roles: [])
        for (options, sentence) in [
            (["--user", "nobody@example.com"], "There is no user"), (["--user", uuid()], "There is no user"),
            (["--user", user.id], "holds no role"), (["--user", user.id, "--locale", "de"], "--locale"),
            (["--user", user.id, "--lifetime", "0"], "--lifetime"),
            (["--user", user.id, "--lifetime", "86401"], "--lifetime"),
        ] {
            let command = try TokenCommand.parse(options)
            let error = await #expect(throws: ValidationError.self) {
                try await command.token(keys.settings, world.server.database)
            }
            #expect(error?.message.contains(sentence) == true, "\(options)")
        }
        #expect(throws: (any Error).self, "roles and domains are no arguments") {
            try TokenCommand.parse(["--user", user.id, "--role", "admin"])
        }
    }

    @Test func theFirstAdministratorIsMadeOnce() async throws {
        let server = try await Server.start()
        let command = try AdminCommand.Create.parse(["--name", "Ada Admin", "--email", "ada@provider.example"])
        let id = try #require(try await command.create(in: server.database))
        // As any write: with journal and event.
        let rows = try await server.admin.run(
            """
            SELECT (SELECT count(*) FROM onboarding.journal WHERE record = \(id)::uuid), \
            (SELECT count(*) FROM onboarding.outbox WHERE record = \(id)::uuid)
            """)
        #expect(try rows[0].int(at: 0) == 1 && rows[0].int(at: 1) == 1)
        let standing = try #require(try await Standings(database: server.database).person(id))
        #expect(standing.roles.contains("admin") && standing.domain.path == "/provider/" && standing.isActive)
        let second = try AdminCommand.Create.parse(["--name", "Eve", "--email", "eve@provider.example"])
        let refusal = await #expect(throws: Problem.self) { try await second.create(in: server.database) }
        #expect(refusal?.reason == "ADMINISTRATOR_EXISTS")
        let ifNone = try AdminCommand.Create.parse(
            ["--name", "Eve", "--email", "eve@provider.example", "--if-none"])
        #expect(try await ifNone.create(in: server.database) == nil)
        // Nobody is locked out for ever: without an active administrator there is a first one again.
        _ = try await server.admin.run("UPDATE onboarding.\"user\" SET active = false WHERE id = \(id)::uuid")
        #expect(try await second.create(in: server.database) != nil)
    }

    @Test func twoWhoTryAtOnceMakeOne() async throws {
        let server = try await Server.start()
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 {
                group.addTask {
                    let command = try? AdminCommand.Create.parse(
                        ["--name", "Ada", "--email", "ada\(number)@provider.example"])
                    return (try? await command?.create(in: server.database)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
    }

    @Test func anOutsideSystemSignsWithItsOwnKey() async throws {
        let keys = try await Keys()
        defer { keys.remove() }
        let world = try await World()
        let file = keys.folder + "/billing.key"
        let command = try SystemCommand.Create.parse(
            ["--name", "Billing", "--role", "sn_acct_lc.ale_success_viewer", "--key-file", file])
        let id = try await command.create(in: world.server.database)
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        let own = try await Issuer(keyFile: file, name: id)
        let token = try own.token(
            for: Caller(
                subject: id, kind: .person, domain: try #require(DomainPath("/provider/")),
                roles: RoleCatalog.close(["admin"])), lifetimeSeconds: 600)
        let caller = try await keys.caller(token, world.server)
        #expect(caller.subject == id && caller.roles.isEmpty, "admin was not granted")
        // Without its key it is nobody.
        var user = User()
        user.id = id
        try await Self.change(user, world) { $0.publicKey = nil }
        var clear = UpdateUserRequest()
        clear.user = user
        clear.updateMask = FieldMask(paths: ["public_key"])
        _ = try await world.call(OnboardingAPI.updateUser, clear, as: world.administrator)
        let refusal = await #expect(throws: Problem.self) { try await keys.caller(token, world.server) }
        #expect(refusal?.reason == "TOKEN_INVALID")
        // What cannot be made leaves no key behind.
        let wrong = try SystemCommand.Create.parse(
            ["--name", "Billing", "--role", "no_role", "--key-file", file + ".2"])
        await #expect(throws: (any Error).self) { try await wrong.create(in: world.server.database) }
        #expect(!FileManager.default.fileExists(atPath: file + ".2"))
    }

    @Test func keysAreForSystemsAndKindsAreForEver() async throws {
        let world = try await World()
        let user = try await Self.user(world, roles: [])
        let key = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
        for edit in [{ $0.publicKey = key }, { $0.kind = "system" }] as [@Sendable (inout User) -> Void] {
            let problem = await #expect(throws: Problem.self) { try await Self.change(user, world, edit) }
            #expect(problem?.code == .invalidArgument)
        }
    }
}

/// What services ask about the people who call them.
@Suite struct StandingEndpointTests {
    private func ask(_ id: String, as caller: Caller, _ world: World) async throws(Problem) -> Standing {
        var request = GetRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getStanding, request, as: caller)
    }

    @Test func servicesAloneMayAsk() async throws {
        let world = try await World()
        let service = Caller.service("notifier", domain: .root)
        let standing = try await ask(world.agent.subject, as: service, world)
        #expect(standing.user == world.agent.subject && standing.active && standing.kind == "person")
        #expect(standing.domain == "/provider/" && standing.account.isEmpty && standing.contacts.isEmpty)
        let unknown = await #expect(throws: Problem.self) { try await ask(uuid(), as: service, world) }
        #expect(unknown?.code == .notFound)
        let noID = await #expect(throws: Problem.self) { try await ask("x", as: service, world) }
        #expect(noID?.code == .notFound)
        for caller in [world.administrator, world.agent, try world.customer()] {
            let refused = await #expect(throws: Problem.self) {
                try await ask(world.agent.subject, as: caller, world)
            }
            #expect(refused?.code == .permissionDenied)
        }
    }
}
