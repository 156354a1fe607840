import Foundation

/// The memory that a program's code takes.
enum CodeMemory {
    /// How often code is given back while a service runs. To map again what does run takes some milliseconds, for which
    /// requests wait.
    private static let pause: Duration = .seconds(300)

    /// Gives code back now and then until the task is cancelled: of the memory of a service that has been at work, most is
    /// code, and of that half has run once.
    static func keepSmall() async {
        while (try? await Task.sleep(for: pause)) != nil { giveBackCode() }
    }

    /// Gives back the pages of code, and of what is only read beside it, that are mapped. Most of a program runs at its start,
    /// or seldom, and what is mapped counts as the process's and is the last that the kernel takes back. Code that does run is
    /// mapped again at its next step, from the kernel's cache, without reading the disk.
    ///
    /// Returns how many bytes of it there are.
    @discardableResult
    static func giveBackCode() -> Int {
        guard let maps = try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8) else { return 0 }
        return ranges(maps).reduce(into: 0) { bytes, range in
            guard let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { return }
            if madvise(start, range.count, MADV_DONTNEED) == 0 { bytes += range.count }
        }
    }

    /// What of the mappings of a process, as `/proc/self/smaps` tells them, is in a file as it is in memory. Nothing that
    /// may be written, and nothing that was: it holds pages of its own, which would be lost, as where the loader has
    /// filled in addresses.
    static func ranges(_ maps: String) -> [Range<UInt>] {
        var found: [Range<UInt>] = []
        var present: Range<UInt>?
        for line in maps.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count > 1, parts[0] == "Anonymous:" {
                if let present, parts[1] == "0" { found.append(present) }
                present = nil
            } else if parts.count >= 5, !parts[0].hasSuffix(":") {
                // 7f00-7f80 r-xp 00001000 fe:00 1234   /path
                let bounds = parts[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                let isFile = parts.count > 5 && parts[5].hasPrefix("/")
                let isRead = parts[1] == "r-xp" || parts[1] == "r--p"
                present =
                    isRead && isFile && bounds.count == 2 && bounds[0] < bounds[1] ? bounds[0]..<bounds[1] : nil
            }
        }
        return found
    }
}
