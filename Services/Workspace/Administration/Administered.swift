import RPC
import Roles
import Wire

/// What the pages of administration have in common: the way to them, and whose they are.
extension Visit {
    /// The way to a page about something that is defined: administration, then the list of its table where it has one.
    func wayOfAdministration(to schema: RecordSchema? = nil) -> [Crumb] {
        let first = Crumb(label: say("Administration", "관리"), href: AdministrationPages.href)
        guard let schema else { return [first] }
        let title = reader(ListedTable.named(schema.table)?.title ?? schema.label)
        return [first, Crumb(label: title, href: ListPages.href(schema.table))]
    }

    /// Whether somebody of the provider may do that with records of the table.
    func may(_ operation: Operation, on schema: RecordSchema) -> Bool {
        guard let person, !person.isCustomer else { return false }
        return Access.allows(person.roles, operation, on: schema.table)
    }

    /// Of whom a page is not, it is not there.
    func demand(_ isFor: (Person) -> Bool) throws(Problem) {
        guard let person, isFor(person) else { throw .noPage }
    }
}
