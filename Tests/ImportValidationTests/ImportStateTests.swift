import ImportValidationWire
import RPC
import Records
import Testing
import Wire

@testable import ImportValidationService

/// The data import state follows from rows and runs (G-54).
@Suite struct DataImportStateTests {
    private static func state(_ fill: (inout DataImportState.Facts) -> Void) -> DataImportState {
        var facts = DataImportState.Facts()
        fill(&facts)
        return DataImportState(facts)
    }

    @Test func theValuesOfTheDictionary() throws {
        let field = try #require(ImportTask.schema.field("data_import_state"))
        #expect(field.choices.compactMap(\.value.int) == (1...8).map(Int64.init))
        #expect(DataImportState.loadFailed.rawValue == 8)
    }

    @Test func thePathOfAFile() {
        #expect(Self.state { _ in } == .notLoaded)
        #expect(Self.state { $0.isLoading = true } == .loading)
        #expect(Self.state { $0.lastLoadFailed = true } == .loadFailed)
        #expect(
            Self.state {
                $0.needsAttention = 800
                $0.readyToPublish = 30
            } == .needsAttention)
        #expect(Self.state { $0.yetToValidate = 1 } == .needsAttention)
        #expect(
            Self.state {
                $0.yetToValidate = 1
                $0.isValidating = true
            } == .validating)
        #expect(Self.state { $0.readyToPublish = 830 } == .readyToPublish)
        #expect(
            Self.state {
                $0.readyToPublish = 800
                $0.published = 30
            } == .partiallyPublished)
        #expect(Self.state { $0.published = 830 } == .published)
    }

    @Test func workUnderWayComesFirst() {
        #expect(
            Self.state {
                $0.published = 1
                $0.isLoading = true
                $0.isValidating = true
            } == .loading)
        // A bad file does not hide the rows of a good one (G-65).
        #expect(
            Self.state {
                $0.readyToPublish = 1
                $0.lastLoadFailed = true
            } == .readyToPublish)
    }
}

@Suite struct UploadRulesTests {
    @Test func chunksComeInOrderAndMayComeAgain() throws {
        let limit = SentFile.partLimit
        #expect(try UploadRules.step(offset: 0, count: 10, received: 0, size: 10) == .write(received: 10))
        #expect(
            try UploadRules.step(offset: 10, count: limit, received: 10, size: 1 << 20)
                == .write(received: Int64(limit) + 10))
        #expect(try UploadRules.step(offset: 0, count: 10, received: 20, size: 30) == .repeated)
        #expect(try UploadRules.step(offset: 10, count: 10, received: 20, size: 30) == .repeated)
    }

    @Test(arguments: [(11, 10, 10, 30), (5, 10, 10, 30), (20, 5, 10, 30)] as [(Int64, Int, Int64, Int64)])
    func aGapOrAnOverlapIsRefused(offset: Int64, count: Int, received: Int64, size: Int64) {
        let problem = #expect(throws: Problem.self) {
            try UploadRules.step(offset: offset, count: count, received: received, size: size)
        }
        #expect(problem?.reason == "UPLOAD_OUT_OF_ORDER")
        #expect(problem?.metadata["received_bytes"] == String(received))
    }

    @Test(
        arguments: [
            (0, 0, 0, 10), (0, SentFile.partLimit + 1, 0, 1 << 30), (0, 11, 0, 10), (9, 2, 9, 10), (-1, 1, 0, 10),
            (Int64.max, 1, 0, 10),
        ] as [(Int64, Int, Int64, Int64)])
    func whatDoesNotFitIsRefused(offset: Int64, count: Int, received: Int64, size: Int64) {
        let problem = #expect(throws: Problem.self) {
            try UploadRules.step(offset: offset, count: count, received: received, size: size)
        }
        #expect(problem?.code == .invalidArgument)
    }

    @Test func onlyTablesAreTaken() throws {
        try UploadRules.check(fileName: "A.XLSX", size: 1, sha256: "", limit: 10)
        try UploadRules.check(fileName: "a.csv", size: 10, sha256: String(repeating: "a", count: 64), limit: 10)
        for name in ["a.pdf", "a.xls", "a", "", "../a.csv", "a\n.csv", String(repeating: "a", count: 300) + ".csv"] {
            #expect(throws: Problem.self) { try UploadRules.check(fileName: name, size: 1, sha256: "", limit: 10) }
        }
        for size in [0, -1, 11] as [Int64] {
            #expect(throws: Problem.self) {
                try UploadRules.check(fileName: "a.csv", size: size, sha256: "", limit: 10)
            }
        }
        #expect(throws: Problem.self) { try UploadRules.check(fileName: "a.csv", size: 1, sha256: "abc", limit: 10) }
    }
}
