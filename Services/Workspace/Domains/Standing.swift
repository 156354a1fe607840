import Korean
import OnboardingWire
import RPC
import Records
import Wire

/// Which accounts, people and domains stand in some domains, as far as the reader may see them.
struct Standing: Sendable {
    /// A record that stands in a domain.
    struct One: Sendable {
        let id, name, domain: String
        let isOff: Bool
    }

    /// The records of one table.
    struct Group: Sendable {
        let schema: RecordSchema
        var ones: [One] = []
        /// Whether there are more than were counted.
        var isMore = false
        var isAway = false

        /// How many stand in a domain; empty for none.
        func countText(_ path: String) -> String {
            let count = ones.filter { $0.domain == path }.count
            return count == 0 ? "" : "\(grouped: count)\(isMore ? "+" : "")"
        }
    }

    let accounts, people, below: Group

    /// All of them.
    var groups: [Group] { [accounts, people, below] }

    /// Asks for what stands in the domain `at` and in those below it, at most `most` records of each table.
    static func read(_ paths: [String], below at: String, most: Int32, _ visit: Visit) async -> Standing {
        let standing = DomainView.any(KnownField.domain, [at] + paths)
        async let accounts = group(CustomerAccount.schema, KnownField.domain.rawValue, standing, most, visit)
        async let people = group(User.schema, KnownField.domain.rawValue, standing, most, visit)
        async let below = group(
            Domain.schema, Domain.Field.parent.rawValue, DomainView.any(Domain.Field.parent, [at] + paths), most, visit)
        return await Standing(accounts: accounts, people: people, below: below)
    }

    private static func group(
        _ schema: RecordSchema, _ field: String, _ filter: String, _ most: Int32, _ visit: Visit
    ) async -> Group {
        var request = ListRequest()
        (request.filter, request.pageSize) = (filter, most)
        let asked = request
        let found = await Part.of { () async throws(Problem) -> Group in
            let (records, next) = try await AnyList.read(asked, of: schema, visit.beside)
            let ones = records.map { record in
                One(
                    id: record.id, name: Lookup.name(of: record), domain: record.single(field),
                    isOff: record.single(KnownField.active) == "false")
            }
            return Group(schema: schema, ones: ones, isMore: !next.isEmpty)
        }
        return found.value ?? Group(schema: schema, isAway: found.isAway)
    }
}
