import ImportValidationWire
import RPC
import Records
import Tenancy
import Wire

extension Upload: Record {
    /// Customers see what they have sent themselves.
    public static let storage = Storage<Upload>(
        domain: .references([.importTask]),
        customer: CustomerAccess(rows: { caller in
            "created_by = \"\(caller.subject.filter { $0 != "\"" && $0 != "\\" })\""
        }))

    /// What people read for its state.
    var stateLabel: Text { Self.schema.fields[Self.index(.state)].label(ofChoice: state ?? "") }
}
