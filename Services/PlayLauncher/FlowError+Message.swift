import Flows
import Korean
import RPC
import Wire

extension FlowError {
    /// What people read: what happened, or at least what kind of thing.
    var message: String { detail.isEmpty ? title : detail }

    /// What people read in their language: calls are answered in it, and flows raise errors in the words of their author;
    /// what the machine itself finds is English, and has a Korean sentence for each kind.
    func message(_ language: String) -> String {
        let hasKorean = Hangul.isWritten(in: message)
        guard Language(tag: language) == .ko, !hasKorean else { return message }
        switch type {
        case FlowError.expression: return "플로우의 표현식을 계산하지 못했습니다."
        case FlowError.validation: return "값이 플로우가 기대하는 형식이 아닙니다."
        case FlowError.runtime: return "플로우 실행이 한도에 도달했거나 계속할 수 없습니다."
        case FlowError.timeout: return "시간이 초과되었습니다."
        default: return message
        }
    }
}
