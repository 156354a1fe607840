import NATS

extension JetStream {
    /// Deletes a stream with everything in it, as an operator may; the product never does.
    public func deleteStream(_ name: String) async throws(NATSError) {
        let answer = try await connection.request("$JS.API.STREAM.DELETE." + name, timeout: timeout)
        let text = String(decoding: answer.payload, as: UTF8.self)
        guard text.contains("\"success\":true") else { throw .other("the stream \(name) was not deleted: \(text)") }
    }
}
