import Foundation
import Identity
import Platform
import RPC
import Tenancy
import Testing

@testable import OnboardingService

/// The subcommands `keys` and `token`.
@Suite struct CommandTests {
    @Test func aTokenIsAcceptedByTheKeysMadeWithIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await KeysCommand.Initialize.parse(["--directory", folder]).run()
        let settings = Settings(values: ["ALE_SERVICE_KEY_FILE": folder + "/operator.key"])
        let account = "01990000-0000-7000-8000-000000000001"
        let command = try TokenCommand.parse([
            "--subject", "01990000-0000-7000-8000-000000000002", "--role", "sn_customerservice.customer", "--domain",
            "/provider/d0000001/", "--account", account, "--contact", account, "--locale", "ko",
        ])
        let verifier = try await Verifier(issuers: [
            TrustedIssuer(name: "ale", keySetFile: folder + "/jwks.json", mayActAsService: true)
        ])
        let caller = try await verifier.authenticate(try await command.token(settings))
        #expect(caller.kind == .customer && caller.account == account && caller.contact == account)
        #expect(caller.domain.path == "/provider/d0000001/" && caller.locale == "ko")
        #expect(caller.roles == ["sn_customerservice.customer"])
        let mode = try FileManager.default.attributesOfItem(atPath: folder + "/operator.key")[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test(arguments: [
        ["--role", "admin"], ["--subject", "Ann", "--role", "admin"], ["--persona", "nobody"],
        ["--subject", "01990000-0000-7000-8000-000000000002", "--role", "no_role"],
        ["--persona", "admin", "--domain", "provider"], ["--persona", "admin", "--locale", "de"],
        ["--persona", "admin", "--lifetime", "0"],
        // A customer needs the account, and the domain of that account.
        ["--persona", "customer"], ["--persona", "customer", "--domain", "/provider/d0000001/"],
        ["--persona", "customer", "--account", customer], ["--persona", "customer", "--account", "x", "--domain", own],
        ["--persona", "customer", "--account", customer, "--domain", "/"],
        ["--persona", "customer", "--account", customer, "--domain", own, "--role", "sn_acct_lc.agent"],
        ["--persona", "admin", "--account", customer, "--domain", own],
        ["--persona", "admin", "--contact", customer],
    ])
    func wrongOptionsAreRefused(options: [String]) throws {
        let command = try TokenCommand.parse(options)
        #expect(throws: (any Error).self) { try command.caller() }
    }

    @Test(arguments: Persona.all.keys.sorted()) func everyPersonaIsOnOneSide(name: String) throws {
        let account = name.hasPrefix("customer") ? ["--account", Self.customer, "--domain", Self.own] : []
        let caller = try TokenCommand.parse(["--persona", name] + account).caller()
        #expect(!caller.roles.isEmpty)
    }

    private static let customer = "01990000-0000-7000-8000-000000000001"
    private static let own = "/provider/d0000001/"
}
