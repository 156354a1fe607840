/// What a `call: http` asks a server for, all expressions filled in.
public struct FlowHTTPRequest: Sendable, Hashable {
    /// `get` or `post`.
    public let method: String
    /// Host, with its port where one is named: what the operator lists.
    public let host: String
    /// The whole URL.
    public let url: String
    /// Headers besides those of the body.
    public let headers: [String: String]
    /// Sent as JSON; nil for none.
    public let body: JSONValue?
    /// Whether the answer is taken as it is, and not as JSON.
    public let readsText: Bool

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "method": .string(method), "host": .string(host), "url": .string(url),
            "headers": .object(headers.mapValues(JSONValue.string)), "readsText": .bool(readsText),
        ]
        members["body"] = body
        return .object(members)
    }

    /// Reads what ``json`` wrote; nil when a member is missing.
    init?(json: JSONValue) {
        guard let method = json["method"]?.string, let host = json["host"]?.string, let url = json["url"]?.string
        else { return nil }
        self.init(
            method: method, host: host, url: url, headers: (json["headers"]?.object ?? [:]).compactMapValues(\.string),
            body: json["body"], readsText: json["readsText"]?.bool ?? false)
    }

    init(
        method: String, host: String, url: String, headers: [String: String], body: JSONValue?, readsText: Bool
    ) {
        (self.method, self.host, self.url) = (method, host, url)
        (self.headers, self.body, self.readsText) = (headers, body, readsText)
    }
}

extension FlowTask {
    /// A `call: http`. Its host is written out, so that every server a flow may reach can be read before it is published.
    struct HTTP: Sendable {
        /// A part of the URL behind the host: as it stands, or `{name}`, a member of the task's input.
        enum Piece: Sendable {
            case text(String)
            case member(String)
        }

        let method: String
        let host: String
        let pieces: [Piece]
        let headers: FlowTemplate
        let query: FlowTemplate
        let body: FlowTemplate?
        let readsText: Bool
    }
}

extension FlowCompiler {
    mutating func http(
        _ task: YAMLTree, _ members: [String: YAMLTree], _ variables: [String]
    ) throws(FlowProblem) -> FlowTask.Kind {
        let with = try task.require("with", in: members)
        let parts = try with.members(["method", "endpoint", "headers", "query", "body", "output"], at: .http)
        let method = try with.require("method", in: parts)
        let name = try method.text().lowercased()
        guard ["get", "post"].contains(name) else {
            throw method.problem("A method is one of get, post.", "메서드는 'get', 'post' 중 하나입니다.")
        }
        var endpoint = try with.require("endpoint", in: parts)
        if case .mapping = endpoint.value {
            endpoint = try endpoint.require("uri", in: try endpoint.members(["uri"], at: .endpoint))
        }
        let output = try parts["output"]?.text() ?? "content"
        if let node = parts["output"] {
            try node.refuse(output, at: .output)
            guard ["content", "raw"].contains(output) else {
                throw node.problem("'output' is one of content, raw.", "'output'은 'content', 'raw' 중 하나입니다.")
            }
        }
        let (host, pieces) = try address(endpoint)
        hosts.insert(host)
        for node in [parts["headers"], parts["query"]].compactMap(\.self) {
            guard case .mapping = node.value else { throw node.problem("A mapping is expected.", "매핑이 필요합니다.") }
        }
        let headers = try parts["headers"].map { node throws(FlowProblem) in try template(node, variables: variables) }
        let query = try parts["query"].map { node throws(FlowProblem) in try template(node, variables: variables) }
        let body = try parts["body"].map { node throws(FlowProblem) in try template(node, variables: variables) }
        return .http(
            FlowTask.HTTP(
                method: name, host: host, pieces: pieces, headers: headers ?? .literal(.object([:])),
                query: query ?? .literal(.object([:])), body: body, readsText: output == "raw"))
    }

    /// Host and rest of a URL.
    private func address(_ node: YAMLTree) throws(FlowProblem) -> (host: String, pieces: [FlowTask.HTTP.Piece]) {
        let wrong = node.problem(
            "An endpoint is written 'https://host/path', without expressions; '{name}' stands for a member of the input.",
            "엔드포인트는 표현식 없이 'https://host/path' 형식으로 작성합니다. '{name}'은 입력의 값을 나타냅니다.")
        let text = try node.text(maximum: 1_000)
        guard text.hasPrefix("https://"), !text.contains("${"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw wrong }
        let rest = text.dropFirst("https://".count)
        let host = rest.prefix { !"/?#".contains($0) }
        guard !host.isEmpty, host.utf8.allSatisfy({ Self.hostBytes.contains($0) }), !rest.contains("#") else {
            throw wrong
        }
        var pieces: [FlowTask.HTTP.Piece] = []
        for (index, part) in rest.dropFirst(host.count).split(separator: "{", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard index > 0 else {
                pieces.append(.text(String(part)))
                continue
            }
            let ends = part.split(separator: "}", omittingEmptySubsequences: false)
            guard ends.count == 2, String(ends[0]).isVariableName else { throw wrong }
            pieces += [.member(String(ends[0])), .text(String(ends[1]))]
        }
        return (host.lowercased(), pieces)
    }

    private static let hostBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:".utf8)
}

extension FlowMove {
    func request(_ http: FlowTask.HTTP, _ input: JSONValue) throws(FlowError) -> FlowHTTPRequest {
        let variables = variables(input: input)
        var url = "https://" + http.host
        for piece in http.pieces {
            switch piece {
            case .text(let text): url += text
            case .member(let name): url += Self.escaped(try Self.text(input[name], of: name))
            }
        }
        // Such a part of a path leads above it.
        let path = url.prefix { $0 != "?" }
        guard !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw Self.unfit("'.' and '..' are no parts of a path.")
        }
        for (name, value) in try fill(http.query, on: input, with: variables).object?.sorted(by: { $0.key < $1.key })
            ?? []
        where !value.isNull {
            url +=
                "\(url.contains("?") ? "&" : "?")\(Self.escaped(name))=\(Self.escaped(try Self.text(value, of: name)))"
        }
        var headers: [String: String] = [:]
        for (name, value) in try fill(http.headers, on: input, with: variables).object ?? [:] where !value.isNull {
            let text = try Self.text(value, of: name)
            guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }),
                text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
                !["host", "content-length", "transfer-encoding", "connection"].contains(name.lowercased())
            else { throw Self.unfit("The header '\(name.prefix(60))' cannot be sent.") }
            headers[name] = text
        }
        let body = try http.body.map { template throws(FlowError) in try fill(template, on: input, with: variables) }
        return FlowHTTPRequest(
            method: http.method, host: http.host, url: url, headers: headers, body: body, readsText: http.readsText)
    }

    private static func text(_ value: JSONValue?, of name: String) throws(FlowError) -> String {
        switch value {
        case .string(let text): return text
        case .some(.number), .some(.bool): return value?.text ?? ""
        default: throw unfit("'\(name.prefix(60))' is no text and no number.")
        }
    }

    private static func unfit(_ detail: String) -> FlowError {
        FlowError(type: FlowError.validation, status: 400, title: "The request cannot be made.", detail: detail)
    }

    /// What stands for a text in a URL.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte)
            guard !isPlain else { return String(UnicodeScalar(byte)) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
