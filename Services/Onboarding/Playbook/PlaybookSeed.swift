import Foundation
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// What the service brings along: the nine activity definitions (G-114), and the onboarding playbook, active.
enum PlaybookSeed {
    /// An activity definition under the key of its kind.
    private struct Item {
        let kind: ActivityKind
        var label: Text?
        let description: Text
    }

    private static let items = [
        Item(
            kind: OnboardingActivities.selectAccount,
            description: Text(
                en: "Asks for the account, and makes the case where there is none.",
                ko: "계정을 선택하고, 케이스가 없으면 생성합니다.")),
        Item(
            kind: OnboardingActivities.enterInfo,
            description: Text(
                en: "Asks for what the case is worked with: assignee, integration, type and go-live date.",
                ko: "담당자, 연동, 유형, 운영 개시일 등 케이스 진행에 필요한 정보를 입력합니다.")),
        Item(
            kind: OnboardingActivities.addContacts,
            description: Text(en: "Adds people of the customer.", ko: "고객 측 인원을 추가합니다.")),
        Item(
            kind: OnboardingActivities.addResponsibilities,
            description: Text(
                en: "Says what each contact of the case answers for.", ko: "케이스 연락처별로 담당 업무를 지정합니다.")),
        Item(
            kind: OnboardingActivities.addAccountTeam,
            description: Text(
                en: "Adds people of the provider with what they answer for.", ko: "제공자 측 인원과 담당 업무를 추가합니다.")),
        Item(
            kind: OnboardingActivities.addSquad,
            description: Text(en: "Chooses squad members of the account.", ko: "계정의 스쿼드 구성원을 선택합니다.")),
        Item(
            kind: OnboardingActivities.createTask,
            label: Text(en: "Create & View Tech Task Record", ko: "기술 작업 레코드 생성 및 조회"),
            description: Text(
                en: "Makes a record, shows it, and ends with it.", ko: "레코드를 생성하여 표시하고, 레코드가 종료되면 함께 종료됩니다.")),
        Item(
            kind: OnboardingActivities.relatedWork,
            description: Text(en: "Takes tasks that come up.", ko: "추가로 필요한 작업을 등록합니다.")),
        Item(
            kind: OnboardingActivities.summary,
            description: Text(
                en: "Ends a stage; import tasks of the stage need close notes.",
                ko: "단계를 마무리합니다. 해당 단계의 가져오기 작업에는 종결 메모가 필요합니다.")),
    ]

    /// Makes what was not made yet.
    static func run(_ playbooks: Playbooks) async throws {
        guard let domain = DomainPath(OnboardingSeed.provider) else { return }
        let files = try Onboarding.shippedPlaybooks.map { file in
            (name: file.lastPathComponent, yaml: try String(contentsOf: file, encoding: .utf8))
        }
        guard !files.isEmpty else { throw Problem.internalError(cause: "no playbook is beside the program") }
        try await Seeding.run(playbooks.database, in: domain) { seeding in
            let context = RuleContext(
                transaction: seeding.tx, write: seeding.context, database: playbooks.database)
            for item in items {
                try seeding.once("activity definition:\(item.kind.key)") {
                    try playbooks.install(item.kind, label: item.label, description: item.description, context)
                }
            }
            for file in files {
                try seeding.once("playbook:\(file.name)") { try playbooks.install(yaml: file.yaml, context) }
            }
        }
    }
}
