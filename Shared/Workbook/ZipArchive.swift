import CZip
import Foundation

/// The container of a workbook: named entries, inflated as they are read. Owns the libzip handle.
final class ZipArchive {
    private let handle: OpaquePointer
    private let limits: WorkbookLimits
    private var indices: [String: UInt64] = [:]

    init(path: String, limits: WorkbookLimits) throws(WorkbookError) {
        self.limits = limits
        try Self.inspect(path, limits)
        var code: Int32 = 0
        guard let opened = zip_open(path, ZIP_RDONLY, &code) else { throw .damaged() }
        handle = opened
        try index()
    }

    deinit { zip_discard(handle) }

    /// Tells by its first bytes what a file is that libzip would only call "not a zip archive".
    private static func inspect(_ path: String, _ limits: WorkbookLimits) throws(WorkbookError) {
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else {
            throw WorkbookError(.unreadable, "the file cannot be read", "파일을 읽을 수 없습니다.")
        }
        defer { try? file.close() }
        guard size <= limits.fileBytes else { throw .size("bytes in the file", "파일 크기", limits.fileBytes) }
        try? file.seek(toOffset: 0)
        let start = (try? file.read(upToCount: 8)) ?? Data()
        if start.starts(with: [0x50, 0x4B]) { return }
        guard start == Data([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) else {
            throw .notAWorkbook
        }
        // Both old workbooks and new ones with a password are compound files; the latter hold a stream of this name.
        let mark = Data("EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
        var tail = Data()
        while let more = try? file.read(upToCount: 1 << 20), !more.isEmpty {
            if (tail + more).range(of: mark) != nil { throw encrypted }
            tail = more.suffix(mark.count)
        }
        throw WorkbookError(
            .legacy, "the file is in the old Excel format (.xls); save it as .xlsx",
            "이전 Excel 형식(.xls)입니다. .xlsx로 저장하세요.")
    }

    private static let encrypted = WorkbookError(
        .encrypted, "the workbook is protected by a password; save it without one", "암호로 보호된 통합 문서입니다. 암호 없이 저장하세요.")

    private func index() throws(WorkbookError) {
        let count = zip_get_num_entries(handle, 0)
        guard count <= limits.entries else { throw .limit("entries in the file", "파일 항목 수", limits.entries) }
        for position in 0..<UInt64(max(0, count)) {
            guard let name = zip_get_name(handle, position, 0) else { throw .damaged() }
            let key = Self.key(String(cString: name))
            guard indices.updateValue(position, forKey: key) == nil else {
                throw .malformed("two entries are named \(key)", "이름이 같은 항목 두 개: \(key)")
            }
        }
    }

    /// Some programs write backslashes, a leading slash, or letters of another case than the relations name.
    private static func key(_ name: String) -> String {
        let slashed = name.replacingOccurrences(of: "\\", with: "/").lowercased()
        return slashed.hasPrefix("/") ? String(slashed.dropFirst()) : slashed
    }

    func contains(_ name: String) -> Bool { indices[Self.key(name)] != nil }

    /// The entry of this name, to be read once from its start; nil when there is none.
    func open(_ name: String, limit: Int64) throws(WorkbookError) -> ZipEntry? {
        guard let position = indices[Self.key(name)] else { return nil }
        var status = zip_stat_t()
        guard zip_stat_index(handle, position, 0, &status) == 0 else { throw .damaged(at: name) }
        if status.valid & UInt64(ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != 0 {
            throw Self.encrypted
        }
        if status.valid & UInt64(ZIP_STAT_SIZE) != 0 && status.size > UInt64(limit) {
            throw .size("inflated bytes", "압축 해제 크기", limit, at: name)
        }
        guard let file = zip_fopen_index(handle, position, 0) else { throw .damaged(at: name) }
        return ZipEntry(file, name: name, limit: limit, archive: self)
    }
}

/// One entry being inflated. Keeps its archive alive.
final class ZipEntry {
    let name: String
    private let handle: OpaquePointer
    private let archive: ZipArchive
    private let limit: Int64
    private var total: Int64 = 0

    init(_ handle: OpaquePointer, name: String, limit: Int64, archive: ZipArchive) {
        self.handle = handle
        self.name = name
        self.limit = limit
        self.archive = archive
    }

    deinit { zip_fclose(handle) }

    /// Inflates up to `count` bytes; 0 at the end, where the checksum has been compared.
    func read(into memory: UnsafeMutablePointer<UInt8>, count: Int) throws(WorkbookError) -> Int {
        let size = zip_fread(handle, memory, UInt64(count))
        guard size >= 0 else { throw .damaged(at: name) }
        total += size
        // The size that the container states may lie, so what really comes out is counted as well.
        guard total <= limit else { throw .size("inflated bytes", "압축 해제 크기", limit, at: name) }
        return Int(size)
    }
}
