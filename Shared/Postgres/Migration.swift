import Glibc

/// One step of a schema, in a file `0001_name.sql`. Once applied anywhere it is never changed again.
public struct Migration: Sendable, Equatable {
    /// Counts from 1 without gaps.
    public let number: Int
    /// `[a-z0-9_]+`, from the file's name.
    public let name: String
    /// Any number of statements; no BEGIN or COMMIT, for it runs inside a transaction.
    public let sql: String

    /// One step; the migrator checks number and name.
    public init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// `0001_name.sql`.
    public var fileName: String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name + ".sql"
    }

    /// Reads all `0001_name.sql` of a folder, in order. A `.sql` file of another name is an error, so that none is
    /// left out unseen; other files do not count.
    public static func load(folder: String) throws(PostgresError) -> [Migration] {
        guard let directory = opendir(folder) else {
            throw PostgresError(.migration, "the folder of migrations \(folder) cannot be read: errno \(errno)")
        }
        defer { closedir(directory) }
        var migrations: [Migration] = []
        while let entry = readdir(directory) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard file.hasSuffix(".sql") else { continue }
            guard let (number, name) = parse(file) else {
                throw PostgresError(.migration, "\(file) is not named like 0001_name.sql")
            }
            migrations.append(Migration(number: number, name: name, sql: try read(folder + "/" + file)))
        }
        migrations.sort { $0.number < $1.number }
        // The folder may continue another list; the migrator checks the whole.
        try check(migrations, from: migrations.first?.number ?? 1)
        return migrations
    }

    private static func parse(_ file: String) -> (Int, String)? {
        let parts = file.dropLast(4).split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(parts[0]), isName(parts[1])
        else { return nil }
        return (number, String(parts[1]))
    }

    private static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    private static func read(_ path: String) throws(PostgresError) -> String {
        guard let file = fopen(path, "r") else {
            throw PostgresError(.migration, "\(path) cannot be read: errno \(errno)")
        }
        defer { fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { content += chunk[..<count] }
        guard ferror(file) == 0, let text = String(validating: content, as: UTF8.self) else {
            throw PostgresError(.migration, "\(path) cannot be read as UTF-8")
        }
        return text
    }

    /// Numbers count 1, 2, 3, …; a gap or a doubled number is a merge gone wrong.
    static func check(_ migrations: [Migration], from first: Int = 1) throws(PostgresError) {
        for (number, migration) in zip(first..., migrations) {
            guard migration.number == number else {
                throw PostgresError(
                    .migration, "\(migration.fileName) stands where number \(number) should: numbers have no gaps")
            }
            guard isName(migration.name) else {
                throw PostgresError(.migration, "\"\(migration.name)\" is not a name of [a-z0-9_]")
            }
        }
    }
}
