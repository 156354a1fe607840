import Foundation
import Glibc
import Synchronization

/// A real Postgres cluster of the test process: private directory, free port on 127.0.0.1, unix socket. It ends with
/// `stop`, when the value is freed, or when the test process ends, however that happens.
///
/// Suites share one (`PostgresServer.shared`) and take a database each; a suite that kills servers starts its own.
public final class PostgresServer: Sendable {
    /// Why a server did not come up, or a command failed, with its output.
    public struct ServerError: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    /// The port of 127.0.0.1 and of the unix socket; it stays the same over `restart`.
    public let port: UInt16
    /// Holds the socket, the log and the data; removed at the end.
    public let directory: String

    private let process: Mutex<ChildProcess?>
    /// Whether it writes what a standby needs.
    private let isCopied: Bool
    private let nextDatabase = Mutex(0)
    private static let startLimit: Duration = .seconds(30)
    private static let sharedStart = Task { try await PostgresServer.start() }
    /// Directories to remove when the process ends, with the postmaster that uses them.
    private static let live = Mutex<[String: pid_t]>([:])
    private static let cleanUpAtExit: Void = { atexit { PostgresServer.stopAll() } }()

    /// The server that the suites of this process share; started at the first use.
    public static var shared: PostgresServer {
        get async throws { try await sharedStart.value }
    }

    /// Makes a cluster and starts it; returns when it takes connections. Throws `ServerError`.
    public static func start() async throws -> PostgresServer {
        try await onThread { try PostgresServer(copying: nil) }
    }

    /// A primary that ``startStandby()`` can copy.
    public static func startPrimary() async throws -> PostgresServer {
        try await onThread { try PostgresServer(copying: nil, isCopied: true) }
    }

    /// A hot standby of this server, with a directory and a port of its own; ``promote()`` makes it a primary.
    public func startStandby() async throws -> PostgresServer {
        try await PostgresServer.onThread { [self] in try PostgresServer(copying: self, isCopied: true) }
    }

    /// Puts a standby in charge; returns when it takes writes.
    public func promote() async throws {
        try await psql("SELECT pg_promote(true, 30)")
    }

    private init(copying primary: PostgresServer?, isCopied: Bool = false) throws {
        _ = PostgresServer.cleanUpAtExit
        directory = try ScratchFolder.make("postgres")
        process = Mutex(nil)
        self.isCopied = isCopied
        do {
            if let user = PostgresServer.serverUser { chown(directory, user.uid, user.gid) }
            // Nothing here must survive a power failure: no fsync anywhere.
            if let primary {
                try PostgresServer.runTool(PostgresServer.copying(primary, directory))
            } else {
                try PostgresServer.runTool(PostgresServer.making(directory))
            }
            port = try PostgresServer.freePort()
            try launch()
        } catch {
            PostgresServer.removeDirectory(directory)
            throw error
        }
    }

    private static func making(_ directory: String) -> [String] {
        asServerUser(binary("initdb")) + [
            "-D", directory + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
            "--no-sync", "--no-instructions",
        ]
    }

