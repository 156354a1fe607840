import Wire

/// One method of a service with the code that answers it.
public struct Endpoint: Sendable {
    /// Who may reach the handler.
    public enum Access: Sendable {
        /// Callers with a valid token.
        case authenticated
        /// Anybody: how people come to a token.
        case anonymous
    }

    /// The name of the method: `CreateTouchpoint`.
    public let name: String
    /// The subject it listens on.
    public let subject: String
    /// Who may reach the handler.
    public let access: Access
    /// What the discovery answers tell about it: `summary`, `request`, `response`, `roles`.
    public let metadata: [String: String]

    let invoke: @Sendable (Call, [UInt8], PayloadFormat, WireLimits) async throws(Problem) -> [UInt8]

    /// The endpoint of a generated method. `roles` says in words who may use it; the handler and the access rules
    /// decide. `metadata` adds to what discovery tells.
    public init<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, roles: String = "", access: Access = .authenticated,
        metadata: [String: String] = [:],
        handler: @escaping @Sendable (Call, Request) async throws(Problem) -> Response
    ) {
        name = method.name
        subject = method.subject
        self.access = access
        var described = [
            "summary": method.summary, "request": Request.fullName, "response": Response.fullName,
            "roles": access == .anonymous ? "anonymous" : roles,
        ].filter { !$0.value.isEmpty }
        described.merge(metadata) { own, _ in own }
        self.metadata = described
        invoke = { (call, payload, format, limits) async throws(Problem) in
            let request = try Self.decode(Request.self, payload, format, limits)
            let response = try await handler(call, request)
            do throws(WireError) {
                return try format.encode(response)
            } catch {
                throw .internalError(cause: "the answer cannot be encoded: \(error)")
            }
        }
    }

    private static func decode<Request: Message>(
        _ type: Request.Type, _ payload: [UInt8], _ format: PayloadFormat, _ limits: WireLimits
    ) throws(Problem) -> Request {
        do throws(WireError) {
            switch format {
            case .protobuf: return try Request.decode(protobuf: payload, limits: limits)
            case .json: return payload.isEmpty ? Request() : try Request.decode(json: payload, limits: limits)
            }
        } catch {
            throw .malformed(error, Request.fullName)
        }
    }
}

extension Problem {
    /// A payload that is not a message of the type, naming the field that could not be read.
    static func malformed(_ error: WireError, _ type: String) -> Problem {
        let text = Text(
            en: "The request is not a valid \(type). \(error.text.en)",
            ko: "요청이 올바른 '\(type)' 형식이 아닙니다. \(error.text.ko)"
        )
        let violations = error.path.isEmpty ? [] : [Violation(field: snakeCase(error.path), text: error.text)]
        return Problem(.invalidArgument, text, reason: "MALFORMED_REQUEST", violations: violations)
    }

    /// The codecs name fields as JSON does (`touchpoint.meetingDate`), violations as the proto does.
    private static func snakeCase(_ path: String) -> String {
        path.reduce(into: "") { result, character in
            if character.isASCII, character.isUppercase {
                result += "_" + character.lowercased()
            } else {
                result.append(character)
            }
        }
    }
}
