import CustomerSuccessWire
import Foundation
import Playbooks
import PlaybooksWire
import RPC
import Records
import Tenancy
import Wire
import Work

/// The kinds of activity of what is worked on for an engagement (G-114); those of initiatives alone are in
/// ``InitiativeActivities``.
enum SuccessActivities {
    static let all = [enterInfo, createTask, nextStep] + InitiativeActivities.all

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

    /// Something that somebody does and says to be done: what playbooks recommend beside a record.
    static let nextStep = ActivityKind("next_step", Text(en: "Next step", ko: "다음 단계"))

    /// Makes an activity definition of each kind, once, for process designers to build playbooks of, and the playbooks that
    /// come with the product, active.
    static func seed(_ playbooks: Playbooks) async throws {
        guard let domain = DomainPath("/provider/") else { return }
        let files = try CustomerSuccess.shippedPlaybooks.map { file in
            (name: file.lastPathComponent, yaml: try String(contentsOf: file, encoding: .utf8))
        }
        guard !files.isEmpty else { throw Problem.internalError(cause: "no playbook is beside the program") }
        try await Seeding.run(playbooks.database, in: domain) { seeding in
            let context = RuleContext(
                transaction: seeding.tx, write: seeding.context, database: playbooks.database)
            for kind in all {
                try seeding.once("activity definition:\(kind.key)") { try playbooks.install(kind, context) }
            }
            for file in files {
                try seeding.once("playbook:\(file.name)") { try playbooks.install(yaml: file.yaml, context) }
            }
        }
    }
}
