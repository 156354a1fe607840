import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@Suite struct JournalTests {
    @Test func everyChangeLeavesItsEntries() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("before")
        bench.clock.advance(seconds: 1)
        try await bench.change(made.id, .person(subject: "bob")) {
            $0.subject = "after"
            $0.watchList = ["carol", "dave"]
        }
        let entries = try await activity(bench, made.id).entries
        #expect(entries.map(\.kind) == ["field", "field", "created"])
        let change = try #require(entries.first { $0.field == "subject" })
        #expect(change.oldValue == "before" && change.newValue == "after" && change.by == "bob")
        #expect(entries.first { $0.field == "watch_list" }?.newValue == "carol, dave")
        await bench.close()
    }

    /// Pages of every size hold all entries once, newest first, though all were made at one instant.
    @Test(arguments: [1, 2, 3, 7, 200]) func pages(_ size: Int32) async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("noted")
        for number in 0..<11 { try await note(bench, made.id, "note \(number)") }
        var texts: [String] = []
        var token = ""
        var pages = 0
        repeat {
            let page = try await activity(bench, made.id, size: size, token: token)
            #expect(page.entries.count <= Int(size))
            texts += page.entries.map(\.text)
            token = page.nextPageToken
            pages += 1
        } while !token.isEmpty && pages < 20
        #expect(texts == (0..<11).reversed().map { "note \($0)" } + [""])
        await bench.close()
    }

    @Test func aTokenOfAnotherRecordIsRefused() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let one = try await bench.create("one")
        let other = try await bench.create("other")
        try await note(bench, one.id, "x")
        let token = try await activity(bench, one.id, size: 1).nextPageToken
        let refused = try await problem { _ = try await activity(bench, other.id, token: token) }
        #expect(refused.reason == "PAGE_TOKEN")
        await bench.close()
    }

    @Test func entriesRaiseEventsForThoseWhoAskedToBeTold() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("listed")
        try await bench.change(made.id) {
            $0.workNotesList = ["bob"]
            $0.watchList = ["carol"]
        }
        try await note(bench, made.id, "for bob")
        let payload = try await bench.psql(
            "SELECT encode(payload, 'hex') FROM customer_success.outbox ORDER BY seq DESC LIMIT 1")
        let event = try RecordEvent.decode(protobuf: bytes(hex: payload))
        #expect(event.action == "noted" && event.text == "for bob" && event.notify == ["bob"])
        await bench.close()
    }

    @Test func anEmptyEntryIsRefused() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("empty")
        #expect(try await problem { try await note(bench, made.id, "") }.code == .invalidArgument)
        await bench.close()
    }

    private func activity(
        _ bench: Workbench, _ id: String, size: Int32 = 0, token: String = ""
    ) async throws(Problem) -> ListActivityResponse {
        var request = ListActivityRequest()
        request.id = id
        request.pageSize = size
        request.pageToken = token
        let asked = request
        let store = bench.store
        return try await bench.asking(readOnly: true) { tx in try store.activity(asked, as: .person(), in: tx) }
    }

    private func note(_ bench: Workbench, _ id: String, _ text: String) async throws {
        var request = AddEntryRequest()
        request.id = id
        request.text = text
        let asked = request
        let store = bench.store
        let context = WriteContext(caller: .person(), now: bench.clock.now)
        _ = try await bench.asking { tx in try store.addEntry(asked, comment: false, context, in: tx) }
    }
}
