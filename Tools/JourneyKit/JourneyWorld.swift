import Foundation
import Identity
import NATS
import RPC
import Records
import Roles
import Tenancy
import Wire

/// A step of the journey did not come out as it must.
public struct JourneyFailure: Error, CustomStringConvertible {
    /// Which step, and what was seen instead.
    public let description: String

    /// A failure that says `description`.
    public init(_ description: String) { self.description = description }
}

/// The people of the journey: every onboarding persona of the roles' table, with the roles it has, and the two of
/// customer success.
public enum Persona: String, CaseIterable, Sendable {
    case administrator, agent
    case successManager = "success-manager"
    case playAdministrator = "play-administrator"
    case customerAdministrator = "customer-administrator"
    case customerDeveloper = "customer-developer"
    case customerExpert = "customer-expert"

    /// The roles an administrator grants to the person.
    public var roles: Set<String> {
        switch self {
        case .administrator: ["admin"]
        case .agent: ["sn_acct_lc.agent"]
        case .successManager: ["sn_acct_lc.ale_success_agent"]
        case .playAdministrator: ["sn_acct_lc.success_play_admin"]
        case .customerAdministrator: ["sn_customerservice.customer_admin"]
        case .customerDeveloper: ["sn_customerservice.customer_manager"]
        case .customerExpert: ["sn_customerservice.customer"]
        }
    }

    /// What a person of the customer answers for on the case; nil for people of the provider, which also tells the two
    /// apart.
    public var customerResponsibility: String? {
        switch self {
        case .administrator, .agent, .successManager, .playAdministrator: nil
        case .customerAdministrator: "Customer onboarding contact"
        case .customerDeveloper: "ServiceNow developer/admin"
        case .customerExpert: "Data SME"
        }
    }

    /// How the person is called.
    public var name: String {
        switch self {
        case .administrator: "Ada Admin"
        case .agent: "Olivia Onboarding"
        case .successManager: "Sam Success"
        case .playAdministrator: "Petra Play"
        case .customerAdministrator: "Carla Contact"
        case .customerDeveloper: "Dario Developer"
        case .customerExpert: "Emil Expert"
        }
    }
}

/// What the journey needs of the outside: a client, a way to sign tokens, and somebody to tell.
///
/// The journey is an outside client: all it does goes over public subjects.
public final class JourneyWorld: Sendable {
    /// Calls over NATS.
    public let client: Client
    /// Signs tokens, as the provider's identity system would.
    public let issuer: Issuer
    /// The token of the administrator, who was made by a command and makes everybody else.
    public let administrator: String
    /// Told of every finished step.
    public let report: @Sendable (JourneyStep) -> Void
    /// How long an eventual effect may take.
    public let patience: Duration
    /// The domain of the provider.
    public static let provider = DomainPath("/provider/") ?? .root

    /// A world to make the journey in.
    public init(
        client: Client, issuer: Issuer, administrator: String, patience: Duration = .seconds(60),
        report: @escaping @Sendable (JourneyStep) -> Void = { _ in }
    ) {
        self.client = client
        self.issuer = issuer
        self.administrator = administrator.trimmingCharacters(in: .whitespacesAndNewlines)
        self.patience = patience
        self.report = report
    }

    /// A caller of the provider.
    public func caller(_ persona: Persona, id: String) -> Caller {
        Caller(
            subject: id, kind: .person, domain: Self.provider, roles: RoleCatalog.close(persona.roles))
    }

    /// A token that lasts `lifetimeSeconds`.
    public func token(_ caller: Caller, lifetimeSeconds: Int64 = 3_600) throws(Problem) -> String {
        try issuer.token(for: caller, lifetimeSeconds: lifetimeSeconds)
    }

    /// Calls a method as somebody. A service that is being restarted is asked again with the same request id.
    public func call<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as credential: Credential,
        requestID: String = UUID().uuidString.lowercased()
    ) async throws -> Response {
        let end = ContinuousClock.now + patience
        while true {
            do {
                return try await client.call(
                    method, request, as: credential, deadline: .seconds(20), requestID: requestID)
            } catch {
                guard error.isPassing, ContinuousClock.now < end else { throw error }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Asks again and again until `probe` answers something, at most for so long; unless said, for the world's patience.
    public func eventually<Value>(
        _ what: String, within bound: Duration? = nil, _ probe: () async throws -> Value?
    ) async throws -> Value {
        let bound = bound ?? patience
        let end = ContinuousClock.now + bound
        while true {
            if let value = try await probe() { return value }
            guard ContinuousClock.now < end else { throw JourneyFailure("\(what): did not happen in \(bound)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The code a call is refused with; a call that succeeds is a failure of the journey.
    public func refusal<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as credential: Credential
    ) async throws -> Problem {
        let end = ContinuousClock.now + patience
        while let problem = await problem(method, request, as: credential) {
            guard problem.isPassing, ContinuousClock.now < end else { return problem }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw JourneyFailure("\(method.name) was not refused")
    }

    private func problem<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as credential: Credential
    ) async -> Problem? {
        do {
            _ = try await client.call(method, request, as: credential)
            return nil
        } catch {
            return error
        }
    }
}

extension Problem {
    /// Whether retrying may help: somebody is starting, stopping or overloaded.
    var isPassing: Bool {
        [.unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .canceled].contains(code)

    }
}

/// One finished step, for people.
public struct JourneyStep: Sendable {
    /// What happened.
    public let text: String
    /// The number of the record it is about; empty for none.
    public let number: String
    /// How long it took.
    public let duration: Duration
}
