import Records
import Wire

extension EmailDelivery: ListedRecord {
    public typealias Page = ListEmailDeliveriesResponse

    /// A delivery lives in the domain of its recipient.
    public static let storage = Storage<EmailDelivery>(domain: .preset, newestFirst: true)
}
