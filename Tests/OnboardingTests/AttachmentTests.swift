import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Files attached to cases and their tasks (G-121).
@Suite struct AttachmentTests {
    private static let pdf = Array("%PDF-1.7 ".utf8) + (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }

    private func files() async throws -> AttachedFiles { try await AttachedFiles() }

    private func rows(_ table: String, of id: String, _ world: World) async throws -> Int {
        let column = table == "attachment" ? "id" : "attachment"
        return try await world.server.admin.run(
            "SELECT 1 FROM onboarding.\(identifier: table) WHERE \(identifier: column) = \(id)"
        ).count
    }

    @Test func aFileComesInPartsAndIsReadInParts() async throws {
        let files = try await files()
        let (first, second) = (Array(Self.pdf.prefix(100_000)), Array(Self.pdf.dropFirst(100_000)))
        let begun = try await files.begin("Report.pdf", Self.pdf.count)
        #expect(!begun.complete && begun.receivedBytes == 0 && begun.kind.isEmpty && !begun.visibleToCustomer)
        try await files.append(begun.id, first)
        // Sent again, nothing changes; what follows does not come before its turn.
        #expect(try await files.append(begun.id, first).receivedBytes == 100_000)
        #expect(
            await problem { () async throws(Problem) in
                try await files.append(begun.id, Array(second.prefix(70_000)), at: 120_000)
            }?.metadata["received_bytes"] == "100000")
        #expect(
            await problem { () async throws(Problem) in
                try await files.append(begun.id, Array(first.reversed()))
            }?.code == .invalidArgument)
        #expect(
            await problem { () async throws(Problem) in try await files.complete(begun.id) }?.reason
                == "UPLOAD_INCOMPLETE")
        try await files.append(begun.id, second, at: 100_000)
        let done = try await files.complete(begun.id)
        #expect(done.complete && done.kind == "pdf" && done.contentType == "application/pdf")
        #expect(done.disposition == "inline" && done.sha256.count == 64)
        #expect(done.createdBy == files.world.agent.subject && done.record == files.record)
        #expect(try await files.complete(begun.id) == done)
        #expect(
            await problem { () async throws(Problem) in
                try await files.append(begun.id, second, at: 100_000)
            }?.reason == "ATTACHMENT_COMPLETE")
        var read: [UInt8] = []
        var part = try await files.read(done.id, as: files.world.agent)
        while true {
            read += part.content
            if part.last { break }
            part = try await files.read(done.id, at: part.nextOffset, as: files.world.agent)
        }
        #expect(read == Self.pdf && part.attachment == done)
        // From any place.
        let middle = try await files.read(done.id, at: 123_456, as: files.world.agent)
        #expect(middle.content == Array(Self.pdf[123_456...]) && middle.last)
        for offset in [Int64(Self.pdf.count), -1] {
            #expect(
                await problem { () async throws(Problem) in
                    try await files.read(done.id, at: offset, as: files.world.agent)
                }?.code == .invalidArgument)
        }
    }

    /// The type is what the content says; what a browser would run is only saved.
    @Test(arguments: [
        ("a.png", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "svg"),
        ("a.pdf", "<!doctype html><script>alert(1)</script>", "html"),
    ])
    func markupIsNeverShown(_ name: String, _ content: String, _ kind: String) async throws {
        let file = try await files().attach(name, Array(content.utf8))
        #expect(file.kind == kind && file.contentType == "application/octet-stream" && file.disposition == "attachment")
    }

    @Test func whatIsNotTakenIsGone() async throws {
        let files = try await files()
        let program: [UInt8] = [0x4D, 0x5A, 0, 1, 2]
        let begun = try await files.begin("a.pdf", program.count)
        try await files.append(begun.id, program)
        #expect(
            await problem { () async throws(Problem) in try await files.complete(begun.id) }?.reason
                == "UNSUPPORTED_FILE")
        #expect(try await rows("attachment", of: begun.id, files.world) == 0)
        #expect(try await rows("attachment_part", of: begun.id, files.world) == 0)
        // Nor is one that is not what was announced.
        let other = try await files.begin("a.txt", 3, sha256: String(repeating: "a", count: 64))
        try await files.append(other.id, Array("abc".utf8))
        #expect(
            await problem { () async throws(Problem) in try await files.complete(other.id) }?.violations.first?.field
                == "sha256")
        #expect(try await files.list(as: files.world.agent).isEmpty)
    }

    @Test func sizesAndNamesAreBounded() async throws {
        let files = try await files()
        for (name, size, field) in [
            ("a.pdf", 0, "size_bytes"), ("a.pdf", (25 << 20) + 1, "size_bytes"), ("a/b", 1, "file_name"),
        ] {
            let met = await problem { () async throws(Problem) in try await files.begin(name, size) }
            #expect(met?.violations.first?.field == field, "\(met as Any)")
        }
        // A file is not a million rows: only its last part may be small.
        let begun = try await files.begin("a.txt", 100_000)
        #expect(
            await problem { () async throws(Problem) in
                try await files.append(begun.id, [65])
            }?.violations.first?.field == "content")
    }

    /// Only what is marked is shown to customers, whatever they know of it.
    @Test func customersSeeWhatIsMarked() async throws {
        let files = try await files()
        let world = files.world
        let customer = try world.customer()
        let hidden = try await files.attach("internal.txt", Array("margin".utf8))
        let shown = try await files.attach("plan.txt", Array("plan".utf8), isVisible: true)
        #expect(try await files.list(as: world.agent).map(\.id) == [hidden.id, shown.id])
        let seen = try await files.list(as: customer)
        #expect(seen.map(\.id) == [shown.id] && seen.map(\.createdBy) == [""])
        #expect(try await files.read(shown.id, as: customer).content == Array("plan".utf8))
        #expect(
            await problem { () async throws(Problem) in try await files.read(hidden.id, as: customer) }?.code
                == .notFound)
        // The journal tells them no names either.
        var request = ListActivityRequest()
        request.id = files.record
        let told = try await world.call(OnboardingAPI.listLifecycleTaskActivity, request, as: customer).entries
        #expect(!told.contains { $0.newValue.contains("internal") || $0.field == "attachments" })
        let all = try await world.call(OnboardingAPI.listLifecycleTaskActivity, request, as: world.agent).entries
        #expect(all.filter { $0.field == "attachments" }.map(\.newValue) == ["plan.txt", "internal.txt"])
        _ = try await files.show(hidden.id, true)
        _ = try await files.show(shown.id, false)
        #expect(try await files.list(as: customer).map(\.id) == [hidden.id])
        #expect(
            await problem { () async throws(Problem) in try await files.read(shown.id, as: customer) }?.code
                == .notFound)
        // A task that is not shown to customers takes its files along.
        _ = try await world.server.admin.run(
            "UPDATE onboarding.lifecycle_task SET visible_to_customer = false WHERE id = \(files.record)")
        #expect(
            await problem { () async throws(Problem) in try await files.read(hidden.id, as: customer) }?.code
                == .notFound)
    }

    /// The history of the record tells who showed a file or hid it, when, and what it was before; customers it tells
    /// nothing.
    @Test func theHistoryTellsWhoShowedAFile() async throws {
        let files = try await files()
        let world = files.world
        let file = try await files.attach("margin.txt", Array("margin".utf8))
        let colleague = try World.person(uuid(), "sn_acct_lc.agent")
        _ = try await files.show(file.id, true, as: colleague)
        // Once more, nothing changes.
        _ = try await files.show(file.id, true)
        _ = try await files.show(file.id, false)
        var request = ListActivityRequest()
        request.id = files.record
        let told = try await world.call(OnboardingAPI.listLifecycleTaskActivity, request, as: world.agent).entries
            .filter { $0.field == "attachments.visible_to_customer" }
        #expect(told.map(\.by) == [world.agent.subject, colleague.subject])
        #expect(told.map(\.oldValue) == ["true", "false"] && told.map(\.newValue) == ["false", "true"])
        #expect(told.allSatisfy { $0.text == "margin.txt" && $0.at != nil && $0.kind == "field" })
        let customer = try world.customer()
        let seen = try await world.call(OnboardingAPI.listLifecycleTaskActivity, request, as: customer).entries
        #expect(!seen.contains { $0.field.hasPrefix("attachments") || $0.text.contains("margin") })
    }

    /// They show nothing to anybody and hide nothing, and remove nothing but what they have sent themselves.
    @Test func customersAttachAndTakeBack() async throws {
        let files = try await files()
        let customer = try files.world.customer()
        let sent = try await files.attach("sites.txt", Array("Seoul".utf8), as: customer)
        #expect(sent.visibleToCustomer && sent.createdBy == customer.subject)
        #expect(try await files.list(as: files.world.agent).map(\.createdBy) == [customer.subject])
        let plan = try await files.attach("plan.txt", Array("plan".utf8), isVisible: true)
        for denied in [
            await problem { () async throws(Problem) in try await files.show(sent.id, false, as: customer) },
            await problem { () async throws(Problem) in try await files.delete(plan.id, as: customer) },
        ] { #expect(denied?.code == .permissionDenied) }
        try await files.delete(sent.id, as: customer)
        #expect(try await files.list(as: files.world.agent).map(\.id) == [plan.id])
        // A colleague who is not the contact of the task knows of none of it.
        let colleague = try files.world.customer(contact: uuid())
        #expect(await problem { () async throws(Problem) in try await files.list(as: colleague) }?.code == .notFound)
        #expect(
            await problem { () async throws(Problem) in
                try await files.begin("a.txt", 1, as: colleague)
            }?.code == .notFound)
    }

    /// What is on its way is its sender's, and no other's to go on with. Only whoever may remove it sees it as well.
    @Test func whatIsOnItsWayIsItsSenders() async throws {
        let files = try await files()
        let customer = try files.world.customer()
        let colleague = try World.person(uuid(), "sn_acct_lc.agent")
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        let begun = try await files.begin("a.txt", 3, isVisible: true)
        let theirs = try await files.begin("b.txt", 3, as: customer)
        for caller in [files.world.agent, colleague] {
            #expect(try await files.list(as: caller).map(\.id) == [begun.id, theirs.id])
        }
        #expect(try await files.list(as: colleague).allSatisfy { !$0.complete })
        #expect(try await files.list(as: customer).map(\.id) == [theirs.id])
        #expect(try await files.list(as: viewer).isEmpty)
        for id in [begun.id, theirs.id] {
            #expect(
                await problem { () async throws(Problem) in
                    try await files.append(id, Array("abc".utf8), as: colleague)
                }?.code == .notFound)
        }
        #expect(
            await problem { () async throws(Problem) in try await files.delete(begun.id, as: customer) }?.code
                == .notFound)
        try await files.delete(theirs.id, as: customer)
        try await files.delete(begun.id, as: colleague)
        #expect(try await files.list(as: files.world.agent).isEmpty)
    }

    /// Who begins many files and finishes none gives up the oldest, and keeps nobody from attaching.
    @Test func whatIsNeverFinishedKeepsNobodyOut() async throws {
        let files = try await files()
        let customer = try files.world.customer()
        let other = try await files.begin("other.txt", 1)
        var begun: [String] = []
        for number in 0..<12 { begun.append(try await files.begin("\(number).txt", 1, as: customer).id) }
        #expect(try await files.list(as: customer).map(\.id) == Array(begun.suffix(10)))
        #expect(
            await problem { () async throws(Problem) in
                try await files.append(begun[0], [65], as: customer)
            }?.code == .notFound)
        try await files.append(other.id, [65])
        #expect(try await files.complete(other.id).complete)
    }

    /// A file that has arrived and waits to be completed is said to.
    @Test func whatHasArrivedIsToBeCompleted() async throws {
        let files = try await files()
        let begun = try await files.begin("a.txt", 1)
        try await files.append(begun.id, [65])
        let unread = await problem { () async throws(Problem) in try await files.read(begun.id, as: files.world.agent) }
        #expect(unread?.reason == "UPLOAD_INCOMPLETE" && unread?.text.en.hasSuffix("Complete it.") == true)
        let early = await problem { () async throws(Problem) in try await files.append(begun.id, [65], at: -1) }
        #expect(early?.violations.map(\.field) == ["offset"] && early?.text.en.contains("byte 0") == true)
    }

    @Test func anotherTenantsAttachmentsAreNotThere() async throws {
        let (files, others) = (try await files(), try await files())
        let file = try await files.attach("a.txt", Array("abc".utf8), isVisible: true)
        let stranger = try others.world.customer("sn_customerservice.customer_admin")
        #expect(
            await problem { () async throws(Problem) in try await files.read(file.id, as: stranger) }?.code
                == .notFound)
        // Nor under a record of one's own.
        #expect(
            await problem { () async throws(Problem) in try await others.read(file.id, as: stranger) }?.code
                == .notFound)
        // Row-level security keeps them apart, too.
        let database = files.world.server.database
        let seen = try await database.transaction(as: stranger, deadline: .patient) { tx in
            try tx.query("SELECT 1 FROM onboarding.attachment_part").count
        }
        #expect(seen == 0)
        let own = try await database.transaction(as: files.world.customer(), deadline: .patient) { tx in
            try tx.query("SELECT 1 FROM onboarding.attachment_part").count
        }
        #expect(own == 1)
    }

    @Test func attachmentsGoByThemselvesAndWithTheirRecord() async throws {
        let files = try await files()
        let world = files.world
        let (one, other) = (
            try await files.attach("a.txt", Array("a".utf8)), try await files.attach("b.txt", Array("b".utf8))
        )
        try await files.delete(one.id)
        #expect(try await files.list(as: world.agent).map(\.id) == [other.id])
        #expect(await problem { () async throws(Problem) in try await files.delete(one.id) }?.code == .notFound)
        var request = DeleteRequest()
        request.id = files.record
        _ = try await world.call(OnboardingAPI.deleteLifecycleTask, request, as: world.administrator)
        for id in [one.id, other.id] {
            #expect(try await rows("attachment", of: id, world) == 0)
            #expect(try await rows("attachment_part", of: id, world) == 0)
        }
    }

    /// They lie where their record does, also when that moves.
    @Test func attachmentsFollowTheirRecord() async throws {
        let files = try await files()
        let file = try await files.attach("a.txt", Array("a".utf8))
        _ = try await files.world.server.admin.run(
            "UPDATE onboarding.lifecycle_task SET domain = '/provider/elsewhere/' WHERE id = \(files.record)")
        let domains = try await files.world.server.admin.run(
            """
            SELECT domain FROM onboarding.attachment WHERE id = \(file.id) \
            UNION ALL SELECT domain FROM onboarding.attachment_part WHERE attachment = \(file.id)
            """
        ).map { try $0.string(at: 0) }
        #expect(domains == ["/provider/elsewhere/", "/provider/elsewhere/"])
    }

    /// Nothing new begins on what has ended (G-128); what is there can be read.
    @Test func nothingIsAttachedToWhatHasEnded() async throws {
        let files = try await files()
        let file = try await files.attach("a.txt", Array("a".utf8))
        let customer = try files.world.customer()
        let sent = try await files.attach("sent.txt", Array("a".utf8), as: customer)
        let unsent = try await files.begin("unsent.txt", 1, as: customer)
        let late = try await files.begin("b.txt", 1)
        try await files.append(late.id, [66])
        var close = CloseRequest()
        close.id = files.record
        _ = try await files.world.call(OnboardingAPI.closeLifecycleTask, close, as: files.world.agent)
        for refused in [
            await problem { () async throws(Problem) in try await files.begin("c.txt", 1) },
            await problem { () async throws(Problem) in try await files.complete(late.id) },
        ] { #expect(refused?.reason == "G-128", "\(refused as Any)") }
        #expect(try await files.read(file.id, as: files.world.agent).content == [97])
        // Nor does a customer take back what was seen; what never arrived goes.
        #expect(
            await problem { () async throws(Problem) in try await files.delete(sent.id, as: customer) }?.reason
                == "G-128")
        try await files.delete(unsent.id, as: customer)
    }

    /// A record takes so many and no more, also when several were begun before.
    @Test func aRecordHasABoundedNumber() async throws {
        let files = try await files()
        let late = try await files.begin("late.txt", 1)
        try await files.append(late.id, [65])
        _ = try await files.world.server.admin.run(
            """
            INSERT INTO onboarding.attachment \
            (id, table_name, record, domain, file_name, size_bytes, created_at, created_by, complete) \
            SELECT gen_random_uuid(), 'lifecycle_task', \(files.record), '/provider/', 'x', 1, now(), 'x', true \
            FROM generate_series(1, 199)
            """)
        _ = try await files.attach("last.txt", [65])
        #expect(await problem { () async throws(Problem) in try await files.complete(late.id) }?.reason == "G-121")
        #expect(await problem { () async throws(Problem) in try await files.begin("more.txt", 1) }?.reason == "G-121")
    }

    private func problem<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        await ServiceTestKit.problem(of: body)
    }
}
