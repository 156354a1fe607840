import Foundation
import Hummingbird
import RPC
import Wire

/// What stands on every page around what it is about.
extension Site {
    /// The answer of a handler as the browser gets it.
    func respond(_ answer: Answer, _ visit: Visit, _ request: Request) -> Response {
        var response: Response
        switch answer {
        case .page(let page): response = draw(page, visit)
        case .fragment(let template, let values): response = html(fragment(template, values, visit), .ok)
        case .moved(let path): response = .redirect(to: LocalPath.checked(path, or: "/"))
        case .away(let address, let cookies):
            response = Response(status: .seeOther, headers: [.location: address])
            for cookie in cookies { response.setCookie(cookie) }
        case .signedIn(let path, let cookies):
            response = .redirect(to: LocalPath.checked(path, or: "/"))
            for cookie in cookies { response.setCookie(cookie) }
            return response
        case .response(let made): response = made
        }
        keep(visit, request, &response)
        return response
    }

    /// What went wrong, as a page; for a script as one sentence.
    func respond(_ problem: Problem, _ visit: Visit, _ request: Request) -> Response {
        if problem.code.isFault { log.error("a page failed", metadata: ["cause": "\(problem)"]) }
        if visit.isFragment {
            let sentence = problem.text(visit.reader.language)
            var response = html("", problem.status)
            response.body = .init(byteBuffer: ByteBuffer(string: sentence))
            response.headers[.contentType] = "text/plain; charset=utf-8"
            if let name = HTTPFieldName.problem { response.headers[name] = Fields.encoded(sentence) }
            return response
        }
        // An address that cannot be one leads nowhere, like any other; and so does to a customer what is the provider's own.
        let isNowhere =
            request.method == .get
            && (problem.code == .invalidArgument
                || problem.code == .permissionDenied && visit.person?.isCustomer == true)
        let shown = isNowhere ? Problem(.notFound, problem.text) : problem
        var response = draw(ErrorPage.page(shown, visit), visit)
        keep(visit, request, &response)
        return response
    }

    /// What is refused before anybody knows who asks.
    func refusal(_ problem: Problem, _ request: Request) async -> Response {
        let language = Language(
            tag: request.headers[.acceptLanguage]?.prefix { $0 != "," && $0 != ";" }.lowercased() ?? "")
        let visit = Visit(
            path: request.uri.path, parameters: .init(), query: Fields(), form: Fields(), person: nil,
            reader: Reader(language: language, zone: ReaderZone("UTC"), now: now()), address: "", agent: "",
            secret: "", sessionToken: "", federated: "", isFragment: false,
            ask: Ask(client: client, token: nil, language: language), undos: undos)
        return draw(ErrorPage.page(problem, visit), visit)
    }

    /// Whoever is not signed in signs in, and comes back to a page that was read.
    func signInFirst(_ visit: Visit, _ request: Request) -> Response {
        let path = request.method == .get ? request.uri.string : "/"
        var response = Response.redirect(to: "/sign-in?back=\(Fields.encoded(path))")
        if request.cookies[cookies.session] != nil { response.setCookie(cookies.end(cookies.session)) }
        return response
    }

    /// Keeps with the browser what binds its forms, and the language that was chosen.
    private func keep(_ visit: Visit, _ request: Request, _ response: inout Response) {
        if visit.person == nil, request.cookies[cookies.visit]?.value != visit.secret, !visit.secret.isEmpty {
            response.setCookie(cookies.make(cookies.visit, visit.secret))
        }
        if Language(rawValue: visit.query["language"]) != nil {
            response.setCookie(cookies.make(CookieJar.language, visit.query["language"], seconds: CookieJar.year))
        }
    }

    private func draw(_ page: Page, _ visit: Visit) -> Response {
        let values = page.values.merging(frame(page, visit)) { own, _ in own }
        guard let text = templates.draw(page.template, values, for: visit.reader) else {
            log.critical("a template is missing", metadata: ["template": "\(page.template)"])
            return html("", .internalServerError)
        }
        return html(text, page.status)
    }

    private func fragment(_ template: String, _ values: Values, _ visit: Visit) -> String {
        templates.draw(template, values.merging(["csrf": visit.csrf]) { own, _ in own }, for: visit.reader) ?? ""
    }

