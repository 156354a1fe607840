/// The activities of the playbook as the specification prints them, in their order; what it leaves to the product is said
/// in the product's words.
struct PrintedActivity: Sendable {
    let stage: String
    let key: String
    let english: String
    let korean: String
    /// Of an import task, the table that it brings data into.
    var target = ""

    static let all = initialSetup + dataCapture + development + testingAndTraining + goLive

    static let initialSetup = [
        PrintedActivity("initial_setup", "select_account", "Select account", "계정 선택"),
        PrintedActivity("initial_setup", "enter_info", "Enter onboarding related info", "온보딩 관련 정보 입력"),
        PrintedActivity("initial_setup", "add_contacts", "Add customer team", "고객 팀 추가"),
        PrintedActivity("initial_setup", "add_responsibilities", "Add customer team responsibilities", "고객 팀 담당 업무 추가"),
        PrintedActivity("initial_setup", "add_account_team", "Add account team", "계정 팀 추가"),
        PrintedActivity("initial_setup", "add_squad", "Add squad", "스쿼드 추가"),
    ]

    static let dataCapture =
        imports + [PrintedActivity("data_capture", "data_summary", "Summary", "요약")]

    static let imports = [
        PrintedActivity("import_customer_contacts", "Import customer contacts", "고객 연락처 가져오기", to: "customer_contact"),
        PrintedActivity("import_locations", "Import locations", "위치 가져오기", to: "location"),
        PrintedActivity(
            "import_service_entitlements", "Import service entitlements", "서비스 이용 권한 가져오기", to: "service_entitlement"),
        PrintedActivity(
            "import_install_base_items", "Import install base items", "설치 제품 가져오기", to: "install_base_item"),
        PrintedActivity(
            "import_account_address_relationships", "Import account address relationships", "계정 주소 관계 가져오기",
            to: "account_address_relationship"),
        PrintedActivity("import_contracts", "Import contracts", "계약 가져오기", to: "contract"),
        PrintedActivity("import_sold_products", "Import sold products", "판매 제품 가져오기", to: "sold_product"),
        PrintedActivity(
            "import_sold_product_install_base", "Import links between install base and sold products",
            "설치 제품-판매 제품 연결 가져오기", to: "sold_product_install_base_m2m"),
    ]

    /// The options of Service Bridge but Not required, each with an activity of its name (G-45).
    static let options: Set = ["remote_catalog", "remote_task", "foundation_data_sync"]

    /// With the activities of every option.
    static let development = [
        PrintedActivity("development", "account_relationships", "Set up account relationships", "계정 관계 설정"),
        PrintedActivity("development", "maintenance_schedules", "Set maintenance schedules", "유지 관리 일정 설정"),
        PrintedActivity("development", "process_slas", "Create process SLAs and offerings", "프로세스 SLA 및 오퍼링 생성"),
        PrintedActivity("development", "reporting", "Reporting", "보고서 작성"),
        PrintedActivity("development", "catalog_development", "Catalog development (general)", "카탈로그 개발(일반)"),
        PrintedActivity("development", "related_work", "Related work", "관련 작업"),
        PrintedActivity(
            "development", "install_service_bridge", "Install Service Bridge for consumers", "고객용 Service Bridge 설치"),
        PrintedActivity(
            "development", "register_consumer", "Service Bridge consumer registration and configuration",
            "Service Bridge 고객 등록 및 구성"),
        PrintedActivity("development", "remote_catalog", "Remote catalog", "원격 카탈로그"),
        PrintedActivity("development", "remote_task", "Remote task", "원격 작업"),
        PrintedActivity("development", "foundation_data_sync", "Foundation data sync", "기초 데이터 동기화"),
        PrintedActivity("development", "development_summary", "Summary", "요약"),
    ]

    static let testingAndTraining = [
        PrintedActivity("testing_and_training", "go_live_change_request", "Go-live change request", "운영 개시 변경 요청"),
        PrintedActivity(
            "testing_and_training", "go_live_communications", "Plan and complete go-live communications",
            "운영 개시 안내 계획 및 완료"),
        PrintedActivity("testing_and_training", "testing", "Plan and complete testing", "테스트 계획 및 완료"),
        PrintedActivity("testing_and_training", "plan_training", "Plan and complete training", "교육 계획 및 완료"),
        PrintedActivity("testing_and_training", "execute_training", "Execute training", "교육 실시"),
    ]

    static let goLive = [
        PrintedActivity("go_live", "go_live_support_case", "Go-live support case", "운영 개시 지원 케이스")
    ]

    private init(_ stage: String, _ key: String, _ english: String, _ korean: String) {
        (self.stage, self.key, self.english, self.korean) = (stage, key, english, korean)
    }

    private init(_ key: String, _ english: String, _ korean: String, to target: String) {
        self.init("data_capture", key, english, korean)
        self.target = target
    }

    /// Its name in a language.
    func name(_ language: String) -> String { language == "ko" ? korean : english }
}
