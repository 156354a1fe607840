import OnboardingWire
import RPC
import Wire

/// The pages that links of e-mails lead to, and the one that asks for such a link. A link is good once; looking at its page does
/// not use it up.
enum LinkPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/forgotten", .anybody) { visit async throws(Problem) in forgotten(visit, isSent: false) }
        pages.post("/forgotten", .anybody) { visit async throws(Problem) in
            var request = ForgetPasswordRequest()
            request.email = visit.form[ForgetPasswordRequest.Field.email]
            request.address = visit.address
            do throws(Problem) {
                _ = try await visit.ask(OnboardingAPI.forgetPassword, request)
            } catch {
                guard error.isRefusal else { throw error }
                return forgotten(visit, isSent: false, refused: error)
            }
            return forgotten(visit, isSent: true)
        }
        add("invitation", to: pages) { visit, secret, password async throws(Problem) in
            var request = AcceptInvitationRequest()
            (request.secret, request.password) = (secret, password)
            _ = try await visit.ask(OnboardingAPI.acceptInvitation, request)
        }
        add("reset", to: pages) { visit, secret, password async throws(Problem) in
            var request = ResetPasswordRequest()
            (request.secret, request.password) = (secret, password)
            _ = try await visit.ask(OnboardingAPI.resetPassword, request)
        }
    }

    /// The pages of one kind of link. Its secret stands behind `#`, which browsers send nowhere: a script posts it, and without
    /// one whoever has the link pastes it into the page. So it is in no log, no Referer and no history.
    private static func add(
        _ kind: String, to pages: Pages,
        _ use: @escaping @Sendable (Visit, String, String) async throws(Problem) -> Void
    ) {
        pages.get("/\(kind)", .anybody) { visit async throws(Problem) in page(visit, kind, ["asked": true]) }
        // Where a form was posted to is an address as well, to whoever reads the page anew or comes back to it.
        pages.get("/\(kind)/open", .anybody) { _ async throws(Problem) in .moved(to: "/\(kind)") }
        pages.post("/\(kind)/open", .anybody) { visit async throws(Problem) in try await open(visit, kind) }
        pages.post("/\(kind)", .anybody) { visit async throws(Problem) in
            try await choose(visit, kind) { () async throws(Problem) in
                let password = visit.form[whole: AcceptInvitationRequest.Field.password.rawValue]
                try await use(visit, visit.form[AcceptInvitationRequest.Field.secret], password)
            }
        }
    }

    private static func forgotten(_ visit: Visit, isSent: Bool, refused: Problem? = nil) -> Answer {
        var values: Values = [
            "sent": isSent, "typed": ["email": visit.form[ForgetPasswordRequest.Field.email]] as Values,
        ]
        if let refused { values["problem"] = ["text": refused.text(visit.reader.language)] as Values }
        return .page(
            Page(
                template: "forgotten", title: visit.say("Forgotten password", "비밀번호 재설정"), values: values,
                status: refused?.status ?? .ok))
    }

    /// Whose link it is, before a password is chosen.
    private static func open(_ visit: Visit, _ template: String) async throws(Problem) -> Answer {
        var request = OpenInvitationRequest()
        let pasted = visit.form["link"].split(separator: "#").last.map { String($0) } ?? ""
        let sent = visit.form[OpenInvitationRequest.Field.secret]
        request.secret = sent.isEmpty ? pasted : sent
        do throws(Problem) {
            let opened = try await visit.ask(OnboardingAPI.openInvitation, request)
            let invited: Values = ["name": opened.displayName, "email": opened.email]
            return page(visit, template, ["invited": invited, "secret": request.secret])
        } catch {
            guard error.code == .unauthenticated || error.code == .invalidArgument else { throw error }
            return page(visit, template, ["over": true], error)
        }
    }

    /// Uses the link. A password that will not do leaves it unused, and what is wrong stands beside the field.
    private static func choose(
        _ visit: Visit, _ template: String, _ use: () async throws(Problem) -> Void
    ) async throws(Problem) -> Answer {
        do throws(Problem) {
            try await use()
            return .moved(to: "/sign-in?done=\(Toast.passwordChanged.rawValue)")
        } catch {
            switch error.code {
            case .unauthenticated: return page(visit, template, ["over": true], error)
            case .invalidArgument:
                let field = AcceptInvitationRequest.Field.password.rawValue
                let values: Values = [
                    "secret": visit.form[AcceptInvitationRequest.Field.secret],
                    "invited": ["name": "", "email": visit.form["email"]] as Values,
                    "wrong": [field: error.text(visit.reader.language)] as Values,
                ]
                return page(visit, template, values, error)
            default: throw error
            }
        }
    }

    private static func page(_ visit: Visit, _ template: String, _ values: Values, _ refused: Problem? = nil) -> Answer
    {
        let title =
            template == "invitation" ? visit.say("Welcome", "환영합니다") : visit.say("New password", "새 비밀번호")
        return .page(Page(template: template, title: title, values: values, status: refused?.status ?? .ok))
    }
}
