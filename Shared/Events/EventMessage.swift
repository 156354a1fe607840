import NATS
import Wire

/// An event of the outbox, and how it looks in the stream: CloudEvents in binary mode.
struct EventMessage: Sendable {
    /// Where events are published, taken apart once for all that go there.
    struct Subject: Sendable {
        /// `ale.v1.events.<domain>.<service>.<table>.<action>`.
        let text: String
        /// The domain, as a token.
        let domain: String
        /// Service, table and action.
        let kind: String
        /// The type of the records; nil for a table that is none of the service's.
        let type: (any RecordMessage.Type)?
        /// The messages of the data and of the record in it; their package names hold the version.
        let schema: String

        /// `types` are those of the service's records.
        init(_ text: String, types: [String: any RecordMessage.Type]) {
            self.text = text
            let tokens = text.utf8.split(separator: UInt8(ascii: "."))
            domain = tokens.count == 7 ? String(Substring(tokens[3])) : ""
            kind = tokens.suffix(3).map { String(Substring($0)) }.joined(separator: ".")
            type = types[tokens.dropLast().last.map { String(Substring($0)) } ?? ""]
            schema = RecordEvent.fullName + (type.map { ":" + $0.fullName } ?? "")
        }
    }

    /// Its place in the outbox.
    let place: Int64
    /// Its id.
    let id: String
    /// Where it is published.
    let subject: Subject
    /// The record it is about.
    let record: String
    /// The trace of the request that caused it.
    let trace: String?
    /// When it happened.
    let time: Timestamp
    /// The ``RecordEvent``.
    let payload: [UInt8]
    /// Its message id: its own, unless the stream lost it. Then another, for the stream may remember what it no longer
    /// has, and would not store it again.
    let messageID: String

    /// An event from its row in the outbox. `lost` is negative when the stream went back behind it: it says how often the
    /// stream had gone back then.
    init(
        place: Int64, id: String, subject: Subject, record: String, trace: String?, time: Timestamp, payload: [UInt8],
        lost: Int64? = nil
    ) {
        messageID = lost.map { "\(id).\(-$0)" } ?? id
        self.place = place
        self.id = id
        self.subject = subject
        self.record = record
        self.trace = trace
        self.time = time
        self.payload = payload
    }

    /// The headers under which it is published as protobuf.
    func headers(source: String) -> Headers {
        headers(source: source, schema: "urn:ale:protobuf:", contentType: "application/protobuf")
    }

    /// The copy in JSON: subject, message id, headers and payload, of at most `limit` bytes: without the record when it
    /// would be larger. Nil when the event cannot be read, which would be a fault of the service that wrote it, and must not
    /// keep others waiting.
    func copy(
        source: String, limit: Int
    ) -> (subject: String, id: String, headers: Headers, payload: [UInt8])? {
        guard let payload = try? json(limit: limit) else { return nil }
        return (
            "ale.v1.json." + subject.text.dropFirst("ale.v1.events.".count), messageID + ".json",
            headers(source: source, schema: "urn:ale:json:", contentType: "application/json"), payload
        )
    }

    /// Whether the message of that id is the event, in either form.
    static func isMessage(_ message: String?, of event: String) -> Bool {
        message == event || message?.hasPrefix(event + ".") == true
    }

    private func headers(source: String, schema: String, contentType: String) -> Headers {
        var headers = Headers()
        headers.add("ce-specversion", "1.0")
        headers.add("ce-id", id)
        headers.add("ce-source", source)
        headers.add("ce-type", subject.kind)
        headers.add("ce-subject", record)
        headers.add("ce-time", time.rfc3339)
        headers.add("ce-dataschema", schema + subject.schema)
        headers.add("content-type", contentType)
        if let trace { headers.add("traceparent", trace) }
        return headers
    }

    /// The event in protobuf-JSON, but for the record, which stands there as JSON instead of as bytes.
    private func json(limit: Int) throws -> [UInt8] {
        var event = try RecordEvent.decode(protobuf: payload)
        let bytes = event.record
        event.record = []
        var json = try event.encodeJSON()
        guard let type = subject.type else { return json }
        let record = Array(",\"record\":".utf8) + (try type.decode(protobuf: bytes).encodeJSON())
        guard json.count + record.count <= limit else { return json }
        json.insert(contentsOf: record, at: json.endIndex - 1)
        return json
    }
}
