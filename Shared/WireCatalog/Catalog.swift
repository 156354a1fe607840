import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import PlaybooksWire
import RecommendedActionsWire
import StandingWire
import Wire

/// Everything the protos declare, for those who deal with records and methods of every service, such as flows.
public enum Catalog {
    /// The type of every record.
    public static let records: [any RecordMessage.Type] =
        CustomerSuccessCatalog.records + ImportValidationCatalog.records + NotifierCatalog.records
        + OnboardingCatalog.records + PlayLauncherCatalog.records

    /// The dictionary of every table.
    public static let schemas: [RecordSchema] = records.map { $0.schema }

    /// Every method of every service.
    public static let methods: [MethodInfo] =
        CustomerSuccessAPI.all + ImportValidationAPI.all + NotifierAPI.all + OnboardingAPI.all + PlayLauncherAPI.all

    /// The type of every message.
    public static let messages: [any Message.Type] =
        CommonCatalog.messages + CustomerSuccessCatalog.messages + ImportValidationCatalog.messages
        + NotifierCatalog.messages + OnboardingCatalog.messages + PlaybooksCatalog.messages
        + PlayLauncherCatalog.messages + RecommendedActionsCatalog.messages + StandingCatalog.messages
}
