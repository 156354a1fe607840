import RPC
import ServiceTestKit
import Synchronization
import Tenancy
import Testing

@testable import Identity

private let provider = DomainPath("/provider/") ?? .root
private let agent = "sn_acct_lc.agent"

@Suite struct RememberedPeopleTests {
    private static let subject = IdentityFixture.ann

    @Test func aPersonIsAskedForOnceInAWhile() async throws {
        let registry = PeopleRegistry([Self.subject: KnownPerson(domain: provider, roles: [agent])])
        let people = RememberedPeople(registry, for: .seconds(60))
        for _ in 0..<100 { #expect(try await people.person(Self.subject)?.isActive == true) }
        #expect(registry.questions == 1)
    }

    @Test func aChangeIsSeenInTime() async throws {
        let registry = PeopleRegistry([Self.subject: KnownPerson(domain: provider, roles: [agent])])
        let people = RememberedPeople(registry, for: .milliseconds(100))
        _ = try await people.person(Self.subject)
        registry[Self.subject]?.isActive = false
        let end = ContinuousClock.now + .milliseconds(100)
        while ContinuousClock.now < end { _ = try await people.person(Self.subject) }
        #expect(try await people.person(Self.subject)?.isActive == false)
        // What is not in memory and cannot be found out is refused, not guessed.
        registry.isReachable = false
        try await Task.sleep(for: .milliseconds(110))
        await #expect(throws: Problem.self) { try await people.person(Self.subject) }
    }

    /// Who joins a look-up that began long ago gets the answer of the next.
    @Test func anAnswerThatWasLongOnItsWayIsAskedForAgain() async throws {
        let source = SlowPeople()
        let people = RememberedPeople(source, for: .milliseconds(50))
        async let first = people.person(Self.subject)
        while source.questions == 0 { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: .milliseconds(60))
        async let second = people.person(Self.subject)
        try await Task.sleep(for: .milliseconds(20))
        source.release()
        #expect(try await first?.isActive == true)
        #expect(try await second?.isActive == false, "deactivated after the first question")
        #expect(source.questions == 2)
    }

    @Test func manyAskTogetherAndMemoryIsBounded() async throws {
        let registry = PeopleRegistry()
        let people = RememberedPeople(registry, for: .seconds(60), capacity: 4)
        for number in 0..<100 { #expect(try await people.person("\(number)") == nil) }
        #expect(registry.questions == 100)
        _ = try await people.person("99")
        #expect(registry.questions == 100)
        _ = try await people.person("0")
        #expect(registry.questions == 101)
    }
}

/// Answers the first question only when told to, that somebody is active; the others at once, that nobody is.
private final class SlowPeople: People {
    private let asked = Mutex(0)
    private let isReleased = Mutex(false)

    var questions: Int { asked.withLock { $0 } }

    func release() { isReleased.withLock { $0 = true } }

    func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        let isFirst = asked.withLock { count in
            count += 1
            return count == 1
        }
        let limit = ContinuousClock.now + .seconds(10)
        while isFirst, !isReleased.withLock({ $0 }), ContinuousClock.now < limit {
            try? await Task.sleep(for: .milliseconds(1))
        }
        return KnownPerson(domain: provider, isActive: isFirst, roles: [agent])
    }
}
