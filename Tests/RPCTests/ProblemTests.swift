import Testing
import Wire

@testable import RPC

@Suite struct ProblemTests {
    @Test func codesAreThoseOfGRPC() {
        #expect(Problem.Code.allCases.map(\.rawValue) == Array(0...16))
        #expect(
            Problem.Code.allCases.map(\.name) == [
                "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
                "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
                "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
            ])
    }

    static let full = Problem(
        .failedPrecondition, Text(en: "No.", ko: "안 됩니다."), reason: "BR-07",
        violations: [
            .init(field: "engagement.account", text: Text(en: "Wrong.", ko: "틀림."), rule: "BR-07"),
            .init(field: "engagement.name", text: Text(en: "Missing.", ko: "없음.")),
        ],
        metadata: ["limit": "3", "a": "b"], cause: "the secret")

    @Test(arguments: ["en", "ko"]) func survivesTheWire(_ language: String) throws {
        let bytes = try Self.full.status(language: language).encodeProtobuf()
        #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
        let back = Problem(status: try Status.decode(protobuf: bytes))
        #expect(back.code == .failedPrecondition)
        #expect(back.text(language) == Self.full.text(language))
        #expect(back.reason == "BR-07")
        #expect(back.violations.map(\.field) == ["engagement.account", "engagement.name"])
        #expect(back.violations.map(\.rule) == ["BR-07", nil])
        #expect(back.violations.map { $0.text("en") } == Self.full.violations.map { $0.text(language) })
        #expect(back.metadata == ["limit": "3", "a": "b"])
        #expect(back.cause == nil)
    }

    /// A service that knows one language only has its sentence quoted.
    @Test func aForeignSentenceIsQuotedInKorean() {
        var status = Status()
        status.code = Problem.Code.failedPrecondition.rawValue
        status.message = "Not now."
        let problem = Problem(status: status)
        #expect(problem.text == Text(en: "Not now.", ko: "요청을 처리하지 못했습니다. (원문: Not now.)"))
        status.message = "지금은 안 됩니다."
        #expect(Problem(status: status).text.ko == status.message)
    }

    @Test func headerIsOneAsciiLine() {
        let problem = Problem.notFound(Text(en: "Kürzel\r\nNats-Evil: 1 " + String(repeating: "x", count: 900), ko: ""))
        #expect(problem.headers["Nats-Service-Error-Code"] == "5")
        let text = problem.headerText
        #expect(text.hasPrefix("NOT_FOUND: K%C3%BCrzel%0D%0ANats-Evil: 1 "))
        #expect(text.utf8.count < 450)
        #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        let long = Problem.notFound(Text(en: String(repeating: "이", count: 900), ko: "")).headerText
        #expect(long.utf8.count < 4_000)
    }

    /// Nothing of a sentence is lost in the header; quotation marks are plain there.
    @Test(arguments: [
        ("Go live date by 이영희: 100%.", "Go live date by 이영희: 100%."),
        ("The trigger of ‘Onboarding’ overlaps.", "The trigger of 'Onboarding' overlaps."),
        ("Not encoded: %41 %zz.", "Not encoded: %41 %zz."),
    ]) func headerCarriesTheSentence(_ said: String, _ read: String) {
        let problem = Problem(.aborted, Text(en: said, ko: "한국어"))
        #expect(problem.headerText.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(Problem.english(ofHeader: problem.headerText, .aborted) == read)
        #expect(Problem.english(ofHeader: problem.headerText, .notFound) == nil)
        #expect(Problem.english(ofHeader: "somebody else's", .aborted) == nil)
    }

    @Test(arguments: [Problem.Code.internalError, .unknown, .dataLoss])
    func faultsTellNothingOutside(_ code: Problem.Code) {
        let problem = Problem(
            code, Text(en: "password=1", ko: "password=1"), reason: "SQL",
            violations: [.init(field: "password", text: Text(en: "", ko: ""))], metadata: ["password": "1"],
            cause: "password=1")
        let out = problem.outward(traceID: "abc")
        #expect(out.code == code)
        #expect(out.metadata == ["trace_id": "abc"])
        #expect(!"\(out) \(out.text) \(out.violations)".contains("password"))
        #expect(out.text.ko != out.text.en)
    }

    @Test func othersLoseOnlyTheCause() {
        var expected = Self.full
        expected.cause = nil
        #expect(Self.full.outward(traceID: "abc") == expected)
    }

    /// Every error a service can answer says why in a word for machines, whoever made it.
    @Test func everyProblemHasAReason() throws {
        let text = Text(en: "Needed.", ko: "필요합니다.")
        let made: [Problem] = [
            .notFound(text), .notFound(text, id: "7"), .permissionDenied(), .permissionDenied(text),
            .invalid(field: "a", text), .invalid([]), .invalid([.init(field: "a", text: text)]),
            .failedPrecondition(rule: "", text), .alreadyExists(text), .aborted(text), .unauthenticated(),
            .resourceExhausted(), .unavailable(), .deadlineExceeded(), .canceled(), .unimplemented(),
            .internalError(cause: "x"), .badTimeout, .responseTooLarge(2, limit: 1), .requestTooLarge(2, limit: 1),
            .malformed(WireError(.truncated), "ale.Test"),
        ]
        let plain = Problem.Code.allCases.dropFirst().map { Problem($0, text) }
        for problem in made + plain + plain.map({ $0.outward(traceID: "abc") }) {
            for language in ["en", "ko"] {
                let status = problem.status(language: language)
                #expect(!status.reason.isEmpty, "\(problem)")
                #expect(status.reason.utf8.allSatisfy { (0x30...0x5A).contains($0) || $0 == 0x5F || $0 == 0x2D })
            }
        }
        #expect(Problem.notFound(text, id: "7").reason == "NOT_FOUND")
        #expect(Problem.permissionDenied().reason == "PERMISSION_DENIED")
        #expect(Problem(status: Status()).reason == "OK")
    }

    @Test func kinds() {
        let text = Text(en: "Needed.", ko: "필요함.")
        #expect(Problem.invalid(field: "a.b", text, rule: "BR-01").violations.first?.rule == "BR-01")
        #expect(Problem.invalid(field: "a.b", text).code == .invalidArgument)
        let two = Problem.invalid([.init(field: "a", text: text), .init(field: "b", text: text, rule: "G-1")])
        #expect(two.reason == "G-1")
        #expect(two.text != text)
        #expect(Problem.invalid([.init(field: "a", text: text)]).text == text)
        #expect(Problem.failedPrecondition(rule: "BR-02", text).reason == "BR-02")
        #expect(Problem.notFound(Text(en: "Contract", ko: "계약"), id: "7").text.en == "Contract 7 was not found.")
        #expect(Problem.notFound(Text(en: "Contract", ko: "계약"), id: "7").text.ko == "계약 7을 찾을 수 없습니다.")
        let missing = Problem.notFound(Text(en: "Contract", ko: "계약"), id: "")
        #expect(missing.code == .notFound && missing.text.en == "Contract was not found: the id is missing.")
        #expect(missing.text.ko == "ID가 없어 계약을 찾을 수 없습니다.")
        #expect(Problem.permissionDenied().code == .permissionDenied)
        #expect(Problem.unauthenticated(reason: "EXPIRED").reason == "EXPIRED")
        #expect(
            "\(Self.full)" == "FAILED_PRECONDITION BR-07 engagement.account (BR-07) engagement.name cause: the secret")
    }
}
