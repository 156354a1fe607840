import CustomerSuccessWire
import OnboardingWire
import PlayLauncherWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Synchronization
import Wire

/// Stands in for the services that shipped flows call, each call once per request id as the services do it, and kills the
/// runner that makes a call: before it has its effect, and between the effect and its record.
final class MortalStandIn: Sendable {
    /// What a call had as its effect.
    struct Effect: Sendable, Equatable {
        let method: String
        let text: String
    }

    private struct State {
        var effects: [Effect] = []
        /// How often each call came, by its request id; calls without one by their method and text.
        var calls: [String: Int] = [:]
        var answers: [String: any Message] = [:]
        var kills = 0
        var isKilling = false
    }

    private let state = Mutex(State())
    private let refusesTouchpoints = Mutex(false)
    /// Has whoever is at work lose its lease, as one that is dead.
    private let kill: @Sendable () async throws -> Void

    init(kill: @escaping @Sendable () async throws -> Void) { self.kill = kill }

    /// Forgets what was; from now on runners are killed, or not.
    func begin(isKilling: Bool) {
        state.withLock { $0 = State(isKilling: isKilling) }
    }

    /// From now on no touchpoint can be made.
    func refuseTouchpoints() { refusesTouchpoints.withLock { $0 = true } }

    /// What was done, in its order, and how often a runner was killed.
    var done: (effects: [Effect], kills: Int) { state.withLock { ($0.effects, $0.kills) } }

    /// Answers a call as the service would, unless its runner dies of it.
    private func answer<R: Message>(
        _ method: String, _ text: String, _ call: Call, _ make: (Int) -> R
    ) async throws(Problem) -> R {
        let id = call.requestID ?? "\(method) \(text)"
        let time = state.withLock { state in
            state.calls[id, default: 0] += 1
            return state.isKilling ? state.calls[id, default: 0] : 3
        }
        if time == 1 { try await die() }
        let answer = state.withLock { state -> R in
            if let known = state.answers[id] as? R { return known }
            state.effects.append(Effect(method: method, text: text))
            let made = make(state.effects.count)
            state.answers[id] = made
            return made
        }
        if time == 2 { try await die() }
        return answer
    }

    /// Of a call whose runner is dead nobody hears: what is answered is not recorded.
    private func die() async throws(Problem) {
        do { try await kill() } catch { throw .internalError(cause: "\(error)") }
        state.withLock { $0.kills += 1 }
        throw .unavailable()
    }

    private func making<Request: Message, R: RecordMessage>(
        _ method: Wire.Method<Request, R>, _ given: @escaping @Sendable (Request) -> R?
    ) -> Endpoint {
        Endpoint(method) { [self] call, request async throws(Problem) in
            let record = given(request) ?? R()
            let text = (try? record.encodeJSON()).map { String(decoding: $0, as: UTF8.self) } ?? ""
            if R.schema.table == Touchpoint.schema.table, refusesTouchpoints.withLock(\.self) {
                let isFirst = state.withLock { state in
                    state.calls[text, default: 0] += 1
                    return state.calls[text] == 1
                }
                if isFirst { try await die() }
                throw .failedPrecondition(rule: "X", Text(en: "Not now.", ko: "안 됩니다."))
            }
            return try await answer(R.schema.table, text, call) { place in
                var made = record
                made.id = RecordID.derived(from: "made \(place)")
                return made
            }
        }
    }

    private func noting(_ method: Wire.Method<AddEntryRequest, ActivityEntry>) -> Endpoint {
        Endpoint(method) { [self] call, request async throws(Problem) in
            try await answer("note", request.text, call) { _ in ActivityEntry() }
        }
    }

    var customerSuccess: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.getRiskSignal) { _, request async throws(Problem) in
                var risk = RiskSignal()
                (risk.id, risk.domain, risk.state) = (request.id, StandIn.domain, "active")
                risk.engagement = "00000000-0000-4000-8000-00000000000e"
                risk.account = "00000000-0000-4000-8000-00000000000a"
                return risk
            },
            making(CustomerSuccessAPI.createSuccessObjective) { $0.successObjective },
            making(CustomerSuccessAPI.createSuccessOutcome) { $0.successOutcome },
            making(CustomerSuccessAPI.createSuccessInitiative) { $0.successInitiative },
            making(CustomerSuccessAPI.createSuccessCase) { $0.successCase },
            making(CustomerSuccessAPI.createSuccessTask) { $0.successTask },
            making(CustomerSuccessAPI.createTouchpoint) { $0.touchpoint },
            making(CustomerSuccessAPI.createInternalPlay) { $0.internalPlay },
            making(CustomerSuccessAPI.createInternalPlayTask) { $0.internalPlayTask },
            making(CustomerSuccessAPI.createRiskSignal) { $0.riskSignal },
            making(CustomerSuccessAPI.createRiskSignalSolution) { $0.riskSignalSolution },
            Endpoint(CustomerSuccessAPI.startPlaybookRun) { [self] call, request async throws(Problem) in
                try await answer("playbook", "\(request.definition) \(request.record)", call) { _ in PlaybookRun() }
            },
            noting(CustomerSuccessAPI.addRiskSignalWorkNote),
        ]
    }

    var onboarding: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getOnboardingCase) { _, request async throws(Problem) in
                var found = OnboardingCase()
                (found.id, found.domain, found.state) = (request.id, StandIn.domain, "in_progress")
                found.account = "00000000-0000-4000-8000-00000000000a"
                return found
            },
            Endpoint(OnboardingAPI.getSoldProduct) { _, request async throws(Problem) in
                var product = SoldProduct()
                (product.id, product.domain) = (request.id, StandIn.domain)
                return product
            },
            making(OnboardingAPI.createOnboardingCase) { $0.onboardingCase },
            Endpoint(OnboardingAPI.listLifecycleTasks) { [self] call, request async throws(Problem) in
                try await answer("tasks", "", call) { _ in
                    var task = LifecycleTask()
                    task.id = "00000000-0000-4000-8000-00000000000f"
                    var list = ListLifecycleTasksResponse()
                    list.lifecycleTasks = [task]
                    return list
                }
            },
            Endpoint(OnboardingAPI.searchKnowledge) { [self] call, request async throws(Problem) in
                try await answer("articles", request.query, call) { _ in
                    var found = SearchKnowledgeResponse()
                    found.articles = ["a", "b"].map { name in
                        var article = KnowledgeText()
                        article.article = RecordID.derived(from: name)
                        return article
                    }
                    return found
                }
            },
            Endpoint(OnboardingAPI.relateKnowledge) { [self] call, request async throws(Problem) in
                try await answer("link", request.article, call) { _ in RelateKnowledgeResponse() }
            },
            noting(OnboardingAPI.addOnboardingCaseWorkNote),
        ]
    }
}
