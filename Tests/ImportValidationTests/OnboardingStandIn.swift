import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import Wire

@testable import ImportValidationService

/// Onboarding as far as imports ask it: every text names one record, and every row can be published, but for what a test
/// says.
final class OnboardingStandIn: Sendable {
    /// A text that names nothing.
    static let nobody = "Nobody"
    /// A text of a row that is refused when it is published.
    static let refused = "Refused"
    /// A text of a cell that is refused when it is published.
    static let unwanted = "Unwanted"
    /// A text that is neither looked up nor published while the account is held.
    static let held = "Held"
    /// A text at which the whole question is refused.
    static let broken = "Broken"
    /// How texts of rows begin whose records are there already, and in another city.
    static let known = "Known"

    private struct State {
        var held: Set<String> = []
        var waiting: Set<String> = []
        var published: [String: [PublishRowsRequest]] = [:]
        /// What was answered, by the id of the request.
        var answers: [String: (request: PublishRowsRequest, answer: PublishRowsResponse)] = [:]
        /// Records that rows have made.
        var made: Set<String> = []
        var unfinished: Set<String> = []
        var closings: [ImportTask] = []
        var definitions: [String: ActivityDefinition] = [:]
        var losesAnswers: Set<String> = []
        var moved: Set<String> = []
        var kept: Set<String> = []
        var referred: Set<String> = []
        var unpublished: [String: [UnpublishRowsRequest]] = [:]
        /// What was answered, by the id of the request.
        var undone: [String: (request: UnpublishRowsRequest, answer: UnpublishRowsResponse)] = [:]
        /// Records that others refer to, until these go.
        var heldBy: [String: String] = [:]
        /// Accounts of which every field of a row is told.
        var told: Set<String> = []
        var refused: Set<String> = []
        var owners: [String: RoomOwner] = [:]
        var keptFromReading: Set<String> = []
        /// Of how many rows an answer tells; the others are put off.
        var toldRows: [String: Int] = [:]
    }
    private let state = Mutex(State())

    /// Keeps a person from every article of the knowledge base.
    func keepFromReading(_ person: String) { _ = state.withLock { $0.keptFromReading.insert(person) } }

    /// Answers nothing about the text ``held`` for this account until it is let go.
    func hold(_ account: String) { _ = state.withLock { $0.held.insert(account) } }

    func letGo(_ account: String) { _ = state.withLock { $0.held.remove(account) } }

    /// Whether a question about this account waits.
    func isAsked(_ account: String) -> Bool { state.withLock { $0.waiting.contains(account) } }

    /// Hands a table over to who owns it.
    func handOver(_ table: String, to owner: RoomOwner) { state.withLock { $0.owners[table] = owner } }

    private func owner(of table: String) -> RoomOwner? { state.withLock { $0.owners[table] } }

    /// What was published for an account, oldest first.
    func published(_ account: String) -> [PublishRowsRequest] { state.withLock { $0.published[account] ?? [] } }

    /// Takes nothing for this account any more from anybody, as of a person who may not publish by now.
    func refuse(_ account: String) { _ = state.withLock { $0.refused.insert(account) } }

    func admit(_ account: String) { _ = state.withLock { $0.refused.remove(account) } }

    /// Tells in one answer of so many rows of this account, and does no more of them.
    func tell(of rows: Int, _ account: String) { state.withLock { $0.toldRows[account] = rows } }

    /// Has the record of this row be another than a plan has seen.
    func move(_ row: String) { _ = state.withLock { $0.moved.insert(row) } }

    /// Has this record not be taken back.
    func keep(_ record: String) { _ = state.withLock { $0.kept.insert(record) } }

    /// Has a record of customer-success refer to this record.
    func refer(to record: String) { _ = state.withLock { $0.referred.insert(record) } }

    /// Has a record not be taken back before another one, which refers to it.
    func keep(_ record: String, until other: String) { state.withLock { $0.heldBy[record] = other } }

    /// Has publications for this account be answered with every field of a row that has a value.
    func tellAll(_ account: String) { _ = state.withLock { $0.told.insert(account) } }

