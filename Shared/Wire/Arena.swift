package import CProtobufC
import Glibc

/// Memory for one encode or decode: handed out by moving a pointer, given back all at once.
///
/// protobuf-c wants every string, list and nested message in memory of its own. An arena makes each of them cost a
/// few instructions, cannot leak, and ends a message that would take more than its bound.
package struct Arena {
    /// Most messages fit into the first block, so that an encode or decode takes one `malloc`.
    private static let firstBlock = 8 << 10

    private var next: UnsafeMutableRawPointer
    private var end: UnsafeMutableRawPointer
    /// The newest block; its first word points to the block before it.
    private var block: UnsafeMutableRawPointer
    private var blockSize: Int
    /// How many bytes may still be taken from the system; the last block may pass it by less than its own size.
    private var budget: Int
    /// Whether an allocation was refused because the budget was used up.
    private(set) var isExhausted = false

    /// Runs `body` with an arena of at most `limit` bytes and frees all of it afterwards.
    static func with<Result>(
        limit: Int, _ body: (UnsafeMutablePointer<Arena>) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        guard let first = malloc(firstBlock) else { throw WireError(.tooLarge(limit: limit)) }
        first.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
        var arena = Arena(first: first, limit: limit)
        defer { arena.release() }
        return try body(&arena)
    }

    @inline(never)
    private init(first: UnsafeMutableRawPointer, limit: Int) {
        block = first
        blockSize = Self.firstBlock
        next = first + 16
        end = first + Self.firstBlock
        budget = limit
    }

    @inline(never)
    private func release() {
        var current: UnsafeMutableRawPointer? = block
        while let block = current {
            current = block.load(as: UnsafeMutableRawPointer?.self)
            free(block)
        }
    }

    /// `size` bytes, aligned for every C type a message holds; nil when the arena's bound is reached.
    mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        let start = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: next) + 7) & ~7).unsafelyUnwrapped
        if size >= 0, size <= end - start {
            next = start + size
            return start
        }
        return allocateInNewBlock(size)
    }

    private mutating func allocateInNewBlock(_ size: Int) -> UnsafeMutableRawPointer? {
        // Checked first: the sum below must not overflow.
        guard size >= 0, size <= budget else {
            isExhausted = true
            return nil
        }
        let wanted = max(min(blockSize * 2, 1 << 20), size + 16)
        guard let fresh = malloc(wanted) else {
            isExhausted = true
            return nil
        }
        budget -= wanted
        blockSize = wanted
        fresh.storeBytes(of: block, as: UnsafeMutableRawPointer?.self)
        block = fresh
        next = fresh + 16 + size
        end = fresh + wanted
        return fresh + 16
    }

    /// Room for `count` values of a C type, not initialised.
    package mutating func array<Element>(_ count: Int, of type: Element.Type) throws(WireError) -> UnsafeMutablePointer<
        Element
    > {
        guard let memory = allocate(max(count, 1) * MemoryLayout<Element>.stride) else {
            throw WireError(.tooLarge(limit: Packing.arenaLimit))
        }
        return memory.bindMemory(to: type, capacity: count)
    }

    /// A copy of `text` ended by a NUL, as C wants it. Throws when the text holds a NUL of its own.
    // Called from every generated field: inlining it there would only make the code larger and its build slower.
    @inline(never)
    package mutating func string(_ text: String, _ field: StaticString) throws(WireError) -> UnsafeMutablePointer<CChar>
    {
        let utf8 = text.utf8
        let count = utf8.count
        guard let memory = allocate(count + 1) else {
            throw WireError(.tooLarge(limit: Packing.arenaLimit), path: "\(field)")
        }
        let copied: Void? = utf8.withContiguousStorageIfAvailable { bytes in
            if let base = bytes.baseAddress { memcpy(memory, base, count) }
        }
        if copied == nil {
            UnsafeMutableRawBufferPointer(start: memory, count: count).copyBytes(from: utf8)
        }
        if memchr(memory, 0, count) != nil { throw WireError(.embeddedNUL, path: "\(field)") }
        memory.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
        return memory.bindMemory(to: CChar.self, capacity: count + 1)
    }

    /// A copy of `bytes` as protobuf-c wants it.
    @inline(never)
    package mutating func data(_ bytes: [UInt8]) throws(WireError) -> ProtobufCBinaryData {
        let memory = try array(bytes.count, of: UInt8.self)
        bytes.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memcpy(memory, base, source.count) }
        }
        return ProtobufCBinaryData(len: bytes.count, data: memory)
    }
}

/// protobuf-c's allocation callback: takes from the arena behind `arena`.
private func arenaAllocate(_ arena: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
    arena?.assumingMemoryBound(to: Arena.self).pointee.allocate(size)
}

/// protobuf-c's release callback: nothing to do, the arena is freed as a whole.
private func arenaFree(_ arena: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?) {}

extension ProtobufCAllocator {
    /// An allocator over `arena`, valid as long as the arena.
    init(_ arena: UnsafeMutablePointer<Arena>) {
        self.init(alloc: arenaAllocate, free: arenaFree, allocator_data: UnsafeMutableRawPointer(arena))
    }
}
