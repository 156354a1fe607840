import Wire

extension Service {
    /// The nine subjects of ADR-32 with what answers on each. All instances answer, so none has a queue group.
    func discovery() -> [(subject: String, answer: @Sendable () -> [UInt8])] {
        let ping = pingAnswer()
        let info = infoAnswer()
        let answers: [(verb: String, answer: @Sendable () -> [UInt8])] = [
            ("PING", { ping }), ("INFO", { info }), ("STATS", { [weak self] in self?.statsAnswer() ?? ping }),
        ]
        return answers.flatMap { verb, answer in
            ["$SRV.\(verb)", "$SRV.\(verb).\(configuration.name)", "$SRV.\(verb).\(configuration.name).\(id)"]
                .map { ($0, answer) }
        }
    }

    private func pingAnswer() -> [UInt8] {
        JSONText.object(identity("io.nats.micro.v1.ping_response")).bytes
    }

    private func infoAnswer() -> [UInt8] {
        let endpoints = served.map { served -> JSONText in
            .object([
                ("name", .string(served.endpoint.name)), ("subject", .string(served.endpoint.subject)),
                ("queue_group", .string(Self.queueGroup)), ("metadata", .strings(served.endpoint.metadata)),
            ])
        }
        return JSONText.object(
            identity("io.nats.micro.v1.info_response") + [
                ("description", .string(configuration.description)), ("endpoints", .array(endpoints)),
            ]
        ).bytes
    }

    private func statsAnswer() -> [UInt8] {
        let endpoints = served.map { served -> JSONText in
            let figures = served.statistics.snapshot
            return .object([
                ("name", .string(served.endpoint.name)), ("subject", .string(served.endpoint.subject)),
                ("queue_group", .string(Self.queueGroup)), ("num_requests", .number(Int64(figures.requests))),
                ("num_errors", .number(Int64(figures.errors))), ("last_error", .string(figures.lastError)),
                ("processing_time", .number(figures.processingNanoseconds)),
                ("average_processing_time", .number(figures.averageNanoseconds)),
                (
                    "data",
                    .object([
                        ("in_flight", .number(Int64(figures.inFlight))), ("refused", .number(Int64(figures.refused))),
                        ("ignored", .number(Int64(figures.ignored))),
                        ("p50_ns", .number(figures.quantileNanoseconds(0.5))),
                        ("p99_ns", .number(figures.quantileNanoseconds(0.99))),
                    ])
                ),
            ])
        }
        return JSONText.object(
            identity("io.nats.micro.v1.stats_response") + [
                ("started", .string(started.rfc3339)), ("endpoints", .array(endpoints)),
            ]
        ).bytes
    }

    private func identity(_ type: String) -> [(String, JSONText)] {
        [
            ("type", .string(type)), ("name", .string(configuration.name)), ("id", .string(id)),
            ("version", .string(configuration.version)), ("metadata", .strings(configuration.metadata)),
        ]
    }
}

/// JSON as text, for the few fixed shapes of discovery.
struct JSONText {
    let text: String

    var bytes: [UInt8] { Array(text.utf8) }

    static func number(_ value: Int64) -> JSONText { JSONText(text: String(value)) }

    static func string(_ value: String) -> JSONText {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                text += "\\"
                text.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return JSONText(text: text + "\"")
    }

    static func array(_ values: [JSONText]) -> JSONText {
        JSONText(text: "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    static func object(_ fields: [(String, JSONText)]) -> JSONText {
        JSONText(text: "{" + fields.map { "\(string($0).text):\($1.text)" }.joined(separator: ",") + "}")
    }

    static func strings(_ values: [String: String]) -> JSONText {
        object(values.sorted { $0.key < $1.key }.map { ($0, .string($1)) })
    }
}
