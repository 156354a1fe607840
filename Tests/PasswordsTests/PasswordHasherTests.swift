import Passwords
import Testing

/// Hashes of passwords, and what bounds them.
@Suite struct PasswordHasherTests {
    @Test func aPasswordFitsItsHashAlone() async throws {
        let hasher = PasswordHasher(cost: .least)
        let hash = try await hasher.hash("correct horse")
        #expect(hash.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
        #expect(try await hasher.verify("correct horse", against: hash))
        #expect(try await !hasher.verify("correct horsf", against: hash))
        #expect(try await !hasher.verify("correct horse ", against: hash))
        // Salted: the same password twice is not the same hash.
        #expect(try await hasher.hash("correct horse") != hash)
    }

    /// What looks the same is the same, however a keyboard writes it.
    @Test func composedAndDecomposedAreOne() async throws {
        let hasher = PasswordHasher(cost: .least)
        let hash = try await hasher.hash("caf\u{E9} \u{AC00}\u{AC01} au lait")
        #expect(try await hasher.verify("cafe\u{301} \u{1100}\u{1161}\u{AC01} au lait", against: hash))
    }

    @Test func nobodyHasNoPassword() async throws {
        let hasher = PasswordHasher(cost: .least)
        #expect(try await !hasher.verify("", against: nil))
        #expect(try await !hasher.verify("anything", against: nil))
    }

    @Test func aHashOfAnotherCostIsOutdated() async throws {
        let hash = try await PasswordHasher(cost: .least).hash("correct horse")
        #expect(!PasswordHasher(cost: .least).isOutdated(hash))
        #expect(PasswordHasher(cost: .standard).isOutdated(hash))
        #expect(try await PasswordHasher(cost: .standard).verify("correct horse", against: hash))
    }

    /// One at a time and one that waits: what comes besides is refused at once.
    @Test func whatIsTooMuchIsRefused() async throws {
        let hasher = PasswordHasher(cost: .standard, most: 1, mostWaiting: 1)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(PasswordHasher.Overloaded) {
                        _ = try await hasher.hash("correct horse")
                        return false
                    } catch { return true }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect((1...6).contains(refused))
        #expect(try await hasher.verify("x", against: nil) == false)
    }
}
