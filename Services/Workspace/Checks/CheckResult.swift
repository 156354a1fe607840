import ImportValidationWire
import Korean
import RPC
import Wire

/// What a check has answered for a row, and what is said of its script, line by line.
struct CheckResult: Sendable {
    /// Lines of a script that are shown.
    private static let most = 400

    let visit: Visit
    let answer: RunCheckResponse

    /// As the page of the check shows it.
    func values(script: String) -> Values {
        [
            "outcome": answer.outcome, "label": visit.reader(label), "value": badge, "message": answer.message,
            "detail": answer.findings.isEmpty ? answer.detail : "", "time": time,
            "findings": answer.findings.map(finding),
            "lines": answer.findings.contains { $0.line > 0 } ? lines(script) : [], "printed": answer.printed,
            "printedMore": answer.printedMore,
        ]
    }

    private var label: Text {
        switch answer.outcome {
        case "ready": Text(en: "Ready to publish", ko: "게시 준비 완료")
        case "needs_attention": Text(en: "Needs attention", ko: "확인 필요")
        default: Text(en: "No answer", ko: "결과 없음")
        }
    }

    private var badge: String {
        switch answer.outcome {
        case "ready": "ready_to_publish"
        case "needs_attention": "needs_attention"
        default: "failed"
        }
    }

    private var time: String {
        let milliseconds = Double(answer.elapsedUs) / 1_000
        let text = milliseconds < 10 ? "\((milliseconds * 10).rounded() / 10)" : "\(Int(milliseconds))"
        return visit.say("\(text) ms", "\(text)밀리초")
    }

    private func finding(_ finding: ScriptFinding) -> Values {
        let place: Text =
            finding.column > 0
            ? Text(
                en: "Line \(finding.line), column \(finding.column)",
                ko: "\(grouped: Int(finding.line))번째 줄 \(grouped: Int(finding.column))번째 글자")
            : Text(en: "Line \(finding.line)", ko: "\(grouped: Int(finding.line))번째 줄")
        return [
            "place": finding.line > 0 ? visit.reader(place) : "", "text": finding.message,
            "bad": finding.severity == "error", "line": finding.line > 0 ? "#line-\(finding.line)" : "",
        ]
    }

    /// The script by its lines, with those marked that something is said of.
    private func lines(_ script: String) -> [Values] {
        let marked = Set(answer.findings.map { Int($0.line) })
        return script.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .prefix(Self.most).enumerated().map { index, line in
                ["number": "\(index + 1)", "text": String(line), "marked": marked.contains(index + 1)]
            }
    }
}
