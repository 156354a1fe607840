import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// The search of customer-success (G-125): what is found by which words, and by whom.
@Suite struct SearchTests {
    private func found(_ text: String, _ world: World, as caller: Caller) async throws -> [WorkItem] {
        var request = SearchRequest()
        request.text = text
        return try await world.call(CustomerSuccessAPI.searchCustomerSuccess, request, as: caller).items
    }

    /// Who sees the world's own domain alone: other tests have records, too.
    private func inside(_ world: World) throws -> Caller {
        var agent = world.agent
        agent.domain = try #require(DomainPath(world.domain))
        return agent
    }

    @Test func everyKindOfRecordIsFound() async throws {
        let world = try await World()
        let agent = try inside(world)
        // What ties records together has no words of its own.
        let links: Set = [
            SquadMember.schema.table, EngagementContract.schema.table, RiskSignalSolution.schema.table,
        ]
        for type in allSamples + definitionSamples where !links.contains(type.schema.table) {
            try await find(type, world, as: agent)
        }
    }

    /// By its number, or by a word of its title.
    private func find<R: Sample>(_ type: R.Type, _ world: World, as agent: Caller) async throws {
        let titles = ["title", "subject", "short_description", "name"]
        let title = try #require(titles.first { R.schema.index(of: $0) != nil })
        let word = "quux" + uuid().filter(\.isLetter)
        let record = try await world.make(R.self) { $0[named: title] = .string("Über \(word) 갱신 준비") }
        // Definitions are seen from below their domain.
        for text in [word, "준비 \(word)", word.uppercased()] {
            let items = try await found(text, world, as: agent)
            #expect(items.map(\.id) == [record.id], "\(R.schema.table) \(text)")
            #expect(items.first?.table == R.schema.table && items.first?.service == "customer-success")
        }
        if R.schema.numberPrefix != nil {
            let number = try #require(record[named: "number"].string)
            #expect(try await found(number, world, as: agent).map(\.id) == [record.id], "\(number)")
        }
    }

    /// With the names of the account and of people, and the number of the engagement; open records are found by the account.
    @Test func namesStandThere() async throws {
        let world = try await World()
        let agent = try inside(world)
        let engagement = try await world.make(Engagement.self) { $0.title = "Aurora" }
        let touchpoint = try await world.make(Touchpoint.self) {
            ($0.engagement, $0.subject) = (engagement.id, "Zenith")
        }
        let item = try #require(try await found("zenith", world, as: agent).first)
        #expect(item.title == "Zenith" && item.accountName == "Ernst Handel" && item.parent == engagement.id)
        #expect(item.parentNumber == engagement.number)
        let journey = try #require(try await found("aurora", world, as: agent).first)
        #expect(journey.id == engagement.id && journey.assignedTo == world.manager)
        let ofTheAccount = try await found("ernst", world, as: agent)
        #expect(Set(ofTheAccount.map(\.id)).isSuperset(of: [engagement.id, touchpoint.id]))
        #expect(ofTheAccount.allSatisfy { $0.accountName == "Ernst Handel" })
    }

    /// Customers find what is theirs and shown to them; provider-only records never; another tenant nothing.
    @Test func everybodyFindsWhatTheySee() async throws {
        let (world, other) = (try await World(), try await World())
        let engagement = try await world.make(Engagement.self) { $0.title = "Borealis" }
        _ = try await world.make(InternalPlay.self) {
            ($0.engagement, $0.shortDescription) = (engagement.id, "Borealis")
        }
        _ = try await world.make(RiskSignal.self) { ($0.engagement, $0.shortDescription) = (engagement.id, "Borealis") }
        #expect(try await found("borealis", world, as: try inside(world)).count == 3)
        let theirs = try await found("borealis", world, as: world.customer)
        #expect(theirs.map(\.id) == [engagement.id])
        #expect(!(try theirs.map { try $0.jsonText() }.joined().contains("perceived")))
        for caller in [try inside(other), other.customer] {
            for text in ["borealis", engagement.number ?? ""] {
                #expect(try await found(text, world, as: caller).isEmpty, "\(text)")
            }
        }
        // Of a role that reads touchpoints alone, these alone.
        var reader = try inside(world)
        reader.roles = ["sn_acct_lc.touchpoint_read"]
        #expect(try await found("borealis", world, as: reader).isEmpty)
        reader.roles = ["import_builder_read"]
        let stranger = reader
        await #expect(throws: Problem.self) { try await found("borealis", world, as: stranger) }
    }

    @Test(arguments: ["", "…", String(repeating: "a ", count: 21)]) func somethingHasToBeLookedFor(text: String)
        async throws
    {
        let world = try await World()
        var request = SearchRequest()
        request.text = text
        let asked = request
        let problem = try await refusal {
            _ = try await world.call(CustomerSuccessAPI.searchCustomerSuccess, asked)
        }
        #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == ["text"])
    }
}
