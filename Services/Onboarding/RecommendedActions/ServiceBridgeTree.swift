import RecommendedActions
import RecommendedActionsWire
import Wire

/// How a failed setup of Service Bridge is looked into (G-46): is there a problem, which message, which version, what to do.
enum ServiceBridgeTree {
    static let key = "service_bridge_setup"

    static let definition = ActionDefinition.tree(
        key, Text(en: "Failed Service Bridge setup", ko: "Service Bridge 설정 실패"),
        [
            .question(
                "problem",
                Text(
                    en: "Is there a problem while onboarding the consumer?", ko: "고객 온보딩 중에 문제가 발생했나요?"),
                [
                    TreeAnswer("yes", Text(en: "Yes", ko: "예"), to: "message"),
                    TreeAnswer("no", Text(en: "No", ko: "아니요"), to: "nothing"),
                ]),
            .question(
                "message", Text(en: "Which error message is shown?", ko: "어떤 오류 메시지가 표시되나요?"),
                messages.map { TreeAnswer($0.key, $0.label, to: "version") }),
            .question(
                "version",
                Text(
                    en: "Is Service Bridge at version 1.0.4 or later?", ko: "Service Bridge 버전이 1.0.4 이상인가요?"),
                [
                    TreeAnswer("yes", Text(en: "Yes", ko: "예"), to: "instructions"),
                    TreeAnswer("no", Text(en: "No", ko: "아니요"), to: "support"),
                ]),
            .question(
                "instructions",
                Text(
                    en: "Work through the instructions. Is the problem solved?", ko: "안내에 따라 조치하세요. 문제가 해결되었나요?"),
                [
                    TreeAnswer(
                        "solved", Text(en: "Solved: end troubleshooting", ko: "해결됨: 문제 해결 종료"), to: "solved"),
                    TreeAnswer("unsolved", Text(en: "Not solved", ko: "해결되지 않음"), to: "support"),
                ],
                cases: messages.map { TreeCase("message", $0.key, $0.instruction, guide) }),
            .end("solved", Text(en: "The problem is solved.", ko: "문제가 해결되었습니다.")),
            .end(
                "support",
                Text(
                    en: "Ask customer support, with the error message and the version.",
                    ko: "오류 메시지와 버전을 확인하여 고객 지원에 문의하세요.")),
            .end("nothing", Text(en: "There is nothing to troubleshoot.", ko: "해결할 문제가 없습니다.")),
        ])

    private static let guide = ActionLink(
        "consumer_guide",
        Text(
            en: "A consumer's guide to installing Service Bridge and registering with providers",
            ko: "Service Bridge 설치 및 제공자 등록을 위한 고객용 안내서"))

    private static let messages: [(key: String, label: Text, instruction: Text)] = [
        (
            "registration_failed", Text(en: "Registration failed", ko: "등록 실패"),
            Text(
                en: "Compare the URL of the registration with that of the instance, and register again.",
                ko: "등록한 URL이 인스턴스의 URL과 같은지 확인하고 다시 등록하세요.")
        ),
        (
            "connection_refused", Text(en: "Connection refused", ko: "연결 거부됨"),
            Text(
                en: "Make sure that the instance can be reached over HTTPS and lets the provider's addresses in.",
                ko: "인스턴스에 보안 연결로 접속할 수 있고 제공자의 주소가 허용되어 있는지 확인하세요.")
        ),
        (
            "authentication_failed", Text(en: "Authentication failed", ko: "인증 실패"),
            Text(
                en: "Exchange the keys anew: both sides must know the same one.",
                ko: "양쪽에 같은 키가 등록되도록 키를 다시 교환하세요.")
        ),
        (
            "version_mismatch", Text(en: "Version mismatch", ko: "버전 불일치"),
            Text(
                en: "Bring Service Bridge on the consumer's instance to the provider's version.",
                ko: "고객 인스턴스의 Service Bridge를 제공자와 같은 버전으로 업그레이드하세요.")
        ),
        (
            "other", Text(en: "Another one", ko: "기타"),
            Text(
                en: "Go through the installation step by step; what was left out is the usual reason.",
                ko: "설치 단계를 하나씩 다시 확인하세요. 누락된 단계가 흔한 원인입니다.")
        ),
    ]
}
