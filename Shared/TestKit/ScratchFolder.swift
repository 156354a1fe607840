import Foundation
import Glibc

/// Where the servers of tests keep their data. Nothing of it must outlive the test, so it is kept in memory where there is
/// room: a database for each test is thousands of small files made and removed, which costs a disk's file system as
/// much processor time as the tests themselves.
public enum ScratchFolder {
    /// The folder to make others in: `/dev/shm` when it has four gigabytes free, else `/tmp`. Everybody may enter it, as
    /// servers that run as another user must.
    public static let parent: String = {
        var room = statvfs()
        let isRoomy =
            statvfs("/dev/shm", &room) == 0 && access("/dev/shm", W_OK) == 0
            && UInt64(room.f_bavail) * UInt64(room.f_frsize) >= 4 << 30
        return isRoomy ? "/dev/shm" : "/tmp"
    }()

    /// Makes a folder of its own for one server; who makes it removes it. Throws `POSIXError`.
    static func make(_ name: String) throws -> String {
        var template = Array("\(parent)/ale-\(name)-\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
