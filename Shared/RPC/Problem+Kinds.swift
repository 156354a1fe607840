import Korean
import Wire

extension Problem {
    /// The record does not exist, or the caller may not know that it does (NOT_FOUND).
    public static func notFound(_ text: Text, reason: String? = nil) -> Problem {
        Problem(.notFound, text, reason: reason)
    }

    /// The record `id` of the kind `what` does not exist for this caller (NOT_FOUND); an empty id is said to be missing.
    public static func notFound(_ what: Text, id: String) -> Problem {
        let id = String(id.prefix(64))
        guard !id.isEmpty else {
            return Problem(
                .notFound,
                Text(en: "\(what.en) was not found: the id is missing.", ko: "ID가 없어 \(what.ko, .object) 찾을 수 없습니다."))
        }
        return Problem(
            .notFound, Text(en: "\(what.en) \(id) was not found.", ko: "\(what.ko) \(id, .object) 찾을 수 없습니다."))
    }

    /// The caller is known and may not do this (PERMISSION_DENIED).
    public static func permissionDenied(_ text: Text? = nil, reason: String? = nil) -> Problem {
        let general = Text(en: "You are not allowed to do this.", ko: "이 작업을 수행할 권한이 없습니다.")
        return Problem(.permissionDenied, text ?? general, reason: reason)
    }

    /// One field of the request is wrong (INVALID_ARGUMENT).
    public static func invalid(field: String, _ text: Text, rule: String? = nil) -> Problem {
        Problem(
            .invalidArgument, text, reason: rule, violations: [Violation(field: field, text: text, rule: rule)])
    }

    /// One field of the request is wrong (INVALID_ARGUMENT).
    public static func invalid(field: some RequestField, _ text: Text, rule: String? = nil) -> Problem {
        invalid(field: field.rawValue, text, rule: rule)
    }

    /// Several fields of the request are wrong (INVALID_ARGUMENT). The reason is the first broken rule.
    public static func invalid(_ violations: [Violation]) -> Problem {
        let several = Text(en: "Some fields are not valid.", ko: "올바르지 않은 필드가 있습니다.")
        let text = violations.count == 1 ? violations[0].text : several
        return Problem(
            .invalidArgument, text, reason: violations.lazy.compactMap(\.rule).first, violations: violations)
    }

    /// The system is not in a state that allows this (FAILED_PRECONDITION). `rule` says which rule forbids it,
    /// `field` the field it speaks about.
    public static func failedPrecondition(rule: String, _ text: Text, field: String? = nil) -> Problem {
        let violations = field.map { [Violation(field: $0, text: text, rule: rule)] } ?? []
        return Problem(.failedPrecondition, text, reason: rule, violations: violations)
    }

    /// The same about a field of the request.
    public static func failedPrecondition(rule: String, _ text: Text, field: some RequestField) -> Problem {
        failedPrecondition(rule: rule, text, field: field.rawValue)
    }

    /// Such a record exists already (ALREADY_EXISTS).
    public static func alreadyExists(_ text: Text, reason: String? = nil) -> Problem {
        Problem(.alreadyExists, text, reason: reason)
    }

    /// Somebody else was faster; read again and repeat (ABORTED).
    public static func aborted(_ text: Text, reason: String? = nil) -> Problem {
        Problem(.aborted, text, reason: reason)
    }

    /// No valid proof of who is calling (UNAUTHENTICATED). The sentence does not say what was wrong with the token,
    /// which would help a forger; `reason` and `cause` may.
    public static func unauthenticated(reason: String? = nil, cause: String? = nil) -> Problem {
        let text = Text(en: "Please sign in again.", ko: "다시 로그인해 주세요.")
        return Problem(.unauthenticated, text, reason: reason, cause: cause)
    }

    /// The fact that says what time it is at a service that refused a token for its times, in seconds since 1970.
    public static let serverTime = "server_time"

    /// More than the service can take at present (RESOURCE_EXHAUSTED).
    public static func resourceExhausted(_ text: Text? = nil, reason: String? = nil) -> Problem {
        let general = Text(en: "The service is busy. Try again shortly.", ko: "서비스가 혼잡합니다. 잠시 후 다시 시도해 주세요.")
        return Problem(.resourceExhausted, text ?? general, reason: reason)
    }

    /// The service or something it needs cannot be reached; the call may be retried (UNAVAILABLE).
    public static func unavailable(reason: String? = nil, cause: String? = nil) -> Problem {
        let text = Text(
            en: "The service is not available at the moment. Try again shortly.",
            ko: "현재 서비스를 사용할 수 없습니다. 잠시 후 다시 시도해 주세요.")
        return Problem(.unavailable, text, reason: reason, cause: cause)
    }

    /// The time allowed ran out (DEADLINE_EXCEEDED). Whether the call had its effect is not known.
    public static func deadlineExceeded(cause: String? = nil) -> Problem {
        let text = Text(en: "The request took too long.", ko: "요청 처리 시간이 초과되었습니다. 다시 시도해 주세요.")
        return Problem(.deadlineExceeded, text, cause: cause)
    }

    /// The caller gave up (CANCELLED).
    public static func canceled(cause: String? = nil) -> Problem {
        Problem(.canceled, Text(en: "The request was cancelled.", ko: "요청이 취소되었습니다."), cause: cause)
    }

    /// The method is not offered (UNIMPLEMENTED).
    public static func unimplemented(_ text: Text? = nil) -> Problem {
        let general = Text(en: "This is not offered.", ko: "지원하지 않는 기능입니다.")
        return Problem(.unimplemented, text ?? general)
    }

    /// A defect or a broken part of the service (INTERNAL). `cause` goes to the log; the caller gets a general
    /// sentence with the trace id.
    public static func internalError(cause: String) -> Problem {
        Problem(.internalError, generalFault, cause: cause)
    }

    static let generalFault = Text(
        en: "Something went wrong on our side. It has been recorded.",
        ko: "시스템 오류가 발생했습니다. 오류 내용이 기록되었으니 계속되면 관리자에게 문의해 주세요.")
}
