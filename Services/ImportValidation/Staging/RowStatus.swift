import Postgres
import Wire

/// Where a staged row stands.
enum RowStatus: String, CaseIterable {
    case yetToValidate = "yet_to_validate"
    case needsAttention = "needs_attention"
    case readyToPublish = "ready_to_publish"
    case published

    /// The status as a statement names it.
    var sql: SQL { "\(literal: rawValue)" }

    /// What people read.
    var label: Text {
        switch self {
        case .yetToValidate: Text(en: "Yet to validate", ko: "검증 전")
        case .needsAttention: Text(en: "Needs attention", ko: "확인 필요")
        case .readyToPublish: Text(en: "Ready to publish", ko: "게시 준비 완료")
        case .published: Text(en: "Published", ko: "게시됨")
        }
    }

    /// The label of a stored status.
    static func label(_ status: String, _ language: String) -> String {
        RowStatus(rawValue: status)?.label(language) ?? status
    }
}
