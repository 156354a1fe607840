import CPostgres

/// The numbers of the built-in types, from Postgres's `pg_type.dat`; they never change.
enum TypeOID {
    static let bool: Oid = 16, bytea: Oid = 17, char: Oid = 18, name: Oid = 19, int8: Oid = 20, int2: Oid = 21
    static let int4: Oid = 23, text: Oid = 25, oid: Oid = 26, json: Oid = 114, xml: Oid = 142
    static let float4: Oid = 700, float8: Oid = 701, unknown: Oid = 705
    static let bpchar: Oid = 1042, varchar: Oid = 1043, date: Oid = 1082
    static let timestamp: Oid = 1114, timestamptz: Oid = 1184, numeric: Oid = 1700, void: Oid = 2278
    static let uuid: Oid = 2950, jsonb: Oid = 3802
    static let nameArray: Oid = 1003, textArray: Oid = 1009, varcharArray: Oid = 1015, uuidArray: Oid = 2951
    /// From here on types are made by users: enums and citext, whose binary form is their text.
    static let firstOfUsers: Oid = 16384
}

/// One value in binary format.
struct BinaryValue {
    let bytes: UnsafeRawBufferPointer
    let type: Oid
    /// Keeps `bytes` alive.
    let owner: ResultHandle
    let column: Int32

    func string() throws(PostgresError) -> String {
        switch type {
        case TypeOID.text, TypeOID.varchar, TypeOID.bpchar, TypeOID.name, TypeOID.char, TypeOID.json, TypeOID.xml,
            TypeOID.unknown, TypeOID.void:
            return String(decoding: bytes, as: UTF8.self)
        case TypeOID.uuid: return uuid(bytes)
        case TypeOID.numeric: return try Numeric.decimal(bytes)
        case TypeOID.date: return try date()
        case TypeOID.jsonb:
            // One byte of version stands before the text.
            return String(decoding: UnsafeRawBufferPointer(rebasing: bytes.dropFirst()), as: UTF8.self)
        case TypeOID.firstOfUsers...:
            guard let text = String(validating: bytes, as: UTF8.self) else { throw mismatch("text") }
            return text
        default: throw mismatch("text")
        }
    }

    func int64() throws(PostgresError) -> Int64 {
        switch (type, bytes.count) {
        case (TypeOID.int8, 8): return bytes.bigEndian(0, as: Int64.self)
        case (TypeOID.int4, 4): return Int64(bytes.bigEndian(0, as: Int32.self))
        case (TypeOID.int2, 2): return Int64(bytes.bigEndian(0, as: Int16.self))
        case (TypeOID.oid, 4): return Int64(bytes.bigEndian(0, as: UInt32.self))
        default: throw mismatch("an integer")
        }
    }

    func bool() throws(PostgresError) -> Bool {
        guard type == TypeOID.bool, bytes.count == 1 else { throw mismatch("bool") }
        return bytes[0] != 0
    }

    func double() throws(PostgresError) -> Double {
        switch (type, bytes.count) {
        case (TypeOID.float8, 8): return Double(bitPattern: bytes.bigEndian(0, as: UInt64.self))
        case (TypeOID.float4, 4): return Double(Float(bitPattern: bytes.bigEndian(0, as: UInt32.self)))
        default: return Double(try int64())
        }
    }

    func data() throws(PostgresError) -> [UInt8] {
        guard type == TypeOID.bytea else { throw mismatch("bytea") }
        return Array(bytes)
    }

    func timestamp() throws(PostgresError) -> Int64 {
        guard type == TypeOID.timestamptz || type == TypeOID.timestamp, bytes.count == 8 else {
            throw mismatch("timestamptz")
        }
        let since2000 = bytes.bigEndian(0, as: Int64.self)
        guard since2000 != .max, since2000 != .min else { return since2000 }
        let (micros, overflow) = since2000.addingReportingOverflow(946_684_800_000_000)
        return overflow ? .max : micros
    }

