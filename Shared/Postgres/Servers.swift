import CPostgres
import Glibc
import Synchronization

/// The servers that a connection string names, tried one after the other.
///
/// libpq goes on to the next host by itself, but only when one has refused: it has no time limit of its own while it
/// connects without blocking, and a host that does not answer at all would take the time of those behind it. So each
/// is tried apart, for its share of the time, and the one that was last good comes first.
final class ServerList: Sendable {
    /// What every connection has unless its string says otherwise. A peer that is gone without a word is noticed half
    /// a minute after the last one while nothing is sent, and after twenty seconds while something is. Not sooner: a
    /// server that does not read for a while, because a statement waits for a lock, looks the same to the kernel.
    private static let defaults = [
        "keepalives", "1", "keepalives_idle", "10", "keepalives_interval", "5", "keepalives_count", "3",
        "tcp_user_timeout", "20000",
    ]

    private let connectionString: String
    /// The options of each server that stand in place of the string's; none when it names one server.
    private let servers: [[String]]
    private let lastGood = Atomic<Int>(0)

    /// The servers of a string that ``checkConnectionString(_:)`` has found well-formed.
    init(_ connectionString: String) {
        self.connectionString = connectionString
        servers = Self.parse(connectionString)
    }

    private static func parse(_ connectionString: String) -> [[String]] {
        guard let options = PQconninfoParse(connectionString, nil) else { return [[]] }
        defer { PQconninfoFree(options) }
        var values: [String: [String]] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            let text = option.pointee.val.map { String(cString: $0) } ?? ""
            values[String(cString: keyword)] = text.split(separator: ",", omittingEmptySubsequences: false).map(
                String.init)
            option += 1
        }
        let hosts = values["host"] ?? []
        let ports = values["port"] ?? []
        // Addresses beside the names, or lists that do not match, are left to libpq, which says what is wrong.
        guard hosts.count > 1, values["hostaddr"] == [""] || values["hostaddr"] == [],
            ports.count <= 1 || ports.count == hosts.count
        else { return [[]] }
        return hosts.indices.map { index in
            ["host", hosts[index], "port", ports.count > 1 ? ports[index] : ports.first ?? ""]
        }
    }

    /// A connection to the first server that takes it, within the settings' time.
    func connect(_ settings: ConnectionSettings) throws(PostgresError) -> OpaquePointer {
        let end = PostgresDeadline.after(settings.connectTimeout)
        let first = lastGood.load(ordering: .relaxed)
        var failure: PostgresError?
        for step in servers.indices {
            let index = (first + step) % servers.count
            do throws(PostgresError) {
                let handle = try connect(servers[index], settings, by: end.share(servers.count - step))
                lastGood.store(index, ordering: .relaxed)
                return handle
            } catch {
                failure = failure.map { $0.joined(error) } ?? error
            }
        }
        throw failure ?? PostgresError(.connectionFailure, "no server is named")
    }

    private func connect(
        _ server: [String], _ settings: ConnectionSettings, by deadline: PostgresDeadline
    ) throws(PostgresError) -> OpaquePointer {
        // What comes later counts: the string's own options stand above the defaults and below the server's.
        let options =
            Self.defaults + ["dbname", connectionString] + server
            + ["application_name", settings.applicationName, "client_encoding", "UTF8"]
        let started = withCStrings(options) { texts in
            let pairs = stride(from: 0, to: texts.count, by: 2)
            return PQconnectStartParams(pairs.map { texts[$0] } + [nil], pairs.map { texts[$0 + 1] } + [nil], 1)
        }
        guard let handle = started else { throw PostgresError(.connectionFailure, "out of memory") }
        // The only way to be told the state of a refusal: libpq keeps it to itself and puts it into this text.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        do throws(PostgresError) {
            try Self.establish(handle, by: deadline)
        } catch {
            PQfinish(handle)
            throw error
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return handle
    }

    private static func establish(_ handle: OpaquePointer, by deadline: PostgresDeadline) throws(PostgresError) {
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED, PQstatus(handle) != CONNECTION_BAD else {
                throw PostgresError(refusalOf: handle)
            }
            let events = Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            var entry = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            let ready = poll(&entry, 1, deadline.pollMilliseconds)
            guard ready > 0 || (ready < 0 && errno == EINTR) else {
                let server = [PQhost(handle), PQport(handle)].compactMap { $0.map { String(cString: $0) } }
                throw PostgresError(
                    .connectionFailure, "the server at \(server.joined(separator: ":")) did not answer in time")
            }
            if ready > 0 { state = PQconnectPoll(handle) }
        }
    }
}

extension PostgresDeadline {
    /// The end of one of so many equal parts of the time that is left.
    fileprivate func share(_ parts: Int) -> PostgresDeadline {
        let now = PostgresDeadline.now
        guard self > now else { return self }
        return PostgresDeadline(nanoseconds: now.nanoseconds + (nanoseconds - now.nanoseconds) / UInt64(max(1, parts)))
    }
}

extension PostgresError {
    /// Why a connection was not made, with the state that the server gave: `…FATAL:  28P01: password …  LOCATION: …`.
    init(refusalOf handle: OpaquePointer) {
        let text = PostgresConnection.message(of: handle)
        self.init(.connectionFailure, text)
        if let match = text.firstMatch(of: #/: {2}([0-9A-Z]{5}): /#) {
            sqlState = String(match.output.1)
            message = text.replacing(#/: {2}[0-9A-Z]{5}: /#, with: ": ").replacing(#/ +LOCATION: +\S+ \S+/#, with: "")
        } else if PQconnectionNeedsPassword(handle) == 1 {
            // What the server would say to an empty one.
            sqlState = "28P01"
        }
    }

    /// The failures of two servers as one. A refusal with a state says more than a silence.
    fileprivate func joined(_ other: PostgresError) -> PostgresError {
        var both = self
        both.message += "; " + other.message
        both.sqlState = sqlState ?? other.sqlState
        return both
    }

    /// Whether the server knows this login and refuses it, or has no such database: waiting does not mend it.
    public var isAccessRefused: Bool {
        guard kind == .connectionFailure, let sqlState else { return false }
        return sqlState.hasPrefix("28") || sqlState == "3D000" || sqlState == "42501"
    }
}
