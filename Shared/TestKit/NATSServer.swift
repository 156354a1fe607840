import Foundation
import Glibc
import Synchronization

/// A real nats-server on 127.0.0.1 for one suite, with a port and a directory of its own. It ends when the value is
/// freed, when `stop` is called, or when the test process dies.
///
/// A suite starts one and shares it: `static let server = Task { try await NATSServer.start() }`, and each test awaits
/// `server.value`.
public final class NATSServer: Sendable {
    /// Why a server did not come up, with its log.
    public struct StartError: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    /// The port of clients; it stays the same over `restart`.
    public let port: UInt16
    /// Where the server keeps its log, configuration and JetStream store; removed at the end.
    public let directory: String

    private let jetStream: Bool
    private let process: Mutex<ChildProcess?>
    private static let startLimit: Duration = .seconds(15)
    private static let sharedStart = Task { try await NATSServer.start(jetStream: false) }

    /// The server, without JetStream, that the suites of this process share; started at the first use.
    public static var shared: NATSServer {
        get async throws { try await sharedStart.value }
    }

    /// Starts a server and returns when it takes connections. `config` is text of a nats-server configuration file
    /// (users, permissions, TLS); address, port and store are given by the start. Throws `StartError`.
    public static func start(config: String? = nil, jetStream: Bool = true) async throws -> NATSServer {
        try await onThread { try NATSServer(config: config, jetStream: jetStream) }
    }

    private init(config: String?, jetStream: Bool) throws {
        directory = try ScratchFolder.make("nats")
        self.jetStream = jetStream
        do {
            try NATSServer.write(config ?? "", to: directory + "/server.conf")
            // Port -1: the server takes a free one and says which, so nobody can take it in between.
            let child = try NATSServer.launch(directory, port: "-1", jetStream: jetStream)
            process = Mutex(child)
            port = try NATSServer.awaitPort(child, log: directory + "/server.log")
            try NATSServer.awaitReady(child, port: port, log: directory + "/server.log")
        } catch {
            NATSServer.removeDirectory(directory)
            throw error
        }
    }

    deinit {
        process.withLock { $0 = nil }
        NATSServer.removeDirectory(directory)
    }

    /// Address for clients: `nats://127.0.0.1:port`.
    public var url: String { "nats://127.0.0.1:\(port)" }

    /// Everything the server has logged, over restarts.
    public var log: String { NATSServer.read(directory + "/server.log") }

    /// Whether the server's process runs.
    public var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// Sends the server a signal: SIGKILL (the default) as a crash does, SIGTERM to end it in order. Returns when the
    /// process is gone. The port and the store stay for `restart`.
    public func kill(_ signal: Int32 = SIGKILL) async throws {
        try await NATSServer.onThread { [self] in
            process.withLock { process in
                process?.terminate(signal)
                process = nil
            }
        }
    }

    /// Sends the server a signal that it goes on after: SIGHUP to read its configuration again.
    public func signal(_ signal: Int32) { process.withLock { $0?.send(signal) } }

    /// Starts the server again on the same port and store, ending it first if it runs, and returns when it takes
    /// connections. Throws `StartError`.
    public func restart() async throws {
        try await kill(SIGTERM)
        try await NATSServer.onThread { [self] in
            let child = try NATSServer.launch(directory, port: String(port), jetStream: jetStream)
            process.withLock { $0 = child }
            try NATSServer.awaitReady(child, port: port, log: directory + "/server.log")
        }
    }

    /// Ends the server and removes its directory.
    public func stop() async throws {
        try await kill(SIGTERM)
        NATSServer.removeDirectory(directory)
    }

    private static func launch(_ directory: String, port: String, jetStream: Bool) throws -> ChildProcess {
        var arguments = ["-a", "127.0.0.1", "-p", port, "-c", directory + "/server.conf"]
        if jetStream { arguments += ["-js", "-sd", directory + "/store"] }
        return try ChildProcess("nats-server", arguments, log: directory + "/server.log", directory: directory)
    }

    /// The port that the server says it listens on.
    private static func awaitPort(_ child: ChildProcess, log: String) throws -> UInt16 {
        try poll(child, log: log) {
            let marker = "Listening for client connections on 127.0.0.1:"
            for line in read(log).split(separator: "\n") {
                guard let digits = line.split(separator: marker[...], maxSplits: 1).dropFirst().first else { continue }
                return UInt16(digits)
            }
            return nil
        }
    }

    /// Waits until a connection gets the server's greeting; the server listens last, after JetStream has its streams.
    private static func awaitReady(_ child: ChildProcess, port: UInt16, log: String) throws {
        try poll(child, log: log) { greets(port: port) ? () : nil }
    }

    private static func poll<Value>(_ child: ChildProcess, log: String, _ check: () -> Value?) throws -> Value {
        let deadline = ContinuousClock.now + startLimit
        while ContinuousClock.now < deadline {
            if let value = check() { return value }
            guard child.isRunning else { throw StartError(description: "nats-server ended:\n\(read(log))") }
            usleep(5_000)
        }
        throw StartError(description: "nats-server was not ready in \(startLimit):\n\(read(log))")
    }

    private static func greets(port: UInt16) -> Bool {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard client >= 0 else { return false }
        defer { close(client) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return false }
        var greeting = [UInt8](repeating: 0, count: 4)
        return recv(client, &greeting, 4, Int32(MSG_WAITALL)) == 4 && greeting == Array("INFO".utf8)
    }

    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }

    private static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func read(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func removeDirectory(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
