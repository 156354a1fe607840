import CampaignKit
import Testing

/// One stack for all tests of a suite, which do not harm it for each other: starting one takes longer than a test.
struct SharedStack: SuiteTrait, TestScoping {
    @TaskLocal private static var current: ScenarioStack?

    /// Carries out a test on the stack of its suite. Where it cannot go on, the ends of the logs say why.
    static func with<T>(_ body: (ScenarioStack) async throws -> T) async throws -> T {
        let stack = try #require(current)
        do {
            return try await body(stack)
        } catch {
            await stack.keepLogs()
            throw error
        }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await ScenarioStack.with { stack in
            try await Self.$current.withValue(stack) { try await function() }
        }
    }
}

extension Trait where Self == SharedStack {
    /// The tests of the suite share one stack.
    static var sharedStack: Self { SharedStack() }
}