    private static func copying(_ primary: PostgresServer, _ directory: String) -> [String] {
        asServerUser(binary("pg_basebackup")) + [
            "-D", directory + "/data", "-h", primary.directory, "-p", String(primary.port), "-U", "postgres",
            "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        ]
    }

    deinit {
        process.withLock { $0 = nil }
        PostgresServer.removeDirectory(directory)
    }

    /// A libpq connection string over the unix socket. Every user is trusted.
    public func connectionString(database: String, user: String = "postgres") -> String {
        "host=\(directory) port=\(port) dbname=\(database) user=\(user)"
    }

    /// The same over TCP, for what needs a socket of the network.
    public func networkConnectionString(database: String, user: String = "postgres") -> String {
        "host=127.0.0.1 port=\(port) dbname=\(database) user=\(user)"
    }

    /// Makes a database and answers the connection string of its owner. A name is invented when none is given; a
    /// template that holds applied migrations saves applying them again.
    @discardableResult
    public func createDatabase(_ name: String? = nil, template: String = "template1") async throws -> String {
        let name =
            name
            ?? nextDatabase.withLock { number in
                number += 1
                return "test_\(number)"
            }
        try await psql("CREATE DATABASE \"\(name)\" TEMPLATE \"\(template)\" STRATEGY FILE_COPY")
        return connectionString(database: name)
    }

    /// Runs SQL with psql and answers what it prints, unaligned and without headings. Throws `ServerError`.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres") async throws -> String {
        let target = connectionString(database: database)
        return try await PostgresServer.onThread {
            try PostgresServer.runTool([
                PostgresServer.binary("psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, "-c", sql,
            ])
        }
    }

    /// Sends the postmaster a signal: SIGKILL (the default) as a crash does, SIGINT to end it in order. Returns when
    /// it is gone with all of its sessions. Port and data stay for `restart`.
    public func kill(_ signal: Int32 = SIGKILL) async throws {
        try await PostgresServer.onThread { [self] in
            process.withLock { process in
                let children = process.map { Processes.children(of: $0.pid) } ?? []
                process?.terminate(signal)
                process = nil
                // Sessions end by themselves once they notice that nobody is in charge any more, and answer until then.
                Processes.awaitEnd(of: children, within: .seconds(10))
            }
        }
    }

    /// Starts the server again on the same port and data, ending it first if it runs; returns when it takes
    /// connections. Throws `ServerError`.
    public func restart() async throws {
        try await kill(SIGINT)
        try await PostgresServer.onThread { [self] in try launch() }
    }

    /// Ends the server and removes its directory.
    public func stop() async throws {
        try await kill(SIGQUIT)
        PostgresServer.removeDirectory(directory)
    }

    /// Everything the server has logged.
    public var log: String { PostgresServer.read(directory + "/server.log") }

    /// How many bytes that is.
    public var logSize: Int {
        let facts = try? FileManager.default.attributesOfItem(atPath: directory + "/server.log")
        return (facts?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// What the server has logged behind so many bytes.
    public func log(after bytes: Int) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: directory + "/server.log"))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(bytes))
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }

    // MARK: Starting

    private func launch() throws {
        let settings = [
            "listen_addresses=127.0.0.1", "unix_socket_directories=\(directory)", "fsync=off", "full_page_writes=off",
            isCopied ? "wal_level=replica" : "wal_level=minimal", "max_wal_senders=\(isCopied ? 4 : 0)",
            // Tests of a target run beside each other, each with pools of its own.
            "max_connections=400",
            "shared_buffers=64MB", "dynamic_shared_memory_type=mmap", "log_min_messages=warning",
            "log_line_prefix=%m [%p] %d ",
            "log_min_error_statement=panic", "timezone=UTC",
        ]
        let command =
            PostgresServer.asServerUser(PostgresServer.binary("postgres"))
            + ["-D", directory + "/data", "-p", String(port)] + settings.flatMap { ["-c", $0] }
        let deadline = ContinuousClock.now + PostgresServer.startLimit
        while true {
            let child = try ChildProcess(
                command[0], Array(command.dropFirst()), log: directory + "/server.log", directory: directory)
            if isReady(child, by: deadline) {
                process.withLock { $0 = child }
                PostgresServer.live.withLock { $0[directory] = child.pid }
                return
            }
            // After a SIGKILL the server processes of the last life may hold the memory for a moment: once more.
            guard ContinuousClock.now < deadline else { throw ServerError(description: "no start:\n\(log)") }
            usleep(50_000)
        }
    }

    /// Waits for the postmaster's own word in its lock file. False when the process ended instead.
    private func isReady(_ child: ChildProcess, by deadline: ContinuousClock.Instant) -> Bool {
        while ContinuousClock.now < deadline {
            let lines = PostgresServer.read(directory + "/data/postmaster.pid").split(separator: "\n")
            if lines.count >= 8, lines[0] == String(child.pid), lines[7].hasPrefix("ready") { return true }
            guard child.isRunning else { return false }
            usleep(5_000)
        }
        return false
    }

    private static func binary(_ name: String) -> String {
        let installed = ["/usr/lib/postgresql/15/bin", "/usr/local/bin", "/usr/bin"].map { $0 + "/" + name }
        return installed.first { access($0, X_OK) == 0 } ?? name
    }

    /// Postgres refuses to run as root: then it runs as its own user, or as nobody.
    private static var serverUser: (name: String, uid: uid_t, gid: gid_t)? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) { return (name, entry.pointee.pw_uid, entry.pointee.pw_gid) }
        }
        return nil
    }

    private static func asServerUser(_ program: String) -> [String] {
        guard let user = serverUser else { return [program] }
        return ["setpriv", "--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", program]
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ServerError(description: "socket: \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard status == 0 else { throw ServerError(description: "no free port: \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    @discardableResult
    private static func runTool(_ command: [String]) throws -> String {
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("tool-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        // In a directory the server's user may enter.
        let status = try ChildProcess.run(["/usr/bin/env", "-C", "/tmp"] + command, log: log)
        let text = read(log)
        guard status == 0 else {
            throw ServerError(description: "\(command.joined(separator: " ")):\n\(text)")
        }
        return text.trimmingCharacters(in: .newlines)
    }

    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }

    private static func read(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: Cleaning up

    private static func removeDirectory(_ path: String) {
        live.withLock { $0[path] = nil }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Ends the servers in order. The watchdog would kill them, and a killed postmaster leaves shared memory behind.
    private static func stopAll() {
        for (directory, pid) in live.withLock({ $0 }) {
            // SIGQUIT: at once, with all server processes.
            Glibc.kill(pid, SIGQUIT)
            let deadline = ContinuousClock.now + .seconds(3)
            while waitpid(pid, nil, WNOHANG) == 0, ContinuousClock.now < deadline { usleep(2_000) }
            removeDirectory(directory)
        }
    }
}
