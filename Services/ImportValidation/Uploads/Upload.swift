import ImportValidationWire
import RPC
import Records
import Tenancy
import Wire

extension Upload: Record {
    /// Customers see what they have sent themselves, as long as they are the contact of the task (G-23).
    public static let storage = Storage<Upload>(
        domain: .references([.importTask]),
        customer: CustomerAccess(rows: { .equal(.createdBy, $0.subject) }, condition: TaskAccess.ofContact))

    /// What people read for its state.
    var stateLabel: Text { Self.schema.fields[Self.index(.state)].label(ofChoice: state ?? "") }
}
