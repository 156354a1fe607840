import Korean
import Wire

/// Names of the headers this module reads and writes.
enum HeaderName {
    static let authorization = "Authorization"
    static let contentType = "Content-Type"
    static let acceptLanguage = "Accept-Language"
    static let timeout = "grpc-timeout"
    static let traceParent = "traceparent"
    static let traceState = "tracestate"
    static let requestID = "Request-Id"
    static let warning = "Ale-Warning"
    static let serviceError = "Nats-Service-Error"
    static let serviceErrorCode = "Nats-Service-Error-Code"
}

extension Problem {
    /// The problem as it may leave the service: without its cause, and a fault of the service's own without anything
    /// but a general sentence and the trace id under which the log has the rest.
    func outward(traceID: String) -> Problem {
        guard code.isFault else {
            var problem = self
            problem.cause = nil
            return problem
        }
        return Problem(code, Self.generalFault, metadata: ["trace_id": traceID])
    }

    /// The body of the error answer in the language `en` or `ko`. The cause is never in it.
    public func status(language: String) -> Status {
        var status = Status()
        status.code = code.rawValue
        status.message = text(language)
        status.reason = reason
        status.fieldViolations = violations.map { violation in
            var field = FieldViolation()
            field.field = violation.field
            field.description = violation.text(language)
            field.rule = violation.rule ?? ""
            return field
        }
        status.details = metadata.sorted { $0.key < $1.key }.map { key, value in
            var detail = Detail()
            detail.key = key
            detail.value = value
            return detail
        }
        return status
    }

    /// The problem a service answered. Its texts came in one language and stand for both; an English sentence says in
    /// Korean that it is quoted.
    public init(status: Status) {
        func text(_ sentence: String) -> Text {
            sentence.isEmpty || Hangul.isWritten(in: sentence) ? Text(en: sentence, ko: sentence) : .foreign(sentence)
        }
        func nonEmpty(_ value: String) -> String? { value.isEmpty ? nil : value }
        self.init(
            Code(rawValue: status.code) ?? .unknown, text(status.message), reason: nonEmpty(status.reason),
            violations: status.fieldViolations.map {
                Violation(field: $0.field, text: text($0.description), rule: nonEmpty($0.rule))
            },
            metadata: Dictionary(status.details.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
    }

    /// The most characters of a sentence in a header.
    private static let headerLimit = 400

    /// The value of `Nats-Service-Error`: one line for operators' tools, in English. Quotation marks stand there as ASCII
    /// has them, so that nearly every sentence is read as it is; what else is not ASCII, such as a name, is percent-encoded.
    /// A line break, which would end the header, is encoded as well. The body carries the full text.
    var headerText: String {
        var sentence = String.UnicodeScalarView()
        for scalar in text.en.unicodeScalars.prefix(Self.headerLimit) {
            sentence.append(scalar == "‘" || scalar == "’" ? "'" : scalar)
        }
        return "\(code.name): \(HeaderText.encoded(String(sentence)))"
    }

    /// The English sentence in the value of `Nats-Service-Error` that a service of ours sent with `code`; nil for another's.
    static func english(ofHeader value: String?, _ code: Code) -> String? {
        let mark = "\(code.name): "
        guard let value, value.hasPrefix(mark) else { return nil }
        return HeaderText.decoded(value.dropFirst(mark.count))
    }

    /// The headers that mark an error answer for every micro client.
    var headers: Headers {
        [HeaderName.serviceError: headerText, HeaderName.serviceErrorCode: String(code.rawValue)]
    }
}

extension Text {
    /// A sentence of somebody else's, in English.
    static func foreign(_ sentence: String) -> Text {
        Text(en: sentence, ko: "요청을 처리하지 못했습니다. (원문: \(sentence))")
    }
}
