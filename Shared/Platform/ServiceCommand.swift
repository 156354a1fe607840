import ArgumentParser
import Foundation
import Postgres

/// The command line of a service: `serve`, which is the default, `migrate`, and what it adds.
public struct ServiceCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Definition.name, abstract: Definition.summary, version: Build.version,
            subcommands: [Serve<Definition>.self, Migrate<Definition>.self] + Definition.commands,
            defaultSubcommand: Serve<Definition>.self)
    }

    public init() {}

    /// Runs the command; a wrong configuration ends the process with one sentence and status 78 (EX_CONFIG).
    public static func start() async {
        await main()
        // What has been done is done. At the ordinary end OpenSSL clears up while a thread that has had a connection may still be
        // ending, and what had succeeded would end by a signal.
        fflush(nil)
        _exit(EXIT_SUCCESS)
    }
}

/// Answers requests until it is told to stop.
struct Serve<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "serve", abstract: "Answer requests until told to stop.")
    }

    func run() async throws {
        try await exitingOnWrongConfiguration { try await ServiceHost<Definition>(.load()).serve() }
    }
}

/// Brings the schema up to date; run as the schema's owner.
struct Migrate<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "migrate", abstract: "Bring the database schema up to date, as its owner.")
    }

    func run() async throws {
        try await exitingOnWrongConfiguration { try await ServiceHost<Definition>(.load()).migrate() }
    }
}

/// Runs what a program does; a ``ConfigurationError`` is printed as one sentence, and ends it with status 78 (EX_CONFIG).
public func exitingOnWrongConfiguration(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        throw ExitCode(error is ConfigurationError ? 78 : 1)
    }
}
