import ArgumentParser
import Foundation
import Identity
import OnboardingWire
import Platform
import Postgres
import RPC
import Records
import StandingWire
import Tenancy
import Wire

/// `onboarding keys`: the keys that sign and check tokens.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make the keys that sign and check tokens.", subcommands: [Initialize.self])

    struct Initialize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Write a private key for the operator and each service, and jwks.json with the public ones. "
                + "Run again, it rotates the keys.")

        @Option(help: "Folder for the files.")
        var directory: String

        /// Who signs tokens: the operator for people, each service for what it does for them.
        private static let signers = [
            "operator", "onboarding", "import-validation", "customer-success", "play-launcher", "notifier",
        ]

        func run() async throws {
            do {
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                for signer in Self.signers {
                    try Issuer.generateKey(
                        keyFile: "\(directory)/\(signer).key", keySetFile: "\(directory)/jwks.json")
                }
            } catch {
                throw ValidationError("\(error)")
            }
        }
    }
}

/// `onboarding token`: a signed token for somebody who is there. Roles, domain and accounts are those of the database, so
/// that a token says nothing that was not granted.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token for a user, signed with the key that ALE_SERVICE_KEY_FILE names.")

    @Option(help: "The user: id or e-mail address.")
    var user: String

    @Option(help: "Language of texts, en or ko; by default the user's.")
    var locale: String?

    @Option(help: "Seconds until the token expires, at most a day.")
    var lifetime: Int64 = 28_800

    func run() async throws {
        let settings = try await Settings.load()
        print(try await OnboardingCommand.run { database in try await token(settings, database) })
    }

    /// The token, as the database has the user.
    func token(_ settings: Settings, _ database: Database) async throws -> String {
        guard locale == nil || locale == "en" || locale == "ko" else {
            throw ValidationError("--locale must be en or ko.")
        }
        guard (1...86_400).contains(lifetime) else {
            throw ValidationError("--lifetime must be from 1 to 86400 seconds.")
        }
        let caller = try await caller(database)
        let issuer = try await Issuer(
            keyFile: settings.required("ale.service.key.file"),
            name: settings.string("ale.issuer", default: "ale"))
        return try issuer.token(for: caller, lifetimeSeconds: lifetime)
    }

    /// The user as a caller; who could do nothing with a token gets none, but hears what is missing.
    func caller(_ database: Database) async throws -> Caller {
        let user = user
        let found = try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) {
            tx -> (standing: Standing, language: String)? in
            let isID = Validation.isUUID(user)
            let condition: SQL = isID ? "id = \(user)" : "lower(email) = lower(\(user))"
            guard let record = try Store<User>(database).find(where: condition, in: tx).first,
                let standing = try Standings.find(record.id, in: tx)
            else { return nil }
            return (standing, record.language ?? "en")
        }
        guard let found else { throw ValidationError("There is no user \(user).") }
        let person = KnownPerson(found.standing)
        guard person.isActive else { throw ValidationError("The user \(user) is not active.") }
        guard !person.isSystem else {
            throw ValidationError("The user \(user) is an outside system, which signs its own tokens.")
        }
        guard !person.roles.isEmpty else {
            throw ValidationError("The user \(user) holds no role: an administrator grants one by role_grants.create.")
        }
        return person.caller(found.standing.user, locale: locale ?? found.language)
    }
}

extension KnownPerson {
    /// The person with every right there is, for a token.
    func caller(_ subject: String, locale: String) -> Caller {
        // One for each account; the contact, where there is one, tells more.
        let each = Dictionary(grouping: memberships, by: \.account).values.compactMap { same in
            same.first { $0.contact != nil } ?? same.first
        }
        // A token has room for so many: of more, those that were made first.
        let named = Array(each.sorted { $0.account < $1.account }.prefix(Membership.limit))
        return Caller(subject: subject, roles: roles, memberships: named, locale: locale)
            ?? Caller(subject: subject, kind: .person, domain: domain, roles: roles, locale: locale)
    }
}
