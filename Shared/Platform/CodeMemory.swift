import Foundation

/// The memory that a program's code takes.
enum CodeMemory {
    /// How often code is given back while a service runs. To map again what does run takes some milliseconds in all.
    private static let pause: Duration = .seconds(60)

    /// Gives code back now and then until the task is cancelled: of the memory of a service that has been at work, most is
    /// code, and of that half has run once.
    static func keepSmall() async {
        while (try? await Task.sleep(for: pause)) != nil { giveBackCode() }
    }

    /// Gives back the pages of code that are mapped. Most of a program's code runs at its start, or seldom, and what is
    /// mapped counts as the process's and is the last that the kernel takes back. Code that does run is mapped again at its
    /// next step, from the kernel's cache, without reading the disk.
    ///
    /// Returns how many bytes of code there are.
    @discardableResult
    static func giveBackCode() -> Int {
        guard let maps = try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8) else { return 0 }
        var bytes = 0
        for line in maps.split(separator: "\n") {
            // 7f00-7f80 r-xp 00001000 fe:00 1234   /path: code of a file. Nothing else, since what may be written holds
            // pages of its own that would be lost.
            let parts = line.split(separator: " ")
            guard parts.count >= 6, parts[1] == "r-xp", parts[5].hasPrefix("/") else { continue }
            let range = parts[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard range.count == 2, range[0] < range[1], let start = UnsafeMutableRawPointer(bitPattern: range[0])
            else { continue }
            let length = Int(range[1] - range[0])
            if madvise(start, length, MADV_DONTNEED) == 0 { bytes += length }
        }
        return bytes
    }
}
