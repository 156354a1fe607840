import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import Roles
import Wire

/// A table whose records have a list of their own: which columns it begins with, and what it is narrowed by.
struct ListedTable: Sendable {
    let schema: RecordSchema
    /// What its records are called together.
    let title: Text
    /// The columns that are shown where nobody has chosen others.
    let columns: [String]
    /// What can be chosen from menus, in their order.
    let filters: [String]
    /// The fields whose words are looked into.
    let words: [String]
    /// What can be set in many records at once.
    let settable: [String]
    /// The order where nobody has chosen another.
    let order: String
    /// Fields that whoever looks may not read (G-24).
    private(set) var hidden: Set<String> = []
    /// The roles of whoever looks.
    private(set) var roles: Set<String> = []

    /// The tables in the order of their tabs.
    static let all: [ListedTable] = [
        ListedTable(
            schema: OnboardingCase.schema, title: Text(en: "Cases", ko: "케이스"),
            columns: keys(
                OnboardingCase.Field.self, .number, .shortDescription, .account, .priority, .state, .stage, .goLiveDate,
                .assignedTo),
            filters: keys(
                OnboardingCase.Field.self, .state, .stage, .priority, .assignedTo, .goLiveDate, .account, .updatedAt,
                .active),
            words: keys(OnboardingCase.Field.self, .number, .shortDescription),
            settable: keys(OnboardingCase.Field.self, .priority, .stage),
            order: OnboardingCase.Field.goLiveDate.rawValue),
        ListedTable(
            schema: LifecycleTask.schema, title: Text(en: "Tasks", ko: "작업"),
            columns: keys(
                LifecycleTask.Field.self, .number, .shortDescription, .company, .priority, .state, .progress, .dueDate,
                .assignedTo),
            filters: keys(
                LifecycleTask.Field.self, .state, .progress, .priority, .assignedTo, .dueDate, .company, .updatedAt,
                .active),
            words: keys(LifecycleTask.Field.self, .number, .shortDescription),
            settable: keys(LifecycleTask.Field.self, .state, .progress, .priority),
            order: LifecycleTask.Field.dueDate.rawValue),
        ListedTable(
            schema: ImportTask.schema, title: Text(en: "Import tasks", ko: "가져오기 작업"),
            columns: keys(
                ImportTask.Field.self, .number, .shortDescription, .account, .dataImportState, .state, .dueDate,
                .assignedTo),
            filters: keys(
                ImportTask.Field.self, .state, .dataImportState, .priority, .assignedTo, .dueDate, .account, .updatedAt,
                .active),
            words: keys(ImportTask.Field.self, .number, .shortDescription),
            settable: keys(ImportTask.Field.self, .state, .progress, .priority),
            order: ImportTask.Field.dueDate.rawValue),
        ListedTable(
            schema: Touchpoint.schema, title: Text(en: "Touchpoints", ko: "접점"),
            columns: keys(
                Touchpoint.Field.self, .number, .subject, .account, .category, .state, .meetingDate, .assignedTo),
            filters: keys(
                Touchpoint.Field.self, .state, .category, .assignedTo, .meetingDate, .account, .updatedAt, .active),
            words: keys(Touchpoint.Field.self, .number, .subject),
            settable: keys(Touchpoint.Field.self, .state, .progress, .priority),
            order: Touchpoint.Field.meetingDate.rawValue),
        ListedTable(
            schema: RiskSignal.schema, title: Text(en: "Risk signals", ko: "위험 신호"),
            columns: keys(RiskSignal.Field.self, .number, .shortDescription, .account, .state, .dueDate, .assignedTo),
            filters: keys(
                RiskSignal.Field.self, .state, .priority, .assignedTo, .dueDate, .account, .updatedAt, .active),
            words: keys(RiskSignal.Field.self, .number, .shortDescription),
            settable: keys(RiskSignal.Field.self, .state, .priority), order: RiskSignal.Field.dueDate.rawValue),
        ListedTable(
            schema: Opportunity.schema, title: Text(en: "Opportunities", ko: "영업 기회"),
            columns: keys(
                Opportunity.Field.self, .number, .title, .account, .kind, .state, .value, .currency, .expectedDate,
                .probability, .assignedTo),
            filters: keys(
                Opportunity.Field.self, .state, .kind, .assignedTo, .handedOverTo, .expectedDate, .account, .updatedAt,
                .active),
            words: keys(Opportunity.Field.self, .number, .title),
            settable: keys(Opportunity.Field.self, .state), order: Opportunity.Field.expectedDate.rawValue),
    ]

    /// The tables that customers have a list of.
    private static let ofCustomers: Set = [
        OnboardingCase.schema.table, LifecycleTask.schema.table, ImportTask.schema.table, Touchpoint.schema.table,
    ]

    /// Whether customers have a list of it.
    var isForCustomers: Bool { Self.ofCustomers.contains(schema.table) }

    private static func keys<Key: RawRepresentable<String>>(_ type: Key.Type, _ keys: Key...) -> [String] {
        keys.map(\.rawValue)
    }

    /// The list of a table: one of those above, else one that follows from what the dictionary says of it.
    static func named(_ name: String) -> ListedTable? {
        all.first { $0.schema.table == name } ?? Dictionaries.schema(name).flatMap { ListedTable(following: $0) }
    }

    /// The list as somebody may see it: without the fields that the access rules keep from their roles.
    func seen(by roles: Set<String>) -> ListedTable {
        var seen = self
        seen.roles = roles
        seen.hidden = Set(
            schema.fields.map(\.name).filter { Access.mayRead(roles, field: $0, of: schema.table) == false })
        return seen
    }

    /// The field of that name, where `isCustomer` only what customers see.
    func field(_ name: String, for isCustomer: Bool) -> FieldSchema? {
        schema.field(name).flatMap { hidden.contains(name) || isCustomer && !$0.customerVisible ? nil : $0 }
    }

    /// How the list is narrowed by the field of that name; nil where it is not, or the field is not seen.
    func control(_ name: String, for isCustomer: Bool) -> FieldControl? {
        field(name, for: isCustomer).flatMap { FieldControl($0, of: schema) }
    }

    /// What can be a column: everything that is a value of its own.
    func choosable(for isCustomer: Bool) -> [FieldSchema] {
        let apart: Set<FieldType> = [
            .journal, .attachment, .listOfReferences, .listOfUsers, .listOfRoles, .json, .script, .documentID, .text,
        ]
        let technical: Set = ["id", "etag", "domain", "created_by", "updated_by"]
        return schema.fields.filter {
            !apart.contains($0.type) && !technical.contains($0.name) && field($0.name, for: isCustomer) != nil
        }
    }
}
