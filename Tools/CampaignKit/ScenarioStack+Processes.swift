import Foundation
import JourneyKit
import NATS

extension ScenarioStack {
    /// How many processes bear each name: `Tools/stack.sh` marks what it starts. Children of theirs do not count.
    public var processes: [String: Int] {
        var counts: [String: Int] = [:]
        for pid in ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap({ pid_t($0) }) {
            guard getsid(pid) == pid,
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
            else { continue }
            let mark = "STACK_PROCESS=\(folder)/run/"
            for variable in environment.split(separator: 0) {
                let text = String(decoding: variable, as: UTF8.self)
                if text.hasPrefix(mark) { counts[String(text.dropFirst(mark.count)), default: 0] += 1 }
            }
        }
        return counts
    }

    /// The nats-server that leads the stream of events.
    func streamLeader() async throws -> String {
        struct Info: Decodable {
            struct Cluster: Decodable { let leader: String? }
            let cluster: Cluster?
        }
        let connection = try await Self.connect(folder, as: "admin")
        let answer = try await connection.request("$JS.API.STREAM.INFO.ALE_EVENTS", payload: [], timeout: .seconds(5))
        await connection.close()
        let info = try JSONDecoder().decode(Info.self, from: Data(answer.payload))
        guard let leader = info.cluster?.leader, layout.natsServers.contains(leader) else {
            throw JourneyFailure("nobody leads the stream")
        }
        return leader
    }
}
