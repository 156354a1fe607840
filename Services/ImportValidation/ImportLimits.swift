import ImportValidationWire
import Korean
import Platform
import RPC
import Wire
import Workbook

/// How large a file of an import may be (G-112). One value says it to whoever begins to send one, to the reader, and to who
/// asks for the dictionary or a template.
struct ImportLimits: Sendable, Equatable {
    /// Bytes of a file.
    private(set) var bytes = WorkbookLimits().fileBytes
    /// Rows of a sheet below its titles.
    private(set) var rows = WorkbookLimits().rows

    /// What holds where nothing is configured.
    init() {}

    /// What is configured. A sheet of Excel ends at 1,048,576 rows, a text file does not.
    init(_ settings: Settings) throws(ConfigurationError) {
        bytes = Int64(try settings.int("ale.upload.limit.bytes", default: Int(bytes), in: 1_024...(4 << 30)))
        rows = try settings.int("ale.upload.limit.rows", default: rows, in: 1...10_000_000)
    }

    /// The bounds of the reader. A workbook may unpack to as many times its size as ever; what the reader keeps in memory,
    /// such as the shared strings, does not grow with it.
    var reader: WorkbookLimits {
        var limits = WorkbookLimits()
        let times = limits.inflatedBytes / limits.fileBytes
        limits.inflatedBytes = max(limits.inflatedBytes, bytes * times)
        limits.fileBytes = bytes
        limits.rows = rows
        return limits
    }

    /// What people are told who fill in a file.
    var sentence: Text {
        Text(
            en: "A file may hold \(rows) rows below its titles and \(bytes) bytes.",
            ko: "파일 하나는 제목 아래로 최대 \(grouped: rows)행, \(bytes: bytes)까지 가져올 수 있습니다.")
    }

    /// Says the bounds in a description of the dictionary.
    func tell(_ response: DescribeResponse) -> DescribeResponse {
        let told: [(table: String, field: String, most: Int64)] = [
            (Upload.schema.table, Upload.Field.sizeBytes.rawValue, bytes),
            (ImportRun.schema.table, ImportRun.Field.totalRows.rawValue, Int64(rows)),
        ]
        var response = response
        for (table, field, most) in told {
            guard let place = response.tables.firstIndex(where: { $0.table == table }),
                let column = response.tables[place].fields.firstIndex(where: { $0.name == field })
            else { continue }
            response.tables[place].fields[column].maximum = most
        }
        return response
    }
}
