import Foundation
import ImportValidationWire
import Platform
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// How large a file may be is one value, and everybody who says it says the same (G-112).
@Suite struct LimitTests {
    private static func limits(_ values: [String: String]) throws -> ImportLimits {
        try ImportLimits(Settings(values: values))
    }

    @Test func whatIsUsualIsWhatTheReaderTakes() throws {
        #expect(try Self.limits([:]) == ImportLimits())
        #expect(ImportLimits().reader == WorkbookLimits())
        #expect(ImportLimits().bytes == 256 << 20 && ImportLimits().rows == 1_048_575)
    }

    /// The reader takes whatever may be sent; what it keeps in memory stays as it is.
    @Test func theReaderFollows() throws {
        let large = try Self.limits(["ALE_UPLOAD_LIMIT_BYTES": "4294967296", "ALE_UPLOAD_LIMIT_ROWS": "5000000"])
        #expect(large.reader.fileBytes == 4 << 30 && large.reader.rows == 5_000_000)
        #expect(large.reader.inflatedBytes == 32 << 30)
        #expect(large.reader.sharedStringBytes == WorkbookLimits().sharedStringBytes)
        let small = try Self.limits(["ALE_UPLOAD_LIMIT_BYTES": "1024"])
        // A small file may unpack to as much as ever.
        #expect(small.reader.fileBytes == 1_024 && small.reader.inflatedBytes == WorkbookLimits().inflatedBytes)
    }

    @Test(arguments: [
        ("ALE_UPLOAD_LIMIT_BYTES", "1023"), ("ALE_UPLOAD_LIMIT_BYTES", "4294967297"),
        ("ALE_UPLOAD_LIMIT_BYTES", "1 GiB"),
        ("ALE_UPLOAD_LIMIT_ROWS", "0"), ("ALE_UPLOAD_LIMIT_ROWS", "10000001"), ("ALE_UPLOAD_LIMIT_ROWS", "many"),
    ])
    func whatCannotBeStopsTheStart(variable: String, value: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.limits([variable: value]) }
        let sentence = try #require(error).description
        #expect(sentence.hasPrefix("\(variable) is \(value); it must be a whole number from "))
        #expect(sentence.split(separator: ". ").count == 1, "\(sentence)")
    }

    /// Whoever begins to send, and the reader, name the same figure.
    @Test func refusalsSayTheSame() throws {
        let limits = try Self.limits(["ALE_UPLOAD_LIMIT_BYTES": "2048", "ALE_UPLOAD_LIMIT_ROWS": "2"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "limits-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = UploadFiles(directory: folder, limits: limits.reader)
        try files.write(Array(repeating: 65, count: 2_049), at: 0, of: "large")
        let large = try #require(throws: WorkbookError.self) { try files.open("large", name: "a.csv") }
        #expect(large.kind == .tooLarge && large.english.contains("2048") && large.korean.contains("2"))
        let sent = try #require(throws: Problem.self) {
            try UploadRules.check(fileName: "a.csv", size: 2_049, sha256: "", limit: limits.bytes)
        }
        #expect(sent.text.en.contains("2048"))
        try files.write(Array("Name\na\nb\nc\n".utf8), at: 0, of: "long")
        let long = try #require(throws: WorkbookError.self) { try files.open("long", name: "a.csv").readAll() }
        #expect(long.kind == .tooLarge && long.english.contains("more than 2 rows"))
        #expect(limits.sentence.en.contains("2048") && limits.sentence.en.contains(" 2 rows"))
    }

    /// The service that runs tells what it was given.
    @Test func theServiceTellsThem() async throws {
        var bench = try await ServiceBench<ImportValidation>()
        let files = FileManager.default.temporaryDirectory.appending(path: "limits-\(UUID().uuidString)").path
        try await bench.serveWhole(
            ["ALE_FILES_DIRECTORY": files, "ALE_UPLOAD_LIMIT_BYTES": "2048", "ALE_UPLOAD_LIMIT_ROWS": "7"],
            key: .make(),
            isAlone: true)
        let agent = Caller.holding("sn_acct_lc.agent")
        let described = try await bench.call(
            ImportValidationAPI.describeImportValidation, DescribeRequest(), as: agent)
        func maximum(_ table: String, _ field: String) -> Int64? {
            described.tables.first { $0.table == table }?.fields.first { $0.name == field }?.maximum
        }
        #expect(maximum("upload", "size_bytes") == 2_048 && maximum("import_run", "total_rows") == 7)
        var begin = BeginUploadRequest()
        (begin.importTask, begin.fileName, begin.sizeBytes) = (uuid(), "a.csv", 2_049)
        let refused = await bench.problem(ImportValidationAPI.beginUpload, begin, as: agent)
        #expect(refused?.reason == "G-112" && refused?.text.en.contains("2048") == true)
    }

    /// So does the template.
    @Test func theTemplateTellsThem() async throws {
        let stage = try await Stage()
        var request = DownloadTemplateRequest()
        request.id = try await stage.locations().id
        let template = try await stage.call(ImportValidationAPI.downloadTemplate, request)
        #expect(template.largestFileBytes == 256 << 20 && template.mostRows == 1_048_575)
    }
}
