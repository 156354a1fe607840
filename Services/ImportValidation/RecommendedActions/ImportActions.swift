import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActions
import RecommendedActionsWire
import Records
import Wire

extension ImportValidation {
    /// The recommended actions of import tasks (G-132).
    static func recommendedActions(_ database: Database, _ client: Client) -> RecommendedActions {
        RecommendedActions(
            database, tables: [ActionTable(ImportTask.self, database)], generators: [ImportActions.responsiblePerson],
            articles: .asking { key async throws(Problem) in
                var request = ReadKnowledgeRequest()
                request.key = key
                _ = try await client.call(OnboardingAPI.readKnowledge, request, deadline: .seconds(2))
            })
    }
}

/// The recommended actions of import tasks that come with the product, RA-08 to RA-10.
enum ImportActions {
    private static let context = "import_task"

    /// Whoever import tasks of the case go to (G-111).
    static let responsiblePerson = ResourceGenerator("responsible_person", .value(of: User.schema.table)) { ground in
        let onboarding = ground.text(of: ImportTask.Field.parent)
        guard Validation.isUUID(onboarding),
            let user = try TaskAssignee.standard(of: onboarding, ground.context)
        else { return [] }
        let name = try TaskAssignee.name(of: user, ground.context)
        return [.value(user, called: name.map { Text(en: $0, ko: $0) })]
    }

    /// All of them, those that others name first.
    static let all: [ActionDefinition] = [
        .context(context, Text(en: "Import tasks", ko: "가져오기 작업"), table: ImportTask.schema.table),
        .fieldRecommendation(
            "import_assigned_to_field", Text(en: "Assigned to", ko: "담당자"), ImportTask.Field.assignedTo),
        guide, ImportTree.definition,
        // RA-08
        .card(
            "complete_import", Text(en: "Complete the data import task", ko: "데이터 가져오기 작업 완료"),
            Text(
                en: "Imports and validates the customer's data, step by step.", ko: "고객 데이터의 가져오기와 검증을 단계별로 진행합니다."),
            shows: "import_guide"),
        // RA-09
        .card(
            "import_assigned_to", Text(en: "Assigned to", ko: "담당자"),
            Text(
                en: "The person of the account team who answers for imports.", ko: "계정 팀에서 가져오기를 담당하는 사람입니다."),
            shows: "import_assigned_to_field", generator: responsiblePerson.key),
        // RA-10
        .card(
            "troubleshoot_import",
            Text(en: "Troubleshoot a failed data import", ko: "데이터 가져오기 실패 문제 해결"),
            Text(
                en: "Questions that lead to what to do about a failed import.",
                ko: "질문에 답하면서 가져오기 실패의 해결 방법을 찾습니다."),
            shows: ImportTree.key),
        .rule(
            "import_tasks", Text(en: "All import tasks", ko: "모든 가져오기 작업"), in: context, position: 10,
            recommends: ["complete_import", "import_assigned_to", "troubleshoot_import"]),
    ]

    private static let guide = ActionDefinition.guidance(
        "import_guide", Text(en: "Guide to an import", ko: "가져오기 안내"),
        [
            GuidanceStep(
                Text(
                    en: "Download the template of the task, and let the customer fill it in.",
                    ko: "작업의 템플릿을 내려받아 고객이 작성하도록 전달하세요.")),
            GuidanceStep(
                Text(en: "Upload the workbook, and import its rows.", ko: "통합 문서를 업로드하고 행 가져오기를 실행하세요.")),
            GuidanceStep(
                Text(
                    en: "Correct the rows that need attention, and validate them again.",
                    ko: "확인이 필요한 행을 수정하고 다시 검증하세요.")),
            GuidanceStep(
                Text(en: "Publish the rows that are ready.", ko: "게시 준비 완료 상태의 행을 게시하세요.")),
            GuidanceStep(
                Text(en: "Close the task with its close notes.", ko: "종결 메모를 입력하고 작업을 종결하세요."),
                ActionLink(
                    "complete_import_task",
                    Text(en: "How to complete the data import task", ko: "데이터 가져오기 작업을 완료하는 방법"))),
        ])
}
