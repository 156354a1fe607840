import Foundation
import ImportValidationWire
import Korean
import RPC
import Wire

/// Starting over with an import: every row that is not published goes (G-64). Nothing brings them back, so the page says first how
/// many they are.
enum ImportStartOver {
    /// What is offered; empty where nothing would go.
    static func values(_ facts: ImportView.Facts, _ visit: Visit) -> any Sendable {
        let rows = facts.summary.yetToValidate + facts.summary.needsAttention + facts.summary.readyToPublish
        guard rows > 0, facts.task.active != false else { return "" }
        let text = Text(
            en: """
                Every row that is not published is removed, with what was corrected in it. What is published stays, and the \
                files can be loaded again. This cannot be undone.
                """,
            ko: "게시하지 않은 행과 수정한 내용이 모두 삭제됩니다. 게시한 내용은 그대로 유지되며 파일은 다시 로드할 수 있습니다. 이 작업은 실행 취소할 수 없습니다.")
        let button = Text(
            en: rows == 1 ? "Remove 1 row" : "Remove \(grouped: rows) rows", ko: "\(grouped: rows)개 행 삭제")
        return [
            "action": "\(ImportPages.href(visit))/start-over", "once": UUID().uuidString.lowercased(),
            "text": visit.reader(text), "button": visit.reader(button),
        ] as Values
    }

    /// Removes the rows. Of very many a part goes; that more are left is said.
    static func carryOut(_ visit: Visit) async throws(Problem) -> Toast {
        var request = StartOverRequest()
        (request.id, request.confirm, request.requestID) = (visit.part("id"), true, visit.form["once"])
        do throws(Problem) {
            _ = try await visit.ask(ImportValidationAPI.startOver, request)
            return .startedOver
        } catch {
            guard error.reason == unfinished else { throw error }
            return .startedOverSome
        }
    }

    private static let unfinished = "START_OVER_UNFINISHED"
}
