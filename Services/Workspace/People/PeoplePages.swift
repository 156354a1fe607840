import OnboardingWire
import RPC
import Roles
import Wire

/// Whom one may invite: the customer's onboarding contact the people of the own account, an administrator those of an account or
/// of the own domain (G-103).
enum PeoplePages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/people") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/people/:user/invite") { visit async throws(Problem) in
            var request = CreateInvitationRequest()
            request.user = visit.part("user")
            do throws(Problem) {
                _ = try await visit.ask(OnboardingAPI.createInvitation, request)
            } catch {
                guard error.isRefusal, error.code != .notFound, error.code != .permissionDenied else { throw error }
                return .page(try await page(visit, refused: error))
            }
            let back = LocalPath.checked(visit.form["back"], or: "/people")
            return .moved(to: "\(back)\(back.contains("?") ? "&" : "?")done=\(Toast.invited.rawValue)")
        }
    }

    /// Whether the page is offered; onboarding decides by the same.
    static func isFor(_ person: Person) -> Bool {
        Access.allows(person.roles, .create, on: SignInLink.schema.table)
    }

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        // What was asked for stands in the address, and in what is posted from the page.
        var asked = visit
        asked.form = refused == nil ? visit.query : Fields(String(visit.form["back"].drop { $0 != "?" }.dropFirst()))
        var request = ListInviteesRequest()
        request.text = asked.form[ListInviteesRequest.Field.text]
        request.account = try await account(asked)
        let answer = try await visit.ask(OnboardingAPI.listInvitees, request)
        let account = request.account.isEmpty ? "" : "account=\(Fields.encoded(request.account))&"
        let back = "/people?\(account)text=\(Fields.encoded(request.text))"
        var values: Values = [
            "fields": fields(answer, asked), "accountName": answer.accountName, "more": answer.more, "back": back,
            "invitees": answer.people.map { person(of: $0, visit) }, "accounts": await accounts(answer.account, visit),
        ]
        if let refused { values["problem"] = ["text": refused.text(visit.reader.language)] as Values }
        return Page(
            template: "people", title: visit.say("People", "사용자"), values: values, status: refused?.status ?? .ok)
    }

    private static func account(_ asked: Visit) async throws(Problem) -> String {
        let field = ListInviteesRequest.Field.account
        // A link names it by its id alone.
        guard asked.person?.isCustomer != true, asked.form.contains("\(field.rawValue)-text") else {
            return asked.form[field]
        }
        return try await Lookup(asked).chosen(
            field.rawValue, in: CustomerAccount.schema.table, filter: "", blame: field.rawValue)
    }

    /// What people are looked for by; a customer's account stands above.
    private static func fields(_ answer: ListInviteesResponse, _ asked: Visit) -> [Values] {
        typealias Field = ListInviteesRequest.Field
        let forms = Forms(asked)
        var fields = [
            Forms.Field(
                Field.text.rawValue, asked.say("Name or e-mail address", "이름 또는 이메일 주소"), .text("search"),
                value: asked.form[Field.text])
        ]
        if asked.person?.isCustomer != true {
            let kind = Forms.Kind.reference(
                shown: answer.accountName, choose: "/choose/\(CustomerAccount.schema.table)")
            fields.insert(
                Forms.Field(
                    Field.account.rawValue, CustomerAccount.schema.label(asked.reader.language), kind,
                    value: answer.account), at: 0)
        }
        return fields.map { forms.values($0, refused: nil) }
    }

    /// The accounts of a customer who has several.
    private static func accounts(_ current: String, _ visit: Visit) async -> [Values] {
        guard let person = visit.person, person.accounts.count > 1,
            let portal = try? await visit.ask(OnboardingAPI.getPortal, GetPortalRequest())
        else { return [] }
        return portal.accounts.map { account in
            [
                "name": account.name, "href": "/people?account=\(Fields.encoded(account.id))",
                "current": account.id == current,
            ]
        }
    }

    private static func person(of invitee: Invitee, _ visit: Visit) -> Values {
        let (state, button): (Text, Text?) =
            switch invitee.state {
            case "has_password": (Text(en: "Has a password", ko: "비밀번호 설정됨"), nil)
            case "without_role": (Text(en: "Holds no role yet", ko: "역할 없음"), nil)
            case "invited": (Text(en: "Invited", ko: "초대됨"), Text(en: "Invite again", ko: "다시 초대"))
            default: (Text(en: "Not invited yet", ko: "초대 전"), Text(en: "Invite", ko: "초대"))
            }
        var values: Values = [
            "name": invitee.name, "email": invitee.email, "state": visit.reader(state),
            "invite": button == nil ? "" : "/people/\(Fields.encoded(invitee.user))/invite",
            "button": button.map { visit.reader($0) } ?? "",
        ]
        if let until = invitee.invitedUntil { values["until"] = until }
        return values
    }
}
