import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Response templates (G-113).
@Suite struct TemplateTests {
    private func render(
        _ world: World, _ template: ResponseTemplate, _ table: String, _ record: String, language: String = "",
        as caller: Caller? = nil
    ) async throws -> RenderResponseTemplateResponse {
        var request = RenderResponseTemplateRequest()
        request.id = template.id
        request.sourceTable = table
        request.sourceRecord = record
        request.language = language
        return try await world.call(CustomerSuccessAPI.renderResponseTemplate, request, as: caller)
    }

    private func template(_ world: World, _ body: String, korean: String = "안녕하세요") async throws -> ResponseTemplate {
        var draft = try await ResponseTemplate.draft(in: world)
        draft.bodyEn = body
        draft.bodyKo = korean
        return try await world.create(draft, as: world.administrator)
    }

    @Test func placeholdersAreFound() {
        let text = TemplateText("a {b} {{ me.name }}{{x}} }} {{ {{y}}{")
        #expect(
            text.pieces.compactMap { if case .placeholder(let name) = $0 { name } else { nil } }
                == ["me.name", "x", "y"])
        #expect(text.filled([.myName: "Jo"]).text == "a {b} Jo }} {{ {")
        #expect(text.filled([:]).unfilled == ["me.name", "x", "y"])
        #expect(TemplateText("").pieces.isEmpty)
    }

    @Test func aTemplateIsFilledForARecord() async throws {
        let world = try await World()
        let contact = uuid()
        try await world.insert(
            "customer_contact",
            ["id": contact, "account": world.account, "first_name": "Roland", "last_name": "Adler"])
        let engagement = try await world.make(Engagement.self) { $0.keyCustomerContact = contact }
        let touchpoint = try await world.make(Touchpoint.self) {
            $0.engagement = engagement.id
            $0.contact = world.contact
        }
        let task = try await world.make(SuccessTask.self) { $0.parent = touchpoint.id }
        let template = try await template(
            world,
            "Dear {{contact.first_name}} {{contact.last_name}} of {{account.name}}, {{engagement.number}} "
                + "\"{{engagement.title}}\" {{record.number}}. {{me.name}}",
            korean: "{{account.name}} {{contact.name}} 귀하")
        let end = "of Ernst Handel, \(engagement.number ?? "") \"Journey of Ernst Handel\""
        let own = try await render(world, template, "touchpoint", touchpoint.number ?? "")
        #expect(own.text == "Dear  Mendel \(end) \(touchpoint.number ?? ""). Jeremy Hess")
        #expect(own.unfilled == ["contact.first_name"])
        // Without a contact of its own a record is about the key contact.
        let byTask = try await render(world, template, "success_task", task.id)
        #expect(byTask.text == "Dear Roland Adler \(end) \(task.number ?? ""). Jeremy Hess" && byTask.unfilled.isEmpty)
        let direct = try await render(world, template, "engagement", engagement.id, language: "ko")
        #expect(direct.text == "Ernst Handel Roland Adler 귀하")
        let objective = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        let outcome = try await world.make(SuccessOutcome.self) { $0.successObjective = objective.id }
        #expect(try await render(world, template, "success_outcome", outcome.id).text.contains(end))
        var korean = world.agent
        korean.locale = "ko"
        #expect(
            try await render(world, template, "engagement", engagement.id, as: korean).text.hasPrefix("Ernst Handel"))
    }

    @Test func aKoreanNameBeginsWithTheFamilyName() async throws {
        let world = try await World()
        let contact = uuid()
        try await world.insert(
            "customer_contact", ["id": contact, "account": world.account, "first_name": "길동", "last_name": "홍"])
        let engagement = try await world.make(Engagement.self) { $0.keyCustomerContact = contact }
        let template = try await template(world, "{{contact.name}}", korean: "{{contact.name}} 님")
        #expect(try await render(world, template, "engagement", engagement.id, language: "ko").text == "홍길동 님")
    }

    /// What a value holds is text, also when it looks like a placeholder.
    @Test func valuesAreNotFilledAgain() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self) { $0.title = "{{me.name}}" }
        let template = try await template(world, "{{engagement.title}}")
        #expect(try await render(world, template, "engagement", engagement.id).text == "{{me.name}}")
    }

    @Test func whatCannotBeFilledIsRefused() async throws {
        let world = try await World()
        try await breaks("G-113", field: "response_template.body_en") {
            _ = try await template(world, "{{account.password}}")
        }
        try await breaks("G-113", field: "response_template.body_ko") {
            _ = try await template(world, "x", korean: "{{}}")
        }
        let known = try await template(world, "x")
        try await breaks("G-113", field: "response_template.name") {
            var draft = try await ResponseTemplate.draft(in: world)
            draft.name = known.name
            _ = try await world.create(draft, as: world.administrator)
        }
        let engagement = try await world.make(Engagement.self)
        let table = try await refusal { _ = try await render(world, known, "internal_play", engagement.id) }
        #expect(table.violations.map(\.field) == ["source_table"])
        let language = try await refusal {
            _ = try await render(world, known, "engagement", engagement.id, language: "de")
        }
        #expect(language.violations.map(\.field) == ["language"])
        #expect(try await refusal { _ = try await render(world, known, "engagement", uuid()) }.code == .notFound)
        let other = try await World(world.server)
        var neighbour = other.agent
        neighbour.domain = other.customer.domain
        let caller = neighbour
        let foreign = try await refusal { _ = try await render(world, known, "engagement", engagement.id, as: caller) }
        #expect(foreign.code == .notFound)
        let customer = try await refusal {
            _ = try await render(world, known, "engagement", engagement.id, as: world.customer)
        }
        #expect(customer.code == .permissionDenied)
    }

    /// Definitions are seen from the domains below, and written where they are.
    @Test func templatesAreSeenFromBelow() async throws {
        let world = try await World()
        let template = try await template(world, "x")
        var below = world.agent
        below.domain = world.customer.domain
        #expect(try await world.get(ResponseTemplate.self, template.id, as: below).bodyEn == "x")
        var editor = below
        editor.roles = RoleCatalog.close(["sn_acct_lc.success_play_admin"])
        let caller = editor
        let refused = try await refusal { _ = try await world.set(template, "body_en", .string("y"), as: caller) }
        #expect([.notFound, .permissionDenied].contains(refused.code))
        #expect(try await world.get(ResponseTemplate.self, template.id).bodyEn == "x")
    }
}
