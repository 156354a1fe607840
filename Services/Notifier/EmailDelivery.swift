import NotifierWire
import Records
import Wire

extension EmailDelivery: Record {
    /// A delivery lives in the domain of its recipient.
    public static let storage = Storage<EmailDelivery>(domain: .preset)
}
