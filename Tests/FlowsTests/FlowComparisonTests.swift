import Testing

@testable import Flows

/// What differs between the texts of two flows.
@Suite struct FlowComparisonTests {
    private func changes(_ old: String, _ new: String) throws -> [String] {
        try FlowSource.changes(from: old, to: new).map { "\($0.kind.rawValue) \($0.path)" }
    }

    @Test func tasksAreToldApartByTheirNames() throws {
        let old = "do: [{a: {wait: 1}}, {b: {wait: 2}}, {c: {wait: 3}}]"
        #expect(try changes(old, old).isEmpty)
        #expect(try changes(old, "do: [{a: {wait: 1}}, {c: {wait: 3}}]") == ["removed do/b"])
        #expect(
            try changes(old, "do: [{a: {wait: 1}}, {b: {wait: 5}}, {d: {wait: 2}}, {c: {wait: 3}}]")
                == ["changed do/b/wait", "added do/d"])
        #expect(try changes(old, "do: [{c: {wait: 3}}, {a: {wait: 1}}, {b: {wait: 2}}]") == ["moved do/c"])
        #expect(
            try changes(old, "do: [{x: {wait: 1}}, {b: {wait: 2}}]") == ["removed do/a", "added do/x", "removed do/c"])
    }

    @Test func mappingsHaveNoOrderAndListsHavePlaces() throws {
        #expect(try changes("a: 1\nb: {c: [1, 2]}", "b: {c: [1, 3, 4]}\na: 1") == ["changed b/c/2", "added b/c/3"])
        #expect(try changes("a: {b: 1}", "a: [1]") == ["changed a"])
        let change = try #require(try FlowSource.changes(from: "a: x", to: "a: y").first)
        #expect(change.before == "x" && change.after == "y")
        #expect(throws: FlowProblem.self) { try changes("a: [", "a: 1") }
    }
}
