import Foundation
import JourneyKit
import RPC
import Wire

/// Prints what the system costs, each figure against a floor measured in the same run.
///
/// `bench` measures everything; `bench requests`, or another ``Part``, only that; `bench pages:list,run` of the pages those that are
/// called so. A value that misses its bound ends it with 1.
@main
struct Main {
    /// What can be measured by itself.
    private enum Part: String, CaseIterable {
        case requests, imports, million, playbooks, changes, pages, plays, triggers, waiting, steps, measurements, scale
        /// Plan, publication and undo alone, which are also part of `imports`.
        case publication
        /// The program in Python alone, which is also part of `imports`.
        case polars
        /// What the service holds after an hour of load: an hour.
        case hour
        /// The quiet and the noisy tenant alone, with a small database: `scale` measures them with a large one.
        case tenants

        static let all = allCases.filter { ![.publication, .polars, .hour, .tenants].contains($0) }

        init(argument: String) throws {
            guard let part = Part(rawValue: argument) else {
                let names = Part.allCases.map(\.rawValue).joined(separator: ", ")
                throw JourneyFailure("there is no part \(argument): \(names)")
            }
            self = part
        }
    }

    static func main() async {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            if arguments.first == "noise", arguments.count == 3, let load = NoiseBench.Amount(rawValue: arguments[2]) {
                return try await NoiseBench.makeNoise(arguments[1], load)
            }
            Figure.header()
            for argument in arguments.isEmpty ? Part.all.map(\.rawValue) : arguments {
                let words = argument.split(separator: ":", maxSplits: 1).map(String.init)
                try await measure(try Part(argument: words.first ?? ""), only: words.dropFirst().first ?? "")
            }
            let missed = Figure.missedBounds
            guard missed.isEmpty else { throw JourneyFailure("missed: \(missed.joined(separator: "; "))") }
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func measure(_ part: Part, only name: String) async throws {
        switch part {
        case .requests: try await BenchStack.using("requests", measureRequests)
        case .hour:
            try await BenchStack.using("hour") { stack in
                try await HourBench(stack: stack, requests: try await requests(stack)).measure { $0.printed() }
            }
        case .imports:
            try await measureImports { stack, journey in
                try await ImportBench(stack: stack, journey: journey).measure { $0.printed() }
            }
        case .million:
            try await measureImports { stack, journey in
                try await LargeImportBench(stack: stack, journey: journey).measureMillion { $0.printed() }
            }
        case .publication:
            try await measureImports { stack, journey in
                try await PublicationBench(stack: stack, journey: journey).measure { $0.printed() }
            }
        case .polars:
            try await measureImports { stack, journey in
                try await LargeImportBench(stack: stack, journey: journey).compare { $0.printed() }
            }
        case .playbooks: try await PlaybookBench.measure()
        case .changes: try await BenchStack.using("changes", ChangesBench.measure)
        case .pages: try await PageBench.measure(called: name.split(separator: ",").map(String.init))
        case .plays: try await BenchStack.using("plays") { stack in try await PlayBench.measure(stack) }
        case .triggers: try await BenchStack.using("triggers", TriggersBench.measure)
        case .measurements:
            try await BenchStack.using("measurements") { stack in
                let requests = try await requests(stack)
                try await MeasurementBench(
                    stack: stack, engagement: requests.engagement, credential: requests.credential
                ).measure().printed()
            }
        case .waiting: try await BenchStack.using("waiting", FlowBench.measureWaiting)
        case .steps: try await BenchStack.using("steps", FlowBench.measureSteps)
        case .scale: try await ScaleBench.measure()
        case .tenants:
            try await ScaleData.using(domains: 10) { control in
                try await ScaleData.using(domains: 10) { data in
                    for figure in try await NoiseBench(data: data, control: control).measure() { figure.printed() }
                }
            }
        }
    }

    private static func measureRequests(_ stack: BenchStack) async throws {
        for figure in try await StartBench.measure(stack) { figure.printed() }
        let requests = try await requests(stack)
        for figure in try await requests.read() + requests.create() { figure.printed() }
        try await requests.memory(creates: 10_000).printed()
        try await CodecBench.measure(requests.engagement, folder: stack.folder).printed()
    }

    /// Requests about an engagement that a journey has come to.
    private static func requests(_ stack: BenchStack) async throws -> RequestBench {
        let samples = "\(BenchStack.root)/Samples"
        let journey = Journey(stack.world())
        try await journey.run(
            [JourneyWorkbook(path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4)],
            mailDirectory: nil)
        return RequestBench(
            stack: stack, engagement: journey.engagement, touchpoint: journey.touchpoint,
            credential: try journey.credential(.successManager))
    }

    /// Measures on a stack with an account whose tasks are there.
    private static func measureImports(_ body: @escaping @Sendable (BenchStack, Journey) async throws -> Void)
        async throws
    {
        try await BenchStack.using("imports") { stack in
            let journey = Journey(stack.world())
            try await journey.meetPeople()
            try await journey.openAccount()
            try await journey.seeCaseAndTasks()
            try await body(stack, journey)
        }
    }
}
