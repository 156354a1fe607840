import Foundation
import Logging
import Records
import Testing

@testable import Platform

/// Every wrong value stops the start with a sentence that names the variable and says what would be right.
@Suite struct SettingsTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        let variable: String
        let value: String
        let sentence: String

        init(_ variable: String, _ value: String, _ sentence: String) {
            self.variable = variable
            self.value = value
            self.sentence = sentence
        }
        var testDescription: String { "\(variable)=\(value)" }
    }

    static let wrong: [Wrong] = [
        Wrong("ALE_POSTGRES_PORT", "0", "ALE_POSTGRES_PORT is 0; it must be a whole number from 1 to 65535."),
        Wrong("ALE_POSTGRES_PORT", "65536", "ALE_POSTGRES_PORT is 65536; it must be a whole number from 1 to 65535."),
        Wrong("ALE_POSTGRES_PORT", "5432x", "ALE_POSTGRES_PORT is 5432x; it must be a whole number from 1 to 65535."),
        Wrong("ALE_POSTGRES_PORT", "54.32", "ALE_POSTGRES_PORT is 54.32; it must be a whole number from 1 to 65535."),
        Wrong("ALE_POSTGRES_PORT", " 5432", "ALE_POSTGRES_PORT is  5432; it must be a whole number from 1 to 65535."),
        Wrong("ALE_POSTGRES_PORT", "5432,", "ALE_POSTGRES_PORT is ; it must be a whole number from 1 to 65535."),
        Wrong(
            "ALE_POSTGRES_PORT", "5432,5433",
            "ALE_POSTGRES_PORT has 2 ports and ALE_POSTGRES_HOST 1 hosts; give one port for all, or one for each."),
        Wrong(
            "ALE_POSTGRES_POOL_SIZE", "101", "ALE_POSTGRES_POOL_SIZE is 101; it must be a whole number from 1 to 100."),
        Wrong(
            "ALE_POSTGRES_POOL_SIZE", "many", "ALE_POSTGRES_POOL_SIZE is many; it must be a whole number from 1 to 100."
        ),
        Wrong("ALE_MAXIMUM_IN_FLIGHT", "-1", "ALE_MAXIMUM_IN_FLIGHT is -1; it must be a whole number from 1 to 65536."),
        Wrong("ALE_EVENTS_REPLICAS", "0", "ALE_EVENTS_REPLICAS is 0; it must be a whole number from 1 to 5."),
        Wrong("ALE_EVENTS_REPLICAS", "6", "ALE_EVENTS_REPLICAS is 6; it must be a whole number from 1 to 5."),
        Wrong("ALE_DRAIN_SECONDS", "301", "ALE_DRAIN_SECONDS is 301; it must be a whole number from 1 to 300."),
        Wrong(
            "ALE_LOG_LEVEL", "verbose",
            "ALE_LOG_LEVEL is verbose; it must be one of: trace, debug, info, notice, warning, error, critical."),
        Wrong(
            "ALE_LOG_LEVEL", "INFO",
            "ALE_LOG_LEVEL is INFO; it must be one of: trace, debug, info, notice, warning, error, critical."),
        Wrong("ALE_LOG_FORMAT", "xml", "ALE_LOG_FORMAT is xml; it must be one of: json, plain."),
        Wrong(
            "ALE_NATS_PASSWORD_FILE", "/no/such/file",
            "ALE_NATS_PASSWORD_FILE names /no/such/file, which cannot be read."),
        Wrong(
            "ALE_POSTGRES_PASSWORD_FILE", "/tmp", "ALE_POSTGRES_PASSWORD_FILE names /tmp, which cannot be read."),
    ]

    @Test(arguments: wrong) func aWrongValueGivesItsSentence(_ wrong: Wrong) throws {
        let settings = Settings(values: [wrong.variable: wrong.value])
        let error = #expect(throws: ConfigurationError.self) {
            _ = try PlatformConfiguration(settings, service: "customer-success")
        }
        #expect(error?.description == wrong.sentence)
    }

    @Test func typesOfServicesOwnSettings() throws {
        let settings = Settings(values: ["ALE_A_FLAG": "yes", "ALE_B_FLAG": "true", "ALE_C": "", "ALE_D": "d"])
        #expect(try settings.bool("ale.b.flag", default: false))
        #expect(try settings.bool("ale.none", default: true))
        #expect(throws: ConfigurationError.self) { try settings.bool("ale.a.flag", default: false) }
        #expect(try settings.required("ale.d") == "d")
        // An empty variable is one that is not set.
        for key in ["ale.c", "ale.none"] {
            let error = #expect(throws: ConfigurationError.self) { try settings.required(key) }
            #expect(error?.description == "\(Settings.variable(key)) must be set.")
        }
        #expect(try settings.int("ale.c", default: 7, in: 1...9) == 7)
    }

    @Test func defaultsFollowTheService() throws {
        let configuration = try PlatformConfiguration(Settings(values: [:]), service: "customer-success")
        #expect(configuration.postgresUser == "ale_customer_success")
        #expect(configuration.natsURL == "nats://127.0.0.1:4222")
        #expect(configuration.natsPassword == nil && configuration.postgresPassword == nil)
        #expect(configuration.logFormat == .json && configuration.logLevel == .info)
    }

    @Test func aSecretFromAFile() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("secret", "pass word'\\\n\n")
        let configuration = try PlatformConfiguration(
            Settings(values: ["ALE_POSTGRES_PASSWORD_FILE": file, "ALE_POSTGRES_PASSWORD": "ignored"]), service: "x")
        // Line ends at the end of the file are no part of it; the file wins over the variable.
        #expect(configuration.postgresPassword == "pass word'\\")
        #expect(
            configuration.connectionString(applicationName: "a 'b'").contains(
                "application_name='a \\'b\\'' connect_timeout=5 password='pass word\\'\\\\'"))
        let binary = try folder.write("binary", Data([0xFF, 0xFE, 0x00]))
        #expect(throws: ConfigurationError.self) {
            try Settings(values: ["ALE_A_FILE": binary]).secret("ale.a")
        }
        let large = try folder.write("large", Data(repeating: 0x61, count: 64 * 1_024 + 1))
        #expect(throws: ConfigurationError.self) { try Settings(values: ["ALE_A_FILE": large]).secret("ale.a") }
        #expect(try Settings(values: ["ALE_A": "plain"]).secret("ale.a") == "plain")
    }

    /// A number or a truth value may stand in the file without quotation marks, and is checked all the same.
    @Test func theFileBehindTheEnvironment() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "ale.json",
            """
            {"ale": {"postgres": {"host": "db", "port": 6543, "pool": {"size": "3"}}, "nats": {"url": "nats://file"},
             "renewal": {"watch": true}}}
            """)
        let settings = try await Settings.load(["ALE_CONFIG_FILE": file, "ALE_NATS_URL": "nats://environment"])
        let configuration = try PlatformConfiguration(settings, service: "x")
        #expect(configuration.postgresHost == "db")
        #expect(configuration.postgresPorts == [6_543])
        #expect(configuration.postgresPoolSize == 3)
        #expect(configuration.natsURL == "nats://environment")
        #expect(try settings.bool("ale.renewal.watch", default: false))
        for (text, sentence) in [
            (#"{"ale": {"postgres": {"port": 70000}}}"#, "ALE_POSTGRES_PORT is 70000;"),
            (#"{"ale": {"postgres": {"port": "x"}}}"#, "ALE_POSTGRES_PORT is x;"),
            (#"{"ale": {"postgres": {"port": 54.5}}}"#, "ALE_POSTGRES_PORT is 54.5;"),
        ] {
            let wrong = try await Settings.load(["ALE_CONFIG_FILE": try folder.write("wrong.json", text)])
            let error = #expect(throws: ConfigurationError.self) {
                _ = try PlatformConfiguration(wrong, service: "x")
            }
            #expect(error?.description.hasPrefix(sentence) == true, "\(error?.description ?? "nothing")")
        }
    }

    /// Several servers, with a port for each or one for all; only one that takes writes is used.
    @Test func severalServersOfPostgres() throws {
        func configuration(_ port: String) throws -> PlatformConfiguration {
            try PlatformConfiguration(
                Settings(values: ["ALE_POSTGRES_HOST": "db-1,db-2", "ALE_POSTGRES_PORT": port]), service: "x")
        }
        let each = try configuration("5432,5433")
        #expect(each.postgresAddress == "db-1:5432,db-2:5433")
        let string = each.connectionString(applicationName: "x")
        #expect(string.contains("host='db-1,db-2' port=5432,5433 "))
        #expect(string.contains(" target_session_attrs=read-write"))
        #expect(try configuration("6000").postgresAddress == "db-1:6000,db-2:6000")
    }

    @Test(arguments: ["", "{", "[]", "not json"]) func anUnreadableFile(_ text: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("ale.json", text)
        let error = await #expect(throws: ConfigurationError.self) {
            _ = try await Settings.load(["ALE_CONFIG_FILE": file])
        }
        #expect(error?.description.hasPrefix("ALE_CONFIG_FILE names \(file), which cannot be read") == true)
        await #expect(throws: ConfigurationError.self) {
            _ = try await Settings.load(["ALE_CONFIG_FILE": file + ".none"])
        }
    }

    @Test func attachmentsAreBounded() throws {
        let standard = try Settings(values: [:]).attachmentBounds()
        #expect(standard.bytes == 26_214_400 && standard.kinds.count == AttachmentKind.allCases.count - 1)
        let narrow = try Settings(
            values: ["ALE_ATTACHMENT_LIMIT_BYTES": "1024", "ALE_ATTACHMENT_KINDS": "pdf,png"]
        ).attachmentBounds()
        #expect(narrow.bytes == 1_024 && narrow.kinds == [.pdf, .png])
        for values in [
            ["ALE_ATTACHMENT_LIMIT_BYTES": "1023"], ["ALE_ATTACHMENT_KINDS": "pdf, png"],
            ["ALE_ATTACHMENT_KINDS": "exe"],
        ] {
            #expect(throws: ConfigurationError.self) { try Settings(values: values).attachmentBounds() }
        }
    }

    /// The list that the READMEs are held against is the list of keys that are read.
    @Test func variablesAreTheKeysThatAreRead() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Shared/Platform")
        var read: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            for match in text.matches(of: /"(ale(?:\.[a-z]+)+)"/) { read.insert(Settings.variable(String(match.1))) }
        }
        #expect(read.count > 10)
        #expect(read == Set(PlatformConfiguration.variables))
        #expect(Set(PlatformConfiguration.variables).count == PlatformConfiguration.variables.count)
    }
}

/// A folder of a test, gone with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "platform-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

    func write(_ name: String, _ data: Data) throws -> String {
        let file = path + "/" + name
        try data.write(to: URL(fileURLWithPath: file))
        return file
    }
}
