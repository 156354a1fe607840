import CustomerSuccessWire
import OnboardingWire
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService
@testable import Events
@testable import Records

/// Whom a record may name: people of the right side who are still there.
@Suite struct PeopleTests {
    private static func fields(_ schema: RecordSchema, _ side: PersonSide) -> [FieldSchema] {
        schema.fields.filter { $0.side == side && !$0.outputOnly }
    }

    /// Every reference to users says where they stand, but for who reported a risk: that may be anybody.
    @Test func everyReferenceToPeopleHasASide() {
        for type in allSamples {
            for field in type.schema.fields where field.referencedTable == "user" && !field.outputOnly {
                #expect(field.side != nil || field.name == "reported_by", "\(type.schema.table).\(field.name)")
            }
        }
    }

    @Test(arguments: allSamples.indices)
    func peopleStandOnTheRightSide(row: Int) async throws { try await check(allSamples[row]) }

    private func check<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let made = try await world.make(type)
        let customer = try await world.person(account: world.account)
        let leaver = try await world.person(isActive: false)
        let system = try await world.person(kind: "system")
        let colleague = try await world.person()
        for field in Self.fields(R.schema, .provider) + Self.fields(R.schema, .any) {
            func value(_ id: String) -> FieldValue { field.storage == .strings ? .strings([id]) : .string(id) }
            let wrong = field.side == .any ? [leaver, system] : [customer, leaver, system]
            for id in wrong {
                try await breaks("PERSON_SIDE", field: "\(R.schema.table).\(field.name)", "\(field.name)") {
                    _ = try await world.set(made, field.name, value(id))
                }
                var draft = try await R.draft(in: world)
                draft[named: field.name] = value(id)
                let sent = draft
                try await breaks("PERSON_SIDE") { _ = try await world.create(sent) }
                if World.verbs(of: type).contains("batch_create") {
                    try await breaks("PERSON_SIDE") { try await world.createMany([sent], as: world.agent) }
                }
            }
            _ = try await world.set(made, field.name, value(field.side == .any ? customer : colleague))
        }
    }

    /// For customers the contact is the assignment (G-22), and for the provider the squad is one, too: nobody who has
    /// left is named there.
    @Test(arguments: allSamples.indices)
    func contactsAndSquadsAreThere(row: Int) async throws { try await checkThere(allSamples[row]) }

    private func checkThere<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let made = try await world.make(type)
        func contact(_ isActive: Bool) async throws -> String {
            let id = uuid()
            try await world.insert(
                "customer_contact",
                ["id": id, "account": world.account, "last_name": "Former", "active": String(isActive)])
            return id
        }
        func member(user: String, isActive: Bool = true) async throws -> String {
            let member = try await world.make(SquadMember.self) { $0.user = user }
            if !isActive { return try await world.set(member, "active", .bool(false)).id }
            return member.id
        }
        let leaver = try await world.person()
        let gone = [
            try await member(user: leaver), try await member(user: try await world.person(), isActive: false),
        ]
        _ = try await world.server.admin.run(
            "UPDATE customer_success.\"user\" SET active = false WHERE id = \(leaver)")
        let (former, present) = (try await contact(false), try await contact(true))
        let colleague = try await member(user: try await world.person())
        for field in R.schema.fields where !field.outputOnly {
            let isSquad = field.referencedTable == "squad_member"
            guard isSquad || field.referencedTable == "customer_contact" else { continue }
            func value(_ id: String) -> FieldValue { isSquad ? .strings([id]) : .string(id) }
            for id in isSquad ? gone : [former] {
                try await breaks("PERSON_SIDE", field: "\(R.schema.table).\(field.name)", "\(field.name)") {
                    _ = try await world.set(made, field.name, value(id))
                }
            }
            let named = try await world.set(made, field.name, value(isSquad ? colleague : present))
            #expect(named[named: field.name] == value(isSquad ? colleague : present))
        }
    }

    /// Who leaves keeps what was assigned before, and the record goes on.
    @Test func whoHasLeftKeepsTheirWork() async throws {
        let world = try await World()
        let leaver = try await world.person()
        let made = try await world.make(SuccessCase.self) {
            $0.assignedTo = leaver
            $0.watchList = [leaver]
        }
        _ = try await world.server.admin.run(
            "UPDATE customer_success.\"user\" SET active = false WHERE id = \(leaver)")
        let moved = try await world.set(made, "state", .string("in_progress"))
        #expect(moved.assignedTo == leaver)
        let colleague = try await world.person()
        let watched = try await world.set(made, "watch_list", .strings([leaver, colleague]))
        #expect(watched.watchList == [leaver, colleague])
        try await breaks("PERSON_SIDE") {
            _ = try await world.make(SuccessCase.self) { $0.assignedTo = leaver }
        }
    }

    /// A touchpoint of a customer does not go to a manager who has left.
    @Test func aCustomersTouchpointGoesToNobodyWhoHasLeft() async throws {
        let world = try await World()
        let leaver = try await world.person()
        let engagement = try await world.make(Engagement.self) { $0.customerSuccessManager = leaver }
        _ = try await world.server.admin.run(
            "UPDATE customer_success.\"user\" SET active = false WHERE id = \(leaver)")
        var draft = try await Touchpoint.draft(in: world)
        draft.engagement = engagement.id
        #expect(try await world.create(draft, as: world.customer).id.isEmpty == false)
        let stored = try await world.list(Touchpoint.self, filter: "engagement = \"\(engagement.id)\"").touchpoints
        #expect(stored.count == 1 && stored[0].assignedTo == nil)
    }

    /// G-43: what a customer or another team answers for is no responsibility of a squad.
    @Test(arguments: ["customer", "provider"])
    func aSquadHasItsOwnResponsibilities(side: String) async throws {
        let world = try await World()
        let other = uuid()
        try await world.insert(
            "responsibility_definition", ["id": other, "name": "Of \(side)", "side": side], domain: "/provider/")
        try await breaks("G-43", field: "squad_member.responsibility") {
            _ = try await world.make(SquadMember.self) { $0.responsibility = other }
        }
        let own = uuid()
        try await world.insert(
            "responsibility_definition", ["id": own, "name": "Support", "side": "squad"], domain: "/provider/")
        #expect(try await world.make(SquadMember.self) { $0.responsibility = own }.responsibility == own)
    }

    /// A copy from before the side was known is fetched anew when somebody is named.
    @Test func anOldCopyIsFetchedAnew() async throws {
        let world = try await World()
        let customer = try await world.person()
        _ = try await world.server.admin.run(
            "UPDATE customer_success.\"user\" SET revision = 0 WHERE id = \(customer)")
        var user = User()
        user.id = customer
        user.etag = "4"
        user.domain = "/provider/"
        user.name = "Pat"
        user.account = world.account
        world.server.onboarding.own(user)
        try await breaks("PERSON_SIDE") {
            _ = try await world.make(SuccessCase.self) { $0.assignedTo = customer }
        }
    }

    /// Nothing refers to nothing: an id that nobody has and one of another tenant get the same answer, lists included.
    @Test(arguments: allSamples.indices)
    func noReferencePointsToNothing(row: Int) async throws { try await point(allSamples[row]) }

    private func point<R: Sample>(_ type: R.Type) async throws {
        let both = try await Neighbours()
        let made = try await both.world.make(type)
        for field in R.schema.fields where field.referencedTable != nil && !field.outputOnly {
            // An internal play never has a parent (BR-41), whatever is named.
            guard !R.storage.immutable.contains(field.name), !(R.self == InternalPlay.self && field.name == "parent"),
                !R.storage.inherited.contains(where: { $0.field == field.name })
            else { continue }
            let foreign = try await foreign(field.referencedTable ?? "", in: both.next)
            var answers: [Problem] = []
            // What gives the domain may be another tenant's for who sees both: the record then moves there.
            for id in Self.givesDomain(field, R.self) ? [uuid()] : [uuid(), foreign] {
                let value: FieldValue = field.storage == .strings ? .strings([id]) : .string(id)
                let problem = try await refusal("\(field.name)") {
                    _ = try await both.world.set(made, field.name, value)
                }
                #expect(
                    problem.code == .invalidArgument && problem.reason == "NO_SUCH_REFERENCE",
                    "\(R.schema.table).\(field.name): \(problem)")
                #expect(problem.violations.map(\.field) == ["\(R.schema.table).\(field.name)"])
                answers.append(problem)
            }
            #expect(Set(answers.map(\.text.en)).count == 1 && answers.allSatisfy(\.metadata.isEmpty))
        }
    }

    private static func givesDomain<R: Record>(_ field: FieldSchema, _ type: R.Type) -> Bool {
        guard case .references(let fields) = R.storage.domain else { return false }
        return fields.map(\.rawValue).contains(field.name)
    }

    /// The id of a record that lies in the other tenant's domain.
    private func foreign(_ table: String, in world: World) async throws -> String {
        switch table {
        case "customer_contact": return world.contact
        case "onboarding_case": return world.onboarding
        case "sold_product": return world.product
        case "contract": return world.contracts[0]
        case "user": return try await world.person(account: world.account)
        case "responsibility_definition":
            let id = uuid()
            try await world.insert("responsibility_definition", ["id": id, "name": "Of the other"])
            return id
        default:
            guard let sample = allSamples.first(where: { $0.schema.table == table }) else { return uuid() }
            return try await world.identifier(of: sample)
        }
    }
}

extension World {
    /// The id of a new record of `type`.
    fileprivate func identifier<R: Sample>(of type: R.Type) async throws -> String { try await make(type).id }
}
