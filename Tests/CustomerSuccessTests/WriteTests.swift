import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Etags, request ids, masks, dry runs, the journal and the events.
@Suite struct WriteTests {
    @Test func aStaleEtagIsRefused() async throws {
        let world = try await World()
        let first = try await world.make(Touchpoint.self)
        var change = Touchpoint()
        change.id = first.id
        change.subject = "Second"
        let second = try await world.update(change, ["subject"], etag: first.etag)
        #expect(second.etag != first.etag)
        change.subject = "Third"
        let stale = try await refusal { _ = try await world.update(change, ["subject"], etag: first.etag) }
        #expect(stale.code == .aborted && stale.reason == "ETAG_MISMATCH")
        #expect(try await world.get(Touchpoint.self, first.id).subject == "Second")
        #expect(try await world.update(change, ["subject"], etag: second.etag).subject == "Third")
        // Nothing new is no change: the revision stays.
        let third = try await world.get(Touchpoint.self, first.id)
        #expect(try await world.update(change, ["subject"]).etag == third.etag)
    }

    @Test func aRepeatedRequestHasTheSameAnswer() async throws {
        let world = try await World()
        let draft = try await Touchpoint.draft(in: world)
        let requestID = uuid()
        let made = try await world.create(draft, requestID: requestID)
        let again = try await world.create(draft, requestID: requestID)
        #expect(again == made)
        let filter = "engagement = \"\(try #require(draft.engagement))\""
        #expect(try await world.list(Touchpoint.self, filter: filter).totalSize == 1)
        var other = draft
        other.subject = "Another"
        let reused = try await refusal { _ = try await world.create(other, requestID: requestID) }
        #expect(reused.violations.map(\.field) == ["request_id"])
        var update = Touchpoint()
        update.id = made.id
        update.subject = "Another"
        let wrongMethod = try await refusal { _ = try await world.update(update, requestID: requestID) }
        #expect(wrongMethod.violations.map(\.field) == ["request_id"])
        let long = try await refusal {
            _ = try await world.create(draft, requestID: String(repeating: "x", count: 65))
        }
        #expect(long.violations.map(\.field) == ["request_id"])
        // Somebody else's ids are not mine.
        #expect(try await world.create(draft, as: world.administrator, requestID: uuid()).id != made.id)
    }

