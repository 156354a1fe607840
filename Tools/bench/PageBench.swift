import CampaignKit
import Foundation
import JourneyKit
import OnboardingWire
import RPC
import Synchronization
import Wire

/// What the pages of the workspace cost: each against the request behind it, sixteen people beside each other, as they read and
/// without a pause, and many live pages that are open.
struct PageBench {
    private static let cases = 1_000
    private static let people = 25
    private static let beside = 16
    private static let live = 500
    private static let changes = 200

    private let stack: BenchStack
    private let visitors: [MeasuredPage.Reader: [PageVisitor]]
    /// Bytes of the design's files, as they are sent.
    private let files: Int

    /// Measures every kind of page, or those whose names hold one of `words`.
    static func measure(called words: [String]) async throws {
        try await BenchStack.using("pages", settings: ["ALE_WORKSPACE_REQUESTS_PER_MINUTE": "1000000"]) { stack in
            let data = try await PlaybookData(stack)
            _ = try await OnboardingPages(data, cases: cases)
            let bench = try await PageBench(stack)
            let pages = try await MeasuredPages(data)
            for page in pages.all where words.isEmpty || words.contains(where: page.name.contains) {
                try await bench.measure(page)
            }
            if words.isEmpty { try await bench.livePages(pages).printed() }
        }
    }

    /// People who are signed in: sessions as onboarding keeps them. Agents are as many people, a customer, a success manager
    /// and an administrator one each, at as many browsers.
    private init(_ stack: BenchStack) async throws {
        self.stack = stack
        let world = stack.world()
        let port = try stack.port("WORKSPACE_PORT")
        var visitors: [MeasuredPage.Reader: [PageVisitor]] = [:]
        for number in 0..<Self.people {
            let agent = try await world.person(
                named: "Visitor \(number)", "visitor-\(number)@provider.example", Persona.agent.roles)
            let people: [(MeasuredPage.Reader, String)] = [
                (.agent, agent.id), (.customer, try await Self.user(.customerAdministrator, stack)),
                (.manager, try await Self.user(.successManager, stack)),
                (.administrator, try await Self.user(.administrator, stack)),
            ]
            for (reader, user) in people {
                visitors[reader, default: []].append(
                    try await PageVisitor.signedIn(user, as: "\(reader)-\(number)", on: stack))
            }
        }
        visitors[.nobody] = (0..<Self.people).map { _ in PageVisitor(port: port, session: "") }
        // Who has proved to be somebody is no stranger where no token is asked for.
        var renewal = RenewSessionRequest()
        (renewal.sessionToken, renewal.passive) = (visitors[.agent]?.first?.session ?? "", true)
        _ = try await Client(NATSTransport(stack.connection)).call(OnboardingAPI.renewSession, renewal, as: .anonymous)
        self.visitors = visitors
        files = try await Self.files(PageVisitor(port: port, session: ""))
    }

