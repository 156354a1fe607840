import CZlib

/// Compression as every browser takes it: gzip (RFC 1952).
public enum Gzip {
    /// How much work is put into it.
    public enum Effort: Int32, Sendable {
        /// For what is sent once: a tenth of the work for nine tenths of the gain.
        case quick = 1
        /// For what is sent again and again.
        case thorough = 9
    }

    /// The bytes compressed; nil where that cannot be had: there is no memory, or they are more than zlib takes at once.
    public static func compressed(_ bytes: UnsafeRawBufferPointer, _ effort: Effort) -> [UInt8]? {
        guard bytes.count <= Int(Int32.max) else { return nil }
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        // 15 bits of window, the largest there is; 16 more say that it is gzip and not zlib's own format.
        guard
            deflateInit2_(&stream, effort.rawValue, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        let most = Int(deflateBound(&stream, UInt(bytes.count)))
        var isWhole = false
        let out = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            // zlib only reads what it is given, though its type does not say so.
            stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(bytes.count)
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(most)
            isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
            count = most - Int(stream.avail_out)
        }
        return isWhole ? out : nil
    }

    /// A text compressed.
    public static func compressed(_ text: String, _ effort: Effort) -> [UInt8]? {
        var text = text
        return text.withUTF8 { compressed(UnsafeRawBufferPointer($0), effort) }
    }
}
