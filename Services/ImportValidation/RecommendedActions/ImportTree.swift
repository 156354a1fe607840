import RecommendedActions
import RecommendedActionsWire
import Wire

/// How a failed import is looked into (G-47): is there a problem, which one, what to do.
enum ImportTree {
    static let key = "failed_import"

    static let definition = ActionDefinition.tree(
        key, Text(en: "Failed data import", ko: "데이터 가져오기 실패"),
        [
            .question(
                "problem", Text(en: "Is there a problem while importing?", ko: "가져오는 중에 문제가 발생했나요?"),
                [
                    TreeAnswer("yes", Text(en: "Yes", ko: "예"), to: "kind"),
                    TreeAnswer("no", Text(en: "No", ko: "아니요"), to: "nothing"),
                ]),
            .question(
                "kind", Text(en: "What is the problem?", ko: "어떤 문제인가요?"),
                problems.map { TreeAnswer($0.key, $0.label, to: "instructions") }),
            .question(
                "instructions",
                Text(
                    en: "Work through the instructions. Is the problem solved?", ko: "안내에 따라 조치하세요. 문제가 해결되었나요?"),
                [
                    TreeAnswer(
                        "solved", Text(en: "Solved: end troubleshooting", ko: "해결됨: 문제 해결 종료"), to: "solved"),
                    TreeAnswer("another", Text(en: "Another problem", ko: "다른 문제"), to: "kind"),
                    TreeAnswer("unsolved", Text(en: "Not solved", ko: "해결되지 않음"), to: "support"),
                ],
                cases: problems.map { TreeCase("kind", $0.key, $0.instruction, guide) }),
            .end("solved", Text(en: "The problem is solved.", ko: "문제가 해결되었습니다.")),
            .end(
                "support",
                Text(
                    en: "Ask customer support, with the number of the import task.",
                    ko: "가져오기 작업 번호를 확인하여 고객 지원에 문의하세요.")),
            .end("nothing", Text(en: "There is nothing to troubleshoot.", ko: "해결할 문제가 없습니다.")),
        ])

    private static let guide = ActionLink(
        "complete_import_task", Text(en: "How to complete the data import task", ko: "데이터 가져오기 작업을 완료하는 방법"))

    private static let problems: [(key: String, label: Text, instruction: Text)] = [
        (
            "file_not_accepted", Text(en: "The file is not accepted", ko: "파일이 접수되지 않음"),
            Text(
                en: "Save the workbook as XLSX or CSV, without a password, and upload it again.",
                ko: "통합 문서를 암호 없이 XLSX 또는 CSV 형식으로 저장하고 다시 업로드하세요.")
        ),
        (
            "header_not_matched", Text(en: "The header is not matched", ko: "머리글이 일치하지 않음"),
            Text(
                en: "Give the columns the titles of the template, or assign them to fields in the mapping of the task.",
                ko: "열 제목을 템플릿과 같게 바꾸거나 작업의 매핑에서 열을 필드에 지정하세요.")
        ),
        (
            "yet_to_validate", Text(en: "Rows stay in Yet to validate", ko: "행이 ‘검증 전’ 상태로 남음"),
            Text(
                en: "Validate the task: corrected rows are checked only then.",
                ko: "작업의 검증을 실행하세요. 수정한 행은 검증을 실행해야 확인됩니다.")
        ),
        (
            "all_need_attention", Text(en: "All rows need attention", ko: "모든 행에 확인이 필요함"),
            Text(
                en: "Look at the messages of one row: a wrong column or a missing reference concerns all of them.",
                ko: "한 행의 메시지를 확인하세요. 잘못된 열이나 누락된 참조는 모든 행에 영향을 줍니다.")
        ),
        (
            "publish_failed", Text(en: "Publishing failed", ko: "게시 실패"),
            Text(
                en: "Read the messages of the rows that were not published, correct them, validate, and publish again.",
                ko: "게시되지 않은 행의 메시지를 확인하여 수정하고, 검증한 뒤 다시 게시하세요.")
        ),
        (
            "other", Text(en: "Another one", ko: "기타"),
            Text(
                en: "Look at the runs of the task: each says how it ended and why.",
                ko: "작업의 실행 내역을 확인하세요. 각 실행의 결과와 원인이 표시됩니다.")
        ),
    ]
}
