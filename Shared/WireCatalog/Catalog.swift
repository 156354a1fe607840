import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import Wire

/// Everything the protos declare, for those who deal with records and methods of every service, such as flows and
/// notifications.
public enum Catalog {
    /// The type of every record.
    public static let records: [any RecordMessage.Type] =
        OnboardingCatalog.records + ImportValidationCatalog.records + CustomerSuccessCatalog.records
        + PlayLauncherCatalog.records + NotifierCatalog.records

    /// The dictionary of every table.
    public static let schemas: [RecordSchema] = records.map { $0.schema }

    /// Every method of every service.
    public static let methods: [MethodInfo] =
        OnboardingAPI.all + ImportValidationAPI.all + CustomerSuccessAPI.all + PlayLauncherAPI.all + NotifierAPI.all

    /// The type of every message.
    public static let messages: [any Message.Type] =
        CommonCatalog.messages + OnboardingCatalog.messages + ImportValidationCatalog.messages
        + CustomerSuccessCatalog.messages + PlayLauncherCatalog.messages + NotifierCatalog.messages
}
