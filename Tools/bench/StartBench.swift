import Foundation
import JourneyKit
import TestKit

/// How long each service takes to be ready, and what it holds when nothing is asked of it.
enum StartBench {
    static func measure(_ stack: BenchStack) async throws -> [Figure] {
        var figures: [Figure] = []
        for service in ["onboarding", "import-validation", "customer-success", "play-launcher", "notifier"] {
            let seconds = try await start(service, stack)
            figures.append(.bound("start of \(service)", seconds, unit: "s", under: 0.5))
        }
        // A moment of rest: what starting took is given back by then or never.
        try await Task.sleep(for: .seconds(3))
        for service in ["onboarding", "import-validation", "customer-success", "play-launcher", "notifier"] {
            let memory = BenchStack.memory(try stack.pid(service), "VmRSS") / 1_024
            figures.append(.bound("idle memory of \(service)", memory, unit: "MB", under: 40))
        }
        return figures
    }

    /// Starts a second instance beside the running one and measures until it says that it is ready.
    private static func start(_ service: String, _ stack: BenchStack) async throws -> Double {
        let text = try String(contentsOfFile: "\(stack.folder)/env/\(service).env", encoding: .utf8)
        var environment: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 {
                environment[parts[0]] = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "'"))
            }
        }
        let ready = "\(stack.folder)/run/\(service).second"
        environment["ALE_READY_FILE"] = ready
        let words = environment.map { "\($0)=\($1)" } + ["\(BenchStack.programs)/\(service)"]
        let start = ContinuousClock.now
        let process = try ChildProcess("env", words, log: "/dev/null")
        while access(ready, F_OK) != 0 {
            guard process.isRunning, start.duration(to: .now) < .seconds(30) else {
                throw JourneyFailure("\(service) did not become ready")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        process.terminate(SIGTERM)
        return seconds
    }
}
