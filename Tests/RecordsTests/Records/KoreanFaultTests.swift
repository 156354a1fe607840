import Testing
import Wire
import WireCatalog

@testable import Records

/// What is wrong with a value is said in Korean to whoever reads Korean: labels and choices too.
@Suite struct KoreanFaultTests {
    /// Names that Korean has no other word for.
    private static let names: Set<Substring> = [
        "UUID", "ID", "URL", "SHA", "Etag", "ALE", "KPI", "NPS", "QBR", "PoC", "AM", "CSM", "YYYY", "MM", "DD", "U",
        "Excel", "XLSX", "CSV", "ISO", "KRW", "Service", "ServiceNow", "Bridge",
    ]

    private static func english(_ text: String) -> [Substring] {
        text.replacing(#/'[^']*'/#, with: "").split { !($0.isASCII && $0.isLetter) }
            .filter { $0.count > 1 && !names.contains($0) && $0 != "true" && $0 != "false" }
    }

    @Test func everyFaultOfEveryField() {
        var seen = 0
        for schema in Catalog.schemas {
            for field in schema.fields {
                let wrong: [FieldValue] = [
                    .string("\u{0}"), .string("no such value"), .string(String(repeating: "x", count: 100_000)),
                    .int(-77),
                    .strings(["x"]), .strings(Array(repeating: "a", count: 10_000)),
                ]
                for value in wrong {
                    guard let fault = Validation.fault(value, field) else { continue }
                    seen += 1
                    #expect(Self.english(fault.ko).isEmpty, "\(schema.table).\(field.name): \(fault.ko)")
                    #expect(fault.ko.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) })
                }
            }
        }
        #expect(seen > 500)
    }
}
