/// Does the same with each of many things, `lanes` of them at a time; ends with the first error.
func inLanes<Thing: Sendable>(
    _ lanes: Int, _ things: some Collection<Thing>, _ work: @escaping @Sendable (Thing) async throws -> Void
) async throws {
    var left = Array(things)[...]
    try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<lanes {
            if let thing = left.popFirst() { group.addTask { try await work(thing) } }
        }
        while try await group.next() != nil {
            if let thing = left.popFirst() { group.addTask { try await work(thing) } }
        }
    }
}
