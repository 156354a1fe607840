import Foundation
import Hummingbird
import Logging
import NATS
import Platform
import RPC
import ServiceLifecycle
import UnixSignals

/// Puts the workspace together and runs it until it is told to stop.
struct WorkspaceProgram: Sendable {
    private let configuration: WorkspaceConfiguration
    private let log: Logger

    /// A program with everything configured; a wrong setting is thrown as a ``ConfigurationError``.
    init(_ settings: Settings) throws {
        configuration = try WorkspaceConfiguration(settings)
        log = ServiceLog.make("workspace", level: configuration.logLevel, format: configuration.logFormat)
    }

    /// Serves until SIGTERM or SIGINT, then finishes what is in flight. NATS is waited for; later on, pages say when it or a
    /// service is away.
    func serve() async throws {
        let startup = await Startup(log)
        let live = LiveHub()
        let connection = try await startup.untilStopped {
            try await startup.wait(for: "NATS at \(configuration.natsURL) (ALE_NATS_URL)") { try await connect(live) }
        }
        guard let connection else {
            try Task.checkCancellation()
            return log.info("stopped before it was ready")
        }
        let site = try Site(
            client: Client(NATSTransport(connection)), address: configuration.url, live: live,
            isBehindProxy: configuration.isBehindProxy, requestsPerMinute: configuration.requestsPerMinute,
            isConnected: { connection.isConnected }, log: log)
        try live.listen(connection)
        try await run(site, until: startup.lateSignals)
        await connection.close()
        log.info("stopped")
    }

    private func run(_ site: Site, until signals: UnixSignalsSequence) async throws {
        let (log, readyFile, url) = (log, configuration.readyFile, configuration.url)
        let application = Application(
            responder: site.responder(),
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(75),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 8_192, maxHeaderListSize: 32_768, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { _ in
                if let readyFile { try? TextFile.write("\(getpid())\n", to: readyFile) }
                log.info("ready", metadata: ["address": "\(url)"])
            }, logger: log)
        let told = UntilTold(signals: signals)
        var group = ServiceGroupConfiguration(
            // They end in the reverse order: streams first, since the server waits for them.
            services: [
                .init(service: told, successTerminationBehavior: .gracefullyShutdownGroup), .init(service: application),
                .init(service: site.live),
            ], logger: log)
        group.maximumGracefulShutdownDuration = .seconds(configuration.drainSeconds)
        defer { if let readyFile { unlink(readyFile) } }
        try await ServiceGroup(configuration: group).run()
    }

    private func connect(_ live: LiveHub) async throws -> Connection {
        var options = ConnectionOptions(
            urls: configuration.natsURL.split(separator: ",").map(String.init), name: "workspace")
        if let user = configuration.natsUser {
            options.credentials = .password(user: user, password: configuration.natsPassword ?? "")
            // Each user may listen on inboxes of its own only, so that nobody reads another's answers.
            options.inboxPrefix = "_INBOX.\(user)"
        }
        options.sharedDeliveryThreads = 2
        let log = log
        options.onEvent = { event in
            log.info("nats", metadata: ["event": "\(event)"])
            if event.losesMessages { live.mayHaveMissed() }
        }
        do throws(NATSError) {
            return try await Connection.connect(options)
        } catch {
            guard !Startup.mayPass(error) else { throw error }
            throw ConfigurationError("NATS at \(configuration.natsURL) (ALE_NATS_URL) cannot be used: \(error)")
        }
    }
}

extension ConnectionEvent {
    /// Whether messages may have gone by that were meant to be heard.
    fileprivate var losesMessages: Bool {
        switch self {
        case .reconnected, .slowConsumer: true
        case .disconnected, .closed, .lameDuck, .permissionViolation, .error: false
        }
    }
}

/// Ends as soon as the process is told to, and everything else with it.
private struct UntilTold: ServiceLifecycle.Service {
    let signals: UnixSignalsSequence

    func run() async throws {
        await cancelWhenGracefulShutdown { for await _ in signals { return } }
    }
}
