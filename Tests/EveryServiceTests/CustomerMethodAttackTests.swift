import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Customers try every method of every service with the ids and numbers of another account: whichever of the four kinds of
/// people of the portal they are, what they meet is what they meet of a record that does not exist.
@Suite(.timeLimit(.minutes(15))) struct CustomerMethodAttackTests {
    /// Neighbors of each kind, one whom success managers work with, and a case manager of two accounts between which the
    /// victim's lies.
    private static let neighbors: [Caller] =
        [
            "sn_customerservice.customer", "sn_customerservice.customer_case_manager",
            "sn_customerservice.customer_admin", "sn_customerservice.customer_manager",
            "sn_acct_lc.ale_success_customer",
        ].map { Caller.customer($0, in: [Tested.neighbour]) }
        + [.customer("sn_customerservice.customer_case_manager", in: ["/provider/d0000000/", Tested.neighbour])]

    @Test(arguments: Tested.names) func anotherAccountsRecordsAreOutOfReach(_ name: String) async throws {
        let service = try await Tested.start(name)
        let before = try await service.rows()
        let ids = Set(service.ids.values.joined())
        var reached: Set<Problem.Code> = []
        for method in service.methods {
            let tried = try #require(Attempt.of(method, service.schemas))
            for caller in Self.neighbors {
                let what = "\(method.subject) \(caller.roles.sorted())"
                guard tried.namesRecord else {
                    let (problem, json) = await service.answer(tried, as: caller)
                    let told = json + (problem?.text.en ?? "") + (problem?.text.ko ?? "")
                    #expect(!told.contains(Tested.victim) && !ids.contains(where: told.contains), "\(what)")
                    continue
                }
                let stranger = uuid()
                let unknown = await service.problem(tried.about(stranger), as: caller)
                for id in service.ids[tried.table] ?? [] {
                    let met = await service.problem(tried.about(id), as: caller)
                    let code = try #require(met?.code, "\(what) \(id) is answered")
                    #expect([.notFound, .permissionDenied].contains(code), "\(what) \(met as Any)")
                    #expect(Self.seen(met, of: id) == Self.seen(unknown, of: stranger), "\(what) \(id)")
                    reached.insert(code)
                }
            }
        }
        #expect(reached.contains(.permissionDenied))
        // The check of the check: some of it is theirs to ask, and then the account decides. Plays are the provider's.
        #expect(reached.contains(.notFound) == (name != "play-launcher"))
        #expect(try await service.rows() == before)
    }

    /// What somebody sees of a problem, but for the id that was asked for.
    private static func seen(_ problem: Problem?, of id: String) -> [String] {
        guard let problem else { return [] }
        return [problem.code.name, problem.reason, problem.text.en, problem.text.ko].map { $0.replacing(id, with: "") }
    }
}
