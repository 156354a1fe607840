import Foundation
import TestKit
import Testing

@testable import Wire

/// A record's option says its verbs once; the complete proto has all that follows from them.
@Suite struct CompletionTests {
    /// What becomes of a source with one record, or of a source that is refused.
    private func complete(_ body: String) throws -> Command.Result {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let trial = folder.appendingPathComponent("ale/trial/v1")
        try FileManager.default.createDirectory(at: trial, withIntermediateDirectories: true)
        let proto = """
            syntax = "proto3";
            package ale.trial.v1;
            import "ale/common/v1/requests.proto";
            import "ale/options/v1/options.proto";
            \(body)
            """
        try Data(proto.utf8).write(to: trial.appendingPathComponent("trial_service.proto"))
        let path = folder.path
        return try run([
            "sh", "-ec",
            "cp -R proto/source/ale/common proto/source/ale/options proto/source/ale/playbooks "
                + "proto/source/ale/recommended_actions proto/source/ale/shapes \(path)/ale; cd \(path); "
                + "mkdir options; protoc -I . -I /usr/include --python_out=options ale/options/v1/options.proto; "
                + "protoc -I . -I /usr/include --include_imports --include_source_info -o set "
                + "$(find ale -name '*.proto'); cd - >/dev/null; "
                + "PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 Tools/generate/complete.py \(path)/set \(path)/options "
                + "\(path) \(path)/out; cd \(path)/out; protoc -I . -I /usr/include -o /dev/null "
                + "ale/trial/v1/trial_service.proto; cat ale/trial/v1/trial_service.proto",
        ])
    }

    /// A record of these options with one field of these.
    private static func room(_ record: String, _ field: String = "", number: Int = 10, rpcs: String = "") -> String {
        """
        // A room.
        message Room {
          option (ale.options.v1.record) = {label: {en: "Room" ko: "회의실"} \(record)};
          optional string place = \(number) [(ale.options.v1.field) = {label: {en: "Place" ko: "장소"} \(field)}];
          reserved 12, 14 to 15;
          reserved "floor";
        }
        service Trial {
        \(rpcs)
        }
        """
    }

    private func toolsAreThere() throws -> Bool {
        if try run(["sh", "-c", "protoc --version && /usr/bin/python3 -c 'import google.protobuf'"]).status == 0 {
            return true
        }
        print("SKIPPED CompletionTests: protoc or python3-protobuf is missing")
        return false
    }

    @Test(arguments: [
        (Self.room("verbs: \"get list open\""), "ale.trial.v1.Room: no verb is called open"),
        (Self.room(""), "ale.trial.v1.Room: its record option names no verbs"),
        (Self.room("verbs: \"get\"", number: 9), "ale.trial.v1.Room.place: the numbers below 10"),
        (Self.room("verbs: \"get\" internal: true", "customer_visible: true"), "customer_visible in an internal"),
    ])
    func refuses(_ body: String, _ reason: String) throws {
        guard try toolsAreThere() else { return }
        let result = try complete(body)
        #expect(result.status != 0)
        #expect(result.errors.contains("error: ") && result.errors.contains(reason), "\(result.errors)")
    }

