import NATS
import RPC
import TestKit
import Testing
import Wire

@testable import RPC

/// Answers go to inboxes. Whoever names another subject is not served at all: the answer would be published under the
/// rights of the service.
@Suite(.timeLimit(.minutes(15))) struct ReplyTests {
    @Test(arguments: [
        "_INBOX.a", "_INBOX.client.3xQ_-9.k1", "_INBOX.a.b.c.d", "_R_.41wTzF.GQkZJw",
        "_INBOX.MThlUanbcaoNi3uaKakOkp.MThlUanbcaoNi3uaKakOuF519a",
    ]) func inboxesAreKnown(_ subject: String) {
        #expect(ReplyInbox(subject)?.subject == subject)
    }

    @Test(arguments: [
        "", "_INBOX", "_INBOX.", "_INBOX..a", "_INBOX.a.", "_INBOX.*", "_INBOX.a.>", "_INBOX.>", "_INBOX.a b",
        "_INBOX.a\r\nPUB x 0", "_INBOX.a\t", "_INBOX.a\u{0}", "_INBOX.가", "_INBOX.a$b", "_inbox.a", " _INBOX.a",
        "_INBOXES.a", "x._INBOX.a", "_R_", "_R_.", "$JS.API.STREAM.DELETE.ALE_EVENTS", "$JS.ACK.S.c.1.1.1.1.0",
        "ale.v1.events.provider.echo.echo.updated", "ale.v1.echo.echoes.get", "$SRV.PING", "$SYS.REQ.SERVER.PING",
        "_INBOX." + String(repeating: "a", count: 255),
    ]) func nothingElseIs(_ subject: String) {
        #expect(ReplyInbox(subject) == nil)
    }

    /// Requests that are refused early, too large for their deadline, and good ones: with a foreign reply none is carried
    /// out, and nothing arrives there.
    @Test func aForeignReplyGetsNothing() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let service = try await Connection.connect(ConnectionOptions(urls: [server.url], name: "service"))
        let client = try await Connection.connect(ConnectionOptions(urls: [server.url], name: "client"))
        let echo = method()
        let handled = Counter()
        let book = RecordingLog()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            handled.add()
            return request
        }
        let running = try Service(
            .init(name: "echo-service", version: "1.0.0", description: ""), endpoints: [endpoint],
            transport: NATSTransport(service), authenticator: Tokens(), logger: book.logger())
        try await running.start()
        let landed = Counter()
        let subscription = try client.subscribe("foreign.>") { _ in landed.add() }
        let token = "Bearer provider:kim"
        let requests: [Headers] = [
            [:], ["Authorization": token], ["Authorization": token, "grpc-timeout": "never"],
            ["Authorization": token, "grpc-timeout": "0m"], ["Authorization": "Bearer x"],
        ]
        for headers in requests {
            for payload in [[], Array("{}".utf8), Array("{".utf8), [0x0A, 0x01, 0x61], [0xFF]] {
                try client.publish(echo.subject, reply: "foreign.place", headers: headers, payload: payload)
                try client.publish(echo.subject, headers: headers, payload: payload)
            }
        }
        for subject in ["$SRV.PING", "$SRV.INFO.echo-service", "$SRV.STATS.echo-service.\(running.id)"] {
            try client.publish(subject, reply: "foreign.place")
        }
        // What comes behind on the same connection is answered, so all of it has come.
        let caller = Client(NATSTransport(client), deadline: .seconds(50))
        _ = try await caller.call(echo, request("good"), as: .kim)
        try await client.flush(timeout: .seconds(50))
        #expect(landed.value == 0)
        #expect(handled.value == 1)
        let figures = try #require(running.figures["Echo"])
        #expect(figures.ignored == 2 * 5 * requests.count)
        #expect(figures.requests == 1)
        #expect(!book.lines.contains { $0.contains("foreign") }, "a subject of somebody's choosing in the log")
        await running.drain(limit: .seconds(50))
        try await subscription.drain(timeout: .seconds(50))
        await client.close()
        await service.close()
        try await server.stop()
    }
}
