package import CProtobufC

/// A generated message: what the codecs below need of it. Its members are straight-line generated code.
package protocol WireMessage: Message, JSONWritable {
    /// The struct protoc-c generates for the message.
    associatedtype CMessage
    /// protobuf-c's description of the message.
    static var descriptor: MessageDescriptor { get }
    /// Initialises `message` with C's defaults and writes the fields into it, in memory of `arena`.
    func fill(_ message: UnsafeMutablePointer<CMessage>, _ arena: inout Arena) throws(WireError)
    /// Reads the fields of an unpacked message.
    init(_ message: UnsafePointer<CMessage>) throws(WireError)
    /// The names of the fields; the index of a name is what `readField` takes.
    static var jsonNames: JSONNames { get }
    /// Reads the value of the field `index`.
    mutating func readField(_ index: Int, _ reader: inout JSONReader) throws(WireError)
    /// Writes the fields that are not at their default, without the braces.
    func writeFields(_ writer: inout JSONWriter) throws(WireError)
    /// The value of the field `index`; nil for one that is left out. Requests say nothing.
    func field(_ index: Int) -> (any Sendable)?
}

extension WireMessage {
    package func field(_ index: Int) -> (any Sendable)? { nil }

    /// The value of the field that is called `name` in JSON; an empty text for one that is left out, nil where there is no such
    /// field. Pages are drawn by it: nothing is made of a message but what is asked for.
    package func named(_ name: String) -> (any Sendable)? {
        var name = name
        let index = name.withUTF8 { Self.jsonNames.index($0) }
        return index.map { field($0) ?? "" }
    }
}

/// A descriptor of the generated C code.
///
/// Unchecked: it points to constant static data, which every thread may read at any time.
package struct MessageDescriptor: @unchecked Sendable {
    /// The descriptor itself.
    let pointer: UnsafePointer<ProtobufCMessageDescriptor>

    /// The descriptor of a message that C has initialised; it is always set by then.
    package init(_ base: ProtobufCMessage) { pointer = base.descriptor.unsafelyUnwrapped }
}

/// Encoding to and decoding from protobuf, the same for every message.
package enum Packing {
    /// The most memory an encode may take.
    static let arenaLimit = 64 << 20
    /// The most memory a decode may take for each byte of input: an empty string in a list costs two bytes on the
    /// wire and about sixty in memory.
    private static let growth = 64

    /// The protobuf bytes of `message`.
    package static func encode<M: WireMessage>(_ message: M) throws(WireError) -> [UInt8] {
        try Arena.with(limit: arenaLimit) { (arena) throws(WireError) in
            let root = try arena.pointee.array(1, of: M.CMessage.self)
            try message.fill(root, &arena.pointee)
            // Every protoc-c message begins with a ProtobufCMessage.
            let base = UnsafeRawPointer(root).assumingMemoryBound(to: ProtobufCMessage.self)
            let size = protobuf_c_message_get_packed_size(base)
            if size > arenaLimit { throw WireError(.tooLarge(limit: arenaLimit)) }
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                guard let start = buffer.baseAddress else { return }
                count = protobuf_c_message_pack(base, start)
            }
        }
    }

    /// Reads protobuf bytes: scans them, unpacks them into an arena, and reads the fields from there.
    package static func decode<M: WireMessage>(
        _ type: M.Type, _ bytes: UnsafeRawBufferPointer, _ limits: WireLimits
    ) throws(WireError) -> M {
        let limit = (64 << 10) + bytes.count * growth
        let descriptor = M.descriptor
        return try Arena.with(limit: limit) { (arena) throws(WireError) in
            let message = try unpack(bytes, descriptor, limits, arena, limit)
            return try M(message.assumingMemoryBound(to: M.CMessage.self))
        }
    }

    /// The part of decoding that is the same for all messages, kept out of the functions compiled for each of them.
    @inline(never)
    private static func unpack(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: MessageDescriptor, _ limits: WireLimits,
        _ arena: UnsafeMutablePointer<Arena>, _ limit: Int
    ) throws(WireError) -> UnsafeRawPointer {
        var scan = ProtobufScan(limits)
        try scan.check(bytes, descriptor.pointer)
        var allocator = ProtobufCAllocator(arena)
        let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let message = protobuf_c_message_unpack(descriptor.pointer, &allocator, bytes.count, data) else {
            if arena.pointee.isExhausted { throw WireError(.tooLarge(limit: limit)) }
            throw WireError(.malformed("protobuf-c cannot unpack it"))
        }
        return UnsafeRawPointer(message)
    }
}

