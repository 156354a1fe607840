import Flows
import PlayLauncherWire
import RPC
import Testing
import Wire

@testable import PlayLauncherService

/// What is decided without a server.
@Suite struct TellingTests {
    private static let play = Text(en: "Play", ko: "플레이")

    private static func step(_ method: String, _ result: String, state: String = "done") -> FlowStep {
        var step = FlowStep()
        (step.method, step.result, step.state) = (method, result, state)
        return step
    }

    @Test func aCompletedRunTellsWhatItCreated() {
        let records: JSONValue = [["table": "touchpoint", "id": "i", "number": "TCHPT0000008"]]
        let title = Text(en: "Review", ko: "검토")
        let told = Telling(.completed(["records": records]), title: title, steps: [])
        #expect(told.message.en == "Success play \"Review\" is completed. Created: Touchpoint TCHPT0000008.")
        #expect(told.state == "completed" && told.step == nil && told.createdRecords == records)
        #expect(told.message.ko == "성공 플레이 ‘검토’가 완료되었습니다. 생성된 레코드: 접점 TCHPT0000008.")
        let none = Telling(.completed(.null), title: title, steps: [])
        #expect(none.message.en == "Success play \"Review\" is completed. No record was created.")
    }

    /// A table of the same name may be another service's: the step that made the record knows whose it is.
    @Test func recordsAreThoseOfTheStep() {
        let steps = [Self.step("import-validation.import_tasks.create", #"{"id": "a", "number": "N1"}"#)]
        let records: JSONValue = [["table": "touchpoint", "id": "a"], ["table": "touchpoint", "id": "b"]]
        let telling = Telling(.completed(["records": records]), title: Self.play, steps: steps)
        #expect(telling.message.en.hasSuffix("Created: Account lifecycle import task, Touchpoint."))
    }

    @Test func aFailedRunTellsWhatWasCreatedBefore() {
        let steps = [
            Self.step("customer-success.success_cases.create", #"{"id": "c", "number": "SCASE0000001"}"#),
            Self.step("customer-success.success_tasks.create", "", state: "failed"),
            Self.step("customer-success.success_tasks.list", #"{"id": "x"}"#),
        ]
        let error = FlowError(.permissionDenied(Text(en: "Not you.", ko: "안 됩니다.")), "en")
        let telling = Telling(.failed(error), title: Self.play, steps: steps)
        #expect(telling.state == "failed" && telling.step?.en.hasPrefix("Look up: ") == true)
        #expect(telling.createdRecords == [["table": "success_case", "id": "c", "number": "SCASE0000001"]])
        #expect(
            telling.message.en
                == "Success play \"Play\" failed: Not you. Created before that: Success case SCASE0000001.")
    }

    /// What the machine finds is English; a Korean reader is told in Korean, and authors and services speak for themselves.
    @Test func failuresAreToldInKorean() {
        for type in [FlowError.expression, FlowError.validation, FlowError.runtime, FlowError.timeout] {
            let error = FlowError(type: type, status: 400, title: "It failed.", detail: "jq: cannot index")
            #expect(error.message("ko").allSatisfy { !$0.isASCII || !$0.isLetter })
            #expect(error.message("en") == "jq: cannot index")
        }
        #expect(FlowError(type: "https://a.example/own", status: 400, title: "Own words").message("ko") == "Own words")
        #expect(FlowError(type: FlowError.runtime, status: 400, title: "한도 초과").message("ko") == "한도 초과")
    }

    @Test func longListsAreCut() {
        let records = JSONValue.array((1...12).map { ["table": "success_task", "number": .string("N\($0)")] })
        let telling = Telling(.completed(["records": records]), title: Self.play, steps: [])
        #expect(telling.message.en.contains("N10 and 2 more."))
        #expect(!telling.message.en.contains("N11"))
    }

    @Test func pausesGrowAndEnd() throws {
        let pauses = (1..<StepRetry.limit).compactMap(StepRetry.pause(after:))
        #expect(pauses.count == StepRetry.limit - 1)
        #expect(pauses.first == .milliseconds(200) && pauses.last == .seconds(30))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(StepRetry.pause(after: StepRetry.limit) == nil)
    }

    @Test func onlyWhatMayPassIsRetried() {
        let text = Text(en: "x", ko: "x")
        for problem in [
            Problem.unavailable(), .deadlineExceeded(), .resourceExhausted(), .aborted(text), .canceled(),
        ] { #expect(problem.mayPass) }
        for problem in [
            Problem.aborted(text, reason: "ETAG_MISMATCH"), .resourceExhausted(reason: "RESPONSE_TOO_LARGE"),
            .permissionDenied(), .notFound(text), .invalid(field: "a", text), .internalError(cause: "x"),
            .unauthenticated(), .unimplemented(),
        ] { #expect(!problem.mayPass) }
    }

    @Test func errorsOfCallsAreErrorsOfTheFlow() {
        let refused = FlowError(.permissionDenied(), "en")
        #expect(refused.type == FlowError.authorization && refused.status == 403)
        let invalid = FlowError(
            .invalid([
                .init(field: "a.b", text: Text(en: "One.", ko: "하나.")),
                .init(field: "c", text: Text(en: "Two.", ko: "둘.")),
            ]), "en")
        #expect(invalid.type == FlowError.communication && invalid.status == 400)
        #expect(invalid.detail == "Some fields are not valid. a.b: One. c: Two.")
    }

    @Test func requestIDsGoIntoTheBodyWhereThereIsAPlace() {
        let request: JSONValue = ["touchpoint": [:]]
        let created = FlowMethod.body(request, of: "customer-success.touchpoints.create", requestID: "r")
        #expect(created == ["touchpoint": [:], "requestId": "r"])
        #expect(FlowMethod.body(request, of: "onboarding.lifecycle_tasks.list", requestID: "r") == request)
        for method in ["onboarding.customer_accounts.escalate", "customer-success.touchpoints.batch_reassign"] {
            #expect(FlowMethod.body([:], of: method, requestID: "r") == ["requestId": "r"])
        }
        #expect(FlowMethod.exists("customer-success.touchpoints.create"))
        #expect(!FlowMethod.exists("customer-success.touchpoints.createx"))
    }
}