    /// The bytes of the files that a browser fetches at its first visit, whichever page it comes to.
    private static func files(_ visitor: PageVisitor) async throws -> Int {
        let page = String(decoding: try await visitor.read("/sign-in"), as: UTF8.self)
        var bytes = 0
        for file in Set(page.matches(of: #/"(\/assets\/[^"]+)"/#).map { String($0.1) }) {
            bytes += try await visitor.read(file, accepting: "gzip").count
        }
        return bytes
    }

    /// The id of a person of the journey.
    private static func user(_ persona: Persona, _ stack: BenchStack) async throws -> String {
        let found = try await stack.psql([
            "-Atc", "SELECT id FROM onboarding.\"user\" WHERE email LIKE '\(persona.rawValue)@%' LIMIT 1",
        ])
        return found.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: Pages

    private func measure(_ page: MeasuredPage) async throws {
        if let request = page.request { try await compare(page, request) }
        // People read what they open, for a second: so many pages a second as there are people.
        let seconds: Double = page.request == nil ? 5 : 20
        let crowd = try await visits(page, people: Self.beside, seconds: seconds, reading: Self.reading, \.firstByte)
        var first = Figure.bound(
            "\(page.name): first byte, \(Self.beside) people, each reads 1 s, p99", crowd.percentile(99), unit: "ms",
            under: 100)
        first.floor = String(format: "%.0f…%.0f ms", crowd.percentile(50), crowd.percentile(100))
        first.printed()
        guard let visitor = visitors[page.reader]?.first else { return }
        let bytes = try await visitor.read(page.path(), accepting: "gzip").count + files
        Figure.bound("  page and files, as sent", Double(bytes) / 1_000, unit: "kB", under: 100).printed()
        guard page.request != nil else { return }
        let flight = try await visits(page, people: Self.beside, seconds: 5, \.firstByte)
        let value = String(format: "%.2f ms", flight.percentile(99))
        Figure(name: "  first byte, \(Self.beside) in flight without a pause, p99", value: value).printed()
    }

    /// The page alone, against what it asks for.
    private func compare(
        _ page: MeasuredPage, _ request: @escaping @Sendable () async throws -> Void
    ) async throws {
        var alone = Comparison()
        // The first round fills caches and plans.
        for round in 0...Comparison.rounds {
            let ours = try await visits(page, people: 1, seconds: 1, accepting: "identity", \.whole)
            let floor = try await Latencies.measured(inFlight: 1, seconds: 1, request)
            if round > 0 { alone.add(ours.percentile(50), floor: floor.percentile(50)) }
        }
        Figure.time("\(page.name), p50; floor: its request", alone, atMost: 1.5).printed()
    }

    /// How long somebody reads a page, in milliseconds.
    private static let reading = 500.0...1_500
    private static let seed: UInt64 = 16

    /// What people see who open the page one after another, as browsers take it, and read it in between as long as `reading`
    /// says.
    private func visits(
        _ page: MeasuredPage, people: Int, seconds: Double, accepting encoding: String = "gzip",
        reading: ClosedRange<Double>? = nil,
        _ part: @escaping @Sendable (PageVisitor.Answer) -> Duration
    ) async throws -> Latencies {
        let end = ContinuousClock.now + .milliseconds(Int(seconds * 1_000))
        let visitors = visitors[page.reader] ?? []
        return try await withThrowingTaskGroup(of: Latencies.self) { group in
            for (number, visitor) in visitors.prefix(people).enumerated() {
                group.addTask {
                    var (latencies, chance) = (Latencies(), SeededGenerator(seed: Self.seed + UInt64(number)))
                    // They do not all come at the same moment.
                    if let reading { try await Self.read(Double.random(in: 0...reading.upperBound, using: &chance)) }
                    try await visitor.visit(until: end, accepting: encoding, page.path) { answer in
                        latencies.add(part(answer))
                        if let reading { try await Self.read(Double.random(in: reading, using: &chance)) }
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: Latencies()) { $0.add($1) }
        }
    }

    private static func read(_ milliseconds: Double) async throws {
        try await Task.sleep(for: .microseconds(Int(milliseconds * 1_000)))
    }

    // MARK: Live pages

    /// What the workspace holds while so many live pages are open, and have been told of so many changes.
    private func livePages(_ pages: MeasuredPages) async throws -> Figure {
        let visitors = visitors[.agent] ?? []
        let begun = Begun()
        let pid = try stack.pid("workspace")
        return try await withThrowingTaskGroup(of: Double?.self) { group in
            for number in 0..<Self.live {
                group.addTask {
                    let visitor = visitors[number % visitors.count]
                    try await visitor.watch("work") { begun.add() }
                    throw JourneyFailure("a live page has ended")
                }
            }
            group.addTask {
                let deadline = ContinuousClock.now + .seconds(30)
                while begun.count < Self.live {
                    guard ContinuousClock.now < deadline else { throw JourneyFailure("not all live pages were opened") }
                    try await Task.sleep(for: .milliseconds(20))
                }
                for change in 0..<Self.changes { try await pages.change(change) }
                try await Task.sleep(for: .seconds(2))
                return BenchStack.memory(pid, "VmRSS") / 1_024
            }
            let memory = try await group.next() ?? nil
            group.cancelAll()
            return .bound(
                "memory of workspace, \(Self.live) live pages, \(Self.changes) changes", memory ?? .nan, unit: "MB",
                under: 150)
        }
    }
}

/// How many streams have begun.
private final class Begun: Sendable {
    private let streams = Atomic(0)
    var count: Int { streams.load(ordering: .relaxed) }
    func add() { streams.add(1, ordering: .relaxed) }
}
