import ArgumentParser
import Foundation
import Identity
import Platform
import Records
import Roles
import Tenancy

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

/// `onboarding token`: a signed token for a person or a customer. Needs the key, and no database.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a token signed with the key that ALE_SERVICE_KEY_FILE names.")

    @Option(help: "Roles and a subject in one word: \(Persona.names).")
    var persona: String?

    @Option(help: "Id of the user, a UUID in lower case.")
    var subject: String?

    @Option(name: .customLong("role"), help: "A role; may be given several times.")
    var roles: [String] = []

    @Option(help: "Domain of the caller; of a customer, that of the account.")
    var domain: String = Seed.provider

    @Option(help: "Customers: id of their account.")
    var account: String?

    @Option(help: "Customers: id of their contact.")
    var contact: String?

    @Option(help: "Language of texts, en or ko.")
    var locale: String = "en"

    @Option(help: "Seconds until the token expires, at most 31 days.")
    var lifetime: Int64 = 28_800

    func run() async throws {
        print(try await token(try await Settings.load()))
    }

    /// The token that the options describe.
    func token(_ settings: Settings) async throws -> String {
        let caller = try caller()
        do {
            let issuer = try await Issuer(
                keyFile: settings.required("ale.service.key.file"),
                name: settings.string("ale.issuer", default: "ale"))
            return try issuer.token(for: caller, lifetimeSeconds: lifetime)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The caller that the options describe; a wrong option is refused here, not first by a service.
    func caller() throws -> Caller {
        let preset = try persona.map { name in
            guard let preset = Persona.all[name] else {
                throw ValidationError("There is no persona \(name); there are \(Persona.names).")
            }
            return preset
        }
        guard let subject = subject ?? persona.map({ RecordID.derived(from: "persona \($0)") }) else {
            throw ValidationError("--subject or --persona is needed.")
        }
        guard Validation.isUUID(subject) else { throw ValidationError("--subject must be a UUID in lower case.") }
        guard let domain = DomainPath(domain) else {
            throw ValidationError("--domain must be a path such as /provider/.")
        }
        guard locale == "en" || locale == "ko" else { throw ValidationError("--locale must be en or ko.") }
        guard (1...2_678_400).contains(lifetime) else {
            throw ValidationError("--lifetime must be from 1 to 2678400 seconds.")
        }
        let granted = roles + (preset ?? [])
        for role in granted where !RoleCatalog.isGrantable(role) {
            throw ValidationError("There is no role \(role).")
        }
        guard contact == nil || account != nil else { throw ValidationError("--contact needs --account.") }
        let caller = Caller(
            subject: subject, kind: account == nil ? .person : .customer, domain: domain,
            roles: RoleCatalog.close(granted), account: account, contact: contact, locale: locale)
        if let fault = Issuer.fault(of: caller) {
            throw ValidationError(
                "There is no such caller: \(fault). A customer needs --account and, as --domain, that account's domain."
            )
        }
        return caller
    }
}

/// Typical people, for trying things out.
enum Persona {
    static let all: [String: [String]] = [
        "admin": ["admin"],
        "onboarding-agent": ["sn_acct_lc.agent"],
        "success-agent": ["sn_acct_lc.ale_success_agent"],
        "play-admin": ["sn_acct_lc.success_play_admin"],
        "viewer": ["sn_acct_lc.ale_success_viewer"],
        "customer": ["sn_acct_lc.ale_success_customer"],
        "customer-manager": ["sn_customerservice.customer_case_manager", "sn_acct_lc.ale_success_customer"],
    ]

    static let names = all.keys.sorted().joined(separator: ", ")
}
