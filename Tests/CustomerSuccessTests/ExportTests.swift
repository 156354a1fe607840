import CustomerSuccessWire
import Foundation
import RPC
import Records
import Roles
import Tenancy
import TestKit
import Testing
import Wire
import Workbook

@testable import CustomerSuccessService

/// Lists as files: what the list shows, no more, and nothing a spreadsheet would carry out.
@Suite(.serialized) struct ExportTests {
    private static let formulas = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]

    private func filled(_ count: Int) async throws -> (World, Caller) {
        let world = try await World(BatchTests.server.value)
        let engagement = try await world.make(Engagement.self)
        var request = BatchCreateTouchpointsRequest()
        request.touchpoints = (0..<count).map { index in
            var draft = Touchpoint()
            draft.engagement = engagement.id
            draft.subject = index < Self.formulas.count ? Self.formulas[index] : "Call \(index), \"quoted\""
            draft.description = "Line\nbreak"
            draft.channel = "phone"
            return draft
        }
        let response = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, request)
        #expect(response.failed == 0)
        var agent = world.agent
        agent.domain = try #require(DomainPath(world.domain))
        return (world, agent)
    }

    /// The whole file, read chunk by chunk.
    private func read(_ export: Export, _ world: World, as caller: Caller) async throws -> [UInt8] {
        var bytes = export.begin.content
        var next = export.begin
        while !next.last {
            var request = ReadExportRequest()
            request.token = export.token
            request.offset = next.nextOffset
            next = try await world.call(CustomerSuccessAPI.readExport, request, as: caller)
            #expect(next.content.count <= 512 * 1_024 && next.offset == Int64(bytes.count))
            bytes += next.content
        }
        #expect(Int64(bytes.count) == export.sizeBytes)
        return bytes
    }

    func request(
        _ format: String, _ fields: [String] = [], filter: String = "", order: String = "", language: String = ""
    ) -> ExportRequest {
        var request = ExportRequest()
        request.format = format
        request.fields = fields
        request.filter = filter
        request.orderBy = order
        request.language = language
        return request
    }

    /// The rows of a file as the project's own readers see them.
    func rows(_ bytes: [UInt8], _ format: String) throws -> [[String?]] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).\(format)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let source = try TableFile.open(path: path, name: "export.\(format)")
        return try source.readAll().map { row in (0..<row.count).map { row.text(at: $0) } }
    }

    @Test(arguments: ["csv", "xlsx"])
    func theFileIsTheList(format: String) async throws {
        let (world, agent) = try await filled(120)
        let order = "subject desc, number"
        let filter = "channel = \"phone\" AND subject : \"Call\""
        let fields = ["number", "subject", "priority", "channel", "description"]
        let export = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request(format, fields, filter: filter, order: order), as: agent)
        let listed = try await world.list(Touchpoint.self, filter: filter, order: order, size: 1_000, as: agent)
        #expect(export.rows == 114 && listed.resources.count == 114)
        #expect(export.fileName == "touchpoints-\(world.server.clock.today).\(format)")
        let table = try rows(try await read(export, world, as: agent), format)
        #expect(table.first == ["Number", "Subject", "Priority", "Channel", "Description"])
        let expected = listed.resources.map { [$0.number, $0.subject, "4 - Low", "Phone", "Line\nbreak"] }
        #expect(Array(table.dropFirst()) == expected)
    }

    @Test func theHashIsThatOfAFileOfManyChunks() async throws {
        let (world, agent) = try await filled(2_500)
        let export = try await world.call(CustomerSuccessAPI.exportTouchpoints, request("csv"), as: agent)
        #expect(export.rows == 2_500 && !export.begin.last)
        let bytes = try await read(export, world, as: agent)
        #expect(try rows(bytes, "csv").count == 2_501)
        let digest = try await world.server.admin.run("SELECT encode(sha256(\(bytes)), 'hex')")
        #expect(try digest.first?.string(at: 0) == export.sha256)
    }

    @Test func formulasAreTexts() async throws {
        let (world, agent) = try await filled(Self.formulas.count)
        // Today's requests are cleaned of the tab and the carriage return; what was written before is there.
        _ = try await world.server.admin.run(
            """
            UPDATE customer_success.touchpoint t SET subject = f.text FROM unnest(\(Self.formulas)::text[]) \
            WITH ORDINALITY AS f (text, place), (SELECT id, row_number() OVER (ORDER BY number) AS place \
            FROM customer_success.touchpoint WHERE domain = \(world.domain)) AS p \
            WHERE t.id = p.id AND f.place = p.place
            """)
        let csv = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request("csv", ["subject"], order: "number"), as: agent)
        let text = String(decoding: csv.begin.content, as: UTF8.self)
        for formula in Self.formulas {
            #expect(text.contains("'" + formula), "\(formula)")
        }
        let cells = try rows(csv.begin.content, "csv").dropFirst().map { $0.first ?? nil }
        #expect(cells.allSatisfy { $0?.hasPrefix("'") == true }, "\(cells)")
        let xlsx = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request("xlsx", ["subject"], order: "number"), as: agent)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(try await read(xlsx, world, as: agent)).write(to: URL(fileURLWithPath: path))
        let source = try TableFile.open(path: path, name: "export.xlsx")
        // Cells of kind text: a formula would be read as its result.
        let read = try source.readAll().dropFirst()
        #expect(read.allSatisfy { $0.kind(at: 0) == .text })
        #expect(read.map { $0.text(at: 0)?.first } == Self.formulas.map(\.first))
    }

    @Test func labelsAreInTheLanguageAskedFor() async throws {
        let (world, agent) = try await filled(1)
        let export = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request("csv", ["subject", "channel"], language: "ko"), as: agent)
        let header = try rows(export.begin.content, "csv").first
        #expect(header == ["subject", "channel"].map { Touchpoint.schema.field($0)?.label.ko })
        #expect(header?.first != "Subject")
    }

    /// The cells of a workbook know no zone: their title says it. A text file has it in each moment.
    @Test(arguments: [("xlsx", "생성 일시(UTC)"), ("csv", "생성 일시")])
    func momentsSayTheirZone(format: String, title: String) async throws {
        let (world, agent) = try await filled(1)
        let export = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request(format, ["created_at"], language: "ko"), as: agent)
        #expect(try rows(export.begin.content, format).first == [title])
    }

    @Test func customersGetWhatTheyMayRead() async throws {
        let (world, _) = try await filled(2)
        let export = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request("csv"), as: world.customer)
        let header = try #require(try rows(export.begin.content, "csv").first)
        let hidden = Touchpoint.schema.fields.filter { !$0.customerVisible }.map { $0.label("en") }
        #expect(!hidden.isEmpty && export.rows == 2)
        #expect(Set(header.compactMap { $0 }).isDisjoint(with: hidden))
        let closed = try #require(Touchpoint.schema.fields.first { !$0.customerVisible && $0.type != .journal })
        for bad in [
            request("csv", [closed.name]), request("csv", filter: "\(closed.name) = \"x\""),
            request("csv", order: closed.name), request("csv", ["work_notes"]), request("pdf"),
            request("csv", ["subject", "subject"]), request("csv", language: "de"),
        ] {
            let problem = try await refusal {
                _ = try await world.call(CustomerSuccessAPI.exportTouchpoints, bad, as: world.customer)
            }
            #expect(problem.code == .invalidArgument && !problem.violations.isEmpty)
        }
        let plays = try await refusal {
            _ = try await world.call(
                CustomerSuccessAPI.exportInternalPlays, self.request("csv"), as: world.customer)
        }
        #expect(plays.code == .permissionDenied)
    }

    /// In the file of no record is a field that is not for customers, and none is reached through filter or ordering.
    @Test func noFileHoldsWhatIsHidden() async throws {
        let world = try await World(BatchTests.server.value)
        for type in CustomerTests.seen { try await check(type, world) }
    }

    private func check<R: Sample>(_ type: R.Type, _ world: World) async throws {
        _ = try await world.make(type) { record in
            if R.schema.index(of: "visible_to_customer") != nil { record[named: "visible_to_customer"] = .bool(true) }
        }
        let method: Method<ExportRequest, Export> = World.method(type, "export")
        let export = try await world.call(method, request("csv"), as: world.customer)
        #expect(export.rows > 0)
        let header = Set(try #require(try rows(export.begin.content, "csv").first).compactMap { $0 })
        let isShown = { (field: FieldSchema) in field.customerVisible && field.type != .journal }
        let shown = Set(R.schema.fields.filter(isShown).map { $0.label("en") })
        #expect(Set(header.filter { !$0.hasSuffix(" (name)") }) == shown, "\(R.schema.table)")
        for field in R.schema.fields where !field.customerVisible {
            for bad in [
                request("csv", [field.name]), request("csv", filter: "\(field.name):*"),
                request("csv", order: field.name),
            ] {
                let problem = try await refusal("\(R.schema.table).\(field.name)") {
                    _ = try await world.call(method, bad, as: world.customer)
                }
                #expect(problem.code == .invalidArgument && problem.violations.count == 1)
            }
        }
    }

    @Test func nobodyElseReadsTheFile() async throws {
        let (world, agent) = try await filled(2)
        let neighbour = try await World(world.server)
        let theirs = try await world.call(
            CustomerSuccessAPI.exportTouchpoints, request("csv"), as: neighbour.customer)
        #expect(theirs.rows == 0)
        let export = try await world.call(CustomerSuccessAPI.exportTouchpoints, request("csv"), as: agent)
        var chunk = ReadExportRequest()
        chunk.token = export.token
        let own = try await world.call(CustomerSuccessAPI.readExport, chunk, as: agent)
        #expect(own == export.begin)
        let ask = chunk
        for other in [world.agent, world.customer, neighbour.agent, neighbour.customer, neighbour.administrator] {
            let problem = try await refusal {
                _ = try await world.call(CustomerSuccessAPI.readExport, ask, as: other)
            }
            #expect(problem.code == .notFound)
        }
        for offset in [1, -1, 512 * 1_024] as [Int64] {
            chunk.offset = offset
            let wrong = chunk
            let problem = try await refusal {
                _ = try await world.call(CustomerSuccessAPI.readExport, wrong, as: agent)
            }
            #expect(problem.violations.first?.field == "offset")
        }
    }

    @Test func filesAreKeptForAWhileAndAFewAtATime() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        var tokens: [String] = []
        for _ in 0..<4 {
            tokens.append(try await world.call(CustomerSuccessAPI.exportTouchpoints, request("csv")).token)
        }
        let kept = try await server.admin.run("SELECT id::text FROM customer_success.export")
        #expect(kept.count == 3)
        server.clock.set("2027-12-02")
        var chunk = ReadExportRequest()
        chunk.token = tokens[3]
        let ask = chunk
        let problem = try await refusal { _ = try await world.call(CustomerSuccessAPI.readExport, ask) }
        #expect(problem.code == .notFound)
        #expect(try await Exports(server.database).removeExpired() == 3)
        #expect(try await server.admin.run("SELECT 1 FROM customer_success.export_chunk").isEmpty)
    }
}

extension Export {
    fileprivate var begin: ExportChunk { first ?? ExportChunk() }
}
