import Foundation
import TestKit
import Testing

@testable import Wire

/// The generator says no, and why, to what the codecs cannot carry.
@Suite struct GeneratorTests {
    private func generate(_ body: String) throws -> Command.Result {
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
        (Self.record("type: \"string\" not_before: \"x\""), "not_before is for dates"),
        (Self.record("type: \"date\" not_before: \"y\""), "its not_before has no date \"y\""),
        (Self.record("type: \"reference\" reference: \"b\""), "no service owns the table \"b\""),
        (Self.record("type: \"list_of_references\" reference: \"a | b\""), "no service owns the table \"b\""),
        (Self.record("type: \"reference\" reference: \"b\" output_only: true"), "no service owns the table \"b\""),
        // A message shows the rows of a table, but no service answers it.
        (Self.record("type: \"reference\" reference: \"b\"") + Self.shown, "no service owns the table \"b\""),
        (Self.record("type: \"reference\""), "a reference without a table"),
        (Self.two("s", "s"), "ale.trial.v1.B: its service has another record of the table \"room\""),
        (Self.two("s", "t", referenceOf: "u"), "ale.trial.v1.C.x: the table \"room\" is there in s and t"),
        (Self.two("s", "t", "launches_plays: true"), "ale.trial.v1.A: launches_plays is asked for by the table"),
        (Self.record("type: \"string\" kept_as_name: true"), "only a reference is kept as a name"),
        (Self.record("type: \"string\"", "named_by: \"y\""), "its named_by has no field \"y\""),
        (Self.record("type: \"date\"", "named_by: \"x\""), "workbooks name by texts"),
        (Self.record("type: \"string\"", Self.target("order: 1 key: \"y\"")), "its key has no field \"y\""),
        (Self.record("type: \"string\"", Self.target("order: 1")), "an import needs a key"),
        (Self.record("type: \"string\"", Self.target("order: 2 key: \"x\"")), "not in an order from 1"),
        (
            Self.record("type: \"string\"", Self.target("order: 1 key: \"x\" key: \"account\""))
                .replacing(
                    "string x = 1",
                    with: "string account = 2 [(ale.options.v1.field) = {type: \"string\"}]; string x = 1"),
            "names the account first"
        ),
    ])
    func refuses(_ body: String, _ reason: String) throws {
        guard try toolsAreThere() else { return }
        let result = try generate(body)
        #expect(result.status != 0)
        #expect(result.errors.contains("error: ") && result.errors.contains(reason), "\(result.errors)")
    }

    /// A record with one field of these options.
    private static func record(_ options: String, _ declarations: String = "") -> String {
        """
        import "ale/options/v1/options.proto"; message A { option (ale.options.v1.record) = \
        {table: "a" collection: "as" service: "s" \(declarations)}; string x = 1 [(ale.options.v1.field) = {\(options)}]; }
        """
    }

    /// The rows of a table that no record has.
    private static let shown = " message B { option (ale.options.v1.table) = \"b\"; string id = 1; }"

    /// What a service answers it owns, be it no record.
    @Test func takesATableThatAServiceAnswers() throws {
        guard try toolsAreThere() else { return }
        let service = """
             service T { rpc GetB(B) returns (B) { option (ale.options.v1.method) = {subject: "bs.get"}; } }
            """
        for options in ["", " output_only: true"] {
            let body = Self.record("type: \"reference\" reference: \"b\"\(options)") + Self.shown + service
            let result = try generate(body)
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    /// Records of one table in two services, and one that refers to it from a service.
    private static func two(
        _ service: String, _ other: String, referenceOf third: String? = nil, _ declarations: String = ""
    ) -> String {
        func record(_ name: String, _ table: String, _ service: String, _ field: String) -> String {
            """
            message \(name) { option (ale.options.v1.record) = \
            {table: "\(table)" collection: "\(table)s" service: "\(service)" \(declarations)}; \
            string x = 1 [(ale.options.v1.field) = {\(field)}]; }
            """
        }
        let text = "type: \"string\""
        let reference = third.map { record("C", "c", $0, "type: \"reference\" reference: \"room\"") }
        return "import \"ale/options/v1/options.proto\"; \(record("A", "room", service, text)) "
            + "\(record("B", "room", other, text)) \(reference ?? "")"
    }

    /// Two services may have a record of one name; what refers to it from one of them means its own.
    @Test func takesATableOfTwoServices() throws {
        guard try toolsAreThere() else { return }
        for third in [nil, "s", "t"] {
            let result = try generate(Self.two("s", "t", referenceOf: third))
            #expect(result.status == 0, "\(third ?? "none"): \(result.errors)")
        }
    }

    private static func target(_ options: String) -> String {
        "import: {task: {en: \"Import\" ko: \"가져오기\"} \(options)}"
    }

    @Test func takesWhatARecordDeclares() throws {
        guard try toolsAreThere() else { return }
        let result = try generate(
            Self.record(
                "type: \"string\" titles: [\"X\", \"엑스\"]",
                Self.target("order: 1 alias: \"sn_a\" key: \"x\"") + " named_by: \"x\" launches_plays: true"))
        #expect(result.status == 0, "\(result.errors)")
        for part in [
            "importing: ImportSchema(order: 1, alias: \"sn_a\", task: Text(en: \"Import\", ko: \"가져오기\"), key: [\"x\"])",
            "namedBy: [\"x\"]", "launchesPlays: true)", "titles: [\"X\", \"엑스\"]",
        ] { #expect(result.output.contains(part), "\(part)") }
        #expect(!result.output.contains("sourceOfRisks: true"))
        let kept = try generate(Self.record("type: \"reference\" reference: \"b\" kept_as_name: true"))
        #expect(kept.status == 0 && kept.output.contains("keptAsName: true"), "\(kept.errors)")
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
