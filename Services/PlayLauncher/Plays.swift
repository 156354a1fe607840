import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The launcher pages: what can be launched from where, the questions, and the launch itself.
struct Plays: Sendable {
    let database: Database
    let client: Client
    let library: FlowLibrary
    let runner: Runner

    /// The methods beyond single records.
    var endpoints: [Endpoint] {
        [
            Endpoint(PlayLauncherAPI.listPlayCategories) { call, request async throws(Problem) in
                try await categories(request, call)
            },
            Endpoint(PlayLauncherAPI.listBlueprints) { call, request async throws(Problem) in
                try await blueprints(request, call)
            },
            Endpoint(PlayLauncherAPI.previewPlay) { call, request async throws(Problem) in
                try await preview(request, call)
            },
            Endpoint(PlayLauncherAPI.describePlay) { call, request async throws(Problem) in
                try await describe(request, call)
            },
            Endpoint(PlayLauncherAPI.beginPlay) { call, request async throws(Problem) in
                try await begin(request, call)
            },
            Endpoint(PlayLauncherAPI.launchPlay) { call, request async throws(Problem) in
                try await launch(request, call)
            },
            Endpoint(PlayLauncherAPI.takeOverFlowRun) { call, request async throws(Problem) in
                try await takeOver(request, call)
            },
            Endpoint(PlayLauncherAPI.retryFlowRun) { call, request async throws(Problem) in
                try await retry(request, call)
            },
            Endpoint(PlayLauncherAPI.skipFlowStep) { call, request async throws(Problem) in
                try await skip(request, call)
            },
            Endpoint(PlayLauncherAPI.cancelFlowRun) { call, request async throws(Problem) in
                try await cancel(request, call)
            },
            Endpoint(PlayLauncherAPI.listFlowSteps) { call, request async throws(Problem) in
                try await steps(request, call)
            },
        ]
    }

    /// Launching is a right of its own (D-70): who has it sees the published entries.
    func authorize(_ caller: Caller) throws(Problem) {
        guard caller.kind != .customer, Access.allows(caller.roles, .create, on: FlowRun.schema.table) else {
            throw .permissionDenied()
        }
    }

    // MARK: Categories

    private struct Offer: Sendable {
        let choices: [AleChoice]
        let records: [DefinitionRecord]
        let flows: [String: FlowDefinition]
    }

    private func categories(
        _ request: ListPlayCategoriesRequest, _ call: Call
    ) async throws(Problem) -> ListPlayCategoriesResponse {
        try authorize(call.caller)
        return try await offered(from: PlaySource.schema(of: request.sourceTable).table, call)
    }

