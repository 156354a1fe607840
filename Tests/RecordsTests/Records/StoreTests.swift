import RPC
import Records
import Tenancy
import Testing
import Wire

/// Create, read, update and delete against a real database, as the service's own role.
@Suite struct StoreTests {
    @Test func createFillsInWhatTheSystemKnows() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        var draft = TestTouchpoint.draft("first")
        // What only the system writes is ignored when a person sends it.
        draft.id = RecordID.derived(from: "mine")
        draft.number = "TCHPT9999999"
        draft.domain = "/other/"
        draft.createdBy = "mallory"
        draft.closedAt = bench.clock.now
        draft.dueDate = "2024-07-10"
        draft.workNotes = "A note."
        let made = try await bench.perform(create: draft)
        #expect(made.id != draft.id && Validation.isUUID(made.id))
        #expect(made.number == "TCHPT0000001" && made.domain == "/provider/" && made.createdBy == "alice")
        #expect(made.etag == "1" && made.createdAt == bench.clock.now && made.closedAt == nil)
        // 2024-07-03 is today.
        #expect(made.daysRemaining == 7)
        let store = bench.store
        let read = try await bench.asking(readOnly: true) { tx in try store.get(made.id, as: .person(), in: tx) }
        #expect(read == made)
        let byNumber = try await bench.asking(readOnly: true) { tx in
            try store.get("TCHPT0000001", as: .person(), in: tx)
        }
        #expect(byNumber == made)
        await bench.close()
    }

    @Test func createSaysEverythingThatIsWrong() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        var draft = TestTouchpoint()
        draft.dueDate = "2024-02-30"
        draft.priority = 9
        let wrong = try await problem { _ = try await bench.perform(create: draft) }
        #expect(wrong.code == .invalidArgument)
        #expect(Set(wrong.violations.map(\.field)) == ["touchpoint.due_date", "touchpoint.priority"])
        let empty = try await problem { _ = try await bench.perform(create: TestTouchpoint()) }
        #expect(
            Set(empty.violations.map(\.field)) == [
                "touchpoint.subject", "touchpoint.description", "touchpoint.engagement",
            ])
        draft = .draft("late")
        draft.dueDate = "2024-07-11"
        draft.meetingDate = "2024-07-10"
        let ordered = try await problem { _ = try await bench.perform(create: draft) }
        #expect(ordered.violations.first?.rule == "T-02")
        #expect(try await bench.count("customer_success.touchpoint") == 0)
        #expect(try await bench.count("customer_success.outbox") == 0)
        await bench.close()
    }

    @Test func aConstraintSpeaksAsItsRule() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        _ = try await bench.perform(create: .draft("same"))
        let second = try await problem { _ = try await bench.perform(create: .draft("same")) }
        #expect(second.code == .invalidArgument && second.violations.first?.rule == "T-01")
        #expect(second.violations.first?.field == "touchpoint.subject")
        #expect(try await bench.count("customer_success.touchpoint") == 1)
        await bench.close()
    }

    @Test func updateWritesTheMaskAndNothingElse() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("before")
        var values = TestTouchpoint()
        values.id = made.id
        values.subject = "after"
        values.description = "not in the mask"
        values.etag = made.etag
        let updated = try await update(bench, values, ["subject", "priority"])
        #expect(updated.subject == "after" && updated.description == made.description)
        #expect(updated.priority == nil && updated.etag == "2")
        // The etag of what was read before is stale now.
        let stale = try await problem { _ = try await update(bench, values, ["subject"]) }
        #expect(stale.code == .aborted && stale.reason == "ETAG_MISMATCH")
        values.etag = ""
        for (path, rule) in [("no_such_field", "AIP-134"), ("number", "AIP-203"), ("etag", "AIP-203")] {
            let refused = try await problem { _ = try await update(bench, values, [path]) }
            #expect(
                refused.violations.first?.field == "update_mask" && refused.violations.first?.rule == rule, "\(path)")
        }
        // Without a mask: every field that is filled in.
        values.description = "filled in"
        #expect(try await update(bench, values, nil).description == "filled in")
        await bench.close()
    }

    @Test func nothingChangedWritesNothing() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("same")
        var values = TestTouchpoint()
        values.id = made.id
        values.subject = "same"
        #expect(try await update(bench, values, ["subject"]).etag == made.etag)
        #expect(try await bench.count("customer_success.outbox") == 1)
        #expect(try await bench.count("customer_success.journal") == 1)
        await bench.close()
    }

    @Test func immutableFieldsKeepTheirValue() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        var draft = TestTouchpoint.draft("phone")
        draft.channel = "phone"
        var values = try await bench.perform(create: draft)
        values.channel = "chat"
        let refused = try await problem { _ = try await update(bench, values, ["channel"]) }
        #expect(refused.violations.first?.field == "touchpoint.channel")
        await bench.close()
    }

    @Test func validateOnlyWritesNothing() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let before = try await footprint(bench)
        let made = try await bench.perform(create: .draft("dry"), requestID: "dry-1", validateOnly: true)
        #expect(made.subject == "dry" && made.domain == "/provider/" && made.number == nil)
        // A refusal that only the database knows of shows too.
        #expect(try await bench.create("taken").number == "TCHPT0000001")
        let taken = try await problem { _ = try await bench.perform(create: .draft("taken"), validateOnly: true) }
        #expect(taken.violations.first?.rule == "T-01")
        #expect(try await bench.count("customer_success.touchpoint") == 1)
        #expect(before == "0 0 0 0")
        #expect(try await footprint(bench) == "1 1 1 0")
        // The id of a dry run is free for the real one.
        #expect(try await bench.perform(create: .draft("dry"), requestID: "dry-1").subject == "dry")
        await bench.close()
    }

    @Test func deleteRemovesAndTells() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("gone")
        let store = bench.store
        let context = WriteContext(caller: .person(), now: bench.clock.now)
        func delete(_ etag: String) async throws {
            var request = DeleteRequest()
            request.id = made.id
            request.etag = etag
            let asked = request
            try await bench.asking { tx in try store.delete(asked, context, in: tx) }
        }
        #expect(try await problem { try await delete("7") }.code == .aborted)
        try await delete(made.etag)
        #expect(try await problem { try await delete("") }.code == .notFound)
        let payload = try await bench.psql(
            "SELECT encode(payload, 'hex') FROM customer_success.outbox ORDER BY seq DESC LIMIT 1")
        let event = try RecordEvent.decode(protobuf: bytes(hex: payload))
        #expect(event.action == "deleted" && event.id == made.id && event.revision == 2)
        #expect(try TestTouchpoint.decode(protobuf: event.record).subject == "gone")
        await bench.close()
    }

    /// What belongs to another domain is not there: neither refused nor admitted.
    @Test func anotherDomainIsNotFound() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("ours", .person("/provider/d1/"))
        let store = bench.store
        let stranger = Caller.person("/provider/d2/")
        let read = try await problem {
            _ = try await bench.asking(stranger) { tx in try store.get(made.id, as: stranger, in: tx) }
        }
        #expect(read.code == .notFound)
        #expect(
            try await problem { try await bench.change(made.id, stranger) { $0.subject = "theirs" } }.code == .notFound)
        // From above it is seen.
        let above = try await bench.asking(.person("/")) { tx in try store.get(made.id, as: .person("/"), in: tx) }
        #expect(above.id == made.id)
        await bench.close()
    }

    private func update(_ bench: Workbench, _ values: TestTouchpoint, _ paths: [String]?) async throws -> TestTouchpoint
    {
        let context = WriteContext(caller: .person(), now: bench.clock.now)
        let store = bench.store
        let mask = paths.map { paths in
            var mask = FieldMask()
            mask.paths = paths
            return mask
        }
        return try await bench.asking { tx in try store.update(values, mask: mask, context, in: tx) }
    }

    private func footprint(_ bench: Workbench) async throws -> String {
        try await bench.psql(
            """
            SELECT concat_ws(' ', (SELECT count(*) FROM customer_success.touchpoint),
                (SELECT count(*) FROM customer_success.outbox), (SELECT count(*) FROM customer_success.journal),
                (SELECT count(*) FROM customer_success.request_log))
            """)
    }
}

/// The bytes that a text of hexadecimal digits stands for.
func bytes(hex: String) -> [UInt8] {
    stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
}
