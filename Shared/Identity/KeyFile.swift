import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A JWKS file that is read again when it changes.
///
/// The file is looked at once a second at most, and only when a token is verified. A change that cannot be read is
/// reported and the keys in use are kept, so that a half-written file locks nobody out.
final class KeyFile: Sendable {
    private struct Stamp: Equatable {
        var modified: Date?
        var size: Int?
        var inode: Int?
    }

    private struct State {
        var keys: KeySet
        var stamp: Stamp
        var lookedAt: ContinuousClock.Instant
        /// Grows with each new set of keys.
        var generation: Int
    }

    private let path: String
    private let interval: Duration
    private let report: @Sendable (String) -> Void
    private let state: Mutex<State>

    init(
        path: String, interval: Duration, report: @escaping @Sendable (String) -> Void
    ) async throws(KeyError) {
        let stamp = KeyFile.stamp(path)
        let keys = try await KeyFile.read(path)
        self.path = path
        self.interval = interval
        self.report = report
        state = Mutex(State(keys: keys, stamp: stamp, lookedAt: .now, generation: 0))
    }

    /// The keys as the file has them, at most `interval` old, and the number of times they changed.
    func current() async -> (keys: KeySet, generation: Int) {
        let now = ContinuousClock.now
        let known = state.withLock { state -> (State, isDue: Bool) in
            guard now - state.lookedAt >= interval else { return (state, false) }
            // Whoever comes first looks at the file; the others go on with the keys there are.
            state.lookedAt = now
            return (state, true)
        }
        guard known.isDue else { return (known.0.keys, known.0.generation) }
        let stamp = KeyFile.stamp(path)
        guard stamp != known.0.stamp else { return (known.0.keys, known.0.generation) }
        do {
            let keys = try await KeyFile.read(path)
            return state.withLock { state in
                state.keys = keys
                state.stamp = stamp
                state.generation += 1
                return (keys, state.generation)
            }
        } catch {
            report("The keys in use are kept. \(error)")
            return (known.0.keys, known.0.generation)
        }
    }

    private static func stamp(_ path: String) -> Stamp {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return Stamp(
            modified: attributes?[.modificationDate] as? Date, size: attributes?[.size] as? Int,
            inode: attributes?[.systemFileNumber] as? Int)
    }

    private static func read(_ path: String) async throws(KeyError) -> KeySet {
        let stamp = stamp(path)
        guard (stamp.size ?? 0) <= KeySet.maximumBytes else {
            throw KeyError("\(path): larger than \(KeySet.maximumBytes) bytes")
        }
        let bytes: Data
        do { bytes = try Data(contentsOf: URL(filePath: path)) } catch { throw KeyError("\(path): cannot be read") }
        return try await KeySet.read(bytes, name: path)
    }
}