    /// What can be launched from a table, of what the caller sees and may carry out.
    func offered(from table: String, _ call: Call) async throws(Problem) -> ListPlayCategoriesResponse {
        let database = database
        let ancestors = call.caller.domain.ancestors.map(\.path)
        let offer = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            let choices = try Store<AleChoice>(database).find(
                where: "active AND domain = ANY(\(ancestors)) ORDER BY \"order\", name", in: tx)
            let records = try Store<DefinitionRecord>(database).find(
                where: """
                    state = \(literal: DefinitionRecord.State.published) AND domain = ANY(\(ancestors)) \
                    ORDER BY "order", title
                    """, in: tx)
            return Offer(
                choices: choices, records: records, flows: try FlowLibrary.newest(of: records, database, in: tx))
        }
        return try await page(offer, table: table, call)
    }

    private func page(_ offer: Offer, table: String, _ call: Call) async throws(Problem) -> ListPlayCategoriesResponse {
        let language = call.language
        let rights = PlayRights(database: database, library: library)
        var entries: [(record: DefinitionRecord, entry: PlayEntry)] = []
        for record in offer.records {
            guard let definition = offer.flows[record.id] else { continue }
            let flow = try library.compiled(definition)
            guard flow.launches(from: table), try await rights.missing(for: flow, call).isEmpty else { continue }
            var entry = PlayEntry()
            entry.definitionRecord = record.id
            entry.title = flow.title(record)(language)
            entry.description = flow.summary(record, language)
            entries.append((record, entry))
        }
        var response = ListPlayCategoriesResponse()
        for choice in offer.choices where choice.dependentCategory == nil {
            let value = AleChoice.value(ofCategory: choice.name ?? "")
            let own = entries.filter { $0.record.category == value }
            // A category is offered once something of it is published.
            guard !own.isEmpty, !response.categories.contains(where: { $0.value == value }) else { continue }
            var category = PlayCategory()
            category.value = value
            category.label = Self.label(choice, language)
            category.entries = own.filter { $0.record.subCategory == nil }.map(\.entry)
            for sub in offer.choices where sub.dependentCategory == choice.id {
                let below = own.filter { $0.record.subCategory == sub.id }.map(\.entry)
                guard !below.isEmpty else { continue }
                var subcategory = PlaySubcategory()
                subcategory.id = sub.id
                subcategory.name = Self.label(sub, language)
                subcategory.entries = below
                category.subcategories.append(subcategory)
            }
            response.categories.append(category)
        }
        return response
    }

    /// In the language asked for, as it was named in Korean, or where the choice came with the product.
    private static func label(_ choice: AleChoice, _ language: String) -> String {
        if language == Language.ko.rawValue, let korean = choice.nameKo, !korean.isBlank { return korean }
        let shipped = PlaySeed.categories + PlaySeed.subcategories.map(\.name)
        return shipped.first { $0.en == choice.name }?(language) ?? choice.name ?? ""
    }

    // MARK: Questions

    private func describe(_ request: DescribePlayRequest, _ call: Call) async throws(Problem) -> DescribePlayResponse {
        try authorize(call.caller)
        let plan = try await plan(request.definitionRecord, call)
        var response = DescribePlayResponse()
        response.title = plan.flow.title(plan.record)(call.language)
        response.schedule = plan.flow.schedule?.told(call.language) ?? ""
        response.questions = plan.flow.wizard.map { question in
            var described = PlayQuestion()
            described.name = question.name
            described.label = plan.flow.label(of: question)(call.language)
            described.type = Self.type(of: question)
            described.mandatory = question.isMandatory
            described.choices = question.choices.map { Self.text($0.value) }
            described.options = question.choices.map { choice in
                var option = PlayChoice()
                option.value = Self.text(choice.value)
                option.label = Text(choice.label)(call.language)
                return option
            }
            described.default = Self.text(
                Language(tag: call.language) == .ko ? question.koreanDefault : question.defaultValue)
            if described.default.isEmpty, question.prefill == "requested_by", call.caller.kind == .person {
                described.default = call.caller.subject
            }
            return described
        }
        return response
    }

    /// `date`, `reference:sold_product`, or `references:sold_product` for a list of them.
    private static func type(of question: FlowQuestion) -> String {
        guard let table = question.reference else { return question.kind.rawValue }
        return question.kind == .array ? "references:\(table)" : "reference:\(table)"
    }

    private static func text(_ value: JSONValue) -> String {
        value.isNull ? "" : value.string ?? value.text
    }

    // MARK: Plans

    /// What is to be run: a published entry and the newest version of its flow.
    struct Plan: Sendable {
        let record: DefinitionRecord
        let definition: FlowDefinition
        let flow: CompiledFlow
    }

    /// The published definition record `id`, for whoever may launch; by a `version` of its flow, where one is named.
    func plan(_ id: String, version: String = "", _ call: Call) async throws(Problem) -> Plan {
        let database = database
        let found = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            guard let record = try Store<DefinitionRecord>(database).find(id, in: tx) else {
                throw Problem.notFound(DefinitionRecord.schema.label, id: id)
            }
            let newest = try FlowLibrary.newest(of: [record], database, in: tx)[record.id]
            guard let newest, !version.isEmpty else { return (record, newest) }
            let named = Validation.isUUID(version) ? try Store<FlowDefinition>(database).find(version, in: tx) : nil
            guard let named, named.name == newest.name, named.domain == newest.domain else {
                throw Problem.failedPrecondition(
                    rule: "G-76", Text(en: "The play goes by another flow now.", ko: "플레이의 플로우가 바뀌었습니다."),
                    field: LaunchPlayRequest.Field.flowDefinition)
            }
            return (record, named)
        }
        guard found.0.state == DefinitionRecord.State.published else {
            throw .failedPrecondition(
                rule: "BR-53", Text(en: "The definition record is not published.", ko: "정의 레코드가 게시되지 않았습니다."),
                field: LaunchPlayRequest.Field.definitionRecord)
        }
        guard let definition = found.1 else {
            throw .failedPrecondition(
                rule: "G-76", Text(en: "The flow of this play is not active.", ko: "이 플레이의 플로우가 활성 상태가 아닙니다."),
                field: LaunchPlayRequest.Field.definitionRecord)
        }
        return Plan(record: found.0, definition: definition, flow: try library.compiled(definition))
    }

    // MARK: Steps

    /// The steps of a run, with what the reader may see of their calls and answers.
    private func steps(_ request: ListFlowStepsRequest, _ call: Call) async throws(Problem) -> ListFlowStepsResponse {
        let database = database
        return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            let run = try Store<FlowRun>(database).get(request.flowRun, as: call.caller, in: tx)
            let reader = try StepReader(call.caller, of: run, in: tx)
            var response = ListFlowStepsResponse()
            response.steps = reader.shown(try FlowStep.list(run: run.id, in: tx)).map { step in
                var step = step
                step.title = step.named(call.language)
                return step
            }
            return response
        }
    }
}