    @Test func requestsAndRpcsFollowFromTheVerbs() throws {
        guard try toolsAreThere() else { return }
        let result = try complete(Self.room("verbs: \"create get list\" verbs: \"close\" newest_first: true"))
        #expect(result.status == 0, "\(result.errors)\(result.output)")
        let text = result.output
        for line in [
            "    table: \"room\"", "    collection: \"rooms\"", "    service: \"trial\"", "    events: \"closed\"",
            "  string etag = 2 [(ale.options.v1.field) = {", "message CreateRoomRequest {", "  Room room = 1;",
            "message ListRoomsResponse {", "  repeated Room rooms = 1;", "  // --- rooms",
            "  // Reads records of table room in pages, filtered and ordered; the newest first.",
            "  rpc CloseRoom(ale.common.v1.CloseRequest) returns (Room) {",
            "    option (ale.options.v1.method) = {subject: \"rooms.close\" operation: \"write\"};",
            "import \"google/protobuf/timestamp.proto\";", "  reserved 12, 14 to 15;",
            "  reserved \"floor\";",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line) is not in\n\(text)")
        }
        #expect(text.contains("label: {en: \"Place\" ko: \"장소\"} type: \"string\"}"))
        for word in ["UpdateRoom", "DeleteRoom", "BatchCreateRooms", "canceled", "verbs", "field_mask"] {
            #expect(!text.contains(word), "\(word) is in\n\(text)")
        }
    }

    /// Numbers and the way a record ends bring their fields, unless it says them itself.
    @Test func fieldsFollowFromTheOption() throws {
        guard try toolsAreThere() else { return }
        let body = Self.room("verbs: \"get cancel\" number_prefix: \"ROOM\" events: \"sold\"")
        let result = try complete(body)
        #expect(result.status == 0, "\(result.errors)\(result.output)")
        for field in ["string number = 90", "bool active = 91", "string closed_by = 93", "string close_notes = 94"] {
            #expect(result.output.contains("\n  optional \(field) ["), "\(field) is not in\n\(result.output)")
        }
        #expect(result.output.contains("\n  google.protobuf.Timestamp closed_at = 92 ["))
        #expect(result.output.contains("\n    events: \"canceled\"\n    events: \"sold\"\n"))
        let own = "optional bool active = 11; optional string number = 13; reserved 12"
        let said = try complete(body.replacingOccurrences(of: "reserved 12", with: own))
        #expect(said.status == 0, "\(said.errors)\(said.output)")
        for name in ["closed_at", " = 90 ", "NumberedThing"] { #expect(!said.output.contains(name), "\(name)") }
        let neither = try complete(Self.room("verbs: \"get update\""))
        for name in ["closed_at", "number", "active"] { #expect(!neither.output.contains("\(name) = "), "\(name)") }
    }

    /// A field without a label is what its name says, or refers to the table of its name; what it says itself counts.
    @Test func fieldsAreKnownByTheirNames() throws {
        guard try toolsAreThere() else { return }
        let field = "[(ale.options.v1.field) = "
        let known = """
            optional string description = 11 \(field){mandatory: true}]; repeated string room = 13 \(field){}]; \
            optional string title = 16 \(field){label: {en: "Sign" ko: "표지"}}]; reserved 12
            """
        let body = Self.room("verbs: \"get\"").replacingOccurrences(of: "reserved 12", with: known)
        let result = try complete(body)
        #expect(result.status == 0, "\(result.errors)\(result.output)")
        for options in [
            "{en: \"Description\" ko: \"설명\"} type: \"text\" mandatory: true",
            "type: \"list_of_references\" reference: \"room\"",
            "{en: \"Sign\" ko: \"표지\"} type: \"string\"}",
        ] {
            #expect(result.output.contains(options), "\(options) is not in\n\(result.output)")
        }
        let unknown = try complete(body.replacingOccurrences(of: "string description", with: "string depth"))
        #expect(unknown.status != 0 && unknown.errors.contains("Room.depth: it has no label"), "\(unknown.errors)")
    }

    @Test func anRpcOfTheSourceTakesThePlaceOfTheUsualOne() throws {
        guard try toolsAreThere() else { return }
        let own = """
              // Closes a room for good.
              rpc CloseRoom(Room) returns (Room) {
                option (ale.options.v1.method) = {subject: "rooms.close"};
              }
              // Paints a room.
              rpc PaintRoom(Room) returns (Room) {
                option (ale.options.v1.method) = {subject: "rooms.paint"};
              }
            """
        let result = try complete(Self.room("verbs: \"get close\" internal: true", rpcs: own))
        #expect(result.status == 0, "\(result.errors)\(result.output)")
        let rpcs = result.output.matches(of: #/rpc (\w+)\(/#).map { String($0.output.1) }
        #expect(rpcs == ["GetRoom", "CloseRoom", "PaintRoom"])
        #expect(result.output.contains("  // Closes a room for good.\n  rpc CloseRoom(Room)"))
        #expect(!result.output.contains("Closes the record"))
        #expect(!result.output.contains("customer_visible"))
    }
}
