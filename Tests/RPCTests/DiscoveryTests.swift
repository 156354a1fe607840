import Foundation
import TestKit
import Testing
import Wire

@testable import RPC

/// The answers on `$SRV.…`, checked against the schemas beside the tests. A foreign client checks them again with the
/// whole of JSON Schema in the integration tests; here a reader of the parts that are used keeps the build free of it.
@Suite(.timeLimit(.minutes(15))) struct DiscoveryTests {
    private func ask(_ subject: String, _ transport: any Transport) async throws -> Any {
        let answer = try await transport.request([], to: subject, headers: [:], timeout: .seconds(50))
        return try JSONSerialization.jsonObject(with: Data(answer.payload))
    }

    @Test(arguments: Depth.allCases, ["PING", "INFO", "STATS"])
    func answersFollowTheSchemas(_ depth: Depth, _ verb: String) async throws {
        let echo = method()
        let endpoint = Endpoint(echo, roles: "agent", metadata: ["note": "line\n\"quoted\" \\ 한국어 \u{1}"]) {
            (_, request: GetRequest) async throws(Problem) in
            if request.id == "bad" { throw .notFound(Text(en: "No.", ko: "없음."), reason: "GONE") }
            return request
        }
        try await depth.serve([endpoint]) { service, transport in
            let client = Client(transport, deadline: .seconds(50))
            _ = try await client.call(echo, request("good"), as: .kim)
            _ = try? await client.call(echo, request("bad"), as: .kim)
            try await waitUntil { service.requestsInFlight == 0 }
            let name = service.configuration.name
            for subject in ["$SRV.\(verb).\(name).\(service.id)", "$SRV.\(verb).\(name)", "$SRV.\(verb)"] {
                let answer = try await ask(subject, transport)
                let faults = try MiniSchema(named: "micro-\(verb.lowercased())-response").faults(answer)
                #expect(faults.isEmpty, "\(subject): \(faults)")
                guard subject.hasSuffix(service.id), let object = answer as? [String: Any] else { continue }
                #expect(object["name"] as? String == "echo-service")
                #expect(object["version"] as? String == "1.2.3")
                #expect(object["metadata"] as? [String: String] == ["zone": "\"a\""])
                if verb != "PING" { check(verb, try #require((object["endpoints"] as? [[String: Any]])?.first), echo) }
            }
        }
    }

    private func check(_ verb: String, _ endpoint: [String: Any], _ echo: Method<GetRequest, GetRequest>) {
        #expect(endpoint["name"] as? String == "Echo")
        #expect(endpoint["subject"] as? String == echo.subject)
        #expect(endpoint["queue_group"] as? String == "q")
        if verb == "INFO" {
            #expect(
                endpoint["metadata"] as? [String: String] == [
                    "summary": "Says it again.", "request": "ale.common.v1.GetRequest",
                    "response": "ale.common.v1.GetRequest", "roles": "agent",
                    "note": "line\n\"quoted\" \\ 한국어 \u{1}",
                ])
        } else {
            #expect(endpoint["num_requests"] as? Int == 2)
            #expect(endpoint["num_errors"] as? Int == 1)
            #expect(endpoint["last_error"] as? String == "NOT_FOUND GONE")
            let total = endpoint["processing_time"] as? Int ?? 0
            #expect(total > 0)
            #expect(endpoint["average_processing_time"] as? Int == total / 2)
        }
    }

    @Test func everyInstanceAnswers() async throws {
        let book = RecordingLog()
        try await Depth.nats.run { transport, client in
            var services: [Service] = []
            for _ in 0..<3 {
                let service = try Service(
                    .init(name: "many", version: "1.0.0", description: ""), endpoints: [], transport: transport,
                    authenticator: Tokens(), logger: book.logger())
                try await service.start()
                services.append(service)
            }
            #expect(Set(services.map(\.id)).count == 3)
            for service in services {
                let answer = try await ask("$SRV.PING.many.\(service.id)", client) as? [String: Any]
                #expect(answer?["id"] as? String == service.id)
            }
            for service in services { await service.drain(limit: .seconds(50)) }
            let gone = await #expect(throws: TransportFailure.self) { try await ask("$SRV.PING.many", client) }
            #expect(gone == .noResponders)
        }
    }

    @Test func theSchemaReaderFindsFaults() throws {
        let schema = try MiniSchema(named: "micro-ping-response")
        let good: [String: Any] = [
            "type": "io.nats.micro.v1.ping_response", "name": "a", "id": "b", "version": "1.0.0",
            "metadata": [String: String](),
        ]
        #expect(schema.faults(good).isEmpty)
        for (key, value) in [
            ("type", "x"), ("name", "a b"), ("version", "1"), ("metadata", ["a": 1]), ("more", 1), ("id", 5),
        ] as [(String, Any)] {
            #expect(!schema.faults(good.merging([key: value]) { $1 }).isEmpty, "\(key)")
        }
        #expect(!schema.faults(good.filter { $0.key != "id" }).isEmpty)
    }
}

/// The part of JSON Schema that the micro schemas use.
private struct MiniSchema {
    private let root: [String: Any]

    init(named name: String) throws {
        let url = try #require(
            Bundle.module.url(forResource: "\(name).schema", withExtension: "json", subdirectory: "Resources"))
        root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    }

    func faults(_ value: Any) -> [String] { faults(value, root, "$") }

    private func faults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        var found: [String] = []
        if let constant = schema["const"] as? String, constant != value as? String {
            found.append("\(path): not \(constant)")
        }
        switch schema["type"] as? String {
        case "object": found += object(value, schema, path)
        case "array":
            guard let items = value as? [Any] else { return ["\(path): not an array"] }
            let each = schema["items"] as? [String: Any] ?? [:]
            for (index, item) in items.enumerated() { found += faults(item, each, "\(path)[\(index)]") }
        case "string":
            guard let text = value as? String else { return ["\(path): not a string"] }
            if text.count < schema["minLength"] as? Int ?? 0 { found.append("\(path): too short") }
            if let pattern = schema["pattern"] as? String, text.range(of: pattern, options: .regularExpression) == nil {
                found.append("\(path): \(text) does not match")
            }
        case "integer":
            guard let number = value as? Int, !(value is String) else { return ["\(path): not an integer"] }
            if number < schema["minimum"] as? Int ?? .min { found.append("\(path): too small") }
        default: break
        }
        return found
    }

    private func object(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        guard let object = value as? [String: Any] else { return ["\(path): not an object"] }
        var found: [String] = []
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        for key in schema["required"] as? [String] ?? [] where object[key] == nil {
            found.append("\(path).\(key): missing")
        }
        for (key, value) in object {
            if let property = properties[key] ?? schema["additionalProperties"] as? [String: Any] {
                found += faults(value, property, "\(path).\(key)")
            } else if schema["additionalProperties"] as? Bool == false {
                found.append("\(path).\(key): not foreseen")
            }
        }
        return found
    }
}
