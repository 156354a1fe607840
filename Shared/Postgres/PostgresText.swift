import Glibc

/// The text forms of values, shared by parameters and COPY.
enum PostgresText {
    /// Appends a value's text (of `.bytes`, the bytes themselves). False when the text holds a NUL character.
    static func append(_ value: SQLValue, to bytes: inout [UInt8]) -> Bool {
        switch value {
        case .null: break
        case .text(let text): return appendText(text, to: &bytes)
        case .int(let number): append(number, to: &bytes)
        case .bool(let flag): bytes.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .double(let number): append(number, to: &bytes)
        case .bytes(let data): bytes.append(contentsOf: data)
        case .textArray(let elements): return append(elements, to: &bytes)
        case .timestamp(let micros): append(timestamp: micros, to: &bytes)
        }
        return true
    }

    private static func appendText(_ text: String, to bytes: inout [UInt8]) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            bytes.append(contentsOf: utf8)
            return !utf8.containsNUL
        }
    }

    static func append(_ number: Int64, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: number.description.utf8)
    }

    static func append(_ number: Double, to bytes: inout [UInt8]) {
        if number.isNaN {
            bytes.append(contentsOf: "NaN".utf8)
        } else if number.isInfinite {
            bytes.append(contentsOf: (number < 0 ? "-Infinity" : "Infinity").utf8)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// `{"a","b\"c"}`; every element quoted, so that no element reads as NULL or ends early.
    private static func append(_ elements: [String], to bytes: inout [UInt8]) -> Bool {
        bytes.append(UInt8(ascii: "{"))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            guard appendEscaped(element, to: &bytes) else { return false }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return true
    }

    /// Appends what lies between two bytes that need an escape at once.
    private static func appendEscaped(_ element: String, to bytes: inout [UInt8]) -> Bool {
        var element = element
        return element.withUTF8 { utf8 in
            var start = 0
            for (index, byte) in utf8.enumerated() {
                if byte == 0 { return false }
                guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                bytes.append(UInt8(ascii: "\\"))
                start = index
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
            return true
        }
    }

    /// `2024-02-29 23:59:59.000001+00`, in UTC.
    private static func append(timestamp micros: Int64, to bytes: inout [UInt8]) {
        guard micros != .max, micros != .min else {
            bytes.append(contentsOf: (micros == .max ? "infinity" : "-infinity").utf8)
            return
        }
        let dayLength: Int64 = 86_400_000_000
        let day = micros >= 0 ? micros / dayLength : (micros + 1) / dayLength - 1
        let ofDay = micros - day * dayLength
        let before = append(day: day, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        append(ofDay / 3_600_000_000, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(ofDay / 60_000_000 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(ofDay / 1_000_000 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        append(ofDay % 1_000_000, digits: 6, to: &bytes)
        bytes.append(contentsOf: "+00".utf8)
        if before { bytes.append(contentsOf: " BC".utf8) }
    }

    /// `YYYY-MM-DD` of a day counted from 1970-01-01 in the proleptic Gregorian calendar. True for years before 1,
    /// which Postgres marks with a suffix.
    @discardableResult
    static func append(day: Int64, to bytes: inout [UInt8]) -> Bool {
        // Days are counted from 0000-03-01, so that the leap day is the last of its year; eras have 400 years.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * ofYear + 2) / 153
        let dayOfMonth = ofYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        append(year > 0 ? year : 1 - year, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(dayOfMonth, digits: 2, to: &bytes)
        return year <= 0
    }

    private static func append(_ number: Int64, digits: Int, to bytes: inout [UInt8]) {
        let text = number.description.utf8
        for _ in 0..<max(0, digits - text.count) { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: text)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether a byte is zero. The C library looks at many at once.
    var containsNUL: Bool {
        guard let baseAddress else { return false }
        return memchr(baseAddress, 0, count) != nil
    }
}

extension String {
    /// Whether it holds a NUL character, which Postgres cannot store and C takes for the end.
    var containsNUL: Bool {
        var text = self
        return text.withUTF8 { $0.containsNUL }
    }
}
