import CustomerSuccessWire
import Foundation
import Glibc
import Identity
import NATS
import Postgres
import RPC
import Roles
import StandingWire
import Tenancy
import TestKit
import Testing
import Wire

/// Files that one instance is sent, and another is asked for (G-121).
extension InstanceTests {
    // Not that of Testing.
    fileprivate typealias Attachment = Wire.Attachment

    /// An instance keeps nothing of a file to itself: the second takes the rest of what the first was sent, and the third
    /// reads all of it, byte for byte.
    @Test func aFileIsReadFromEveryInstance() async throws {
        let place = try await Place.make()
        let first = try place.start("first")
        try await waitUntil("the first is ready") { place.isReady("first") }
        let desk = try await FileDesk(place)
        let content = Array("%PDF-1.7 ".utf8) + (0..<250_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let begun = try await desk.begin("Minutes.pdf", content.count)
        try await desk.append(begun, content, 0..<100_000)
        let second = try await place.replace(first, by: "second")
        try await desk.append(begun, content, 100_000..<content.count)
        let sent = try await desk.complete(begun)
        #expect(sent.complete && sent.kind == "pdf" && sent.disposition == "inline", "\(sent)")
        var markup: [Attachment] = []
        for (name, text) in [
            ("Logo.png", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("Report.pdf", "<!doctype html><script>alert(1)</script>"),
        ] {
            let file = try await desk.begin(name, text.utf8.count)
            try await desk.append(file, Array(text.utf8), 0..<text.utf8.count)
            markup.append(try await desk.complete(file))
        }
        let third = try await place.replace(second, by: "third")
        #expect(try await desk.read(sent) == content)
        // What a browser would run is only saved, whatever it is called.
        let found = try await desk.list()
        #expect(found == [sent] + markup && found.map(\.kind) == ["pdf", "svg", "html"])
        for file in markup {
            #expect(file.contentType == "application/octet-stream" && file.disposition == "attachment", "\(file)")
        }
        third.terminate(SIGTERM)
        await desk.close()
        try await place.close()
    }
}

extension InstanceTests.Place {
    /// Starts another instance, and has the one before end: what is asked for then, the other answers.
    fileprivate func replace(_ before: ChildProcess, by name: String) async throws -> ChildProcess {
        let next = try start(name)
        try await waitUntil("\(name) is ready") { isReady(name) }
        before.terminate(SIGTERM)
        #expect(before.exitStatus == 0)
        return next
    }
}

/// Somebody of the provider with a touchpoint to attach files to.
private struct FileDesk {
    private let connection: Connection
    private let client: Client
    private var touchpoint = ""

    init(_ place: InstanceTests.Place) async throws {
        let (user, account) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
        let roles: Set = ["sn_acct_lc.ale_success_agent"]
        let provider = try #require(DomainPath("/provider/"))
        let caller = Caller(subject: user, kind: .person, domain: provider, roles: RoleCatalog.close(roles))
        let token = try await Issuer(keyFile: place.folder + "/key").token(for: caller, lifetimeSeconds: 3_600)
        connection = try await Connection.connect(ConnectionOptions(urls: [place.nats.url], name: "client"))
        client = Client(NATSTransport(connection), credential: .token(token))
        // What onboarding would tell.
        var standing = Standing()
        (standing.user, standing.domain, standing.active, standing.kind) = (user, provider.path, true, "person")
        standing.roles = Array(roles)
        let facts = try standing.encodeProtobuf()
        let engagement = UUID().uuidString.lowercased()
        for statement: SQL in [
            "INSERT INTO customer_success.standing (subject, facts) VALUES (\(user), \(facts))",
            """
            INSERT INTO customer_success.customer_account (id, revision, domain, name) \
            VALUES (\(account), 1, '/provider/a/', 'Ernst Handel')
            """,
            """
            INSERT INTO customer_success.engagement (id, revision, created_at, created_by, updated_at, updated_by, domain, \
            number, account, state, initial_onboarding, title, active) VALUES (\(engagement), 1, now(), \(user), now(), \
            \(user), '/provider/a/', 'CSENG0000001', \(account), 'new', gen_random_uuid(), 'Journey', true)
            """,
        ] { _ = try await place.admin.run(statement) }
        var creation = CreateTouchpointRequest()
        var draft = Touchpoint()
        (draft.engagement, draft.subject, draft.description) = (engagement, "Weekly check-in", "As agreed")
        creation.touchpoint = draft
        touchpoint = try await ask(CustomerSuccessAPI.createTouchpoint, creation).id
    }

    private func ask<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request
    ) async throws -> Response {
        try await client.call(method, request, deadline: .seconds(60))
    }

    func begin(_ name: String, _ size: Int) async throws -> InstanceTests.Attachment {
        var request = BeginAttachmentRequest()
        (request.id, request.fileName, request.sizeBytes) = (touchpoint, name, Int64(size))
        return try await ask(CustomerSuccessAPI.beginTouchpointAttachment, request)
    }

    func append(_ file: InstanceTests.Attachment, _ content: [UInt8], _ part: Range<Int>) async throws {
        var request = AppendAttachmentRequest()
        (request.id, request.attachment, request.offset) = (touchpoint, file.id, Int64(part.lowerBound))
        request.content = Array(content[part])
        _ = try await ask(CustomerSuccessAPI.appendTouchpointAttachment, request)
    }

    func complete(_ file: InstanceTests.Attachment) async throws -> InstanceTests.Attachment {
        var request = CompleteAttachmentRequest()
        (request.id, request.attachment) = (touchpoint, file.id)
        return try await ask(CustomerSuccessAPI.completeTouchpointAttachment, request)
    }

    func list() async throws -> [InstanceTests.Attachment] {
        var request = ListAttachmentsRequest()
        request.id = touchpoint
        return try await ask(CustomerSuccessAPI.listTouchpointAttachments, request).attachments
    }

    /// The content of a file, read in parts.
    func read(_ file: InstanceTests.Attachment) async throws -> [UInt8] {
        var (content, parts): ([UInt8], Int) = ([], 0)
        while true {
            var request = ReadAttachmentRequest()
            (request.id, request.attachment, request.offset) = (touchpoint, file.id, Int64(content.count))
            let part = try await ask(CustomerSuccessAPI.readTouchpointAttachment, request)
            content += part.content
            parts += 1
            if part.last { break }
        }
        #expect(parts > 1)
        return content
    }

    func close() async { await connection.close() }
}
