import ImportValidationWire
import RPC
import Records
import Tenancy
import Wire

extension Upload: Record {
    /// Customers see what they have sent themselves.
    public static let storage = Storage<Upload>(
        domain: .references([.importTask]),
        customer: CustomerAccess(rows: { .equal(.createdBy, $0.subject) }))

    /// What people read for its state.
    var stateLabel: Text { Self.schema.fields[Self.index(.state)].label(ofChoice: state ?? "") }
}
