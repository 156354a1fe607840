import RPC
import Testing
import Wire

@testable import OnboardingService

/// Places in lists of work, as page tokens name them.
@Suite struct WorkRankTests {
    private static let list = PageToken.Binding(
        method: "pages.list_portal", filter: "my_cases", order: "", domain: "/provider/")

    private func place(_ priority: String, _ day: String, _ updated: String) throws(Problem) -> WorkRank? {
        let token = PageToken(position: [priority, day, updated, "0190c3e4-0000-7000-8000-000000000001"])
        return try WorkRank(token.text(for: Self.list), in: Self.list)
    }

    @Test func placesThatAListHasGivenAreRead() throws {
        #expect(try place("9", "9223372036854775807", "0")?.priority == 9)
        #expect(try place("10", "0", "0")?.priority == 10)
        #expect(try place("0", "-719162", "-62135596800000000")?.day == -719_162)
        #expect(try place("1", "2932896", "253402300799999999")?.updated == 253_402_300_799_999_999)
    }

    /// Who makes a token of his own is refused, whatever the numbers.
    @Test(arguments: [
        ("-1", "0", "0"), ("11", "0", "0"), ("3", "9223372036854775806", "0"), ("3", "-9223372036854775808", "0"),
        ("3", "2932897", "0"), ("3", "0", "-9223372036854775808"), ("3", "0", "9223372036854775807"),
    ])
    func aPlaceThatNoListHasGivenIsRefused(_ priority: String, _ day: String, _ updated: String) {
        let problem = problem { () throws(Problem) in try place(priority, day, updated) }
        #expect(problem?.code == .invalidArgument && problem?.violations.map(\.field) == ["page_token"])
    }

    private func problem(of body: () throws(Problem) -> WorkRank?) -> Problem? {
        do throws(Problem) {
            _ = try body()
            return nil
        } catch { return error }
    }
}
