import CPostgres
import Glibc

/// The bytes of a COPY on their way to the server, 64 KB at a time.
final class CopyStream {
    private static let chunk = 64 * 1024

    // Written many times for each row, by the one thread that runs the COPY.
    @exclusivity(unchecked) var buffer: [UInt8] = []
    private let connection: PostgresConnection
    private var limit: Limit

    init(_ connection: PostgresConnection, _ limit: Limit) {
        self.connection = connection
        self.limit = limit
        buffer.reserveCapacity(Self.chunk + 4096)
    }

    /// Sends what has come together, when that is enough.
    func sendWhenFull() throws(PostgresError) {
        if buffer.count >= Self.chunk { try send() }
    }

    private func send() throws(PostgresError) {
        guard !buffer.isEmpty else { return }
        let sent = buffer.withUnsafeBytes { bytes in
            PQputCopyData(
                connection.handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
        }
        guard sent == 1 else { throw connection.lost() }
        buffer.removeAll(keepingCapacity: true)
        // Nothing stays in libpq: its buffer has no bound of its own.
        try connection.flush(&limit)
    }

    /// Tells the server that all is sent, or that it should refuse, and reads its answer: the number of rows.
    func finish(aborting: Bool) throws(PostgresError) -> Int {
        if !aborting { try send() }
        let ended = PQputCopyEnd(connection.handle, aborting ? "the writer failed" : nil)
        guard ended == 1 else { throw connection.lost() }
        return try connection.endOfCopy(&limit)
    }
}
