import Foundation
import Identity
import JourneyKit
import NATS
import Platform
import RPC

/// Makes the journey against a running stack and prints it for people: what `make run` ends with.
@main
struct Main {
    static func main() async {
        do {
            try await run()
        } catch {
            FileHandle.standardError.write(Data("The journey ended early. \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() async throws {
        let settings = try await Settings.load()
        let connection = try await connect(settings)
        let keys = try settings.required("ale.keys.directory")
        let issuer = try await Issuer(keyFile: "\(keys)/operator.key")
        guard let administrator = try settings.secret("ale.admin.token") else {
            throw ConfigurationError("ALE_ADMIN_TOKEN must be set: the token that `make token USER=…` prints.")
        }
        let world = JourneyWorld(
            client: Client(NATSTransport(connection)), issuer: issuer, administrator: administrator, report: report)
        let samples = settings.string("ale.samples.directory", default: "Samples")
        let journey = Journey(world)
        print("The journey of a customer, from account to running success play:\n")
        let start = ContinuousClock.now
        try await journey.run(
            [
                JourneyWorkbook(path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4),
                JourneyWorkbook(path: "\(samples)/locations.xlsx", target: "location", ready: 6, attention: 0),
                JourneyWorkbook(path: "\(samples)/contacts.xlsx", target: "customer_contact", ready: 0, attention: 3),
            ], mailDirectory: settings.optional("ale.mail.directory"))
        var members: [Member] = []
        if let mail = settings.optional("ale.mail.directory") {
            members = try await journey.acceptInvitations(mailDirectory: mail)
        }
        print("\nDone in \(seconds(start.duration(to: .now))).")
        printMembers(members)
        if let pages = settings.optional("ale.workspace.url") { printPages(pages, journey) }
        printWhatNext(journey, settings)
        await connection.close()
    }

    private static func connect(_ settings: Settings) async throws -> Connection {
        let url = settings.string("ale.nats.url", default: "nats://127.0.0.1:4222")
        var options = ConnectionOptions(urls: [url], name: "journey")
        if let user = settings.optional("ale.nats.user") {
            options.credentials = .password(user: user, password: try settings.secret("ale.nats.password") ?? "")
            options.inboxPrefix = "_INBOX.\(user)"
        }
        return try await Connection.connect(options)
    }

    @Sendable private static func report(_ step: JourneyStep) {
        let number = step.number.padding(toLength: max(15, step.number.count), withPad: " ", startingAt: 0)
        print("  ✓ \(number) \(step.text)  (\(seconds(step.duration)))")
        // Each line at once, also into a pipe or a file.
        fflush(nil)
    }

    private static func seconds(_ duration: Duration) -> String {
        return String(format: "%.2f s", duration / .seconds(1))
    }

    /// Only for the people of the journey, who are nobody.
    private static func printMembers(_ members: [Member]) {
        guard !members.isEmpty else { return }
        print("\nWho can sign in, and with which password:")
        for member in members {
            print("  \(member.email.padding(toLength: 44, withPad: " ", startingAt: 0)) \(member.password)")
        }
    }

    /// Where the mission begins by hand, and where that of the journey stands.
    private static func printPages(_ pages: String, _ journey: Journey) {
        func line(_ path: String, _ text: String) { print("  \(pages)\(path)  \(text)") }
        print("\nBy hand, in pages:")
        line("/records/customer_account/new", "an account to take from signed to renewed, as the administrator")
        line("/cases/\(journey.onboardingCase.number ?? "")", "the case of the journey, as the agent")
        line("/engagements/\(journey.engagement.number ?? "")", "its engagement, as the success manager")
        line("/portal", "what its customer sees, as the customer administrator")
    }

    private static func printWhatNext(_ journey: Journey, _ settings: Settings) {
        let directory = settings.optional("ale.tokens.directory")
        print("\nA token for each person, good for a day:")
        for (persona, token) in journey.readyTokens {
            if let directory, (try? TextFile.write(token + "\n", to: "\(directory)/\(persona.rawValue)")) != nil {
                print(
                    "  \(persona.rawValue.padding(toLength: 24, withPad: " ", startingAt: 0)) \(directory)/\(persona.rawValue)"
                )
            } else {
                print("  \(persona.rawValue): \(token)")
            }
        }
        if let mail = settings.optional("ale.mail.directory") { print("\nE-mails are written to \(mail).") }
        // The containers have no folder of tokens: from the host any NATS client sends the same, see deploy/README.md.
        let (send, stack) =
            directory == nil
            ? ("nats req", "`docker compose run --rm operator token --user …` prints new tokens; see deploy/README.md.")
            : (
                "Tools/request.sh",
                "The stack stays up. `make status` says what runs, `make stop` stops it, `make clean-data` begins afresh."
            )
        func line(_ subject: String, _ json: String, as persona: Persona) -> String {
            "  \(send) ale.v1.\(subject) '\(json)'" + (directory == nil ? "" : " --as \(persona.rawValue)")
        }
        let requests = [
            line(
                "customer-success.engagements.get", #"{"id": "\#(journey.engagement.number ?? "")"}"#,
                as: .successManager),
            line("customer-success.touchpoints.list", #"{"filter": "meeting_type = qbr"}"#, as: .successManager),
            line(
                "onboarding.onboarding_cases.reopen", #"{"id": "\#(journey.onboardingCase.number ?? "")"}"#, as: .agent),
        ]
        print("\nThree requests to try:\n\(requests.joined(separator: "\n"))\n\n\(stack)")
    }
}