    /// What was taken back for an account, oldest first.
    func unpublished(_ account: String) -> [UnpublishRowsRequest] { state.withLock { $0.unpublished[account] ?? [] } }

    /// Has the playbook not let this task be closed.
    func keepOpen(_ task: String) { _ = state.withLock { $0.unfinished.insert(task) } }

    /// The tasks of a case that it was asked about, as they were to be closed.
    func closings(_ onboarding: String) -> [ImportTask] {
        state.withLock { $0.closings.filter { $0.parent == onboarding } }
    }

    /// The activity definition of this key.
    func definition(_ key: String) -> ActivityDefinition? { state.withLock { $0.definitions[key] } }

    /// Makes the definition of this key, and does not say so, the first time.
    func loseAnswer(about key: String) { _ = state.withLock { $0.losesAnswers.insert(key) } }

    /// Makes a definition once under its key, as the library of playbooks does.
    private func define(_ request: CreateActivityDefinitionRequest) throws(Problem) -> ActivityDefinition {
        guard var definition = request.activityDefinition else { throw .internalError(cause: "no definition") }
        definition.id = RecordID.derived(from: definition.key)
        definition.domain = "/provider/"
        let made = definition
        let isKnown = state.withLock { state in
            if state.definitions[made.key] != nil { return true }
            state.definitions[made.key] = made
            return false
        }
        if isKnown { throw .alreadyExists(Text(en: "There is already one.", ko: "이미 있습니다.")) }
        if state.withLock({ $0.losesAnswers.remove(made.key) }) != nil {
            throw .internalError(cause: "the answer was lost")
        }
        return made
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.createActivityDefinition) { [self] _, request async throws(Problem) in
                try define(request)
            },
            Endpoint(OnboardingAPI.listActivityDefinitions) { [self] _, request async throws(Problem) in
                var answer = ListActivityDefinitionsResponse()
                answer.activityDefinitions = state.withLock { state in
                    state.definitions.values.filter { request.filter == "key = \"\($0.key)\"" }
                }
                return answer
            },
            Endpoint(OnboardingAPI.checkPlaybookClosing) { [self] call, request async throws(Problem) in
                try check(request, call.caller)
            },
            Endpoint(OnboardingAPI.readKnowledge) { [self] call, request async throws(Problem) in
                // As the caller: the token says who.
                let person = String(call.bearer?.split(separator: "|").first ?? "")
                guard !state.withLock({ $0.keptFromReading.contains(person) }) else {
                    throw .notFound(KnowledgeArticle.schema.label, id: request.key)
                }
                var text = KnowledgeText()
                text.key = request.key
                return text
            },
            Endpoint(OnboardingAPI.resolveReferences) { [self] _, request async throws(Problem) in
                try await resolve(request)
            },
            Endpoint(OnboardingAPI.publishRows) { [self] call, request async throws(Problem) in
                if let owner = owner(of: request.targetTable) { return try await owner.publish(call, request) }
                return try await publish(request)
            },
            Endpoint(OnboardingAPI.unpublishRows) { [self] call, request async throws(Problem) in
                if let owner = owner(of: request.targetTable) { return try await owner.unpublish(call, request) }
                return try await unpublish(request)
            },
            Endpoint(OnboardingAPI.settleUnpublish) { [self] call, request async throws(Problem) in
                try settle(request, call.caller)
            },
            Endpoint(OnboardingAPI.settlePublish) { [self] call, request async throws(Problem) in
                try settle(request, call.caller)
            },
            Endpoint(OnboardingAPI.getCustomerAccount) { _, request async throws(Problem) in
                throw .notFound(CustomerAccount.schema.label, id: request.id)
            },
            Endpoint(OnboardingAPI.getOnboardingCase) { _, request async throws(Problem) in
                throw .notFound(OnboardingCase.schema.label, id: request.id)
            },
            Endpoint(OnboardingAPI.getUser) { _, request async throws(Problem) in
                throw .notFound(User.schema.label, id: request.id)
            },
            Endpoint(OnboardingAPI.getCustomerContact) { _, request async throws(Problem) in
                throw .notFound(CustomerContact.schema.label, id: request.id)
            },
        ]
    }

    /// Customer-success, as far as imports ask it.
    var successEndpoints: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.findReferences) { [self] call, request async throws(Problem) in
                guard call.caller.kind == .service else { throw .permissionDenied() }
                var response = FindReferencesResponse()
                response.references = request.records.filter { asked in
                    state.withLock { $0.referred.contains(asked.id) }
                }.map { asked in
                    var found = FoundReference()
                    (found.id, found.table, found.field) = (asked.id, "engagement_contract", "contract")
                    return found
                }
                return response
            }
        ]
    }

    private func unpublish(_ request: UnpublishRowsRequest) async throws(Problem) -> UnpublishRowsResponse {
        if request.rows.contains(where: { $0.fields.contains { $0.after == Self.held } }) {
            await wait(request.account)
        }
        guard !state.withLock({ $0.refused.contains(request.account) }) else { throw .permissionDenied() }
        return try state.withLock { state throws(Problem) in
            state.unpublished[request.account, default: []].append(request)
            // As the log of requests does.
            if let known = state.undone[request.requestID] {
                guard known.request == request else {
                    throw .invalid(
                        field: UnpublishRowsRequest.Field.requestID,
                        Text(en: "It is another request.", ko: "다른 요청입니다."), rule: "AIP-155")
                }
                return known.answer
            }
            var response = UnpublishRowsResponse()
            let free = request.rows.filter {
                !state.kept.contains($0.targetRecord) && state.heldBy[$0.targetRecord] == nil
            }
            let gone = Set(free.map(\.targetRecord))
            state.heldBy = state.heldBy.filter { !gone.contains($0.value) }
            response.results = request.rows.map { row in
                var result = UnpublishResult()
                result.rowID = row.rowID
                result.outcome = "undone"
                if state.kept.contains(row.targetRecord) || state.heldBy[row.targetRecord] != nil {
                    var fault = PublishFault()
                    (fault.field, fault.message) = ("city", "City has been changed since.")
                    fault.messageKo = "게시한 뒤 도시가 변경되었습니다."
                    (result.outcome, result.faults) = ("kept", [fault])
                } else if row.wasCreated {
                    state.made.remove(row.targetRecord)
                }
                return result
            }
            state.undone[request.requestID] = (request, response)
            return response
        }
    }

    /// What became of a request to take rows back; one that was not carried out never is.
    private func settle(
        _ request: SettleUnpublishRequest, _ caller: Caller
    ) throws(Problem) -> UnpublishRowsResponse {
        guard caller.kind == .service, let asked = request.request else { throw .permissionDenied() }
        return state.withLock { state in
            if let known = state.undone[asked.requestID] { return known.answer }
            let nothing = UnpublishRowsResponse()
            state.undone[asked.requestID] = (asked, nothing)
            return nothing
        }
    }

    private func check(_ request: CheckPlaybookClosingRequest, _ caller: Caller) throws(Problem) -> Empty {
        guard caller.kind == .service, let task = try? ImportTask.decode(protobuf: request.record) else {
            throw .permissionDenied()
        }
        let isRefused = state.withLock { state in
            state.closings.append(task)
            return state.unfinished.contains(task.id)
        }
        guard !isRefused else {
            throw .failedPrecondition(rule: "G-53", Text(en: "The condition does not hold.", ko: "조건이 충족되지 않았습니다."))
        }
        return Empty()
    }

    private func resolve(_ request: ResolveReferencesRequest) async throws(Problem) -> ResolveReferencesResponse {
        if request.values.contains(Self.held) { await wait(request.account) }
        guard !request.values.contains(Self.broken) else {
            throw .failedPrecondition(rule: "BROKEN", Text(en: "That cannot be looked up.", ko: "조회할 수 없습니다."))
        }
        var response = ResolveReferencesResponse()
        response.references = request.values.map { value in
            var found = ResolvedReference()
            found.value = value
            found.matches = value == Self.nobody ? 0 : 1
            // Every text for an account is the one that is asked about; others are names or ids.
            let id = Validation.isUUID(value) ? value : RecordID.derived(from: value.alike)
            found.id = request.table == "customer_account" ? request.account : id
            return found
        }
        return response
    }

    /// Waits until the account is let go.
    private func wait(_ account: String) async {
        while state.withLock({ state in
            state.waiting.insert(account)
            return state.held.contains(account)
        }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        _ = state.withLock { $0.waiting.remove(account) }
    }

    private func publish(_ request: PublishRowsRequest) async throws(Problem) -> PublishRowsResponse {
        if request.rows.contains(where: { $0.values.contains(Self.held) }) { await wait(request.account) }
        guard !state.withLock({ $0.refused.contains(request.account) }) else { throw .permissionDenied() }
        if !request.dryRun {
            // As the log of requests does: the same gets the same answer, and another is refused.
            let known = state.withLock { state in
                state.published[request.account, default: []].append(request)
                return state.answers[request.requestID]
            }
            if let known {
                guard known.request == request else {
                    throw .invalid(
                        field: PublishRowsRequest.Field.requestID,
                        Text(en: "It is another request.", ko: "다른 요청입니다."), rule: "AIP-155")
                }
                return known.answer
            }
        }
        var response = PublishRowsResponse()
        let told = state.withLock { $0.toldRows[request.account] } ?? .max
        response.results = request.rows.enumerated().map { place, row in
            var result = PublishResult()
            result.rowID = row.rowID
            if place >= told {
                result.outcome = PublishResult.Outcome.deferred
            } else if row.values.contains(Self.refused) {
                result.outcome = "failed"
                result.message = "The owner does not want it."
            } else if let column = row.values.firstIndex(of: Self.unwanted) {
                var fault = PublishFault()
                fault.field = request.columns[column]
                fault.message = "The owner does not want this."
                fault.messageKo = "대상 테이블에서 거부되었습니다."
                result.outcome = "failed"
                result.message = fault.message
                result.faults = [fault]
            } else if row.planned != nil, state.withLock({ $0.moved.contains(row.rowID) }) {
                result.outcome = "moved"
            } else {
                write(row, request, &result)
            }
            return result
        }
        let answer = response
        if !request.dryRun { state.withLock { $0.answers[request.requestID] = (request, answer) } }
        return answer
    }

    /// What became of a request to publish; one that was not carried out never is.
    private func settle(_ request: SettlePublishRequest, _ caller: Caller) throws(Problem) -> PublishRowsResponse {
        guard caller.kind == .service, let asked = request.request else { throw .permissionDenied() }
        return state.withLock { state in
            if let known = state.answers[asked.requestID] { return known.answer }
            let nothing = PublishRowsResponse()
            state.answers[asked.requestID] = (asked, nothing)
            return nothing
        }
    }

    /// The record of a row: a new one, one that the row has made before, or a known one that gets its city.
    private func write(_ row: PublishRow, _ request: PublishRowsRequest, _ result: inout PublishResult) {
        let name = row.values[request.columns.firstIndex(of: "name") ?? 0]
        let isKnown = name.hasPrefix(Self.known)
        var change = PublishedField()
        (change.field, change.before, change.after) = isKnown ? ("city", "Graz", "Linz") : ("name", "", name)
        let record = RecordID.derived(from: row.rowID)
        let isNew = isKnown || request.dryRun || state.withLock { $0.made.insert(record).inserted }
        result.outcome = isKnown ? "updated" : isNew ? "created" : row.planned == nil ? "unchanged" : "moved"
        result.fields = isNew ? [change] : []
        if isNew, state.withLock({ $0.told.contains(request.account) }) {
            result.fields = zip(request.columns, row.values).filter { !$1.isEmpty }.map { column, value in
                var change = PublishedField()
                (change.field, change.after) = (column, value)
                return change
            }
        }
        result.key = RecordID.derived(from: name.lowercased())
        result.content = result.key
        if isKnown || !request.dryRun {
            result.targetRecord = record
            result.etag = request.dryRun ? "1" : "2"
        }
    }
}
