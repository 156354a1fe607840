import Foundation
import Testing

@testable import Workbook

/// Real workbooks and text files with random damage: refused or read, in bounded time and memory. One seed is the same in
/// every run, another is new and printed; ALE_FUZZ_SEED=… repeats it.
@Suite(.serialized) struct RealFileFuzzTests {
    private static let rounds = 120
    private static let memory = 512 << 20

    /// Files of this repository that programs and people wrote.
    private static let files: [(name: String, bytes: [UInt8])] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
            .standardized
        return ["Samples", "Tests/ScenarioTests/Cases"].flatMap { folder -> [(name: String, bytes: [UInt8])] in
            let path = root.appendingPathComponent(folder).path
            let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            return names.sorted().filter { $0.hasSuffix(".xlsx") || $0.hasSuffix(".csv") }.compactMap { name in
                FileManager.default.contents(atPath: "\(path)/\(name)").map { (name: name, bytes: Array($0)) }
            }
        }
    }()

    static let seeds: [UInt64] = {
        let chosen = ProcessInfo.processInfo.environment["ALE_FUZZ_SEED"].flatMap(UInt64.init)
        return [20_261_128, chosen ?? .random(in: 1...UInt64.max)]
    }()

    @Test(.timeLimit(.minutes(15)), arguments: RealFileFuzzTests.seeds)
    func damageIsRefusedOrRead(seed: UInt64) throws {
        print("Damaging real files: ALE_FUZZ_SEED=\(seed)")
        try #require(Self.files.count > 40)
        var damage = Damage(seed: seed)
        let before = Self.peakMemory()
        var (read, refused) = (0, 0)
        for round in 0..<Self.rounds {
            let file = Self.files[damage.below(Self.files.count)]
            let bytes = file.name.hasSuffix(".csv") ? damage.bytes(file.bytes) : try damage.workbook(file.bytes)
            do throws(WorkbookError) {
                try Self.readAll(bytes, file.name)
                read += 1
            } catch {
                refused += 1
                #expect(!error.english.isEmpty && !error.korean.isEmpty, "round \(round) of \(file.name)")
            }
        }
        #expect(read > 0 && refused > 0, "\(read) read, \(refused) refused")
        #expect(Self.peakMemory() - before < Self.memory)
    }

    /// Every sheet to its end, or to the first error.
    private static func readAll(_ bytes: [UInt8], _ name: String) throws(WorkbookError) {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)").path
        _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let source = try TableFile.open(path: path, name: name)
        var row = SheetRow()
        guard let workbook = source as? WorkbookReader else {
            while try source.next(into: &row) { look(at: row) }
            return
        }
        for index in workbook.sheets.indices {
            try workbook.open(at: index)
            while try workbook.next(into: &row) { look(at: row) }
        }
    }

    private static func look(at row: SheetRow) {
        for column in 0..<row.count { _ = (row[column], row.shown(at: column)) }
    }

    /// Most bytes this process has had in memory.
    private static func peakMemory() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
}

/// Random damage, the same for one seed.
private struct Damage {
    private static let parts = [
        "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml",
    ]
    private static let pieces: [[UInt8]] = [
        "<", ">", "</c>", "<c", "<row>", "</row>", "\"", "&", "&#x110000;", "&a;", "]]>", "<![CDATA[", "<!--",
        "<!DOCTYPE a>",
        "/>", "\u{0}", "\u{FEFF}", "<v>", "</v></c>", " r=\"ZZZ9\"", " t=\"s\"", " t=\"d\"", " s=\"99999\"",
        "</sheetData>",
        "1e308", "-0", "99999999999999999999", "<is><t>", "_x0000_", "PT9999999999H", "[h]:mm:ss;[", "..\\..\\", ",\"",
        "\r",
        "sep=;\n",
    ].map { Array($0.utf8) }

    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(max(1, bound)))
    }

    /// A text file, or a part, with up to four changes.
    mutating func bytes(_ whole: [UInt8]) -> [UInt8] {
        var bytes = whole
        for _ in 0...below(4) where !bytes.isEmpty {
            let at = below(bytes.count)
            switch below(6) {
            case 0: bytes[at] = UInt8(below(256))
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(40)))
            case 2, 3: bytes.insert(contentsOf: Self.pieces[below(Self.pieces.count)], at: at)
            case 4:
                let end = min(bytes.count, at + 1 + below(400))
                bytes.insert(contentsOf: bytes[at..<end], at: below(bytes.count))
            default: bytes.removeLast(min(bytes.count - 1, below(200)))
            }
        }
        return bytes
    }

    /// A workbook: its container damaged, or its parts damaged, missing, exchanged, named twice.
    mutating func workbook(_ whole: [UInt8]) throws -> [UInt8] {
        if below(3) == 0 { return bytes(whole) }
        var builder = WorkbookBuilder(entries: [])
        builder.entries = try withFile(whole) { path -> [(name: String, bytes: [UInt8])] in
            let archive = try ZipArchive(path: path, limits: WorkbookLimits())
            return try Self.parts.compactMap { name in
                guard let entry = try archive.open(name, limit: 32 << 20) else { return nil }
                return (name: name, bytes: try entry.all())
            }
        }
        guard !builder.entries.isEmpty else { return bytes(whole) }
        let at = below(builder.entries.count)
        switch below(8) {
        case 0: builder.entries.remove(at: at)
        case 1: builder.entries[at].bytes = builder.entries[below(builder.entries.count)].bytes
        case 2: builder.entries.append(builder.entries[at])
        case 3: builder.entries[at].name = "../" + builder.entries[at].name
        default: builder.entries[at].bytes = bytes(builder.entries[at].bytes)
        }
        return builder.zip
    }
}

extension ZipEntry {
    /// The whole entry.
    fileprivate func all() throws(WorkbookError) -> [UInt8] {
        var all: [UInt8] = []
        let piece = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 16)
        defer { piece.deallocate() }
        while true {
            let count = try read(into: piece, count: 1 << 16)
            if count == 0 { return all }
            all.append(contentsOf: UnsafeBufferPointer(start: piece, count: count))
        }
    }
}
