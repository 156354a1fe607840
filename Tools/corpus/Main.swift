import Foundation
import Workbook

/// What the reader sees in a workbook, as lines of JSON: `{"sheet": …}` before the rows of a sheet, `[row, column, kind,
/// text]` for each cell, `{"refused": kind, "text": …}` where reading ends. The corpus test compares this with other
/// readers, in a process of its own for each file.
@main
enum Main {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: corpus FILE\n".utf8))
            exit(2)
        }
        var output = Output()
        defer { output.flush() }
        do throws(WorkbookError) {
            let reader = try WorkbookReader(path: CommandLine.arguments[1])
            for index in reader.sheets.indices {
                output.write(["sheet": reader.sheets[index].name])
                do throws(WorkbookError) {
                    try reader.open(at: index)
                    try rows(of: reader, &output)
                } catch {
                    output.refuse(error)
                }
            }
        } catch {
            output.refuse(error)
        }
    }

    private static func rows(of reader: WorkbookReader, _ output: inout Output) throws(WorkbookError) {
        var row = SheetRow()
        while try reader.next(into: &row) {
            for column in 0..<row.count where row.kind(at: column) != .empty {
                output.write([row.number, column, "\(row.kind(at: column))", row.text(at: column) ?? ""])
            }
        }
    }
}

/// Lines that go out in pieces.
private struct Output {
    private var bytes = Data()

    mutating func write(_ value: Any) {
        guard let line = try? JSONSerialization.data(withJSONObject: value, options: [.withoutEscapingSlashes]) else {
            return
        }
        bytes += line + [0x0A]
        if bytes.count > 1 << 16 { flush() }
    }

    mutating func refuse(_ error: WorkbookError) {
        write(["refused": error.kind.rawValue, "text": error.english])
    }

    mutating func flush() {
        FileHandle.standardOutput.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
