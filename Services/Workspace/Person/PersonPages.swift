import OnboardingWire
import RPC
import Wire

/// One's own page: sessions that are open, and the password.
enum PersonPages: PageFolder {
    static func add(to pages: Pages) {
        let site = pages.site
        pages.get("/person") { visit async throws(Problem) in .page(try await page(visit, refused: nil)) }
        pages.post("/person") { visit async throws(Problem) in
            let language = Language(tag: visit.form["language"]).rawValue
            return .signedIn(
                to: "/person?done=\(Toast.saved.rawValue)",
                cookies: [site.cookies.make(CookieJar.language, language, seconds: CookieJar.year)])
        }
        pages.post("/person/password") { visit async throws(Problem) in
            var request = ChangePasswordRequest()
            request.current = visit.form[whole: ChangePasswordRequest.Field.current.rawValue]
            request.new = visit.form[whole: ChangePasswordRequest.Field.new.rawValue]
            request.sessionToken = visit.sessionToken
            do throws(Problem) {
                _ = try await visit.ask(OnboardingAPI.changePassword, request)
            } catch {
                guard error.isRefusal || error.code == .unauthenticated else { throw error }
                return .page(try await page(visit, refused: error))
            }
            return .moved(to: "/person?done=\(Toast.passwordChanged.rawValue)")
        }
        pages.post("/person/sessions/:session/end") { visit async throws(Problem) in
            var request = EndSessionRequest()
            request.session = visit.part("session")
            _ = try await visit.ask(OnboardingAPI.endSession, request)
            return .moved(to: "/person?done=\(Toast.ended.rawValue)")
        }
    }

    private static func page(_ visit: Visit, refused: Problem?) async throws(Problem) -> Page {
        let sessions = try await visit.ask(OnboardingAPI.listSessions, ListSessionsRequest()).sessions
        let forms = Forms(visit)
        let language = visit.reader.language
        let choices = Language.allCases.map { Forms.Option($0.rawValue, $0 == .en ? "English" : "한국어") }
        let settings = Forms.Field("language", visit.say("Language", "언어"), .choice(choices), value: language.rawValue)
        let fields: [Forms.Field] = [
            .init(
                ChangePasswordRequest.Field.current, visit.say("Current password", "현재 비밀번호"), .text("password"),
                isRequired: true, autocomplete: "current-password"),
            .init(
                ChangePasswordRequest.Field.new, visit.say("New password", "새 비밀번호"), .text("password"),
                isRequired: true, autocomplete: "new-password"),
        ]
        var password: Values = ["fields": fields.map { forms.values($0, refused: refused) }]
        if let refused { password["problem"] = forms.problem(refused, fields) }
        let values: Values = [
            "settings": ["fields": [forms.values(settings, refused: nil)]] as Values, "password": password,
            "sessions": sessions.map { session -> Seen in
                let isThis = session.id == visit.person?.session
                var more: Values = ["current": isThis, "end": isThis ? "" : "/person/sessions/\(session.id)/end"]
                if let used = session.usedAt { more["lastUsedAt"] = used }
                return Seen(session, more)
            },
        ]
        return Page(
            template: "person", title: visit.say("About you", "내 정보"), values: values, status: refused?.status ?? .ok)
    }
}
