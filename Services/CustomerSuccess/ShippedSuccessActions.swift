import CustomerSuccessWire
import Filters
import RPC
import RecommendedActions
import RecommendedActionsWire
import Records
import Wire

/// The recommended actions of success records that come with the product: beside each record that success plays make stands
/// what to do with it now, and who may do it. They go with the next steps of the playbooks that plays attach.
enum ShippedSuccessActions {
    /// What is recommended for the records of one table, while a condition holds.
    private struct Advice {
        let key: String
        let table: RecordSchema
        let label: Text
        let condition: String
        let text: Text
        let steps: [Text]
    }

    /// The generator of ``CustomerSuccess/recommendedActions(_:_:)``, and whose responsibility work goes to by default (G-43).
    private static let (generator, responsibility) = ("responsible_person", "Success manager")

    private static let advice = [
        Advice(
            key: "review_architecture", table: SuccessCase.schema,
            label: Text(en: "Review the architecture", ko: "아키텍처 검토"),
            condition: FieldFilter<SuccessCase.Field>.equal(.category, SuccessCase.Category.architectureReview).text,
            text: Text(en: "From the present design to recommendations.", ko: "현재 설계 수집부터 권장 사항 제시까지 진행합니다."),
            steps: [
                Text(en: "Collect the present design.", ko: "현재 설계를 수집하세요."),
                Text(en: "Agree on a date in a touchpoint.", ko: "접점에서 날짜를 정하세요."),
                Text(en: "Share recommendations as an additional comment.", ko: "권장 사항을 추가 의견으로 공유하세요."),
            ]),
        Advice(
            key: "run_proof_of_concept", table: SuccessCase.schema,
            label: Text(en: "Run the proof of concept", ko: "개념 증명(PoC) 진행"),
            condition: FieldFilter<SuccessCase.Field>.equal(.category, SuccessCase.Category.demoAndPoc).text,
            text: Text(en: "Shows that the product meets the need.", ko: "제품이 요구를 충족하는지 확인합니다."),
            steps: [
                Text(en: "Write down scope and success criteria.", ko: "범위와 성공 기준을 기록하세요."),
                Text(en: "Show the result, and evaluate it by the criteria.", ko: "결과를 시연하고 기준에 따라 평가하세요."),
            ]),
        Advice(
            key: "prepare_review", table: Touchpoint.schema,
            label: Text(en: "Prepare the quarterly business review", ko: "분기 비즈니스 리뷰(QBR) 준비"),
            condition: FieldFilter<Touchpoint.Field>.equal(.meetingType, Touchpoint.MeetingType.qbr).text,
            text: Text(en: "What has to be known before the review.", ko: "검토 전에 확인할 사항입니다."),
            steps: [
                Text(en: "Bring the values of outcomes up to date.", ko: "성공 결과의 값을 최신 상태로 입력하세요."),
                Text(en: "Look through open risk signals.", ko: "열려 있는 위험 신호를 확인하세요."),
            ]),
        Advice(
            key: "confirm_contact", table: Touchpoint.schema,
            label: Text(en: "Confirm the responsible contact", ko: "담당 연락처 확인"),
            condition: FieldFilter<Touchpoint.Field>.equal(.confirmsContact, true).text,
            text: Text(
                en: "Closing the touchpoint reviews the key customer contact.", ko: "접점을 종결하면 핵심 고객 연락처를 검토합니다."),
            steps: [
                Text(en: "Choose the contact that was confirmed.", ko: "확인된 연락처를 선택하세요."),
                Text(en: "Close the touchpoint.", ko: "접점을 종결하세요."),
            ]),
        Advice(
            key: "answer_risk", table: RiskSignal.schema,
            label: Text(en: "Answer the risk", ko: "위험 대응"), condition: "",
            text: Text(en: "A risk is answered, or accepted.", ko: "위험에 대응하거나 위험을 수용합니다."),
            steps: [
                Text(en: "Launch the play Get to green, or a success case.", ko: "건강도 회복 플레이나 성공 케이스를 시작하세요."),
                Text(en: "Relate it as the solution.", ko: "솔루션으로 연결하세요."),
            ]),
        Advice(
            key: "work_play", table: InternalPlay.schema,
            label: Text(en: "Work the play", ko: "플레이 진행"), condition: "",
            text: Text(en: "Share the tasks out, and note the result.", ko: "작업을 분담하고 결과를 기록합니다."),
            steps: [
                Text(en: "Give each task somebody and a due date.", ko: "작업별로 담당자와 기한을 정하세요."),
                Text(en: "Note the result as a work note.", ko: "결과를 작업 메모로 남기세요."),
            ]),
        Advice(
            key: "agree_on_objective", table: SuccessObjective.schema,
            label: Text(en: "Agree on the objective", ko: "목표 합의"),
            condition: FieldFilter<SuccessObjective.Field>.equal(.state, SuccessObjective.State.new).text,
            text: Text(en: "An objective begins when it is agreed.", ko: "목표는 합의한 후에 시작합니다."),
            steps: [
                Text(en: "Enter owner, sponsor and dates.", ko: "책임자, 스폰서, 일정을 입력하세요."),
                Text(en: "Give each outcome a target value.", ko: "성공 결과별로 목표값을 입력하세요."),
            ]),
        Advice(
            key: "plan_initiative", table: SuccessInitiative.schema,
            label: Text(en: "Plan the initiative", ko: "이니셔티브 계획"),
            condition: FieldFilter<SuccessInitiative.Field>.equal(.state, SuccessInitiative.State.new).text,
            text: Text(en: "Its playbook leads through it.", ko: "플레이북에 따라 진행합니다."),
            steps: [
                Text(en: "Enter who does it and until when.", ko: "담당자와 기한을 입력하세요."),
                Text(en: "Make the sample tasks, or tasks of your own.", ko: "샘플 작업을 만들거나 직접 작업을 만드세요."),
            ]),
    ]

    /// The tables whose records are assigned to somebody.
    private static let assigned = [
        SuccessInitiative.schema, SuccessCase.schema, Touchpoint.schema, InternalPlay.schema, RiskSignal.schema,
    ]

    /// All of them, those that others name first.
    static let all: [ActionDefinition] = {
        var tables: [RecordSchema] = []
        for item in advice where !tables.contains(where: { $0.table == item.table.table }) { tables.append(item.table) }
        return tables.map { .context($0.table, $0.label, table: $0.table) } + assigned.flatMap(assignee)
            + advice.enumerated().flatMap { card($1, position: Int32($0 + 1) * 10) }
    }()

    private static func card(_ item: Advice, position: Int32) -> [ActionDefinition] {
        [
            .guidance("\(item.key)_guide", item.label, item.steps.map { GuidanceStep($0) }),
            .card("\(item.key)_card", item.label, item.text, shows: "\(item.key)_guide"),
            .rule(
                item.key, item.label, in: item.table.table, when: item.condition, position: position,
                recommends: ["\(item.key)_card"]),
        ]
    }

    private static func assignee(_ schema: RecordSchema) -> [ActionDefinition] {
        let label = Text(en: "Assigned to", ko: "담당자")
        let key = "\(schema.table)_assigned_to"
        return [
            .fieldRecommendation("\(key)_field", label, SuccessInitiative.Field.assignedTo),
            .card(
                "\(key)_card", label,
                Text(en: "The success manager of the account's squad.", ko: "계정 스쿼드의 성공 매니저입니다."),
                shows: "\(key)_field", generator: generator, argument: responsibility),
            .rule(key, label, in: schema.table, position: 100, recommends: ["\(key)_card"]),
        ]
    }
}
