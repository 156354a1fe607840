import RPC
import Wire

/// What went wrong, in words, and what to do now. Of what somebody may not see it says what it says of nothing.
enum ErrorPage {
    static func page(_ problem: Problem, _ visit: Visit) -> Page {
        let kind = kind(problem)
        var values: Values = [
            "is": [kind.rawValue: true] as Values, "again": [.away, .tooMany].contains(kind) ? visit.back : "",
            // What was posted is not done twice; a page that is read comes by itself as soon as it can be had.
            "waits": kind == .away && visit.isRead,
            "trace": problem.metadata["trace_id"] ?? "",
        ]
        if kind == .refused || kind == .forbidden {
            values["problem"] = ["text": problem.text(visit.reader.language)] as Values
        }
        // Whoever is signed in has the navigation, and so a way on.
        return Page(
            template: visit.person == nil ? "error" : "error_within", title: title(kind, visit), values: values,
            status: problem.status)
    }

    private enum Kind: String {
        case missing, forbidden, away, tooMany, broken, refused
    }

    private static func kind(_ problem: Problem) -> Kind {
        switch problem.status {
        case .notFound: .missing
        case .forbidden: .forbidden
        case .serviceUnavailable: .away
        case .tooManyRequests: .tooMany
        case .internalServerError: .broken
        default: .refused
        }
    }

    private static func title(_ kind: Kind, _ visit: Visit) -> String {
        switch kind {
        case .missing: visit.say("Nothing is here", "찾을 수 없습니다")
        case .forbidden: visit.say("Not for you to do", "권한이 없습니다")
        case .away: visit.say("A part of the system is away", "시스템 일부를 사용할 수 없습니다")
        case .tooMany: visit.say("Too much at once", "요청이 너무 많습니다")
        case .broken: visit.say("Something went wrong", "오류가 발생했습니다")
        case .refused: visit.say("That was not possible", "처리할 수 없습니다")
        }
    }
}
