import Filters
import OnboardingWire
import RecommendedActions
import RecommendedActionsWire
import Records
import Wire

/// The recommended actions of the tasks of Service Bridge that come with the product, RA-01 to RA-07.
enum ShippedActions {
    private static let context = "lifecycle_task"
    private static let assignedTo = "task_assigned_to"
    private static let contact = "task_contact"

    /// The subjects of the two tasks as the shipped playbook names them, in both languages.
    static let installation = [
        "Install Service Bridge for consumers", "고객용 Service Bridge 설치",
    ]
    static let registration = [
        "Service Bridge consumer registration and configuration", "Service Bridge 고객 등록 및 구성",
    ]

    /// All of them, those that others name first.
    static let all = shown + cards + rules

    private static let shown: [ActionDefinition] = [
        .context(context, Text(en: "Account lifecycle tasks", ko: "계정 수명주기 작업"), table: LifecycleTask.schema.table),
        .fieldRecommendation(assignedTo, Text(en: "Assigned to", ko: "담당자"), LifecycleTask.Field.assignedTo),
        .fieldRecommendation(contact, Text(en: "Contact", ko: "연락처"), LifecycleTask.Field.contact),
        guideToInstallation, guideToRegistration, ServiceBridgeTree.definition,
    ]

    private static let rules: [ActionDefinition] = [
        .rule(
            "installation_tasks", Text(en: "Installation of Service Bridge", ko: "Service Bridge 설치"),
            in: context, when: subject(installation), position: 10,
            recommends: [
                "install_service_bridge", "troubleshoot_installation", "installation_assigned_to",
                "installation_contact",
            ]),
        .rule(
            "registration_tasks", Text(en: "Registration with Service Bridge", ko: "Service Bridge 등록"),
            in: context, when: subject(registration), position: 20,
            recommends: ["register_consumer", "troubleshoot_registration", "registration_assigned_to"]),
    ]

    private static func subject(_ names: [String]) -> String {
        FieldFilter<LifecycleTask.Field>.equal(.shortDescription, oneOf: names).text
    }

    private static let cards: [ActionDefinition] = [
        // RA-01
        .card(
            "install_service_bridge", Text(en: "Install Service Bridge", ko: "Service Bridge 설치"),
            Text(en: "Installs Service Bridge on the customer's instance.", ko: "고객 인스턴스에 Service Bridge를 설치합니다."),
            shows: "installation_guide"),
        // RA-02
        .card(
            "troubleshoot_installation",
            Text(en: "Troubleshoot a failed Service Bridge setup", ko: "Service Bridge 설정 실패 문제 해결"),
            Text(
                en: "Questions that lead to what to do about a failed setup.",
                ko: "질문에 답하면서 설정 실패의 해결 방법을 찾습니다."),
            shows: ServiceBridgeTree.key),
        // RA-03
        .card(
            "installation_assigned_to", Text(en: "Assigned to", ko: "담당자"),
            Text(
                en: "The person of the account team who answers for it.", ko: "계정 팀에서 이 업무를 담당하는 사람입니다."),
            shows: assignedTo, generator: OnboardingGenerators.responsiblePerson.key),
        // RA-04
        .card(
            "installation_contact", Text(en: "Contact", ko: "연락처"),
            Text(en: "The customer's onboarding contact.", ko: "고객 온보딩 연락처입니다."),
            shows: contact, generator: OnboardingGenerators.customerContact.key),
        // RA-05
        .card(
            "register_consumer", Text(en: "Register consumer", ko: "고객 등록"),
            Text(
                en: "Registers the customer's instance; onboarding goes on meanwhile.",
                ko: "고객 인스턴스를 등록합니다. 등록 중에도 온보딩은 계속 진행됩니다."),
            shows: "registration_guide"),
        // RA-06
        .card(
            "troubleshoot_registration",
            Text(en: "Troubleshoot a failed Service Bridge setup", ko: "Service Bridge 설정 실패 문제 해결"),
            Text(
                en: "Questions that lead to what to do about a failed setup.",
                ko: "질문에 답하면서 설정 실패의 해결 방법을 찾습니다."),
            shows: ServiceBridgeTree.key),
        // RA-07
        .card(
            "registration_assigned_to", Text(en: "Assigned to", ko: "담당자"),
            Text(
                en: "The person of the account team who answers for it.", ko: "계정 팀에서 이 업무를 담당하는 사람입니다."),
            shows: assignedTo, generator: OnboardingGenerators.responsiblePerson.key),
    ]

    private static let guideToInstallation = ActionDefinition.guidance(
        "installation_guide", Text(en: "Guide to the installation", ko: "설치 안내"),
        [
            GuidanceStep(Text(en: "Open the record of the task.", ko: "작업 레코드를 여세요.")),
            GuidanceStep(
                Text(en: "Go to its tab Related knowledge.", ko: "작업의 ‘관련 지식’ 탭으로 이동하세요.")),
            GuidanceStep(
                Text(
                    en: "Follow the link to the consumer's guide, and do what it says.",
                    ko: "고객용 안내서 링크를 열고 안내에 따라 진행하세요."),
                ActionLink(
                    "consumer_guide",
                    Text(
                        en: "A consumer's guide to installing Service Bridge and registering with providers",
                        ko: "Service Bridge 설치 및 제공자 등록을 위한 고객용 안내서"))),
        ])

    private static let guideToRegistration = ActionDefinition.guidance(
        "registration_guide", Text(en: "Guide to the registration", ko: "등록 안내"),
        [
            GuidanceStep(Text(en: "Start the registration.", ko: "등록을 시작하세요.")),
            GuidanceStep(
                Text(
                    en: "Choose the account, which is the consumer, and the customer's contact.",
                    ko: "등록할 고객의 계정과 연락처를 선택하세요.")),
            GuidanceStep(
                Text(
                    en: "Enter the URL of the consumer's ServiceNow instance.",
                    ko: "고객의 ServiceNow 인스턴스 URL을 입력하세요.")),
            GuidanceStep(Text(en: "Register.", ko: "등록하세요.")),
        ], flow: Onboarding.registerConsumer.key)
}