extension Arena {
    /// A nested message in memory of the arena.
    @inline(never)
    package mutating func message<M: WireMessage>(
        _ value: M, _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<M.CMessage> {
        let memory = try array(1, of: M.CMessage.self)
        do { try value.fill(memory, &self) } catch { throw error.inside("\(field)") }
        return memory
    }

    /// A list of nested messages: pointers to messages in memory of the arena.
    @inline(never)
    package mutating func messages<M: WireMessage>(
        _ values: [M], _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<M.CMessage>?> {
        let memory = try array(values.count, of: UnsafeMutablePointer<M.CMessage>?.self)
        for index in values.indices {
            let element = try array(1, of: M.CMessage.self)
            do { try values[index].fill(element, &self) } catch {
                throw error.inside(element: index).inside("\(field)")
            }
            (memory + index).initialize(to: element)
        }
        return memory
    }

    /// A list of texts.
    @inline(never)
    package mutating func strings(
        _ values: [String], _ field: StaticString
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let memory = try array(values.count, of: UnsafeMutablePointer<CChar>?.self)
        for index in values.indices {
            (memory + index).initialize(to: try string(values[index], field))
        }
        return memory
    }

    /// A list of byte strings.
    package mutating func datas(_ values: [[UInt8]]) throws(WireError) -> UnsafeMutablePointer<ProtobufCBinaryData> {
        let memory = try array(values.count, of: ProtobufCBinaryData.self)
        for index in values.indices {
            (memory + index).initialize(to: try data(values[index]))
        }
        return memory
    }

    /// A list of numbers, each turned into C's type by `transform`.
    package mutating func scalars<Value, Scalar>(
        _ values: [Value], _ transform: (Value) -> Scalar
    ) throws(WireError) -> UnsafeMutablePointer<Scalar> {
        let memory = try array(values.count, of: Scalar.self)
        for index in values.indices {
            (memory + index).initialize(to: transform(values[index]))
        }
        return memory
    }
}

/// Reading values of an unpacked message.
package enum Unpacked {
    /// A text; the scan has already checked it.
    // Called from every generated field: inlining it there would only make the code larger and its build slower.
    @inline(never)
    package static func string(_ text: UnsafePointer<CChar>?) -> String {
        guard let text, text.pointee != 0 else { return "" }
        return String(cString: text)
    }

    /// A list of texts.
    @inline(never)
    package static func strings(_ count: Int, _ list: UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
        guard let list, count > 0 else { return [] }
        return (0..<count).map { string(list[$0]) }
    }

    /// A byte string.
    package static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len))
    }

    /// A list of byte strings.
    package static func bytesList(_ count: Int, _ list: UnsafePointer<ProtobufCBinaryData>?) -> [[UInt8]] {
        guard let list, count > 0 else { return [] }
        return (0..<count).map { bytes(list[$0]) }
    }

    /// A list of numbers, each turned into Swift's type by `transform`.
    package static func scalars<Scalar, Value>(
        _ count: Int, _ list: UnsafePointer<Scalar>?, _ transform: (Scalar) -> Value
    ) -> [Value] {
        guard let list, count > 0 else { return [] }
        return (0..<count).map { transform(list[$0]) }
    }

    /// A nested message; nil when it is not there.
    @inline(never)
    package static func message<M: WireMessage>(
        _ message: UnsafePointer<M.CMessage>?, _ field: StaticString
    ) throws(WireError) -> M? {
        guard let message else { return nil }
        do { return try M(message) } catch { throw error.inside("\(field)") }
    }

    /// A list of nested messages.
    @inline(never)
    package static func messages<M: WireMessage>(
        _ count: Int, _ list: UnsafePointer<UnsafeMutablePointer<M.CMessage>?>?, _ field: StaticString
    ) throws(WireError) -> [M] {
        guard let list, count > 0 else { return [] }
        var values: [M] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            guard let element = list[index] else { continue }
            do { values.append(try M(UnsafePointer(element))) } catch {
                throw error.inside(element: index).inside("\(field)")
            }
        }
        return values
    }
}
