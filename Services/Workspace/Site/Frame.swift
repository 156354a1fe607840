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
        case .fragment(let template, let values): response = html(fragment(template, values, visit), .ok, visit)
        case .moved(let path): response = .redirect(to: LocalPath.checked(advised(path, visit), or: "/"))
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
            var response = Response(
                status: problem.status, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: sentence)))
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
            isCompressed: Compression.isWanted(request.headers), back: back(request),
            isRead: request.method != .post, patience: partTime,
            ask: Ask(client: client, token: nil, language: language, until: .after(pageTime)), undos: undos)
        return draw(ErrorPage.page(problem, visit), visit)
    }

    /// Whoever is not signed in signs in, and comes back to the page that was read, or that something was posted from: what was
    /// typed there waits for it.
    func signInFirst(_ visit: Visit, _ request: Request) -> Response {
        let path = request.method == .get ? request.uri.string : visit.back
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
            return html("", .internalServerError, visit)
        }
        return html(text, page.status, visit)
    }

    private func fragment(_ template: String, _ values: Values, _ visit: Visit) -> String {
        templates.draw(template, values.merging(["csrf": visit.csrf]) { own, _ in own }, for: visit.reader) ?? ""
    }

    private func html(_ text: String, _ status: HTTPResponse.Status, _ visit: Visit) -> Response {
        Compression.response(text, status, isCompressed: visit.isCompressed)
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
            "title": page.title, "lang": visit.reader.language.rawValue, "csrf": visit.csrf, "path": visit.back,
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
            // On a page that was drawn again nothing was done.
            "advice": visit.isRead ? advice(visit) : visit.ask.advice.sentences,
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
        replaced, read
    case readSome = "read-some"
    case changed, dated, back, restored, created, ran
    case signedOut = "signed-out"
    case passwordChanged = "password-changed"
    case runCanceled = "run-canceled"
    case startedOver = "started-over"
    case startedOverSome = "started-over-some"
    case articlePublished = "article-published"
    case withdrawn, granted, revoked
    case ended, invited, registering, launched, resumed, canceling, begun
    case activated, retired, copied, ordered
    case shown, hidden

    var text: Text {
        switch self {
        case .saved: Text(en: "Saved.", ko: "저장했습니다.")
        case .created: Text(en: "Created.", ko: "생성했습니다.")
        case .ran: Text(en: "The job was done.", ko: "작업을 실행했습니다.")
        case .activated: Text(en: "Activated.", ko: "활성 상태로 변경했습니다.")
        case .retired: Text(en: "Retired: nothing more begins by it.", ko: "사용을 중지했습니다. 새로 시작되지 않습니다.")
        case .copied: Text(en: "Copied.", ko: "복사했습니다.")
        case .ordered: Text(en: "Moved.", ko: "이동했습니다.")
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
        case .startedOver:
            Text(
                en: "The rows that were not published are gone. Load the files again, or others.",
                ko: "게시하지 않은 행을 삭제했습니다. 파일을 다시 로드하거나 다른 파일을 업로드하세요.")
        case .startedOverSome:
            Text(
                en: "Many rows were removed; there are more. Start over once more.",
                ko: "많은 행을 삭제했지만 아직 남아 있습니다. 다시 한번 처음부터 시작하세요.")
        case .articlePublished: Text(en: "Published as a new version.", ko: "새 버전으로 게시했습니다.")
        case .withdrawn: Text(en: "Withdrawn; nobody reads it any more.", ko: "게시를 취소했습니다. 이제 읽을 수 없습니다.")
        case .granted: Text(en: "The role was granted.", ko: "역할을 부여했습니다.")
        case .revoked: Text(en: "The role was revoked.", ko: "역할을 회수했습니다.")
        case .read: Text(en: "Marked as read.", ko: "읽음으로 표시했습니다.")
        case .readSome:
            Text(en: "Many were marked as read; there are more.", ko: "여러 건을 읽음으로 표시했습니다. 아직 남아 있습니다.")
        case .shown: Text(en: "The customer sees the file now.", ko: "이제 고객이 파일을 볼 수 있습니다.")
        case .hidden: Text(en: "The customer does not see the file any more.", ko: "이제 고객에게 파일이 표시되지 않습니다.")
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
        case .begun: Text(en: "The case has begun.", ko: "케이스를 시작했습니다.")
        case .invited: Text(en: "The invitation is on its way.", ko: "초대를 보냈습니다.")
        }
    }
}
