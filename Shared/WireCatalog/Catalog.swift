import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import PlaybooksWire
import Wire

/// Everything the protos declare, for those who deal with records and methods of every service, such as flows and
/// notifications.
public enum Catalog {
    /// The type of every record.
    public static let records: [any RecordMessage.Type] =
        CustomerSuccessCatalog.records + ImportValidationCatalog.records + NotifierCatalog.records
        + OnboardingCatalog.records + PlayLauncherCatalog.records

    /// The dictionary of every table.
    public static let schemas: [RecordSchema] = records.map { $0.schema }

    /// The type of the records that `service` keeps in `table`; nil when it has no such table. Without a service, which
    /// events of before do not name, the first that has one.
    public static func record(_ table: String, of service: String) -> (any RecordMessage.Type)? {
        records.first { $0.schema.table == table && (service.isEmpty || $0.schema.service == service) }
    }

    /// Every method of every service.
    public static let methods: [MethodInfo] =
        CustomerSuccessAPI.all + ImportValidationAPI.all + NotifierAPI.all + OnboardingAPI.all + PlayLauncherAPI.all

    /// The type of every message.
    public static let messages: [any Message.Type] =
        CommonCatalog.messages + CustomerSuccessCatalog.messages + ImportValidationCatalog.messages
        + NotifierCatalog.messages + OnboardingCatalog.messages + PlaybooksCatalog.messages
        + PlayLauncherCatalog.messages
}
