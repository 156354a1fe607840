import Foundation
import Testing

@testable import Wire

/// The generator says no, and why, to what the codecs cannot carry.
@Suite struct GeneratorTests {
    private func generate(_ body: String) throws -> CommandResult {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let proto = "syntax = \"proto3\";\npackage ale.trial.v1;\n" + body
        try Data(proto.utf8).write(to: folder.appendingPathComponent("trial.proto"))
        let path = folder.path
        return try run([
            "sh", "-ec",
            "protoc -I \(path) -I /usr/include -I proto --include_imports --include_source_info "
                + "-o \(path)/set trial.proto; "
                + "mkdir \(path)/options; protoc -I proto -I /usr/include --python_out=\(path)/options "
                + "ale/options/v1/options.proto; "
                + "PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 Tools/generate \(path)/set \(path)/options \(path)/out "
                + "\(path)/subjects.md; cat \(path)/out/*/*.swift",
        ])
    }

    /// Whether protoc and Python are there; said aloud when not.
    private func toolsAreThere() throws -> Bool {
        if try run(["sh", "-c", "protoc --version && /usr/bin/python3 -c 'import google.protobuf'"]).status == 0 {
            return true
        }
        print("SKIPPED GeneratorTests: protoc or python3-protobuf is missing")
        return false
    }

    @Test(arguments: [
        ("message A { A a = 1; }", "ale.trial.v1.A: recursive"),
        ("message A { B b = 1; } message B { repeated A a = 1; }", "recursive (ale.trial.v1.A -> ale.trial.v1.B"),
        ("message A { map<string, string> m = 1; }", "ale.trial.v1.A: a map"),
        ("message A { oneof o { string a = 1; string b = 2; } }", "ale.trial.v1.A: a oneof (o)"),
        ("message A { message B {} }", "ale.trial.v1.A: a nested message (B)"),
        ("message Timestamp {}", "the name Timestamp is taken in Swift"),
        ("message Status2 { string someName = 1; }", "field names are lower_snake_case"),
        (
            "import \"google/protobuf/any.proto\"; message A { google.protobuf.Any a = 1; }",
            "only Timestamp and FieldMask"
        ),
        ("message A {} service S { rpc Do(A) returns (A); }", "ale.trial.v1.S.Do: no subject"),
        ("message A {} service S { rpc Do(stream A) returns (A); }", "streams are not supported"),
        (
            "import \"ale/options/v1/options.proto\"; message A { option (ale.options.v1.record) = "
                + "{table: \"a\" collection: \"as\" service: \"s\"}; "
                + "string x = 1 [(ale.options.v1.field) = {type: \"nonsense\"}]; }",
            "ale.trial.v1.A.x: the dictionary has no type \"nonsense\""
        ),
        (Self.record("type: \"reference\" reference: \"contract\" side: \"provider\""), "references to users"),
        (Self.record("type: \"reference\" reference: \"user\" side: \"left\""), "any, customer, provider"),
        (Self.record("type: \"text\" format: \"currency_code\""), "is for strings"),
        (Self.record("type: \"string\" minimum: 0"), "bounds are for numbers"),
    ])
    func refuses(_ body: String, _ reason: String) throws {
        guard try toolsAreThere() else { return }
        let result = try generate(body)
        #expect(result.status != 0)
        #expect(result.errors.contains("error: ") && result.errors.contains(reason), "\(result.errors)")
    }

    /// A record with one field of these options.
    private static func record(_ options: String) -> String {
        """
        import "ale/options/v1/options.proto"; message A { option (ale.options.v1.record) = \
        {table: "a" collection: "as" service: "s"}; string x = 1 [(ale.options.v1.field) = {\(options)}]; }
        """
    }

    @Test func takesMessagesWithoutOptions() throws {
        guard try toolsAreThere() else { return }
        let result = try generate("// Said of A.\nmessage A { string request_id = 1; optional bool default = 2; }")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("/// Said of A.\npublic struct A: Message {"))
        #expect(result.output.contains("public var requestID: String = \"\""))
        #expect(result.output.contains("public var `default`: Bool?"))
    }
}
