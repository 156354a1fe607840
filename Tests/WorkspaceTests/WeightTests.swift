import Foundation
import Gzip
import HTTPTypes
import ImportValidationWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What goes over the line: pages as full as they become are small, and how they are made small tells nobody anything.
@Suite struct WeightTests {
    private static let id = "018f0000-0000-7000-8000-0000000000dd"
    private static let full = ["/lists/onboarding_case?active=true", "/imports/\(id)?step=fix"]

    /// Words that are others in each row, as those of people are.
    private static func words(_ row: Int, _ count: Int, _ language: Language) -> String {
        let syllables =
            language == .ko
            ? ["서울", "부산", "지점", "한빛", "통신", "구역", "본사", "연구", "물류", "센터"]
            : ["ber", "lin", "han", "del", "oslo", "gra", "tel", "com", "nor", "vik"]
        var state = UInt64(row &* 7_919 &+ count &* 104_729 &+ 1)
        return (0..<count).map { _ in
            (0..<3).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return syllables[Int(state >> 33) % syllables.count]
            }.joined()
        }.joined(separator: " ")
    }

    private static func cases(_ language: Language) -> ListOnboardingCasesResponse {
        var page = ListOnboardingCasesResponse()
        page.onboardingCases = (0..<50).map { row in
            var record = OnboardingCase()
            record.id = UUID().uuidString.lowercased()
            (record.etag, record.number) = ("\(row * 31)", "ALEONB\(1_000_000 + row * 37)")
            record.shortDescription = words(row, 6, language)
            (record.account, record.assignedTo) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
            (record.state, record.stage) = (OnboardingCase.State.active, OnboardingCase.Stage.onTrack)
            (record.priority, record.goLiveDate) = (2, "2026-0\(1 + row % 9)-1\(row % 10)")
            record.updatedAt = Timestamp(seconds: Bench.now.seconds - Int64(row * 4_000))
            return record
        }
        page.nextPageToken = UUID().uuidString
        return page
    }

    private static func rows(_ language: Language) -> ListStagingRowsResponse {
        let fields = ImportMatch.fields(of: task).prefix(10)
        var page = ListStagingRowsResponse()
        page.stagingRows = (0..<60).map { number in
            var row = StagingRow()
            row.id = UUID().uuidString.lowercased()
            (row.etag, row.rowNumber, row.status) = ("\(number)", Int32(number * 17), "needs_attention")
            row.cells = fields.map { field in
                var cell = StagedCell()
                (cell.field, cell.value) = (field.name, words(number, 2, language))
                return cell
            }
            var error = StagingError()
            (error.field, error.message) = (fields.last?.name ?? "", words(number, 8, language))
            row.errors = [error]
            return row
        }
        page.nextPageToken = UUID().uuidString
        return page
    }

    private static var task: ImportTask {
        var task = ImportTask()
        (task.id, task.number, task.targetTable) = (id, "ALEIMP0001", "location")
        return task
    }

    private static func browser(_ language: Language = .en) async throws -> Browser {
        let bench = try Bench(agreeing: Said())
        var ann = SignedIn.ann()
        ann.language = language.rawValue
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "onboarding", [Endpoint(OnboardingAPI.listOnboardingCases) { _, _ in cases(language) }])
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in task },
                Endpoint(ImportValidationAPI.listStagingRows) { _, _ in rows(language) },
            ])
        return Browser(bench, session: "good")
    }

    private static let takesGzip = ["Accept-Encoding": "gzip, deflate, br, zstd"]

    /// What a browser gets that comes for the first time: the page, its style sheet, its script and its picture, as they are sent.
    private static func firstVisit(_ browser: Browser, _ path: String, _ headers: [String: String]) async throws -> Int
    {
        let page = try await browser.get(path, headers)
        #expect(page.status == 200)
        var sum = page.bytes.count
        for address in browser.bench.site.assets.addresses.values {
            let file = try await browser.get("\(address)", Self.takesGzip)
            #expect(file.headers[.contentEncoding] == "gzip" && file.headers[.vary] == "Accept-Encoding")
            #expect(file.headers[.contentLength] == "\(file.bytes.count)")
            sum += file.bytes.count
        }
        return sum
    }

    @Test(arguments: full, Language.allCases)
    func aFullPageIsSmallAtItsFirstVisit(path: String, language: Language) async throws {
        let browser = try await Self.browser(language)
        let rows = path.hasPrefix("/lists") ? 50 : 60
        #expect(try await browser.get(path).text.matches(of: #/<tr data-row/#).count == rows)
        let small = try await Self.firstVisit(browser, path, Self.takesGzip)
        #expect(small < 50_000, "\(path) \(language) \(small)")
        // A link of another site leads to the page as it is, and to its files compressed.
        let plain = try await Self.firstVisit(
            browser, path, Self.takesGzip.merging(["Sec-Fetch-Site": "cross-site"]) { own, _ in own })
        #expect(plain < 100_000 && plain > small, "\(path) \(language) \(plain)")
    }

    /// Another program reads what was compressed as what it was.
    @Test(arguments: [Gzip.Effort.quick, .thorough])
    func whatIsCompressedIsReadByOthers(effort: Gzip.Effort) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        for text in ["", "가", String(repeating: "<td>나라 Norway</td>", count: 20_000)] {
            let bytes = try #require(Gzip.compressed(text, effort))
            try Data(bytes).write(to: file)
            #expect(try await Command.run("gzip", ["-dc", file.path]) == text)
        }
    }

    /// A page that another site has a browser ask for, one that the browser does not take compressed, and a stream go as they are.
    @Test func whatGoesAsItIs() async throws {
        let browser = try await Self.browser()
        let path = Self.full[0]
        for headers in [
            [:], ["Accept-Encoding": "br"], ["Accept-Encoding": "gzip;q=0, *"], ["Accept-Encoding": "identity"],
            ["Accept-Encoding": "gzip", "Sec-Fetch-Site": "cross-site"],
            ["Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-site"],
        ] {
            let seen = try await browser.get(path, headers)
            #expect(seen.headers[.contentEncoding] == nil && seen.text.contains("</html>"), "\(headers)")
        }
        for headers in [
            ["Accept-Encoding": "GZIP"], ["Accept-Encoding": "*"], ["Accept-Encoding": "deflate, gzip;q=0.5"],
            ["Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"],
            ["Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"],
        ] {
            #expect(try await browser.get(path, headers).headers[.contentEncoding] == "gzip", "\(headers)")
        }
        // A stream ends here with the session.
        let stream = try await Self.stream(browser)
        #expect(stream == nil)
    }

    /// The encoding that the stream of a page says; what a stream tells has to come when it is told.
    private static func stream(_ browser: Browser) async throws -> String? {
        let live = browser.bench.live
        async let seen = browser.get("/live?topic=notices", takesGzip)
        while live.count == 0 { try await Task.sleep(for: .milliseconds(5)) }
        let hub = Task { try await live.run() }
        hub.cancel()
        _ = try? await hub.value
        return try await seen.headers[.contentEncoding]
    }

    /// A proof that was another text each time cannot be guessed from how well pages are compressed.
    @Test func theProofOfAFormIsAnotherTextOnEachPage() async throws {
        let browser = try await Self.browser()
        let proofs = [try await browser.get("/design").csrf, try await browser.get("/design").csrf]
        #expect(proofs[0] != proofs[1] && proofs[0].prefix(43) != proofs[1].prefix(43))
        for proof in proofs {
            #expect(try await browser.post("/language", [("csrf", proof), ("language", "en")]).status == 303)
            // Half of it, or another mask, is none.
            for false_ in [String(proof.prefix(43)), "\(proof.prefix(42))A\(proof.suffix(43))", "\(proof)AAAA"]
            where false_ != proof {
                #expect(try await browser.post("/language", [("csrf", false_)]).status == 403)
            }
        }
    }
}
