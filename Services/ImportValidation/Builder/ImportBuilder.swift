import ImportValidationWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

extension ImportBuilder: Record {
    /// A builder of a domain serves the import tasks of the domains below it.
    public static let storage = Storage<ImportBuilder>(
        visibility: .definition, domain: .caller, immutable: [.targetTable],
        constraints: [
            DatabaseRule("IMP-03", constraint: "import_builder_import_set_table", field: .importSetTable, isTaken)
        ],
        closed: { caller, _ in BuilderAccess.isDesigner(caller) ? [] : Set(Field.allCases) })

    public static let rules: [Rule<ImportBuilder>] = [
        Rule("IMP-01") { change, _ in
            guard let target = ImportTarget.named(change.new.targetTable) else { throw noTarget }
            change.new.targetTable = target.table
        },
        .check(
            "IMP-04", field: .name,
            Text(
                en: "The builder is finished and in use; it stays as it is.",
                ko: "완료되어 사용 중인 가져오기 작성기는 변경할 수 없습니다.")
        ) { change, _ in
            change.isCreation || !change.changes(.name) || change.new.step != Step.complete
        },
        .afterDeletion("IMP-04") { change, context in
            guard let table = change.new.importSetTable else { return }
            let used = try context.transaction.query(
                "SELECT 1 FROM import_validation.import_task WHERE source_table = \(table) LIMIT 1")
            guard used.isEmpty else { throw isUsed }
        },
    ]

    /// Why a staging table cannot have this name (IMP-03).
    static let isTaken = Text(
        en: "There is a staging table of this name already.", ko: "같은 이름의 스테이징 테이블이 이미 있습니다.")

    private static let isUsed = Problem.failedPrecondition(
        rule: "IMP-04",
        Text(
            en: "Import tasks have its staging table as their source: it cannot be deleted.",
            ko: "이 스테이징 테이블을 소스로 사용하는 가져오기 작업이 있어 삭제할 수 없습니다."))

    private static var noTarget: Problem {
        let names = ImportTarget.all.map(\.table).joined(separator: ", ")
        let labels = ImportTarget.all.map(\.schema.label.ko).joined(separator: ", ")
        return .broken(
            "IMP-01", ImportBuilder.self, field: .targetTable,
            Text(
                en: "Nothing can be imported into this table; possible: \(names).",
                ko: "이 테이블로는 데이터를 가져올 수 없습니다. 가져올 수 있는 테이블: \(labels)"))
    }
}

/// The steps of the builder in their order.
enum BuilderStep: Int, CaseIterable {
    case template, dataSource, transformMap, checks, activity, complete

    private static let names = [
        ImportBuilder.Step.createTemplate, ImportBuilder.Step.dataSource, ImportBuilder.Step.transformMap,
        ImportBuilder.Step.dataValidation, ImportBuilder.Step.playbookActivity, ImportBuilder.Step.complete,
    ]

    /// As the record says it.
    var name: String { Self.names[rawValue] }

    /// The one behind it.
    var next: BuilderStep { BuilderStep(rawValue: rawValue + 1) ?? .complete }

    /// What people call it.
    var label: Text {
        let field = ImportBuilder.schema.fields[ImportBuilder.index(.step)]
        return field.label(ofChoice: name)
    }

    /// Where a builder stands.
    init(_ builder: ImportBuilder) { self = Self.allCases.first { $0.name == builder.step } ?? .template }
}

/// Who may set up a new kind of import (G-72): whoever may write builders, as an onboarding agent, and may make activity
/// definitions, as a process designer.
enum BuilderAccess {
    /// Whether somebody may make activity definitions.
    static func isDesigner(_ caller: Caller) -> Bool {
        guard let need = OnboardingAPI.createActivityDefinition.need, caller.kind != .customer,
            let operation = Operation(rawValue: need.operation.rawValue)
        else { return false }
        return Access.allows(caller.roles, operation, on: need.table)
    }

    /// Refuses anybody else.
    static func requireDesigner(_ caller: Caller) throws(Problem) {
        guard isDesigner(caller) else {
            throw .permissionDenied(
                Text(
                    en: "Setting up imports also takes a process designer role.",
                    ko: "가져오기를 설정하려면 프로세스 설계자 역할도 필요합니다."))
        }
    }
}
