import CustomerSuccessWire
import Playbooks
import PlaybooksWire
import Records
import Tenancy
import Wire
import Work

/// The kinds of activity of an initiative (G-114).
enum SuccessActivities {
    static let all = [enterInfo, createTask]

    /// Who works the initiative, and until when.
    static let enterInfo = ActivityKind(
        "enter_info", Text(en: "Enter initiative info", ko: "이니셔티브 정보 입력"),
        inputs: [
            .field(.assignedTo, of: SuccessInitiative.self, isMandatory: true),
            .field(.dueDate, of: SuccessInitiative.self),
        ])

    /// Makes a task and ends with it.
    static let createTask = ActivityKind(
        "create_task", Text(en: "Create and view task record", ko: "작업 레코드 생성 및 조회"), makesRecord: true)

    /// Makes an activity definition of each kind, once, for process designers to build playbooks of.
    static func seed(_ playbooks: Playbooks) async throws {
        guard let domain = DomainPath("/provider/") else { return }
        try await Seeding.run(playbooks.database, in: domain) { seeding in
            let context = RuleContext(
                transaction: seeding.tx, write: seeding.context, database: playbooks.database)
            for kind in all {
                try seeding.once("activity definition:\(kind.key)") { try playbooks.install(kind, context) }
            }
        }
    }
}