    /// Ten at once with one id: one record.
    @Test func theSameRequestAtTheSameTimeIsDoneOnce() async throws {
        let world = try await World()
        let draft = try await Touchpoint.draft(in: world)
        let requestID = uuid()
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try await world.create(draft, requestID: requestID).id } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test func aMaskSaysWhatIsWritten() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self) { $0.dueDate = world.day(3) }
        var change = Touchpoint()
        change.id = made.id
        change.subject = "Other"
        change.priority = 1
        #expect(try await world.update(change, ["priority"]).subject == made.subject)
        // What the mask names and the record lacks is cleared; without a mask it is left alone.
        #expect(try await world.update(change, ["due_date"]).dueDate == nil)
        let all = try await world.update(change)
        #expect(all.subject == "Other" && all.priority == 1 && all.description == made.description)
        #expect(try await world.update(change, ["*"]).etag == all.etag)
        for (path, rule) in [
            ("nonsense", "AIP-134"), ("", "AIP-134"), ("subject.x", "AIP-134"), ("number", "AIP-203"),
            ("created_at", "AIP-203"), ("id", "AIP-203"), ("days_remaining", "AIP-203"),
        ] {
            let problem = try await breaks(rule, field: "update_mask", "\(path)") {
                _ = try await world.update(change, ["subject", path])
            }
            #expect(problem.code == .invalidArgument)
        }
        #expect(try await world.get(Touchpoint.self, made.id).etag == all.etag)
    }

    @Test func aDryRunWritesNothing() async throws {
        let world = try await World()
        let draft = try await Touchpoint.draft(in: world)
        let shown = try await world.create(draft, validateOnly: true)
        #expect(shown.number == nil && shown.account == world.account)
        #expect(try await refusal { _ = try await world.get(Touchpoint.self, shown.id) }.code == .notFound)
        try await breaks("BR-30") { _ = try await world.create(Touchpoint(), validateOnly: true) }
        // What only the database would refuse is found, too.
        let member = try await world.make(SquadMember.self)
        try await breaks("BR-55") {
            var same = SquadMember()
            same.account = member.account
            same.user = member.user
            same.responsibility = member.responsibility
            _ = try await world.create(same, validateOnly: true)
        }
    }

    @Test func theJournalKeepsOldAndNewValues() async throws {
        let world = try await World()
        let made = try await world.make(SuccessCase.self) { $0.workNotes = "From the call." }
        var change = SuccessCase()
        change.id = made.id
        change.priority = 1
        change.category = "training"
        change.watchList = [world.manager]
        _ = try await world.update(change)
        _ = try await world.set(made, "category", .null)
        _ = try await world.write("add_comment", "To the customer.", on: made)
        let entries = try await world.activity(made).entries
        let told = entries.map { "\($0.kind) \($0.field): \($0.oldValue) -> \($0.newValue)\($0.text)" }
        #expect(
            told == [
                "additional_comments :  -> To the customer.", "field category: training -> ",
                "field category:  -> training", "field priority: 3 -> 1", "field watch_list:  -> \(world.manager)",
                "work_notes :  -> From the call.", "created :  -> ",
            ])
        // The clock stands still, and yet each change has a time of its own.
        #expect(entries.allSatisfy { $0.by == world.agent.subject && $0.at?.seconds == world.server.clock.now.seconds })
        #expect(Set(entries.compactMap(\.at)).count >= 3)
        // In pages: whole writes, newest first.
        var paged: [String] = []
        var token = ""
        repeat {
            let page = try await world.activity(made, size: 1, token: token)
            paged += page.entries.map(\.id)
            token = page.nextPageToken
        } while !token.isEmpty && paged.count < 20
        #expect(paged == entries.map(\.id))
        let other = try await world.make(SuccessCase.self)
        let foreign = try await world.activity(made, size: 1).nextPageToken
        #expect(
            try await refusal { _ = try await world.activity(other, size: 1, token: foreign) }.violations.map(\.field)
                == ["page_token"])
    }

    /// Every write leaves one event, in the transaction of the write, with those who want to know (G-29).
    @Test func writesRaiseEvents() async throws {
        let world = try await World()
        let watcher = try await world.person()
        let reader = try await world.person()
        var record = try await world.make(SuccessCase.self) {
            $0.watchList = [watcher]
            $0.workNotesList = [reader]
        }
        record = try await world.set(record, "state", .string("in_progress"))
        _ = try await world.write("add_work_note", "Internal.", on: record)
        _ = try await world.write("add_comment", "For you.", on: record)
        record = try await world.close(record)
        record = try await world.act("reopen", record)
        record = try await world.close(record, "cancel")
        try await world.delete(record)
        let written = try await world.server.events(of: record.id)
        let token = world.domain.split(separator: "/").joined(separator: "_")
        let actions = ["created", "updated", "noted", "commented", "closed", "reopened", "canceled", "deleted"]
        #expect(
            written.map(\.subject)
                == actions.map { "ale.v1.events.\(token).customer-success.success_case.\($0)" })
        let events = written.map(\.event)
        #expect(events.map(\.action) == actions)
        #expect(events.map(\.notify) == actions.map { $0 == "noted" ? [reader] : [watcher] })
        #expect(events.map(\.revision) == [1, 2, 2, 2, 3, 4, 5, 6])
        #expect(events[1].changedFields.contains("state") && events[1].changedFields.contains("progress"))
        #expect(events[2].text == "Internal." && events[3].text == "For you.")
        #expect(try SuccessCase.decode(protobuf: events[4].record).state == "closed")
        #expect(written.allSatisfy { $0.domain == world.domain })
    }
}
