/// The parameters of one statement in the form libpq takes; its memory is used again for the next statement.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Lets go of the memory a very large parameter has left behind.
    private static let keptCapacity = 256 * 1024

    /// Writes the values down; refuses what Postgres cannot store.
    mutating func encode(_ values: [SQLValue]) throws(PostgresError) {
        guard values.count <= 65_535 else {
            throw PostgresError(.invalidParameter, "\(values.count) parameters: a statement takes at most 65535")
        }
        if bytes.capacity > Self.keptCapacity { bytes = [] }
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for (index, value) in values.enumerated() {
            let start = bytes.count
            guard case .null = value else {
                guard PostgresText.append(value, to: &bytes) else {
                    throw PostgresError(.invalidParameter, "parameter $\(index + 1) contains a NUL character")
                }
                add(offset: start, length: Int32(bytes.count - start), value)
                continue
            }
            add(offset: -1, length: 0, value)
        }
    }

    private mutating func add(offset: Int, length: Int32, _ value: SQLValue) {
        offsets.append(offset)
        lengths.append(length)
        if case .bytes = value { formats.append(1) } else { formats.append(0) }
        bytes.append(0)
    }

    /// Hands libpq count, values, lengths and formats.
    mutating func withArguments<T>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> T
    ) -> T {
        pointers.removeAll(keepingCapacity: true)
        return bytes.withUnsafeBytes { memory in
            for offset in offsets {
                pointers.append(
                    offset < 0
                        ? nil : memory.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) })
            }
            return pointers.withUnsafeBufferPointer { values in
                body(Int32(values.count), values.baseAddress, lengths, formats)
            }
        }
    }
}
