import Foundation
import JourneyKit

/// What `body` answers. After `limit` it is cancelled, and a ``JourneyFailure`` says which work did not end in time.
public func within<Value: Sendable>(
    _ limit: Duration, _ work: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        defer { group.cancelAll() }
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(for: limit)
            throw JourneyFailure("\(work) did not end within \(limit.formatted())")
        }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
