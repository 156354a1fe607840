import Foundation
import JourneyKit
import NIOCore
import NIOHTTP1
import NIOPosix

/// A browser as the figures need one: a connection that stays open, and the cookie of a session.
struct PageVisitor: Sendable {
    /// What one answer took.
    struct Answer: Sendable {
        let firstByte: Duration
        let whole: Duration
        let bytes: Int
    }

    let port: Int
    /// The token of the session.
    let session: String

    /// A browser in which somebody is signed in, by a session as onboarding keeps them; each by a `name` of its own.
    static func signedIn(_ user: String, as name: String, on stack: BenchStack) async throws -> PageVisitor {
        let token = "bench-\(name)-".padding(toLength: 43, withPad: "x", startingAt: 0)
        try await stack.psql([
            "-v", "user=\(user)", "-v", "token=\(token)", "-f", "\(BenchStack.root)/Tools/bench/session.sql",
        ])
        return PageVisitor(port: try stack.port("WORKSPACE_PORT"), session: token)
    }

    private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Asks for pages one after another until `end`, each by an address that `path` makes, and hands on what they took; the
    /// next is asked for when that has returned.
    func visit(
        until end: ContinuousClock.Instant, accepting encoding: String, _ path: @Sendable () -> String,
        _ take: (Answer) async throws -> Void
    ) async throws {
        try await connect().executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            repeat {
                let (start, address) = (ContinuousClock.now, path())
                try await ask(address, outbound, accepting: encoding)
                var (first, bytes) = (Duration.zero, 0)
                while let part = try await parts.next() {
                    switch part {
                    case .head(let head):
                        first = start.duration(to: .now)
                        guard head.status == .ok else {
                            throw JourneyFailure("\(address) is answered with \(head.status.code)")
                        }
                    case .body(let buffer): bytes += buffer.readableBytes
                    case .end: break
                    }
                    if case .end = part { break }
                }
                guard bytes > 0 else { throw JourneyFailure("\(address) is answered with nothing") }
                try await take(Answer(firstByte: first, whole: start.duration(to: .now), bytes: bytes))
            } while ContinuousClock.now < end
        }
    }

    /// Keeps a live page open until the task is cancelled; says when its stream has begun.
    func watch(_ topic: String, _ begun: @Sendable () -> Void) async throws {
        try await connect().executeThenClose { inbound, outbound in
            try await ask("/live?topic=\(topic)", outbound)
            for try await part in inbound {
                guard case .head(let head) = part else { continue }
                guard head.status == .ok else {
                    throw JourneyFailure("a live page is answered with \(head.status.code)")
                }
                begun()
            }
        }
    }

    /// What one address is answered with, as it is sent to a browser.
    func read(_ path: String, accepting encoding: String = "identity") async throws -> [UInt8] {
        try await connect().executeThenClose { inbound, outbound in
            try await ask(path, outbound, accepting: encoding)
            var content: [UInt8] = []
            for try await part in inbound {
                if case .body(let buffer) = part { content += buffer.readableBytesView }
                if case .end = part { break }
            }
            return content
        }
    }

    private func ask(
        _ path: String, _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>,
        accepting encoding: String = "identity"
    ) async throws {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
        head.headers.add(name: "Accept-Encoding", value: encoding)
        if !session.isEmpty { head.headers.add(name: "Cookie", value: "ale_session=\(session)") }
        try await outbound.write(.head(head))
        try await outbound.write(.end(nil))
    }

    private func connect() async throws -> Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try Channel(wrappingChannelSynchronously: channel)
            }
        }
    }
}
