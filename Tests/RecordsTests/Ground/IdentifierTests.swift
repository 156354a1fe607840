import Records
import Testing
import Wire

@Suite struct IdentifierTests {
    private let now = Timestamp(seconds: 1_720_000_000, nanos: 123_456_000)

    /// The layout of RFC 9562: version 7, variant 10, lower case.
    @Test func formOfANewID() throws {
        for _ in 0..<1_000 {
            let id = RecordID.make(at: now)
            #expect(Validation.isUUID(id))
            let characters = Array(id)
            #expect(characters[14] == "7")
            #expect("89ab".contains(characters[19]))
            let milliseconds = try #require(Int64(id.prefix(13).replacing("-", with: ""), radix: 16))
            #expect(milliseconds == now.microseconds / 1_000)
        }
    }

    /// The journal is read in the order of its ids, so ids of one transaction, made at one instant, must keep theirs.
    @Test func orderHoldsWithinAnInstant() {
        let ids = (0..<20_000).map { _ in RecordID.make(at: now) }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test func orderFollowsTheMicrosecond() {
        let ids = (0..<5_000).map { RecordID.make(at: Timestamp(microseconds: now.microseconds + $0)) }
        #expect(ids == ids.sorted())
    }

    @Test func concurrentMakersNeverMakeTheSame() async {
        let now = now
        let all = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { (0..<5_000).map { _ in RecordID.make(at: now) } } }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(all.count == 40_000)
    }

    @Test func derivedIDs() {
        let id = RecordID.derived(from: "provider")
        #expect(id == RecordID.derived(from: "provider"))
        let names = (0..<20_000).map { "name \($0)" } + ["", "a", "b", "ab", "ba", "a\u{0}", "이름", "이름 "]
        let ids = Set(names.map(RecordID.derived(from:)))
        #expect(ids.count == names.count)
        #expect(
            ids.allSatisfy { id in
                let characters = Array(id)
                return Validation.isUUID(id) && characters[14] == "8" && "89ab".contains(characters[19])
            })
    }

    /// Stored ids depend on it: a change here would orphan what older versions derived.
    @Test func derivationNeverChanges() {
        #expect(RecordID.derived(from: "") == "4f43b61e-be0f-8fa7-b280-25c5fe1f621e")
        #expect(RecordID.derived(from: "accounts/Ernst Handel") == "e05f966a-8662-86a1-adf4-e049dc3993f9")
    }

    @Test(
        arguments: [
            (1, "TCHPT0000001"), (42, "TCHPT0000042"), (9_999_999, "TCHPT9999999"), (10_000_000, "TCHPT10000000"),
            (Int64.max, "TCHPT9223372036854775807"),
        ] as [(Int64, String)])
    func numbers(_ number: Int64, _ text: String) { #expect(RecordNumber.text("TCHPT", number) == text) }
}
