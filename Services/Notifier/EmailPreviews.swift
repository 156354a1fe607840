import Korean
import Mail
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Shows administrators how e-mails read: as they are shipped, and about a record (G-131).
struct EmailPreviews: Sendable {
    private typealias Key = EmailTemplate.Key

    /// Most people that a preview names.
    private static let peopleLimit: Int32 = 10

    let database: Database
    let client: Client
    let templates: MailTemplates

    /// list_shipped and preview.
    var endpoints: [Endpoint] {
        [
            Endpoint(NotifierAPI.listShippedEmails) { call, _ async throws(Problem) in
                try Self.authorize(call.caller)
                var response = ListShippedEmailsResponse()
                response.emails = templates.all
                return response
            },
            Endpoint(NotifierAPI.previewEmailTemplate) { call, request async throws(Problem) in
                try Self.authorize(call.caller)
                return try await preview(request, call)
            },
        ]
    }

    private static func authorize(_ caller: Caller) throws(Problem) {
        guard caller.kind == .service || Access.allows(caller.roles, .write, on: EmailTemplate.schema.table) else {
            throw .permissionDenied()
        }
    }

    private func preview(_ request: PreviewEmailTemplateRequest, _ call: Call) async throws(Problem) -> EmailPreview {
        guard MailTemplates.names.contains(request.key) else {
            throw .invalid(field: "key", Text(en: "There is no such e-mail.", ko: "해당 이메일이 없습니다."))
        }
        let language = request.language.isEmpty ? call.language : request.language
        let draft = try Self.draft(request)
        let values = try await values(request, language, call)
        do throws(MailError) {
            if let draft { return EmailPreview(try MailTemplates.render(draft, values, language: language)) }
        } catch {
            throw .invalid(field: "text", Text(en: "The texts cannot be filled in.", ko: "자리 표시자를 채울 수 없습니다."))
        }
        let templates = templates
        let domain = call.caller.domain
        // Templates from above are seen, as they are by the mails themselves.
        let content = try await database.transaction(
            as: .service(database.service, domain: .root), deadline: call.deadline, readOnly: true
        ) { tx in try templates.render(request.key, values, language: language, in: domain, tx) }
        guard let content else { throw .internalError(cause: "there is no mail template \(request.key)") }
        return EmailPreview(content)
    }

    /// The texts of the request; nil when there are none.
    private static func draft(_ request: PreviewEmailTemplateRequest) throws(Problem) -> MailTemplate.Source? {
        guard !(request.subject + request.text + request.html).isEmpty else { return nil }
        for (field, text) in zip(EmailTemplate.texts, [request.subject, request.text, request.html]) {
            try EmailTemplate.check(text, of: request.key, field)
        }
        return MailTemplate.Source(subject: request.subject, text: request.text, html: request.html)
    }

    // MARK: What the record says, as the caller may read it

    private func values(
        _ request: PreviewEmailTemplateRequest, _ language: String, _ call: Call
    ) async throws(Problem) -> [String: String] {
        var asked = GetRequest()
        asked.id = request.sourceRecord
        var values: [String: String] =
            switch request.key {
            case Key.playCompleted, Key.playFailed: try await play(asked)
            case Key.recordUpdated: try await updated(asked, language)
            default: try await team(asked, isCustomers: request.key != Key.accountTeam)
            }
        let subject = call.caller.subject
        values["name"] = try await database.transaction(
            as: .service(database.service, domain: .root), deadline: call.deadline, readOnly: true
        ) { tx in try Reader.find([subject], in: tx).first?.name ?? "" }
        return values
    }

    private func play(_ asked: GetRequest) async throws(Problem) -> [String: String] {
        let run = try await client.call(PlayLauncherAPI.getFlowRun, asked)
        return ["title": run.flow ?? "", "message": run.message ?? ""]
    }

    private func updated(_ asked: GetRequest, _ language: String) async throws(Problem) -> [String: String] {
        let record = try await client.call(OnboardingAPI.getOnboardingCase, asked)
        return [
            "subject": Watched.subject(
                OnboardingCase.schema, number: record.number ?? "", action: "updated", language),
            "body": record.shortDescription ?? "",
        ]
    }

    private func team(_ asked: GetRequest, isCustomers: Bool) async throws(Problem) -> [String: String] {
        let record = try await client.call(OnboardingAPI.getOnboardingCase, asked)
        var named = GetRequest()
        named.id = record.account ?? ""
        let account = try await client.call(OnboardingAPI.getCustomerAccount, named)
        var listed = ListRequest()
        listed.pageSize = Self.peopleLimit
        let side = isCustomers ? CaseTeamMember.Side.customer : CaseTeamMember.Side.provider
        listed.filter = "onboarding_case = \"\(record.id)\" AND side = \(side)"
        let members = try await client.call(OnboardingAPI.listCaseTeamMembers, listed).caseTeamMembers
        var names: [String] = []
        for member in members {
            named.id = member.contact ?? member.user ?? ""
            let name: String
            if member.contact == nil {
                name = try await client.call(OnboardingAPI.getUser, named).name ?? ""
            } else {
                let contact = try await client.call(OnboardingAPI.getCustomerContact, named)
                name = PersonName.full(first: contact.firstName, last: contact.lastName)
            }
            if !names.contains(name) { names.append(name) }
        }
        return [
            "account": account.name ?? "", "number": record.number ?? "", "people": names.joined(separator: ", "),
        ]
    }
}

extension EmailPreview {
    fileprivate init(_ content: MailContent) {
        self.init()
        subject = content.subject
        text = content.text
        html = content.html
    }
}
