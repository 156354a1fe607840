import ArgumentParser
import Platform

/// The command line of the workspace: `serve`, which is the default.
public struct WorkspaceCommand: AsyncParsableCommand {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "workspace", abstract: "The pages that people work in.", version: Build.version,
            subcommands: [Serve.self], defaultSubcommand: Serve.self)
    }

    public init() {}

    /// Runs the command; a wrong configuration ends the process with one sentence and status 78 (EX_CONFIG).
    public static func start() async {
        await main()
    }

    /// Shows pages until it is told to stop.
    struct Serve: AsyncParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(commandName: "serve", abstract: "Show pages until told to stop.")
        }

        func run() async throws {
            try await exitingOnWrongConfiguration { try await WorkspaceProgram(.load()).serve() }
        }
    }
}