    private func html(_ text: String, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// Where what was done is undone: an address of the page itself, and of no other.
    private func undo(_ visit: Visit) -> String {
        let path = LocalPath.checked(visit.query["undo"], or: "")
        return path.hasPrefix("\(visit.path)/") ? path : ""
    }

    private func frame(_ page: Page, _ visit: Visit) -> Values {
        // Every page hears of notices, but one that tells of a failure: what is away is not asked again and again.
        let live = page.live.isEmpty && page.status == .ok && visit.person != nil ? LiveTopic.notices : page.live
        var frame: Values = [
            "title": page.title, "lang": visit.reader.language.rawValue, "csrf": visit.csrf, "path": visit.path,
            "assets": assets.addresses, "crumbs": page.trail.map(\.values), "search": ["text": page.search] as Values,
            // A script keeps the number up to date as long as the page is open.
            "notices": [
                "any": visit.unread > 0, "countText": visit.unread > 99 ? "99+" : "\(visit.unread)",
            ] as Values,
            "saved": String(
                visit.query["saved"].prefix(80).filter {
                    $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0))
                }),
            "live": live.isEmpty ? "" : "/live?topic=\(Fields.encoded(live))", "toast": "", "person": "",
        ]
        if let person = visit.person {
            frame["person"] = person.values
            frame["navigation"] = Navigation.values(for: person, visit)
        }
        if let text = Toast(rawValue: visit.query["done"])?.text {
            frame["toast"] = ["text": text(visit.reader.language), "undo": undo(visit)] as Values
        }
        return frame
    }
}

/// What is said once after something was done; the address names it.
enum Toast: String {
    case saved, commented, noted, attached, removed, completed, skipped, reopened, moved, sent, loaded, published,
        undone,
        replaced, read, changed, dated, back, restored
    case signedOut = "signed-out"
    case passwordChanged = "password-changed"
    case runCanceled = "run-canceled"
    case ended, invited, registering, launched, resumed, canceling

    var text: Text {
        switch self {
        case .saved: Text(en: "Saved.", ko: "저장했습니다.")
        case .commented: Text(en: "Your comment was added.", ko: "의견을 추가했습니다.")
        case .noted: Text(en: "Your work note was added.", ko: "작업 메모를 추가했습니다.")
        case .attached: Text(en: "The file was attached.", ko: "파일을 첨부했습니다.")
        case .removed: Text(en: "Removed.", ko: "삭제했습니다.")
        case .completed: Text(en: "Marked as complete.", ko: "완료로 표시했습니다.")
        case .skipped: Text(en: "Skipped.", ko: "건너뛰었습니다.")
        case .reopened: Text(en: "Open again.", ko: "다시 열었습니다.")
        case .moved: Text(en: "The state was changed.", ko: "상태를 변경했습니다.")
        case .sent: Text(en: "Sent.", ko: "전송했습니다.")
        case .loaded: Text(en: "The file is being loaded.", ko: "파일을 로드하고 있습니다.")
        case .published: Text(en: "Publishing has begun.", ko: "게시를 시작했습니다.")
        case .undone: Text(en: "Undoing has begun.", ko: "실행 취소를 시작했습니다.")
        case .replaced: Text(en: "Replaced; the rows are being checked.", ko: "바꾸었습니다. 행을 검증하고 있습니다.")
        case .read: Text(en: "Marked as read.", ko: "읽음으로 표시했습니다.")
        case .changed: Text(en: "Changed.", ko: "변경했습니다.")
        case .dated: Text(en: "The dates were moved.", ko: "날짜를 변경했습니다.")
        case .back: Text(en: "Every date is back.", ko: "모든 날짜를 되돌렸습니다.")
        case .restored: Text(en: "Everything is as it was before.", ko: "변경 전으로 되돌렸습니다.")
        case .signedOut: Text(en: "You are signed out.", ko: "로그아웃했습니다.")
        case .passwordChanged: Text(en: "Your password was changed.", ko: "비밀번호를 변경했습니다.")
        case .ended: Text(en: "The session was ended.", ko: "세션을 종료했습니다.")
        case .runCanceled: Text(en: "Canceled.", ko: "취소했습니다.")
        case .registering: Text(en: "The registration has begun.", ko: "등록을 시작했습니다.")
        case .launched: Text(en: "The play has begun.", ko: "플레이를 시작했습니다.")
        case .resumed: Text(en: "The play goes on.", ko: "플레이를 계속합니다.")
        case .canceling: Text(en: "The play is being canceled.", ko: "플레이를 취소하고 있습니다.")
        case .invited: Text(en: "The invitation is on its way.", ko: "초대를 보냈습니다.")
        }
    }
}
