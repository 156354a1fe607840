import Configuration

/// A configuration that cannot be used. Its sentence is printed and the process ends: nothing runs on a guess.
public struct ConfigurationError: Error, CustomStringConvertible {
    /// What is wrong, which key, and what would be right.
    public let description: String

    /// An error that says `description`.
    public init(_ description: String) { self.description = description }
}

/// Typed reading of configuration: environment first, then the JSON file that `ALE_CONFIG_FILE` names.
///
/// A key `ale.nats.url` is the variable `ALE_NATS_URL`. A secret may also be given as a file (`…_FILE`).
public struct Settings: Sendable {
    private let reader: ConfigReader

    /// Settings from the process environment and the file it names.
    public static func load() async throws -> Settings {
        try await load(EnvironmentVariablesProvider())
    }

    /// Settings from given variables and the file they name, for tests.
    static func load(_ variables: [String: String]) async throws -> Settings {
        try await load(EnvironmentVariablesProvider(environmentVariables: variables))
    }

    private static func load(_ environment: EnvironmentVariablesProvider) async throws -> Settings {
        let bare = ConfigReader(provider: environment)
        guard let path = bare.string(forKey: "ale.config.file") else { return Settings(reader: bare) }
        do {
            let file = try await FileProvider<JSONSnapshot>(filePath: .init(path))
            return Settings(reader: ConfigReader(providers: [environment, file]))
        } catch {
            throw ConfigurationError("ALE_CONFIG_FILE names \(path), which cannot be read as JSON: \(error)")
        }
    }

    /// Settings with given values, for tests.
    public init(values: [String: String]) {
        reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))
    }

    private init(reader: ConfigReader) { self.reader = reader }

    /// The variable that holds `key`.
    public static func variable(_ key: String) -> String {
        String(key.uppercased().map { $0 == "." ? "_" : $0 })
    }

    /// What is set, as text. The file may hold numbers as such.
    private func text(_ key: String, isSecret: Bool = false) -> String? {
        let key = ConfigKey(key)
        return reader.string(forKey: key, isSecret: isSecret)
            ?? reader.int(forKey: key, isSecret: isSecret).map(String.init)
            ?? reader.double(forKey: key, isSecret: isSecret).map { String($0) }
    }

    /// A text; `fallback` when it is not set or empty.
    public func string(_ key: String, default fallback: String) -> String { optional(key) ?? fallback }

    /// A text that may be absent; an empty one is absent.
    public func optional(_ key: String) -> String? { text(key).flatMap { $0.isEmpty ? nil : $0 } }

    /// A text that must be set.
    public func required(_ key: String) throws(ConfigurationError) -> String {
        guard let value = optional(key) else { throw ConfigurationError("\(Self.variable(key)) must be set.") }
        return value
    }

    /// A whole number within bounds.
    public func int(_ key: String, default fallback: Int, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int
    {
        guard let text = optional(key) else { return fallback }
        return try Self.int(text, of: key, in: range)
    }

    /// Whole numbers within bounds, separated by commas.
    public func ints(
        _ key: String, default fallback: [Int], in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> [Int] {
        guard let text = optional(key) else { return fallback }
        var values: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            values.append(try Self.int(String(part), of: key, in: range))
        }
        return values
    }

    private static func int(_ text: String, of key: String, in range: ClosedRange<Int>) throws(ConfigurationError)
        -> Int
    {
        guard let value = Int(text), range.contains(value) else {
            throw ConfigurationError(
                "\(variable(key)) is \(text); it must be a whole number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return value
    }

    /// Yes or no: `true` or `false`.
    public func bool(_ key: String, default fallback: Bool) throws(ConfigurationError) -> Bool {
        guard let text = optional(key) else { return fallback }
        if let value = Bool(text) { return value }
        // A truth value in the file is read as the number 1 or 0.
        if reader.string(forKey: ConfigKey(key)) == nil, let value = reader.bool(forKey: ConfigKey(key)) {
            return value
        }
        throw ConfigurationError("\(Self.variable(key)) is \(text); it must be true or false.")
    }

    /// One of a set of words.
    public func choice<Word: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Word
    ) throws(ConfigurationError) -> Word where Word.RawValue == String {
        guard let text = optional(key) else { return fallback }
        guard let value = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\(Self.variable(key)) is \(text); it must be one of: \(words).")
        }
        return value
    }

    /// A secret: the value itself or, better, the file that holds it. Nil when neither is set.
    public func secret(_ key: String) throws(ConfigurationError) -> String? {
        if let path = optional(key + ".file") {
            guard let text = TextFile.read(path, limit: 64 * 1_024) else {
                throw ConfigurationError("\(Self.variable(key))_FILE names \(path), which cannot be read.")
            }
            return text.trimmingNewlines
        }
        return text(key, isSecret: true)
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = Substring(self)
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
