import Filters
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
            throw .invalid(
                field: PreviewEmailTemplateRequest.Field.key, Text(en: "There is no such e-mail.", ko: "해당 이메일이 없습니다."))
        }
        let language = request.language.isEmpty ? call.language : request.language
        guard MailLanguage(rawValue: language) != nil else {
            throw .invalid(
                field: PreviewEmailTemplateRequest.Field.language,
                Text(en: "There is no such language.", ko: "지원하지 않는 언어입니다."))
        }
        let draft = try Self.draft(request)
        let values = try await values(request, language, call)
        do throws(MailError) {
            if let draft { return EmailPreview(try MailTemplates.render(draft, values, language: language)) }
        } catch {
            throw .invalid(
                field: PreviewEmailTemplateRequest.Field.text,
                Text(en: "The texts cannot be filled in.", ko: "자리 표시자를 채울 수 없습니다."))
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

    /// The texts of the request; nil when there are none. What could not be saved is not shown either.
    private static func draft(_ request: PreviewEmailTemplateRequest) throws(Problem) -> MailTemplate.Source? {
        guard !(request.subject + request.text + request.html).isEmpty else { return nil }
        let texts = Array(zip(EmailTemplate.texts, [request.subject, request.text, request.html]))
        for (field, text) in texts { try EmailTemplate.check(text, of: request.key, field) }
        let faults = texts.compactMap { field, text in EmailTemplate.fault(in: text, field) }
        guard faults.isEmpty else { throw .invalid(faults) }
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
            // Of a link that leads nowhere; the mail is about nothing but its reader.
            case Key.invitation, Key.passwordReset: [MailTemplates.link: "https://workspace.example/"]
            default: try await team(asked, Named.of(request.key))
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

    /// Whom a mail about a team names: all of a side, or those with a responsibility (G-40, G-41).
    private struct Named {
        let side: String
        var responsibility: String?

        static func of(_ key: String) -> Named {
            switch key {
            case Key.onboardingContacts:
                Named(side: CaseTeamMember.Side.customer, responsibility: "Customer onboarding contact")
            case Key.keyMembers: Named(side: CaseTeamMember.Side.customer, responsibility: "Key team member")
            default: Named(side: CaseTeamMember.Side.provider)
            }
        }
    }

    private func team(_ asked: GetRequest, _ whom: Named) async throws(Problem) -> [String: String] {
        let record = try await client.call(OnboardingAPI.getOnboardingCase, asked)
        var named = GetRequest()
        named.id = record.account ?? ""
        let account = try await client.call(OnboardingAPI.getCustomerAccount, named)
        return [
            "account": account.name ?? "", "number": record.number ?? "",
            "people": try await people(whom, of: record.id).joined(separator: ", "),
        ]
    }

    private func people(_ whom: Named, of record: String) async throws(Problem) -> [String] {
        var listed = ListRequest()
        var members: FieldFilter<CaseTeamMember.Field> = .equal(.onboardingCase, record).and(.equal(.side, whom.side))
        if let name = whom.responsibility {
            var asked = ListRequest()
            let definition: FieldFilter<ResponsibilityDefinition.Field> =
                .equal(.side, whom.side).and(.equal(.name, name))
            asked.filter = definition.text
            let found = try await client.call(OnboardingAPI.listResponsibilityDefinitions, asked)
            guard let responsibility = found.responsibilityDefinitions.first else { return [] }
            members = members.and(.equal(.responsibility, responsibility.id))
        }
        listed.filter = members.text
        listed.pageSize = Self.peopleLimit
        var names: [String] = []
        for member in try await client.call(OnboardingAPI.listCaseTeamMembers, listed).caseTeamMembers {
            let name = try await name(of: member)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func name(of member: CaseTeamMember) async throws(Problem) -> String {
        var asked = GetRequest()
        guard let contact = member.contact else {
            asked.id = member.user ?? ""
            return try await client.call(OnboardingAPI.getUser, asked).name ?? ""
        }
        asked.id = contact
        let found = try await client.call(OnboardingAPI.getCustomerContact, asked)
        return PersonName.full(first: found.firstName, last: found.lastName)
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
