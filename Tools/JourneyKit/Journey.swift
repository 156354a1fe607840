import CustomerSuccessWire
import Foundation
import ImportValidationWire
import NotifierWire
import OnboardingWire
import RPC
import Records
import Tenancy
import Wire

/// A workbook of the journey and what must come of its rows.
public struct JourneyWorkbook: Sendable {
    /// Where the file is.
    public let path: String
    /// Key of the target table.
    public let target: String
    /// Rows that pass every check.
    public let ready: Int64
    /// Rows that do not.
    public let attention: Int64
    /// Whether one of those is corrected on the way.
    public let isMended: Bool

    /// A workbook and its outcome.
    public init(path: String, target: String, ready: Int64, attention: Int64, isMended: Bool = true) {
        self.isMended = isMended
        self.path = path
        self.target = target
        self.ready = ready
        self.attention = attention
    }
}

/// A customer's way from account to running success play, step by step, as an outside client.
public final class Journey {
    let world: JourneyWorld
    var tokens: [Persona: String] = [:]
    /// Their ids.
    public internal(set) var users: [Persona: String] = [:]
    /// The account made in the first step.
    public internal(set) var account = CustomerAccount()
    /// Its onboarding case.
    public internal(set) var onboardingCase = OnboardingCase()
    /// Its import tasks by target table.
    public internal(set) var importTasks: [String: ImportTask] = [:]
    /// Rows published so far, by target table.
    var published: [String: Int64] = [:]
    /// The engagement made after go-live.
    public internal(set) var engagement = Engagement()
    /// The touchpoint the play made.
    public internal(set) var touchpoint = Touchpoint()
    /// The notifier that followed the play.
    public internal(set) var notifier = SuccessLauncherNotifier()
    /// The customer's name; workbooks name it in their account column.
    public let accountName: String

    /// A journey for a customer of this name.
    public init(_ world: JourneyWorld, accountName: String = "Ernst Handel") {
        self.world = world
        self.accountName = accountName
    }

    /// The whole way.
    public func run(_ workbooks: [JourneyWorkbook], mailDirectory: String?) async throws {
        try await meetPeople()
        try await openAccount()
        try await seeCaseAndTasks()
        try await formTeam()
        for workbook in workbooks { try await importWorkbook(workbook) }
        try await goLive()
        try await beginEngagement()
        try await launchPlay(mailDirectory: mailDirectory)
        try await countEverything()
        try await beRefused()
    }

    /// Who acts, with a token.
    public func credential(_ persona: Persona) throws -> Credential {
        guard let token = tokens[persona] else { throw JourneyFailure("nobody has met the \(persona.rawValue)") }
        return .token(token)
    }

    /// The ready tokens of all personas.
    public var readyTokens: [(persona: Persona, token: String)] {
        Persona.allCases.compactMap { persona in tokens[persona].map { (persona, $0) } }
    }

    /// A step about no record, or about the record `number`.
    func step<Value>(_ text: String, about number: String = "", _ body: () async throws -> Value) async throws -> Value
    {
        let start = ContinuousClock.now
        let value = try await attempt(text, body)
        world.report(JourneyStep(text: text, number: number, duration: start.duration(to: .now)))
        return value
    }

    /// A step that brings a record, whose number is where `number` says.
    func step<Value>(
        _ text: String, numbered number: KeyPath<Value, String?>, _ body: () async throws -> Value
    ) async throws -> Value {
        let start = ContinuousClock.now
        let value = try await attempt(text, body)
        world.report(
            JourneyStep(text: text, number: value[keyPath: number] ?? "", duration: start.duration(to: .now)))
        return value
    }

    private func attempt<Value>(_ text: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw error is JourneyFailure ? error : JourneyFailure("\(text): \(error)")
        }
    }

    func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        guard holds else { throw JourneyFailure(what()) }
    }

    /// The administrator enters the people of the provider and grants them their roles; each gets a token.
    public func meetPeople() async throws {
        tokens[.administrator] = world.administrator
        for persona in Persona.allCases where persona != .administrator && persona.customerResponsibility == nil {
            let user = try await step("\(persona.name) is entered as a user") {
                try await world.person(named: persona.name, "\(persona.rawValue)@provider.example", persona.roles)
            }
            users[persona] = user.id
            tokens[persona] = try world.token(world.caller(persona, id: user.id), lifetimeSeconds: 86_400)
        }
    }
}
