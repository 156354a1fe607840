import CJQ

// Conversions between this module's values and libjq's. libjq's functions consume what they are given.

extension JSONValue {
    /// A libjq value, to be consumed or freed by the caller.
    var jv: CJQ.jv {
        switch self {
        case .null: return jv_null()
        case .bool(let value): return value ? jv_true() : jv_false()
        case .number(let number): return jv_number(number)
        case .string(let text): return text.jv
        case .array(let elements):
            var array = jv_array_sized(Int32(clamping: max(elements.count, 1)))
            for element in elements { array = jv_array_append(array, element.jv) }
            return array
        case .object(let members):
            var object = jv_object()
            // Sorted, so that libjq's own order of members, and with it every result, is the same each time.
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                object = jv_object_set(object, name.jv, member.jv)
            }
            return object
        }
    }

    /// Reads and frees a libjq value, within limits.
    init(consuming value: CJQ.jv, limits: JSONLimits) throws(JQError) {
        defer { jv_free(value) }
        var reader = JVReader(limits: limits)
        self = try reader.read(value, depth: 0)
    }
}

extension String {
    fileprivate var jv: CJQ.jv {
        var copy = self
        return copy.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { jv_string_sized($0.baseAddress, Int32(clamping: $0.count)) }
        }
    }
}

private struct JVReader {
    let limits: JSONLimits
    var values = 0
    var bytes = 0

    init(limits: JSONLimits) { self.limits = limits }

    /// Reads a value without consuming it.
    mutating func read(_ value: CJQ.jv, depth: Int) throws(JQError) -> JSONValue {
        values += 1
        guard values <= limits.values else { throw .unfit("the result has more than \(limits.values) values") }
        guard depth <= limits.depth else { throw .unfit("the result is nested deeper than \(limits.depth)") }
        switch jv_get_kind(value) {
        case JV_KIND_NULL: return .null
        case JV_KIND_TRUE: return .bool(true)
        case JV_KIND_FALSE: return .bool(false)
        case JV_KIND_NUMBER:
            let number = jv_number_value(value)
            // As jq prints what JSON has no numbers for.
            guard !number.isNaN else { return .null }
            return .number(min(max(number, -.greatestFiniteMagnitude), .greatestFiniteMagnitude))
        case JV_KIND_STRING: return .string(try text(value))
        case JV_KIND_ARRAY: return try array(value, depth: depth)
        case JV_KIND_OBJECT: return try object(value, depth: depth)
        default: throw .failed("the result is not a JSON value")
        }
    }

    private mutating func text(_ value: CJQ.jv) throws(JQError) -> String {
        let count = Int(jv_string_length_bytes(jv_copy(value)))
        bytes += count
        guard bytes <= limits.bytes else { throw .unfit("the result is longer than \(limits.bytes) bytes") }
        guard let start = jv_string_value(value) else { return "" }
        let raw = UnsafeRawBufferPointer(start: start, count: count)
        return String(decoding: raw, as: UTF8.self)
    }

    private mutating func array(_ value: CJQ.jv, depth: Int) throws(JQError) -> JSONValue {
        var elements: [JSONValue] = []
        for index in 0..<jv_array_length(jv_copy(value)) {
            let element = jv_array_get(jv_copy(value), index)
            defer { jv_free(element) }
            elements.append(try read(element, depth: depth + 1))
        }
        return .array(elements)
    }

    private mutating func object(_ value: CJQ.jv, depth: Int) throws(JQError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        var position = jv_object_iter(value)
        while jv_object_iter_valid(value, position) != 0 {
            let key = jv_object_iter_key(value, position)
            let member = jv_object_iter_value(value, position)
            defer {
                jv_free(key)
                jv_free(member)
            }
            members[try text(key)] = try read(member, depth: depth + 1)
            position = jv_object_iter_next(value, position)
        }
        return .object(members)
    }
}
