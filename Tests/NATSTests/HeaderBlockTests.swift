import Glibc
import NATS
import TestKit
import Testing

/// Headers as other programs send them: libnats itself cannot send some of these.
@Suite struct HeaderBlockTests {
    static let server = Task { try await NATSServer.start(jetStream: false) }

    /// Publishes `block` and `payload` over a socket of its own, as any client may.
    private static func publish(_ subject: String, reply: String, block: String, payload: String) async throws {
        let port = try await server.value.port
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let size = block.utf8.count
        let text =
            "CONNECT {\"headers\":true,\"verbose\":false}\r\n"
            + "HPUB \(subject) \(reply)\(reply.isEmpty ? "" : " ")\(size) \(size + payload.utf8.count)\r\n"
            + "\(block)\(payload)\r\nPING\r\n"
        #expect(write(socket, text, text.utf8.count) == text.utf8.count)
        // The answer to PING: the server has taken the message.
        var buffer = [UInt8](repeating: 0, count: 4_096)
        var heard = ""
        while !heard.contains("PONG") {
            let count = read(socket, &buffer, buffer.count)
            try #require(count > 0, "the server hung up: \(heard)")
            heard += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("X-Empty:\r\nAuthorization: Bearer a\r\n", ["Authorization=Bearer a"]),
        ("X-Empty: \t \r\nAuthorization: Bearer a\r\n", ["Authorization=Bearer a"]),
        ("Authorization: Bearer a\r\nX-Empty:\r\n", ["Authorization=Bearer a"]),
        ("Authorization:\r\nAuthorization: Bearer a\r\nAuthorization:\r\n", ["Authorization=Bearer a"]),
        ("B: 2\r\na:1\r\nB:  3 \r\n", ["B=2", "a=1", "B=3"]),
        ("X: Authorization: Bearer a\r\n", ["X=Authorization: Bearer a"]),
        ("no colon\r\n: no name\r\nA: 1\r\n", ["A=1"]),
        ("", []),
    ])
    func emptyValuesHideNothing(_ lines: String, _ expected: [String]) async throws {
        let nats = try await Self.server.value.connect()
        for reply in ["", "headers.answer"] {
            for payload in ["", "{}"] {
                let subject = "headers.\(UInt64.random(in: 0...UInt64.max))"
                let messages = try nats.messages(subject)
                try await nats.flush(timeout: .seconds(60))
                try await Self.publish(
                    subject, reply: reply, block: "NATS/1.0\r\n\(lines)\r\n", payload: payload)
                var iterator = messages.makeAsyncIterator()
                let message = try #require(await iterator.next())
                #expect(message.headers.fields.map { "\($0.name)=\($0.value)" } == expected)
                #expect(message.reply == (reply.isEmpty ? nil : reply))
                #expect(message.payload == Array(payload.utf8))
            }
        }
        await nats.close()
    }
}