    func strings() throws(PostgresError) -> [String] {
        switch type {
        case TypeOID.textArray, TypeOID.varcharArray, TypeOID.nameArray, TypeOID.uuidArray: break
        default: throw mismatch("text[]")
        }
        guard bytes.count >= 12 else { throw mismatch("text[]") }
        let dimensions = bytes.bigEndian(0, as: Int32.self)
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { throw mismatch("an array of one dimension") }
        let count = Int(bytes.bigEndian(12, as: Int32.self))
        var elements: [String] = []
        elements.reserveCapacity(min(max(count, 0), bytes.count / 4))
        var offset = 20
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { throw mismatch("text[]") }
            let length = Int(bytes.bigEndian(offset, as: Int32.self))
            offset += 4
            guard length >= 0, offset + length <= bytes.count else { throw mismatch("text[] without NULL elements") }
            let element = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
            elements.append(type == TypeOID.uuidArray ? uuid(element) : String(decoding: element, as: UTF8.self))
            offset += length
        }
        return elements
    }

    func value() throws(PostgresError) -> SQLValue {
        switch type {
        case TypeOID.int2, TypeOID.int4, TypeOID.int8, TypeOID.oid: .int(try int64())
        case TypeOID.bool: .bool(try bool())
        case TypeOID.float4, TypeOID.float8: .double(try double())
        case TypeOID.bytea: .bytes(try data())
        case TypeOID.timestamp, TypeOID.timestamptz: .timestamp(microsSinceUnixEpoch: try timestamp())
        case TypeOID.textArray, TypeOID.varcharArray, TypeOID.nameArray, TypeOID.uuidArray:
            .textArray(try strings())
        default: .text(try string())
        }
    }

    private func date() throws(PostgresError) -> String {
        guard bytes.count == 4 else { throw mismatch("date") }
        let since2000 = bytes.bigEndian(0, as: Int32.self)
        if since2000 == .max { return "infinity" }
        if since2000 == .min { return "-infinity" }
        var text: [UInt8] = []
        if PostgresText.append(day: Int64(since2000) + 10_957, to: &text) { text.append(contentsOf: " BC".utf8) }
        return String(decoding: text, as: UTF8.self)
    }

    private func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.count == 16 else { return "" }
        return String(unsafeUninitializedCapacity: 36) { target in
            var position = 0
            for (index, byte) in bytes.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    target[position] = UInt8(ascii: "-")
                    position += 1
                }
                target[position] = hexDigit(byte >> 4)
                target[position + 1] = hexDigit(byte & 15)
                position += 2
            }
            return position
        }
    }

    private func mismatch(_ wanted: String) -> PostgresError {
        .decoding("column \(owner.columnName(column)) of type \(type) is not \(wanted)")
    }
}

func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}

extension UnsafeRawBufferPointer {
    /// An integer in network order; the caller has checked the length.
    func bigEndian<T: FixedWidthInteger>(_ offset: Int, as type: T.Type) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

/// The binary form of `numeric`: digits to the base 10,000.
enum Numeric {
    /// The shortest decimal text of exactly this value: `1863.4`, `-0.0001`, `5`.
    static func decimal(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> String {
        guard bytes.count >= 8 else { throw .decoding("a numeric of \(bytes.count) bytes") }
        let count = Int(bytes.bigEndian(0, as: UInt16.self))
        let weight = Int(bytes.bigEndian(2, as: Int16.self))
        let sign = bytes.bigEndian(4, as: UInt16.self)
        switch sign {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        guard bytes.count >= 8 + 2 * count else { throw .decoding("a numeric that ends early") }
        func group(_ index: Int) -> Int {
            index >= 0 && index < count ? Int(bytes.bigEndian(8 + 2 * index, as: UInt16.self)) : 0
        }
        var text: [UInt8] = []
        if sign == 0x4000 { text.append(UInt8(ascii: "-")) }
        if weight < 0 {
            text.append(UInt8(ascii: "0"))
        } else {
            for index in 0...weight { append(group(index), padded: index > 0, to: &text) }
        }
        if count > weight + 1 {
            text.append(UInt8(ascii: "."))
            // Groups between the point and the first stored digit are zeros.
            for index in (weight + 1)..<count { append(group(index), padded: true, to: &text) }
            while text.last == UInt8(ascii: "0") { text.removeLast() }
            if text.last == UInt8(ascii: ".") { text.removeLast() }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ group: Int, padded: Bool, to text: inout [UInt8]) {
        var divisor = 1000
        var started = padded
        while divisor > 0 {
            let digit = group / divisor % 10
            if digit > 0 || started || divisor == 1 {
                text.append(UInt8(ascii: "0") + UInt8(digit))
                started = true
            }
            divisor /= 10
        }
    }
}
