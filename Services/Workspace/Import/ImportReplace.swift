import ImportValidationWire
import Korean
import RPC
import Wire

/// One text in the place of another in a whole column, in as many requests as the time of the page allows.
enum ImportReplace {
    /// What is kept of that time for drawing the page.
    private static let reserve: Duration = .seconds(2)

    /// Replaces what the form says. Where some rows are left when the time is over, or a request fails behind others, it is said in
    /// how many rows it was replaced: FAILED_PRECONDITION, reason REPLACE_UNFINISHED; once more goes on.
    static func carryOut(_ visit: Visit) async throws(Problem) -> Toast {
        var request = ReplaceStagedValueRequest()
        request.id = visit.part("id")
        request.field = visit.form[ReplaceStagedValueRequest.Field.field]
        request.value = visit.form[whole: ReplaceStagedValueRequest.Field.value.rawValue]
        request.replacement = visit.form[ReplaceStagedValueRequest.Field.replacement]
        var replaced: Int64 = 0
        while true {
            let answer: ReplaceStagedValueResponse
            do throws(Problem) {
                answer = try await visit.ask(
                    ImportValidationAPI.replaceStagedValue, request, within: visit.ask.left - reserve)
            } catch {
                guard replaced > 0 else { throw error }
                throw unfinished(replaced, error.code == .deadlineExceeded ? more : error.text)
            }
            replaced += answer.replacedRows
            guard answer.goesOn else { return try await check(visit) }
            guard visit.ask.left > reserve else {
                throw unfinished(replaced, more)
            }
        }
    }

    /// Has the rows checked again; where that cannot begin now, it is not said.
    private static func check(_ visit: Visit) async throws(Problem) -> Toast {
        var request = ValidateRowsRequest()
        request.id = visit.part("id")
        let asked = request
        let begun = await Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.validateRows, asked)
        }
        guard case .success = begun else { return .changed }
        return .replaced
    }

    private static let more = Text(en: "There are more.", ko: "아직 남은 행이 있습니다.")

    private static func unfinished(_ rows: Int64, _ why: Text) -> Problem {
        Problem(
            .failedPrecondition,
            Text(
                en: "Replaced in \(grouped: rows) rows so far. \(why.en) Replace once more to go on.",
                ko: "지금까지 \(grouped: rows)행을 바꾸었습니다. \(why.ko) 계속하려면 다시 한번 바꾸세요."),
            reason: "REPLACE_UNFINISHED")
    }
}
