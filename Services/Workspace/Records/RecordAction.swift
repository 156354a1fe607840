import ImportValidationWire
import OnboardingWire
import PlayLauncherWire
import Records
import Wire

/// What can be done with records of some tables by a method of its own that takes nothing but the record.
struct RecordAction: Sendable {
    let verb: String
    let label: Text
    /// It is offered when a field has a value, or when it has not.
    let field: String
    let value: String
    let isValue: Bool
    /// What takes it back.
    let back: String

    private static let all = [
        RecordAction(
            verb: "activate", label: Text(en: "Activate", ko: "활성 상태로 변경"), field: PlayTrigger.Field.active.rawValue,
            value: "true", isValue: false, back: "deactivate"),
        RecordAction(
            verb: "deactivate", label: Text(en: "Deactivate", ko: "비활성 상태로 변경"),
            field: PlayTrigger.Field.active.rawValue,
            value: "true", isValue: true, back: "activate"),
        RecordAction(
            verb: "escalate", label: Text(en: "Escalate", ko: "에스컬레이션"),
            field: CustomerAccount.Field.escalated.rawValue, value: "true", isValue: false, back: "deescalate"),
        RecordAction(
            verb: "deescalate", label: Text(en: "Take the escalation back", ko: "에스컬레이션 해제"),
            field: CustomerAccount.Field.escalated.rawValue, value: "true", isValue: true, back: "escalate"),
        RecordAction(
            verb: "publish", label: Text(en: "Publish", ko: "게시"), field: KnowledgeArticle.Field.state.rawValue,
            value: KnowledgeArticle.State.published, isValue: false, back: ""),
        RecordAction(
            verb: "withdraw", label: Text(en: "Withdraw", ko: "게시 취소"), field: KnowledgeArticle.Field.state.rawValue,
            value: KnowledgeArticle.State.published, isValue: true, back: ""),
    ]

    /// Those of a table. An import is published by its plan, which is another thing.
    static func all(of schema: RecordSchema) -> [RecordAction] {
        schema.table == ImportTask.schema.table ? [] : all.filter { schema.verbs.contains($0.verb) }
    }

    /// Pages about a record that are not the record's own.
    static func links(of table: String, _ id: String, for person: Person?) -> [(label: Text, href: String)] {
        switch table {
        case User.schema.table where person.map(UserPages.isFor) != true: []
        case User.schema.table: [(Text(en: "Roles and invitation", ko: "역할과 초대"), UserPages.href(id))]
        case CustomerAccount.schema.table:
            person.map(PeoplePages.isFor) == true
                ? [(Text(en: "People to invite", ko: "초대할 사용자"), "/people?account=\(Fields.encoded(id))")] : []
        case KnowledgeArticle.schema.table: [(Text(en: "Read it", ko: "읽기"), "/articles/\(Fields.encoded(id))")]
        default: []
        }
    }
}
