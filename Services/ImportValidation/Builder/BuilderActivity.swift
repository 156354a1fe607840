import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import Records
import Wire

/// The activity definition of a finished builder: what playbooks use to make its import task (G-130; imports, sections 6
/// and 8), as the shipped playbook makes those of the default targets.
enum BuilderActivity {
    /// The two list views that the data import step shows (G-71).
    static let views = [RowStatus.needsAttention.rawValue, RowStatus.readyToPublish.rawValue]

    /// Who does the import, unless the request says otherwise.
    static let responsibility = "ServiceNow developer/admin"

    /// The kind of activity that makes a record and ends with it.
    private static let kind = "create_task"
    /// The task is closed when everything is published and it has close notes (G-53, G-66), canceled with its case.
    private static let closed = "data_import_state = 7 AND close_notes:*"
    private static let canceled = "parent.state = \"canceled\""

    /// The key of the definition, unique in its domain as the import set table is.
    static func key(_ builder: ImportBuilder) -> String { builder.importSetTableName ?? "" }

    /// What the definition says.
    static func definition(_ builder: ImportBuilder, _ target: ImportTarget, responsibility: String)
        -> ActivityDefinition
    {
        let name = builder.name ?? ""
        var definition = ActivityDefinition()
        definition.key = key(builder)
        definition.builtIn = kind
        definition.label = text(Text(en: name, ko: name))
        let shown = views.map { view in RowStatus(rawValue: view)?.label ?? Text(en: view, ko: view) }
        definition.description = text(
            Text(
                en: "Imports \(target.schema.label.en) by \(builder.template ?? ""), and shows the list views "
                    + shown.map(\.en).joined(separator: " and ") + ".",
                ko: "\(builder.template ?? "") 템플릿으로 \(target.schema.label.ko) 데이터를 가져오고 목록 뷰("
                    + shown.map(\.ko).joined(separator: ", ") + ")를 표시합니다."))
        var creation = ActivityCreation()
        creation.table = ImportTask.schema.table
        creation.fields = [
            taken(.parent, from: OnboardingCase.Field.id), taken(.account, from: OnboardingCase.Field.account),
            said(.sourceTable, builder.importSetTable ?? ""), said(.targetTable, target.table),
            said(.dataSource, builder.template ?? ""), said(.type, ImportTask.TypeChoice.dataCapture),
            said(.visibleToCustomer, "false"), said(.shortDescription, name),
        ]
        creation.closedCondition = closed
        creation.canceledCondition = canceled
        creation.responsibility = responsibility.isEmpty ? Self.responsibility : responsibility
        definition.creates = creation
        return definition
    }

    private static func text(_ text: Text) -> LocalText {
        var local = LocalText()
        (local.en, local.ko) = (text.en, text.ko)
        return local
    }

    private static func said(_ field: ImportTask.Field, _ text: String) -> FieldSetting {
        var setting = FieldSetting()
        (setting.field, setting.text) = (field.rawValue, text)
        return setting
    }

    private static func taken(_ field: ImportTask.Field, from parent: OnboardingCase.Field) -> FieldSetting {
        var setting = FieldSetting()
        (setting.field, setting.fromField) = (field.rawValue, parent.rawValue)
        return setting
    }
}
